"""The tables of discounts. Amounts are minor units of the row's currency."""

from __future__ import annotations

from piccolo.columns import JSON, UUID, BigInt, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.readable import Readable

from guildshop.plugins.discounts.api import AssignmentRule, DiscountKind, DiscountScope
from guildshop.tenancy import StoreTable


class Discount(StoreTable, tablename="discount"):
    """A discount. `code_key` is the code as it is compared, None where it applies by itself; `targets` a JSON list."""

    id = UUID(primary_key=True)
    name = Varchar(80)
    kind = Varchar(8, choices=DiscountKind)
    percent = Integer(null=True, default=None)
    amount = BigInt(null=True, default=None)
    currency = Varchar(3)
    code = Varchar(40, default="")
    code_key = Varchar(40, null=True, default=None, secret=True)
    scope = Varchar(12, choices=DiscountScope)
    targets = JSON()
    starts = Timestamptz()
    ends = Timestamptz(null=True, default=None)
    limit_total = Integer(null=True, default=None)
    limit_per_customer = Integer(null=True, default=None)
    minimum = BigInt(default=0)
    active = Boolean(default=True)
    used = Integer(default=0)
    created = Timestamptz()
    version = Integer(default=1)

    @classmethod
    def get_readable(cls) -> Readable:
        """Show a discount by its name."""
        return Readable(template="%s", columns=[cls.name])


class DiscountCustomer(StoreTable, tablename="discount_customer"):
    """How often a customer used a discount: the counter that the limit per customer guards."""

    id = UUID(primary_key=True)
    discount = ForeignKey(references=Discount)
    customer = UUID()
    used = Integer(default=0)


class DiscountAssignment(StoreTable, tablename="discount_assignment"):
    """A discount given to a customer; one that ended stays, and a new one may follow it."""

    id = UUID(primary_key=True)
    discount = ForeignKey(references=Discount)
    customer = UUID()
    rule = Varchar(12, choices=AssignmentRule)
    total_allowed = Integer(null=True, default=None)
    used = Integer(default=0)
    expires = Timestamptz(null=True, default=None)
    active = Boolean(default=True)
    created = Timestamptz()
    ended = Timestamptz(null=True, default=None)
    version = Integer(default=1)


class DiscountUse(StoreTable, tablename="discount_use"):
    """One use by one order. It stays when the order is gone, so that the counters can be checked against it."""

    id = UUID(primary_key=True)
    discount = ForeignKey(references=Discount)
    order_id = UUID()
    customer = UUID()
    assignment = ForeignKey(references=DiscountAssignment, null=True, default=None)
    amount = BigInt()
    currency = Varchar(3)
    created = Timestamptz()
    given_back = Timestamptz(null=True, default=None)


class DiscountAttempt(StoreTable, tablename="discount_attempt"):
    """How many codes that do not exist a customer typed since `window_start`."""

    id = UUID(primary_key=True)
    customer = UUID()
    failures = Integer()
    window_start = Timestamptz()
