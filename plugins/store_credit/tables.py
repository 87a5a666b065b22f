"""The tables of store credit. Amounts are minor units of the account's currency."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, ForeignKey, Integer, Timestamptz, Varchar

from guildshop.plugins.store_credit.api import EntryKind
from guildshop.tenancy import StoreTable


class CreditAccount(StoreTable, tablename="credit_account"):
    """A customer's credit in one currency; `balance` is the sum of the entries, which the database keeps above zero."""

    id = UUID(primary_key=True)
    customer = UUID()
    currency = Varchar(3)
    balance = BigInt(default=0)
    created = Timestamptz()
    version = Integer(default=1)


class CreditEntry(StoreTable, tablename="credit_entry"):
    """One change of a balance, only ever added. `source` is what it may happen for once: a form, a refund."""

    id = UUID(primary_key=True)
    account = ForeignKey(references=CreditAccount)
    kind = Varchar(8, choices=EntryKind)
    amount = BigInt()
    reason = Varchar(300, default="")
    order_id = UUID(null=True, default=None)
    order_number = Varchar(16, default="")
    source = UUID(null=True, default=None)
    made_by = Varchar(100, default="")
    created = Timestamptz()


class CreditUse(StoreTable, tablename="credit_use"):
    """What an order holds of a customer's credit: taken at Confirm, 0 once it was given back."""

    id = UUID(primary_key=True)
    order_id = UUID()
    account = ForeignKey(references=CreditAccount)
    held = BigInt()
    created = Timestamptz()
