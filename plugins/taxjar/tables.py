"""The tables of sales tax by TaxJar. Amounts are minor units of the row's currency."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Timestamptz, Varchar

from guildshop.plugins.taxjar.api import Exemption, ReportKind, TaxState
from guildshop.tenancy import StoreTable


class TaxjarOrder(StoreTable, tablename="taxjar_order"):
    """How the tax of an order came about; one that was flagged waits for somebody to look at it."""

    id = UUID(primary_key=True)
    order_id = UUID()
    state = Varchar(12, choices=TaxState)
    reason = Varchar(200, default="")
    amount = BigInt()
    currency = Varchar(3)
    created = Timestamptz()
    reviewed_by = Varchar(100, default="")
    reviewed_at = Timestamptz(null=True, default=None)


class TaxjarReport(StoreTable, tablename="taxjar_report"):
    """A transaction that TaxJar was told of, `transaction_id` being ours; a refund's amounts are below zero."""

    id = UUID(primary_key=True)
    order_id = UUID()
    kind = Varchar(8, choices=ReportKind)
    transaction_id = Varchar(64)
    amount = BigInt()
    shipping = BigInt()
    sales_tax = BigInt()
    currency = Varchar(3)
    created = Timestamptz()


class TaxjarProduct(StoreTable, tablename="taxjar_product"):
    """TaxJar's code for what a product is, where it is not taxed like most things."""

    id = UUID(primary_key=True)
    product = UUID()
    code = Varchar(20)
    created = Timestamptz()


class TaxjarCustomer(StoreTable, tablename="taxjar_customer"):
    """Why a customer pays no sales tax."""

    id = UUID(primary_key=True)
    customer = UUID()
    exemption = Varchar(12, choices=Exemption)
    created = Timestamptz()
