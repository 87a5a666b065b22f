"""The table of messages sent."""

from piccolo.columns import UUID, BigInt, Text, Timestamptz, Varchar

from guildshop.plugins.notifications.api import DeliveryState, Purpose
from guildshop.tenancy import StoreTable


class MessageDelivery(StoreTable, tablename="message_delivery"):
    """One message about an order, and whether it arrived."""

    id = UUID(primary_key=True)
    event = UUID()
    purpose = Varchar(32, choices=Purpose)
    order_id = UUID()
    customer = UUID(null=True, default=None)
    discord_id = BigInt(null=True, default=None)
    state = Varchar(16, choices=DeliveryState)
    problem = Varchar(32, default="")
    reason = Text(default="")
    remedy = Text(default="")
    channel_id = BigInt(null=True, default=None)
    message_id = BigInt(null=True, default=None)
    created = Timestamptz()
