"""The tables of customers."""

from __future__ import annotations

from piccolo.columns import JSON, UUID, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.readable import Readable

from guildshop.i18n import lazy
from guildshop.plugins.customers.api import Source
from guildshop.tenancy import StoreTable


class Customer(StoreTable, tablename="customer"):
    """One row per person and store. `email_key`, `tags_key` and `search` are folded copies to compare and search by."""

    id = UUID(primary_key=True)
    discord_id = BigInt(null=True, default=None)
    username = Varchar(length=64)
    display_name = Varchar(length=100)
    display_name_by_staff = Boolean(default=False)
    first_name = Varchar(length=100)
    last_name = Varchar(length=100)
    email = Varchar(length=254)
    email_key = Varchar(length=254, null=True, default=None, secret=True)
    email_confirmed = Boolean(default=False)
    phone = Varchar(length=20)
    account_number = Varchar(length=32, null=True, default=None)
    source = Varchar(length=10, choices=Source)
    locale = Varchar(length=20, help_text=lazy("The language of the customer's Discord when they last used it here."))
    notes = Text()
    tags = Text()
    tags_key = Text(secret=True)
    active = Boolean(default=True)
    blocked = Boolean(default=False)
    dm_preferences = JSON()
    email_preferences = JSON()
    search = Text(secret=True)
    created = Timestamptz()
    last_seen = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    revenue = BigInt(default=0, help_text=lazy("Paid minus refunded, in minor units of the currency."))
    revenue_currency = Varchar(length=3, default="")
    paid_orders = Integer(default=0)
    last_order = Timestamptz(null=True, default=None)
    last_paid = Timestamptz(null=True, default=None)
    user_account = UUID(null=True, default=None)
    merged_into = UUID(null=True, default=None)
    erased = Boolean(default=False)

    @classmethod
    def get_readable(cls) -> Readable:
        """Show a customer by display name and account number."""
        return Readable(template="%s (%s)", columns=[cls.display_name, cls.account_number])


class EmailConfirmation(StoreTable, tablename="email_confirmation"):
    """An emailed link that confirms a customer's address; only the SHA-256 of its token is kept."""

    id = UUID(primary_key=True)
    customer = UUID()
    email = Varchar(length=254)
    token_hash = Varchar(length=64, secret=True)
    created = Timestamptz()
    expires = Timestamptz()


class CustomerSnapshot(StoreTable, tablename="customer_snapshot"):
    """The figures of a store on one of its days: what the trends are drawn from."""

    id = UUID(primary_key=True)
    day = Varchar(length=10)
    registered = Integer()
    active = Integer()
    buyers = Integer()
    repeaters = Integer()
    revenue = BigInt()
    currency = Varchar(length=3)


class Address(StoreTable, tablename="address"):
    """An address of a customer; at most one of a customer is the default, and at most one is for billing."""

    id = UUID(primary_key=True)
    customer = ForeignKey(references=Customer)
    recipient = Varchar(length=100)
    company = Varchar(length=100)
    street = Varchar(length=200)
    street2 = Varchar(length=200)
    city = Varchar(length=100)
    region = Varchar(length=100)
    postal_code = Varchar(length=20)
    country = Varchar(length=2)
    phone = Varchar(length=20)
    is_default = Boolean(default=False)
    is_billing = Boolean(default=False)
    created = Timestamptz()
    version = Integer(default=1)
