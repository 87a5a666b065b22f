"""The pages of the workspace: the list of customers, and one customer with a tab for each subject."""

from guildshop.hookspecs import Page
from guildshop.i18n import lazy
from guildshop.plugins.customers.api import CUSTOMER_READ, CUSTOMER_UPDATE
from guildshop.plugins.customers.pages.detail import overview_page, tab_page
from guildshop.plugins.customers.pages.forms import FORM_PAGES
from guildshop.plugins.customers.pages.listing import list_page, tag_customers
from guildshop.plugins.customers.pages.merging import PAGES as MERGE_PAGES
from guildshop.plugins.customers.pages.searching import search_kind

__all__ = ["PAGES", "search_kind"]

PAGES = [
    Page("customer", list_page, CUSTOMER_READ, label=lazy("Customers"), position=30, icon="customers", shortcut="c"),
    Page("customer/tag", tag_customers, CUSTOMER_UPDATE, methods=("POST",)),
    *FORM_PAGES,
    *MERGE_PAGES,
    Page("customer/{id}", overview_page, CUSTOMER_READ),
    Page("customer/{id}/{tab}", tab_page, CUSTOMER_READ),
]
