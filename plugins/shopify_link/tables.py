"""The tables of links to Shopify. Amounts are minor units of the row's currency."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Boolean, Integer, Timestamptz, Varchar

from guildshop.i18n import lazy
from guildshop.plugins.shopify_link.api import BulkState, LinkAction, LinkMethod, MetafieldState, RowState
from guildshop.tenancy import StoreTable


class ShopifyLink(StoreTable, tablename="shopify_link"):
    """A member and the Shopify customer that they are: one of each in a store."""

    id = UUID(primary_key=True)
    discord_id = BigInt()
    username = Varchar(64, default="")
    shopify_id = Varchar(20)
    name = Varchar(255, default="")
    email = Varchar(254, default="")
    orders = BigInt(default=0)
    spent = BigInt(default=0, help_text=lazy("In minor units of the currency."))
    currency = Varchar(3, default="")
    method = Varchar(8, choices=LinkMethod)
    linked_by = Varchar(100, default="")
    created = Timestamptz()
    refreshed = Timestamptz()
    role_id = BigInt(null=True, default=None)
    role_problem = Varchar(300, default="")
    role_remedy = Varchar(300, default="")
    metafields = Varchar(8, choices=MetafieldState, default=MetafieldState.PENDING)
    metafields_problem = Varchar(300, default="")
    version = Integer(default=1)


class ShopifyLinkLog(StoreTable, tablename="shopify_link_log"):
    """Who linked and unlinked whom. What identifies the customer is taken out once they are erased."""

    id = UUID(primary_key=True)
    type = Varchar(20, default="customer_link")
    action = Varchar(12, choices=LinkAction)
    actor_kind = Varchar(10)
    actor_id = Varchar(40)
    actor_name = Varchar(100)
    discord_id = BigInt(default=0)
    shopify_id = Varchar(20, default="")
    email = Varchar(254, default="")
    note = Varchar(200, default="")
    channel_id = BigInt(null=True, default=None)
    message_id = BigInt(null=True, default=None)
    created = Timestamptz()


class ShopifyVerification(StoreTable, tablename="shopify_verification"):
    """An emailed link by which a member links themselves; only the SHA-256 of its token is kept."""

    id = UUID(primary_key=True)
    discord_id = BigInt()
    username = Varchar(64, default="")
    email = Varchar(254, default="")
    email_hash = Varchar(64, secret=True)
    token_hash = Varchar(64, secret=True)
    locale = Varchar(20, default="")
    created = Timestamptz()
    expires = Timestamptz()
    used = Timestamptz(null=True, default=None)
    rejected = Timestamptz(null=True, default=None)


class ShopifyWebhook(StoreTable, tablename="shopify_webhook"):
    """A webhook that was taken, so that it is taken once; merges are also looked up here."""

    id = UUID(primary_key=True)
    webhook_id = Varchar(100)
    topic = Varchar(100)
    subject = Varchar(20, default="")
    other = Varchar(20, default="")
    received = Timestamptz()


class ShopifyBulk(StoreTable, tablename="shopify_bulk"):
    """A list of members and emails that is linked, or only looked at."""

    id = UUID(primary_key=True)
    made_by = Varchar(100, default="")
    made_by_kind = Varchar(10, default="")
    made_by_id = Varchar(40, default="")
    dry_run = Boolean(default=True)
    state = Varchar(8, choices=BulkState)
    total = Integer()
    created = Timestamptz()
    finished = Timestamptz(null=True, default=None)


class ShopifyBulkRow(StoreTable, tablename="shopify_bulk_row"):
    """One row of a list, and what became of it."""

    id = UUID(primary_key=True)
    bulk = UUID()
    number = Integer()
    member = Varchar(40, default="")
    email = Varchar(254, default="")
    email_hash = Varchar(64, default="", secret=True)
    state = Varchar(8, choices=RowState)
    message = Varchar(300, default="")
