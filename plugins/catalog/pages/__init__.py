"""The catalog's pages of the workspace."""

from guildshop.hookspecs import Page
from guildshop.i18n import lazy
from guildshop.plugins.catalog.api import PRODUCT_READ, PRODUCT_UPDATE
from guildshop.plugins.catalog.pages import products, shelves
from guildshop.plugins.catalog.pages.searching import search_kind

__all__ = ["PAGES", "search_kind"]

_POST = ("POST",)

PAGES = [
    Page(
        "product", products.list_page, PRODUCT_READ, label=lazy("Products"), position=20, icon="products", shortcut="p"
    ),
    Page("product/export.csv", products.export_page, PRODUCT_UPDATE),
    Page("product/new", products.new_page, PRODUCT_UPDATE),
    Page("product/new", products.create, PRODUCT_UPDATE, methods=_POST),
    Page("product/{id}", products.product_page, PRODUCT_READ),
    Page("product/{id}", products.save, PRODUCT_UPDATE, methods=_POST),
    Page("product/{id}/stock", products.stock_page, PRODUCT_READ),
    Page("product/{id}/variant", products.add_variant, PRODUCT_UPDATE, methods=_POST),
    Page("product/{id}/state", products.change_state, PRODUCT_UPDATE, methods=_POST),
    Page("product/{id}/restock", products.restock, PRODUCT_UPDATE, methods=_POST),
    Page("product/{id}/adjust", products.adjust, PRODUCT_UPDATE, methods=_POST),
    Page("product-list", shelves.shelves_page, PRODUCT_READ),
    Page("product-list/category", shelves.save_category, PRODUCT_UPDATE, methods=_POST),
    Page("product-list/new", shelves.create_list, PRODUCT_UPDATE, methods=_POST),
    Page("product-list/panel/{id}/remove", shelves.remove_panel, PRODUCT_UPDATE, methods=_POST),
    Page("product-list/{id}", shelves.list_page, PRODUCT_READ),
    Page("product-list/{id}", shelves.save_list, PRODUCT_UPDATE, methods=_POST),
    Page("product-list/{id}/delete", shelves.delete_list, PRODUCT_UPDATE, methods=_POST),
]
