"""What plugins add to the page of a product."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from guildshop.permissions import Actor
from guildshop.plugins.catalog.api.products import Product


@dataclass(frozen=True, slots=True)
class ProductSection:
    """A part of the page of a product, for staff with the permission. Variants have none: they follow their product.

    `template` is shown with what `load(actor, product)` returns as `section`, the `product`, and all that a page has.
    """

    name: str
    permission: str
    template: str
    load: Callable[[Actor, Product], Awaitable[Mapping[str, Any]]]
    position: int = 100
