"""The tables of messages sent and of announcements."""

from piccolo.columns import UUID, BigInt, Integer, Text, Timestamptz, Varchar

from guildshop.i18n import lazy
from guildshop.plugins.notifications.api import (
    AnnouncementState,
    Audience,
    Channel,
    DeliveryState,
    Purpose,
    ReceiverState,
)
from guildshop.tenancy import StoreTable


class MessageDelivery(StoreTable, tablename="message_delivery"):
    """One message about an order by one channel, and whether it arrived."""

    id = UUID(primary_key=True)
    event = UUID()
    purpose = Varchar(32, choices=Purpose)
    channel = Varchar(8, choices=Channel)
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


class Announcement(StoreTable, tablename="announcement"):
    """What staff tell many customers at once."""

    id = UUID(primary_key=True)
    title = Varchar(200)
    text = Text()
    audience = Varchar(8, choices=Audience)
    target = Varchar(100, default="", help_text=lazy("The tag, or the role's ID."))
    state = Varchar(8, choices=AnnouncementState)
    total = Integer(default=0)
    created_by = Varchar(100)
    created = Timestamptz()
    started = Timestamptz(null=True, default=None)
    finished = Timestamptz(null=True, default=None)


class AnnouncementReceiver(StoreTable, tablename="announcement_receiver"):
    """One customer whom an announcement is for, and whether they were told."""

    id = UUID(primary_key=True)
    announcement = UUID()
    customer = UUID()
    state = Varchar(16, choices=ReceiverState)
    channel = Varchar(8, default="")
    reason = Text(default="")
    told = Timestamptz(null=True, default=None)
