"""The pages of the workspace: the list of orders, one order, making one, and what is printed."""

from guildshop.hookspecs import Page
from guildshop.i18n import lazy
from guildshop.plugins.orders.pages.documents import (
    credit_note_act,
    credit_note_page,
    invoice_act,
    invoice_page,
    slip_page,
    slips_page,
)
from guildshop.plugins.orders.pages.filters import TO_BE_FULFILLED, TO_FULFIL
from guildshop.plugins.orders.pages.listing import bulk_act, export_page, filters_act, list_page, slips_act
from guildshop.plugins.orders.pages.making import new_act, new_page
from guildshop.plugins.orders.pages.order import act, delete_act, items_act, order_page, pack_act, parcel_act
from guildshop.plugins.orders.pages.searching import search_kinds
from guildshop.plugins.orders.pages.tracking import tracking_page
from guildshop.plugins.orders.pages.words import TONES

__all__ = ["PAGES", "TONES", "TO_BE_FULFILLED", "TO_FULFIL", "search_kinds"]

READ, UPDATE, CREATE, DELETE = "order.read", "order.update", "order.create", "order.delete"
POST = ("POST",)

PAGES = [
    Page("order", list_page, READ, label=lazy("Orders"), position=10, icon="orders", shortcut="o"),
    Page("order/export.csv", export_page, READ),
    Page("order/filters", filters_act, READ, methods=POST),
    # What an order's own permission asks is asked by the service: confirming needs another one than shipping.
    Page("order/bulk", bulk_act, READ, methods=POST),
    Page("order/slips", slips_page, READ),
    Page("order/slips", slips_act, READ, methods=POST),
    Page("order/new", new_page, CREATE),
    Page("order/new", new_act, CREATE, methods=POST),
    Page("order/tracking", tracking_page, UPDATE),
    Page("order/{id}", order_page, READ),
    Page("order/{id}/packing-slip", slip_page, READ),
    Page("order/{id}/invoice", invoice_page, READ),
    Page("order/{id}/invoice", invoice_act, UPDATE, methods=POST),
    Page("order/{id}/credit-note", credit_note_act, UPDATE, methods=POST),
    Page("order/{id}/credit-note/{number}", credit_note_page, READ),
    Page("order/{id}/parcels", pack_act, UPDATE, methods=POST),
    Page("order/{id}/parcels/{shipment}", parcel_act, UPDATE, methods=POST),
    Page("order/{id}/items", items_act, UPDATE, methods=POST),
    Page("order/{id}/delete", delete_act, DELETE, methods=POST),
    Page("order/{id}/{action}", act, READ, methods=POST),
]
