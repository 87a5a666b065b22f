"""The tables of reports. Days are those of the store's time zone, as `2026-11-22`; amounts are minor units."""

from __future__ import annotations

from piccolo.columns import JSON, UUID, BigInt, Boolean, Integer, Timestamptz, Varchar

from guildshop.tenancy import StoreTable


class ReportState(StoreTable, tablename="report_state"):
    """In which time zone the days of a store were counted: one row a store."""

    id = UUID(primary_key=True)
    zone = Varchar(64)


class ReportDay(StoreTable, tablename="report_day"):
    """How often a day was touched, and up to which of these it has been counted."""

    id = UUID(primary_key=True)
    day = Varchar(10)
    changes = BigInt(default=1)
    counted = BigInt(default=0)


class ReportFigures(StoreTable, tablename="report_figures"):
    """What a day came to in one currency."""

    id = UUID(primary_key=True)
    day = Varchar(10)
    currency = Varchar(3)
    placed = Integer(default=0)
    converted = Integer(default=0)
    paid = Integer(default=0)
    revenue = BigInt(default=0)
    refunds = BigInt(default=0)
    refunded = Integer(default=0)
    statuses = JSON()


class ReportProduct(StoreTable, tablename="report_product"):
    """What a day sold of a product in one currency."""

    id = UUID(primary_key=True)
    day = Varchar(10)
    currency = Varchar(3)
    sku = Varchar(64)
    name = Varchar(100)
    pieces = BigInt(default=0)
    amount = BigInt(default=0)


class ReportRefund(StoreTable, tablename="report_refund"):
    """Money of an order that was given back, when it was; `total` is what was given back so far, this included."""

    id = UUID(primary_key=True)
    order_id = UUID()
    currency = Varchar(3)
    amount = BigInt()
    total = BigInt()
    at = Timestamptz()


class ReportShare(StoreTable, tablename="report_share"):
    """A link to a report."""

    id = UUID(primary_key=True)
    first = Varchar(10)
    last = Varchar(10)
    currency = Varchar(3)
    made_by = Varchar(100)
    created = Timestamptz()
    expires = Timestamptz()
    revoked = Boolean(default=False)
