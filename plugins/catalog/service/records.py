"""Rows of the database as the dataclasses of `api`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guildshop.plugins.catalog.api import (
    Category,
    MovementKind,
    Product,
    ProductKind,
    QuantityVisibility,
    StockMovement,
)

PRODUCT_COLUMNS = (
    "id, store, sku, name, description, price, currency, image_url, category, kind, active, published, tracked, "
    "available, reserved, visibility, required_roles, granted_roles, granted_channels, limit_per_customer, position, "
    "low_stock_at, created, version"
)
CATEGORY_COLUMNS = "id, store, name, position, version"
MOVEMENT_COLUMNS = "id, product, kind, available_change, reserved_change, order_id, actor, reason, created"


def product_of(row: Mapping[str, Any]) -> Product:
    """Return a row of `product`, without its cost."""
    values = {name: row[name] for name in PRODUCT_COLUMNS.split(", ")}
    return Product(
        **values
        | {
            "kind": ProductKind(row["kind"]),
            "visibility": QuantityVisibility(row["visibility"]),
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
