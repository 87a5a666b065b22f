"""A store's settings of the orders plugin: `[stores."…".orders]`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from pydantic import BaseModel, ConfigDict, Field, field_validator

from guildshop.errors import Invalid
from guildshop.money import MAXIMUM, known_currency


class ShippingType(BaseModel):
    """One way of shipping and what it costs, in minor units of its currency. No countries: everywhere.

    Without a currency its amounts are in the store's. One that costs nothing is offered with any order, one with a cost
    only with orders of its currency: amounts are never taken from one currency into another.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    label: str = Field(min_length=1, max_length=80)
    cost: int = Field(default=0, ge=0, le=MAXIMUM, json_schema_extra={"unit": "money"})
    days: int | None = Field(default=None, ge=0, le=365)
    countries: tuple[str, ...] = ()
    free_over: int | None = Field(default=None, ge=0, le=MAXIMUM, json_schema_extra={"unit": "money"})
    currency: str = Field(default="", max_length=3)

    @field_validator("countries")
    @classmethod
    def _capitals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        countries = tuple(code.strip().upper() for code in value)
        for code in countries:
            if len(code) != 2 or not code.isalpha():
                message = f"{code!r} is no ISO country code of two letters"
                raise ValueError(message)
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

    name: str = Field(min_length=1, max_length=64)
    tracking_url: str = Field(default="", max_length=300)

    @field_validator("tracking_url")
    @classmethod
    def _followed(cls, value: str) -> str:
        if value and not (value.startswith("https://") and "{tracking}" in value):
            message = f"{value!r} is no tracking page: it begins with https:// and contains {{tracking}}"
            raise ValueError(message)
        return value


class OrdersSettings(BaseModel):
    """What a store's owner decides about orders."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    open: bool = Field(default=True, description="Whether the shop takes orders.")
    closed_message: str = Field(default="", max_length=500, description="What members read while it does not.")
    expire_hours: int = Field(default=48, ge=1, le=24 * 90, description="After how long an unpaid order is cancelled.")
    return_days: int = Field(default=14, ge=0, le=365, description="How long after delivery a return can be asked for.")
    max_unpaid_per_member: int = Field(
        default=3,
        ge=1,
        le=100,
        description="How many unpaid orders a member may have; staff may enter more for them.",
    )
    terms: str = Field(default="", max_length=4000, description="What customers accept before they order.")
    refund_policy: str = Field(default="", max_length=4000, description="Which refunds they accept, likewise.")
    tax_rate: str = Field(
        default="0", max_length=9, description="A flat tax in percent, such as 8.25; it rests where TaxJar is set up."
    )
    tax_included: bool = Field(default=False, description="Whether prices contain that tax already.")
    tax_shipping: bool = Field(default=True, description="Whether shipping is taxed too.")
    tax_label: str = Field(default="", max_length=40, description="What the tax is called, such as VAT.")
    shipping_types: tuple[ShippingType, ...] = Field(
        default=(ShippingType(code="standard", label="Standard"),), description="How parcels are shipped."
    )

    @field_validator("tax_rate", mode="before")
    @classmethod
    def _percent(cls, value: object) -> str:
        try:
            rate = Decimal(str(value).strip().removesuffix("%").strip() or "0")
        except InvalidOperation:
            rate = Decimal(-1)
        if not (rate.is_finite() and 0 <= rate <= 100 and rate == round(rate, 4)):
            message = f"{value!r} is no percentage from 0 to 100 with up to 4 decimals, such as 8.25"
            raise ValueError(message)
        return f"{rate:f}"

    carriers: tuple[CarrierSetting, ...] = Field(
        default=(), description="Carriers beside the usual ones, with the address of their tracking page."
    )
    seller_name: str = Field(default="", max_length=200, description="The seller on invoices; empty: the store's name.")
    seller_address: str = Field(default="", max_length=500, description="The seller's address on invoices.")
    tax_number: str = Field(default="", max_length=64, description="The seller's tax number on invoices.")
    invoice_prefix: str = Field(
        default="", max_length=16, pattern=r"^[A-Za-z0-9/-]*$", description="What stands before an invoice's number."
    )
    credit_note_prefix: str = Field(
        default="C-",
        max_length=16,
        pattern=r"^[A-Za-z0-9/-]*$",
        description="What stands before a credit note's number.",
    )
    invoice_note: str = Field(default="", max_length=500, description="What stands below each invoice.")
