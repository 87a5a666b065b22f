"""One row of a products' CSV file, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from guildshop.errors import Invalid
from guildshop.folding import fold
from guildshop.i18n import _, lazy
from guildshop.money import known_currency, parse_money
from guildshop.plugins.catalog.api import Image, ProductKind, QuantityVisibility
from guildshop.plugins.catalog.rules.images import parse_images, stored_images
from guildshop.plugins.catalog.rules.products import (
    CATEGORY_LIMIT,
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    WHOLE_LIMIT,
    check_amount,
    check_sku_of_its_own,
    clean,
    clean_image_url,
    clean_sku,
    join_ids,
    parse_ids,
    search_text,
)
from guildshop.plugins.catalog.rules.variants import parse_options

COLUMNS = {
    "sku": lazy("Needed; unique in the store"),
    "name": lazy("Needed"),
    "description": lazy("Text, may have several lines"),
    "price": lazy("Needed; a plain decimal such as 19.99"),
    "cost": lazy("What it costs the shop; empty: unknown"),
    "currency": lazy("ISO 4217; empty: the store's"),
    "category": lazy("A category's name; made when it does not exist"),
    "kind": lazy("digital or shipped"),
    "stock": lazy("Pieces available; empty: not tracked"),
    "published": lazy("true: members see it; false: a draft"),
    "active": lazy("false: no longer sold"),
    "quantity_visibility": lazy("inherit, public or private"),
    "required_roles": lazy("Role IDs with | between, of which a member needs one"),
    "granted_roles": lazy("Role IDs with | between, given when it is paid"),
    "granted_channels": lazy("Channel IDs with | between, opened when it is paid"),
    "image_url": lazy("https address of the main picture"),
    "images": lazy("All pictures with | between, each an https address, a space and what it shows"),
    "limit_per_customer": lazy("Whole number; empty: none"),
    "low_stock_at": lazy("Staff are told when stock falls to this; empty: never"),
    "position": lazy("Order in lists, ascending"),
    "parent": lazy("Of a variant: the SKU of its product, whose name, texts, pictures and roles it has"),
    "options": lazy("Of a variant: what tells it apart, such as Size=L|Colour=Black"),
    "lists": lazy("Names of product lists with | between; made when they do not exist"),
}
REQUIRED = frozenset({"sku", "name", "price"})


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A checked row: every column of the table but the category's key and the counters.

    What a variant shares with its product is in the columns too, and is replaced by what the product has.
    """

    columns: Mapping[str, Any]
    category: str
    stock: int | None
    """The counted stock; None: not tracked."""
    parent: str = ""
    """The folded SKU of the product of which it is a variant; empty: it is none."""
    options: tuple[tuple[str, str], ...] = ()
    number: int = 0
    """Which row of the file it is, from 1."""
    lists: tuple[str, ...] | None = None
    """Names of the product lists it is in; None: they stay as they are."""

    @property
    def sku_key(self) -> str:
        """What the SKU is compared by."""
        return str(self.columns["sku_key"])


def read_row(row: Mapping[str, str], store_currency: str) -> ProductRow:
    """Return the row checked; refuse what is not acceptable, naming the column. What it leaves empty is the default."""
    given = {name: (value or "").strip() for name, value in row.items()}
    currency = _currency(given.get("currency") or store_currency)
    name = clean("name", "name", given.get("name", ""), NAME_LIMIT, required=True)
    sku = clean_sku(given.get("sku", ""))
    if not given.get("price"):
        raise Invalid.field("price", _("“price” is missing. Write it like 19.99."))
    stock = _whole("stock", given.get("stock", ""), 0)
    columns: dict[str, Any] = {
        "sku": sku,
        "sku_key": fold(sku),
        "name": name,
        "search": search_text(name, sku),
        "description": clean("description", "description", given.get("description", ""), DESCRIPTION_LIMIT, lines=True),
        "price": check_amount("price", "price", parse_money(given["price"], currency, field="price")),
        "cost": check_amount("cost", "cost", parse_money(given["cost"], currency, field="cost"))
        if given.get("cost")
        else None,
        "currency": currency,
        **_images(given),
        "kind": _choice(ProductKind, "kind", given.get("kind") or ProductKind.DIGITAL.value),
        "active": _truth("active", given.get("active", "")),
        "published": _truth("published", given.get("published", "")),
        "tracked": stock is not None,
        "visibility": _choice(
            QuantityVisibility,
            "quantity_visibility",
            given.get("quantity_visibility") or QuantityVisibility.INHERIT.value,
        ),
        "limit_per_customer": _whole("limit_per_customer", given.get("limit_per_customer", ""), 1),
        "low_stock_at": _whole("low_stock_at", given.get("low_stock_at", ""), 0),
        "position": _whole("position", given.get("position", ""), 0) or 0,
    }
    for column in ("required_roles", "granted_roles", "granted_channels"):
        columns[column] = join_ids(parse_ids(column, given.get(column, "")))
    category = clean("category", "category", given.get("category", ""), CATEGORY_LIMIT)
    if columns["published"]:
        check_sku_of_its_own(sku)
    parent = clean_sku(given["parent"]) if given.get("parent") else ""
    options = parse_options(given["options"]) if given.get("options") else ()
    if bool(options) != bool(parent):
        raise Invalid.field("options", _("A variant needs both “parent” and “options”: its product's SKU, and Size=L."))
    if fold(parent) == fold(sku):
        raise Invalid.field("parent", _("“parent” is the row's own SKU. Write that of the product it is a variant of."))
    return ProductRow(columns, category, stock, fold(parent), options, lists=_lists(row) if not parent else None)


def _images(given: Mapping[str, str]) -> dict[str, str]:
    first = clean_image_url(given.get("image_url", ""))
    images = parse_images(given.get("images", "")) or ((Image(first),) if first else ())
    return {"images": stored_images(images), "image_url": images[0].url if images else ""}


def _lists(row: Mapping[str, str]) -> tuple[str, ...] | None:
    if "lists" not in row:
        return None
    names = (clean("lists", "lists", name, CATEGORY_LIMIT) for name in (row["lists"] or "").split("|"))
    return tuple(dict.fromkeys(name for name in names if name))


@lru_cache(maxsize=256)
def _currency(code: str) -> str:
    return known_currency(code)


def _choice(kind: type[ProductKind] | type[QuantityVisibility], column: str, text: str) -> str:
    try:
        return kind(text.upper()).value
    except ValueError:
        choices = ", ".join(one.value.lower() for one in kind)
        raise Invalid.field(
            column,
            _("“{column}” is “{value}”; write one of {choices}.").format(
                column=column, value=text[:40], choices=choices
            ),
        ) from None


def _truth(column: str, text: str) -> bool:
    known = {"": True, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        return known[text.casefold()]
    except KeyError:
        raise Invalid.field(
            column, _("“{column}” is “{value}”; write true or false.").format(column=column, value=text[:40])
        ) from None


def _whole(column: str, text: str, least: int) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= WHOLE_LIMIT):
        raise Invalid.field(
            column,
            _("“{column}” is “{value}”; write a whole number from {least} to {most}, or leave it empty.").format(
                column=column, value=text[:40], least=least, most=WHOLE_LIMIT
            ),
        )
    return int(text)
