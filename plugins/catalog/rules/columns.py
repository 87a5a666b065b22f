"""The columns of a product as they are stored: clean, with what is derived from them, and shared with variants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from guildshop.folding import fold
from guildshop.i18n import _, lazy
from guildshop.money import known_currency
from guildshop.plugins.catalog.api import MAXIMUM_QUANTITY
from guildshop.plugins.catalog.rules.images import clean_images, stored_images
from guildshop.plugins.catalog.rules.products import (
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    check_amount,
    check_whole,
    clean,
    clean_sku,
    join_ids,
    search_text,
)
from guildshop.plugins.catalog.rules.variants import variant_name, write_options

_LISTS = ("required_roles", "granted_roles", "granted_channels")
OWN = frozenset(
    {"sku", "sku_key", "search", "price", "cost", "active", "tracked", "position", "low_stock_at", "options"}
)
"""What a variant has for itself."""
COPIED = frozenset(
    {
        "description",
        "currency",
        "image_url",
        "images",
        "category",
        "kind",
        "visibility",
        "required_roles",
        "granted_roles",
        "granted_channels",
        "limit_per_customer",
    }
)
SHARED = COPIED | {"name", "published", "active"}
"""What a change of which changes the variants too. A variant is published while its product is, and is active."""
_LABELS: Mapping[str, str] = {
    "name": lazy("Name"),
    "description": lazy("Description"),
    "currency": lazy("Currency"),
    "image_url": lazy("Images"),
    "images": lazy("Images"),
    "category": lazy("Category"),
    "kind": lazy("Kind"),
    "visibility": lazy("Stock shown to members"),
    "required_roles": lazy("Required roles"),
    "granted_roles": lazy("Granted roles"),
    "granted_channels": lazy("Granted channels"),
    "limit_per_customer": lazy("Limit per customer"),
    "published": lazy("Published"),
}


def column_labels(names: Iterable[str]) -> list[str]:
    """Return what the page of a product calls these columns, each label once."""
    return list(dict.fromkeys(_(_LABELS.get(name, name)) for name in sorted(names)))


def clean_columns(given: dict[str, Any], *, name: str = "", sku: str = "") -> dict[str, Any]:
    """Return a product's columns clean, as stored, with those derived from them; refuse what is not acceptable.

    `name` and `sku` are what the product has, for what is derived from either of them.
    """
    columns = {key: value.value if isinstance(value, Enum) else value for key, value in given.items()}
    if "name" in columns:
        columns["name"] = clean("name", _("Name"), columns["name"], NAME_LIMIT, required=True)
    if "sku" in columns:
        columns["sku"] = clean_sku(columns["sku"])
        columns["sku_key"] = fold(columns["sku"])
    if columns.keys() & {"name", "sku"}:
        columns["search"] = search_text(columns.get("name", name), columns.get("sku", sku))
    if "description" in columns:
        columns["description"] = clean(
            "description", _("Description"), columns["description"], DESCRIPTION_LIMIT, lines=True
        )
    if "price" in columns:
        check_amount("price", _("Price"), columns["price"])
    if columns.get("cost") is not None:
        check_amount("cost", _("Cost"), columns["cost"])
    if columns.get("currency"):
        columns["currency"] = known_currency(columns["currency"])
    if "images" in columns:
        images = clean_images(columns["images"])
        columns["images"] = stored_images(images)
        columns["image_url"] = images[0].url if images else ""
    for key in _LISTS:
        if key in columns:
            columns[key] = join_ids(columns[key])
    if "limit_per_customer" in columns:
        check_whole("limitPerCustomer", _("Limit per customer"), columns["limit_per_customer"], 1)
    if "low_stock_at" in columns:
        check_whole("lowStockAt", _("Low stock at"), columns["low_stock_at"], 0)
    if "position" in columns:
        check_whole("position", _("Position"), columns["position"], -MAXIMUM_QUANTITY)
    return columns


def from_parent(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what variants take from their product's columns, its own name among it."""
    shared = {name: columns[name] for name in COPIED}
    return shared | {"name": columns["name"], "published": bool(columns["published"]) and bool(columns["active"])}


def variant_columns(shared: Mapping[str, Any], sku: str, options: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return what a variant with that SKU and these options has of its product, under a name of its own."""
    chosen = tuple(options)
    name = variant_name(shared["name"], chosen)
    return {**shared, "name": name, "options": write_options(chosen), "search": search_text(name, sku)}
