"""The use cases of orders: `OrderService` for what exists, `CheckoutService` for what is being ordered."""

from guildshop.plugins.orders.service.actions import OrderActions
from guildshop.plugins.orders.service.checkout import CheckoutService
from guildshop.plugins.orders.service.credit_notes import CreditNotes
from guildshop.plugins.orders.service.deleting import OrderDeletion
from guildshop.plugins.orders.service.editing import OrderEditing
from guildshop.plugins.orders.service.filters import SavedFilters
from guildshop.plugins.orders.service.importing import OrderFiles
from guildshop.plugins.orders.service.invoices import Invoices
from guildshop.plugins.orders.service.orders import OrderService
from guildshop.plugins.orders.service.rows import add_history
from guildshop.plugins.orders.service.staffing import StaffOrders
from guildshop.plugins.orders.service.tracking import TrackingFile

__all__ = [
    "CheckoutService",
    "CreditNotes",
    "Invoices",
    "OrderActions",
    "OrderDeletion",
    "OrderEditing",
    "OrderFiles",
    "OrderService",
    "SavedFilters",
    "StaffOrders",
    "TrackingFile",
    "add_history",
]
