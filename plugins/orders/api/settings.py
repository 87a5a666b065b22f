"""A store's settings of the orders plugin: `[stores."…".orders]`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from guildshop.money import MAXIMUM


class ShippingType(BaseModel):
    """One way of shipping and what it costs, in minor units of the store's currency. No countries: everywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    label: str = Field(min_length=1, max_length=80)
    cost: int = Field(default=0, ge=0, le=MAXIMUM, json_schema_extra={"unit": "money"})
    days: int | None = Field(default=None, ge=0, le=365)
    countries: tuple[str, ...] = ()
    free_over: int | None = Field(default=None, ge=0, le=MAXIMUM, json_schema_extra={"unit": "money"})

    @field_validator("countries")
    @classmethod
    def _capitals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        countries = tuple(code.strip().upper() for code in value)
        for code in countries:
            if len(code) != 2 or not code.isalpha():
                message = f"{code!r} is no ISO country code of two letters"
                raise ValueError(message)
        return countries


class OrdersSettings(BaseModel):
    """What a store's owner decides about orders."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    open: bool = Field(default=True, description="Whether the shop takes orders.")
    closed_message: str = Field(default="", max_length=500, description="What members read while it does not.")
    expire_hours: int = Field(default=48, ge=1, le=24 * 90, description="After how long an unpaid order is cancelled.")
    return_days: int = Field(default=14, ge=0, le=365, description="How long after delivery a return can be asked for.")
    max_unpaid_per_member: int = Field(default=3, ge=1, le=100, description="How many unpaid orders a member may have.")
    shipping_types: tuple[ShippingType, ...] = Field(
        default=(ShippingType(code="standard", label="Standard"),), description="How parcels are shipped."
    )
