"""Rows of the database as the dataclasses of `api`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guildshop.plugins.catalog.api import (
    Category,
    MovementKind,
    Panel,
    Product,
    ProductKind,
    ProductList,
    QuantityVisibility,
    StockMovement,
    Waiting,
    WaitingState,
)
from guildshop.plugins.catalog.rules.images import read_images
from guildshop.plugins.catalog.rules.variants import read_options

PRODUCT_COLUMNS = (
    "id, store, sku, name, description, price, currency, image_url, category, kind, active, published, tracked, "
    "available, reserved, visibility, required_roles, granted_roles, granted_channels, limit_per_customer, position, "
    "low_stock_at, created, version, images, parent, options, variants, waiting"
)
CATEGORY_COLUMNS = "id, store, name, position, version"
LIST_COLUMNS = "id, store, name, position, version"
WAITING_COLUMNS = "id, store, product, member, state, place, locale, created, held_until"
PANEL_COLUMNS = "id, store, channel_id, product_list, message_id, shown, problem, version"
MOVEMENT_COLUMNS = "id, product, kind, available_change, reserved_change, order_id, actor, reason, created"


def product_of(row: Mapping[str, Any], *, quantity_shown: bool = True) -> Product:
    """Return a row of `product`, without its cost; `quantity_shown` is what its store lets members see."""
    values = {name: row[name] for name in PRODUCT_COLUMNS.split(", ")}
    visibility = QuantityVisibility(row["visibility"])
    inherits = visibility is QuantityVisibility.INHERIT
    return Product(
        **values
        | {
            "images": read_images(row["images"], row["image_url"]),
            "options": read_options(row["options"]),
            "quantity_shown": bool(row["tracked"])
            and (quantity_shown if inherits else visibility is QuantityVisibility.PUBLIC),
            "kind": ProductKind(row["kind"]),
            "visibility": visibility,
            "active": bool(row["active"]),
            "published": bool(row["published"]),
            "tracked": bool(row["tracked"]),
            "required_roles": split_ids(row["required_roles"]),
            "granted_roles": split_ids(row["granted_roles"]),
            "granted_channels": split_ids(row["granted_channels"]),
        }
    )


def category_of(row: Mapping[str, Any]) -> Category:
    """Return a row of `category`."""
    return Category(**{name: row[name] for name in CATEGORY_COLUMNS.split(", ")})


def list_of(row: Mapping[str, Any]) -> ProductList:
    """Return a row of `product_list`, with its `size` where that was counted."""
    size = int(row["size"]) if "size" in row else 0
    return ProductList(**{name: row[name] for name in LIST_COLUMNS.split(", ")}, size=size)


def waiting_of(row: Mapping[str, Any]) -> Waiting:
    """Return a row of `waitlist`, with how many are `ahead` where that was counted."""
    values = {name: row[name] for name in WAITING_COLUMNS.split(", ")}
    ahead = int(row["ahead"]) if "ahead" in row else 0
    return Waiting(**values | {"state": WaitingState(row["state"])}, ahead=ahead)


def panel_of(row: Mapping[str, Any]) -> Panel:
    """Return a row of `panel`."""
    return Panel(**{name: row[name] for name in PANEL_COLUMNS.split(", ")})


def movement_of(row: Mapping[str, Any]) -> StockMovement:
    """Return a row of `stock_movement`."""
    return StockMovement(
        id=row["id"],
        product=row["product"],
        kind=MovementKind(row["kind"]),
        available_change=row["available_change"],
        reserved_change=row["reserved_change"],
        order=row["order_id"],
        actor=row["actor"],
        reason=row["reason"],
        created=row["created"],
    )


def split_ids(text: str) -> tuple[int, ...]:
    """Return stored Discord IDs."""
    return tuple(int(part) for part in text.split(",") if part)
