"""Reading the form of a product, and filling it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from guildshop.errors import FieldError, Invalid
from guildshop.i18n import _
from guildshop.money import known_currency, parse_money, to_decimal
from guildshop.plugins.catalog.api import (
    Product,
    ProductChange,
    ProductInput,
    ProductKind,
    QuantityVisibility,
    VariantInput,
)
from guildshop.plugins.catalog.rules import parse_ids, parse_images, parse_options, write_images, write_options

Value = TypeVar("Value")
Typed = Mapping[str, str]
ROLES = ("required_roles", "granted_roles", "granted_channels")
NAMES = {"limitPerCustomer": "limit_per_customer", "lowStockAt": "low_stock_at", "imageUrl": "images"}
"""The form's names of fields that the service names as the JSON API does."""


def values_of(product: Product, cost: int | None) -> dict[str, str]:
    """Return a product as its form shows it."""
    values = {
        "name": product.name,
        "sku": product.sku,
        "price": str(to_decimal(product.price, product.currency)),
        "cost": "" if cost is None else str(to_decimal(cost, product.currency)),
        "currency": product.currency,
        "description": product.description,
        "category": str(product.category or ""),
        "kind": product.kind.value,
        "tracked": "1" if product.tracked else "",
        "low_stock_at": "" if product.low_stock_at is None else str(product.low_stock_at),
        "limit_per_customer": str(product.limit_per_customer or ""),
        "visibility": product.visibility.value,
        "position": str(product.position),
        "images": write_images(product.images),
        "options": write_options(product.options, ", "),
        "version": str(product.version),
    }
    for name in ROLES:
        values[name] = ", ".join(str(one) for one in getattr(product, name))
    return values


def blank(currency: str) -> dict[str, str]:
    """Return the form of a product that is about to be made."""
    names = ("name", "sku", "price", "cost", "description", "category", "low_stock_at", "limit_per_customer", "images")
    return {
        **dict.fromkeys((*names, *ROLES, "tracked", "quantity", "options", "version"), ""),
        "currency": currency,
        "kind": ProductKind.DIGITAL.value,
        "visibility": QuantityVisibility.INHERIT.value,
        "position": "0",
    }


def product_input(typed: Typed, currency: str) -> ProductInput:
    """Return a new product as it was typed; refuse all that cannot be read, at once. Without an SKU it is a draft."""
    reader = Reader(typed)
    columns = reader.columns(currency)
    quantity = reader.whole("quantity") or 0
    reader.finish()
    return ProductInput(**columns, quantity=quantity, published=False)


def product_change(typed: Typed, product: Product) -> ProductChange:
    """Return what was typed into a product's form."""
    reader = Reader(typed)
    columns = reader.own(product.currency) if product.parent is not None else reader.columns(product.currency)
    if product.parent is not None:
        columns["options"] = reader.read("options", parse_options)
    if product.variants:
        columns.pop("tracked")
    reader.finish()
    return ProductChange(**columns)


def variant_input(typed: Typed, currency: str) -> VariantInput:
    """Return a new variant as it was typed."""
    reader = Reader(typed)
    options = reader.read("options", parse_options)
    price = reader.money("price", currency)
    quantity = reader.whole("quantity")
    reader.finish()
    return VariantInput(
        sku=typed.get("sku", ""),
        options=options or (),
        price=price,
        tracked=quantity is not None,
        quantity=quantity or 0,
    )


class Reader:
    """Reads the fields of a form one after the other, and keeps what is wrong with each."""

    def __init__(self, typed: Typed) -> None:
        """Read what was typed."""
        self.typed = typed
        self.errors: list[FieldError] = []

    def read(self, name: str, how: Callable[[str], Value]) -> Value | None:
        """Return a field as `how` reads it; None when it cannot be read."""
        try:
            return how(self.typed.get(name, ""))
        except Invalid as refusal:
            self.errors.append(FieldError(name, refusal.message))
        except ValueError:
            self.errors.append(
                FieldError(name, _("“{text}” is none of the choices.").format(text=self.typed.get(name, "")[:40]))
            )
        return None

    def money(self, name: str, currency: str) -> int | None:
        """Return an amount of money; None when it was left empty or cannot be read."""
        if not self.typed.get(name):
            return None
        return self.read(name, lambda text: parse_money(text, currency, field=name))

    def whole(self, name: str) -> int | None:
        """Return a whole number; None when it was left empty or cannot be read."""
        if not self.typed.get(name):
            return None
        return self.read(name, _whole)

    def own(self, currency: str) -> dict[str, Any]:
        """Return what a variant has for itself too."""
        price = self.money("price", currency)
        if price is None and not self.typed.get("price"):
            self.errors.append(FieldError("price", _("“Price” is missing. Fill it in.")))
        return {
            "sku": self.typed.get("sku", ""),
            "price": price or 0,
            "cost": self.money("cost", currency),
            "tracked": bool(self.typed.get("tracked")),
            "low_stock_at": self.whole("low_stock_at"),
            "position": self.whole("position") or 0,
        }

    def columns(self, currency: str) -> dict[str, Any]:
        """Return everything of a product."""
        chosen = self.read("currency", lambda text: known_currency(text or currency)) or currency
        columns = self.own(chosen) | {
            "currency": chosen,
            "name": self.typed.get("name", ""),
            "description": self.typed.get("description", "").replace("\r\n", "\n"),
            "category": self.read("category", lambda text: UUID(text) if text else None),
            "kind": self.read("kind", lambda text: ProductKind(text or "DIGITAL")) or ProductKind.DIGITAL,
            "visibility": self.read("visibility", lambda text: QuantityVisibility(text or "INHERIT")),
            "limit_per_customer": self.whole("limit_per_customer"),
            "images": self.read("images", lambda text: parse_images(text.replace("\r", ""))),
        }
        for name in ROLES:
            columns[name] = self.read(name, lambda text, name=name: parse_ids(name, text)) or ()  # type: ignore[misc]
        return columns

    def finish(self) -> None:
        """Refuse the form when anything in it could not be read."""
        if self.errors:
            raise Invalid(" ".join(error.message for error in self.errors), errors=self.errors)


def _whole(text: str) -> int:
    digits = text.removeprefix("-").replace(",", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise Invalid(_("“{text}” is no whole number.").format(text=text[:40]))
    return -int(digits) if text.startswith("-") else int(digits)
