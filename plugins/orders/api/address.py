"""Where an order goes, and which place its tax depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guildshop.countries import country_name, town_line

SHIPPING_STEP = "orders.shipping"
"""The step whose answer holds the shipping address."""

PLACE_STEP = "orders.place"
"""The step whose answer holds the place that the tax on digital goods depends on."""

_FIELDS = ("recipient", "street", "city", "postal_code", "country", "street2", "region", "company", "phone")


@dataclass(frozen=True, slots=True)
class ShippingAddress:
    """Where an order goes: a copy, so that later edits of the customer's addresses never rewrite history."""

    recipient: str
    street: str
    city: str
    postal_code: str
    country: str
    street2: str = ""
    region: str = ""
    company: str = ""
    phone: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the lines as they stand on a label, without the phone."""
        town = town_line(self.country, self.city, self.region, self.postal_code)
        parts = (self.recipient, self.company, self.street, self.street2, town, country_name(self.country))
        return tuple(part for part in parts if part)


def address_in(answer: Mapping[str, str]) -> ShippingAddress | None:
    """Return the address that a step's answer holds, if it holds one: it has a country at least."""
    if not answer.get("country"):
        return None
    return ShippingAddress(**{name: answer.get(name, "") for name in _FIELDS})
