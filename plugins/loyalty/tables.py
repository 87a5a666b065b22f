"""The tables of loyalty."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, ForeignKey, Integer, Timestamptz, Varchar

from guildshop.plugins.loyalty.api import EntryKind
from guildshop.tenancy import StoreTable


class LoyaltyAccount(StoreTable, tablename="loyalty_account"):
    """A customer's points; `balance` is the sum of the entries, which the database keeps from going below zero.

    `day` is the store's day in which `day_earned` points were earned, for the daily cap.
    """

    id = UUID(primary_key=True)
    customer = UUID()
    balance = BigInt(default=0)
    lifetime = BigInt(default=0)
    day = Varchar(10, default="")
    day_earned = BigInt(default=0)
    created = Timestamptz()
    version = Integer(default=1)


class LoyaltyEntry(StoreTable, tablename="loyalty_entry"):
    """One change of a balance, only ever added. `source` is what it may happen for once, such as a form."""

    id = UUID(primary_key=True)
    account = ForeignKey(references=LoyaltyAccount)
    kind = Varchar(8, choices=EntryKind)
    points = BigInt()
    short = BigInt(default=0)
    reason = Varchar(300, default="")
    order_id = UUID(null=True, default=None)
    order_number = Varchar(16, default="")
    source = UUID(null=True, default=None)
    expires = Timestamptz(null=True, default=None)
    made_by = Varchar(100, default="")
    created = Timestamptz()


class LoyaltyOrder(StoreTable, tablename="loyalty_order"):
    """What an order redeemed and gave back, what it earned (`base`) and what of that it keeps (`earned`)."""

    id = UUID(primary_key=True)
    order_id = UUID()
    account = ForeignKey(references=LoyaltyAccount)
    redeemed = BigInt(default=0)
    returned = BigInt(default=0)
    value = BigInt(default=0)
    base = BigInt(null=True, default=None)
    earned = BigInt(default=0)
    created = Timestamptz()
    version = Integer(default=1)
