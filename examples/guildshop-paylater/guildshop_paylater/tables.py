"""Sessions with PayLater, and the webhooks that came. Amounts are minor units of the row's currency."""

from __future__ import annotations

from guildshop.tenancy import StoreTable
from piccolo.columns import UUID, BigInt, Text, Timestamptz, Varchar

from guildshop_paylater.api import SessionState


class PaylaterSession(StoreTable, tablename="paylater_session"):
    """One attempt to pay an order; at most one of an order is new or open."""

    id = UUID(primary_key=True)
    order_id = UUID()
    provider_id = Varchar(100, null=True, default=None)
    url = Text(default="")
    amount = BigInt()
    currency = Varchar(3)
    state = Varchar(8, choices=SessionState)
    created = Timestamptz()
    expires = Timestamptz(null=True, default=None)


class PaylaterWebhook(StoreTable, tablename="paylater_webhook"):
    """One event as PayLater sent it, kept once."""

    id = UUID(primary_key=True)
    event_id = Varchar(100)
    kind = Varchar(64)
    body = Text()
    received = Timestamptz()
