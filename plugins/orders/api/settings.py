"""A store's settings of the orders plugin: `[stores."…".orders]`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from pydantic import BaseModel, ConfigDict, Field, field_validator

from guildshop.errors import Invalid
from guildshop.i18n import _, lazy
from guildshop.money import MAXIMUM, known_currency


class ShippingType(BaseModel):
    """One way of shipping and what it costs, in minor units of its currency. No countries: everywhere.

    Without a currency its amounts are in the store's. One that costs nothing is offered with any order, one with a cost
    only with orders of its currency: amounts are never taken from one currency into another.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(title=lazy("Code"), pattern=r"^[a-z0-9_-]{1,32}$")
    label: str = Field(title=lazy("Label"), min_length=1, max_length=80)
    cost: int = Field(title=lazy("Cost"), default=0, ge=0, le=MAXIMUM, json_schema_extra={"unit": "money"})
    days: int | None = Field(title=lazy("Days"), default=None, ge=0, le=365)
    countries: tuple[str, ...] = Field(default=(), title=lazy("Countries"))
    free_over: int | None = Field(
        title=lazy("Free over"), default=None, ge=0, le=MAXIMUM, json_schema_extra={"unit": "money"}
    )
    currency: str = Field(title=lazy("Currency"), default="", max_length=3)

    @field_validator("countries")
    @classmethod
    def _capitals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        countries = tuple(code.strip().upper() for code in value)
        for code in countries:
            if len(code) != 2 or not code.isalpha():
                raise ValueError(_("“{value}” is no ISO country code of two letters.").format(value=code))
        return countries

    @field_validator("currency")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return known_currency(value) if value else ""
        except Invalid as refusal:
            raise ValueError(refusal.message) from None

    def priced_in(self, store_currency: str) -> str:
        """Return the currency of the amounts, given the store's."""
        return self.currency or store_currency


class CarrierSetting(BaseModel):
    """A carrier of the store's own, with the address of its tracking page; `{tracking}` stands for the number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(title=lazy("Name"), min_length=1, max_length=64)
    tracking_url: str = Field(title=lazy("Tracking address"), default="", max_length=300)

    @field_validator("tracking_url")
    @classmethod
    def _followed(cls, value: str) -> str:
        if value and not (value.startswith("https://") and "{tracking}" in value):
            message = _("“{value}” is no tracking page: it begins with https:// and contains {hole}.")
            raise ValueError(message.format(value=value, hole="{tracking}"))
        return value


class OrdersSettings(BaseModel):
    """What a store's owner decides about orders."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    open: bool = Field(title=lazy("Open"), default=True, description=lazy("Whether the shop takes orders."))
    closed_message: str = Field(
        title=lazy("Closed message"),
        default="",
        max_length=500,
        description=lazy("What members read while it does not."),
    )
    expire_hours: int = Field(
        title=lazy("Expire hours"),
        default=48,
        ge=1,
        le=24 * 90,
        description=lazy("After how long an unpaid order is cancelled."),
    )
    return_days: int = Field(
        title=lazy("Return days"),
        default=14,
        ge=0,
        le=365,
        description=lazy("How long after delivery a return can be asked for."),
    )
    max_unpaid_per_member: int = Field(
        title=lazy("Max unpaid per member"),
        default=3,
        ge=1,
        le=100,
        description=lazy("How many unpaid orders a member may have; staff may enter more for them."),
    )
    terms: str = Field(
        title=lazy("Terms"), default="", max_length=4000, description=lazy("What customers accept before they order.")
    )
    refund_policy: str = Field(
        title=lazy("Refund policy"),
        default="",
        max_length=4000,
        description=lazy("Which refunds they accept, likewise."),
    )
    tax_rate: str = Field(
        title=lazy("Tax rate"),
        default="0",
        max_length=9,
        description=lazy("A flat tax in percent, such as 8.25; it rests where TaxJar is set up."),
    )
    tax_included: bool = Field(
        title=lazy("Tax included"), default=False, description=lazy("Whether prices contain that tax already.")
    )
    tax_shipping: bool = Field(
        title=lazy("Tax shipping"), default=True, description=lazy("Whether shipping is taxed too.")
    )
    tax_label: str = Field(
        title=lazy("Tax label"), default="", max_length=40, description=lazy("What the tax is called, such as VAT.")
    )
    shipping_types: tuple[ShippingType, ...] = Field(
        title=lazy("Shipping types"),
        default=(ShippingType(code="standard", label="Standard"),),
        description=lazy("How parcels are shipped."),
    )

    @field_validator("tax_rate", mode="before")
    @classmethod
    def _percent(cls, value: object) -> str:
        try:
            rate = Decimal(str(value).strip().removesuffix("%").strip() or "0")
        except InvalidOperation:
            rate = Decimal(-1)
        if not (rate.is_finite() and 0 <= rate <= 100 and rate == round(rate, 4)):
            message = _("“{value}” is no percentage from 0 to 100 with up to 4 decimals, such as 8.25.")
            raise ValueError(message.format(value=value))
        return f"{rate:f}"

    carriers: tuple[CarrierSetting, ...] = Field(
        title=lazy("Carriers"),
        default=(),
        description=lazy("Carriers beside the usual ones, with the address of their tracking page."),
    )
    seller_name: str = Field(
        title=lazy("Seller name"),
        default="",
        max_length=200,
        description=lazy("The seller on invoices; empty: the store's name."),
    )
    seller_address: str = Field(
        title=lazy("Seller address"), default="", max_length=500, description=lazy("The seller's address on invoices.")
    )
    tax_number: str = Field(
        title=lazy("Tax number"), default="", max_length=64, description=lazy("The seller's tax number on invoices.")
    )
    invoice_prefix: str = Field(
        title=lazy("Invoice prefix"),
        default="",
        max_length=16,
        pattern=r"^[A-Za-z0-9/-]*$",
        description=lazy("What stands before an invoice's number."),
    )
    credit_note_prefix: str = Field(
        title=lazy("Credit note prefix"),
        default="C-",
        max_length=16,
        pattern=r"^[A-Za-z0-9/-]*$",
        description=lazy("What stands before a credit note's number."),
    )
    invoice_note: str = Field(
        title=lazy("Invoice note"), default="", max_length=500, description=lazy("What stands below each invoice.")
    )
