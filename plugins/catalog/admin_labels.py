"""What the tables, columns and choices of products, lists and stock are called in Piccolo Admin."""

from __future__ import annotations

from guildshop.hookspecs import AdminLabels
from guildshop.i18n import lazy

LABELS = AdminLabels(
    tables={
        "product": lazy("Products"),
        "category": lazy("Categories"),
        "stock_movement": lazy("Stock movements"),
        "product_list": lazy("Product lists"),
        "product_list_item": lazy("Products in lists"),
        "waitlist": lazy("Waiting list"),
        "panel": lazy("Shop panels"),
    },
    columns={
        "description": lazy("Description"),
        "cost": lazy("Cost"),
        "image_url": lazy("Image address"),
        "category": lazy("Category"),
        "published": lazy("Published"),
        "tracked": lazy("Stock counted"),
        "available": lazy("Available"),
        "reserved": lazy("Reserved"),
        "visibility": lazy("Who sees the quantity"),
        "required_roles": lazy("Required roles"),
        "granted_roles": lazy("Granted roles"),
        "granted_channels": lazy("Granted channels"),
        "low_stock_at": lazy("Low stock at"),
        "stock_state": lazy("Stock as last announced"),
        "parent": lazy("Variant of"),
        "options": lazy("Options"),
        "variants": lazy("Variants"),
        "images": lazy("Images"),
        "product.waiting": lazy("On the waiting list"),
        "available_change": lazy("Change of available"),
        "reserved_change": lazy("Change of reserved"),
        "actor": lazy("Who"),
        "product_list": lazy("Product list"),
        "place": lazy("Place in the queue"),
        "held_until": lazy("Held until"),
        "shelf": lazy("Shown list"),
        "shown": lazy("Content last shown"),
    },
    choices={
        "product.kind": {
            "DIGITAL": lazy("Digital"),
            "SHIPPED": lazy("Shipped"),
        },
        "product.visibility": {
            "INHERIT": lazy("As the shop"),
            "PUBLIC": lazy("Everybody"),
            "PRIVATE": lazy("Staff only"),
        },
        "stock_movement.kind": {
            "ADJUSTMENT": lazy("Adjusted"),
            "RESERVE": lazy("Reserved"),
            "RELEASE": lazy("Released"),
            "SALE": lazy("Sold"),
            "RESTOCK": lazy("Restocked"),
            "RETURN": lazy("Returned"),
        },
        "waitlist.state": {
            "WAITING": lazy("Waiting"),
            "HELD": lazy("Piece held"),
            "USED": lazy("Bought"),
            "EXPIRED": lazy("Expired"),
            "LEFT": lazy("Gave the place up"),
        },
    },
)
