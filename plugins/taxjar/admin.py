"""The sales tax in Piccolo Admin, to look at only: codes and exemptions are changed on its own page."""

from __future__ import annotations

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.taxjar.admin_labels import LABELS
from guildshop.plugins.taxjar.api import TAX_READ
from guildshop.plugins.taxjar.tables import TaxjarCustomer, TaxjarOrder, TaxjarProduct, TaxjarReport
from guildshop.web.admin import service_table


def admin_section() -> AdminSection:
    """Return the section of the sales tax."""
    tables = [
        service_table(table, read=TAX_READ, order_by=[table.created], newest_first=True)
        for table in (TaxjarOrder, TaxjarReport, TaxjarProduct, TaxjarCustomer)
    ]
    return AdminSection(lazy("Sales tax"), tables, labels=LABELS)
