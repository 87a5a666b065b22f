"""Texts, amounts, quantities and lists of Discord IDs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from guildshop.errors import Invalid
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.money import MAXIMUM
from guildshop.plugins.catalog.api import MAXIMUM_QUANTITY, Incomplete, OutOfStock, Product

NAME_LIMIT = 100
DESCRIPTION_LIMIT = 4000
SKU_LIMIT = 64
CATEGORY_LIMIT = 80
URL_LIMIT = 2000
IDS_LIMIT = 50
WHOLE_LIMIT = 1_000_000
DRAFT = "DRAFT-"
"""What the SKU of a draft begins with that was not given one yet."""

_NO_SKU = re.compile(r"[\s,:;|/\\`*]")
_SEPARATORS = re.compile(r"[\s,|;]+")
_GREATEST_ID = 2**63 - 1


def clean(field: str, label: str, value: str, limit: int, *, lines: bool = False, required: bool = False) -> str:
    """Return text without outer spaces and control characters; refuse what is missing or longer than `limit`."""
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", value)
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
    )
    text = kept.strip() if lines else " ".join(kept.split())
    if required and not text:
        raise Invalid.field(field, _("“{label}” is missing. Fill it in.").format(label=label))
    if len(text) > limit:
        raise Invalid.field(
            field,
            _("“{label}” has {length} characters; at most {limit} fit. Shorten it.").format(
                label=label, length=len(text), limit=limit
            ),
        )
    return text


def clean_sku(value: str) -> str:
    """Return the SKU; refuse an empty one, and characters that lists of SKUs and quantities are written with."""
    sku = clean("sku", _("SKU"), value, SKU_LIMIT, required=True)
    if _NO_SKU.search(sku):
        raise Invalid.field(
            "sku",
            _(
                "The SKU “{sku}” contains a space or one of , : ; | / \\ ` *. Use letters, digits, dots and dashes."
            ).format(sku=sku),
        )
    return sku


def clean_image_url(value: str, field: str = "imageUrl") -> str:
    """Return the address of an image, empty for none; refuse what is no https address."""
    url = value.strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        good = parts.scheme == "https" and bool(host) and not any(part.isspace() or part == "|" for part in url)
        good = good and (parts.port is None or parts.port > 0) and not parts.username
    except ValueError:
        good = False
    if not good or len(url) > URL_LIMIT or not url.isprintable():
        raise Invalid.field(
            field,
            _("“{url}” is no web address of an image. Write it with https:// in front.").format(url=url[:100]),
        )
    return url


def check_sku_of_its_own(sku: str) -> None:
    """Refuse to sell under a draft's SKU."""
    if sku.upper().startswith(DRAFT):
        raise Incomplete(
            _("The SKU {sku} is that of a draft. Give the product an SKU of its own before members see it.").format(
                sku=sku
            )
        )


def missing_for_members(*, sku: str, description: str, variants: int, sold: int) -> list[str]:
    """Return what a draft still lacks before members may see it; `sold` counts the variants that are active."""
    missing = []
    if sku.upper().startswith(DRAFT):
        missing.append(_("an SKU of its own instead of {sku}").format(sku=sku))
    if not description:
        missing.append(_("a description"))
    if variants and not sold:
        missing.append(_("a variant that is active"))
    return missing


def check_amount(field: str, label: str, amount: int) -> int:
    """Return a price or cost in minor units; refuse negative and unbelievable ones."""
    if amount < 0:
        raise Invalid.field(field, _("“{label}” is below zero. Give 0 or more.").format(label=label))
    if amount > MAXIMUM:
        raise Invalid.field(field, _("“{label}” is too large an amount.").format(label=label))
    return amount


def check_whole(field: str, label: str, number: int | None, least: int) -> int | None:
    """Return a whole number that may be left out; refuse one below `least` or above a million."""
    if number is not None and not least <= number <= WHOLE_LIMIT:
        raise Invalid.field(
            field,
            _("“{label}” is {number}; it must be from {least} to {most}, or left empty.").format(
                label=label, number=number, least=least, most=WHOLE_LIMIT
            ),
        )
    return number


def check_quantity(quantity: int) -> int:
    """Return a number of pieces; refuse 0, negative ones and more than 10,000."""
    if quantity < 1:
        raise Invalid.field(
            "quantity", _("The quantity is {quantity}; it must be at least 1.").format(quantity=quantity)
        )
    if quantity > MAXIMUM_QUANTITY:
        raise Invalid.field(
            "quantity",
            _("The quantity is {quantity}; at most {limit} pieces go at once.").format(
                quantity=quantity, limit=MAXIMUM_QUANTITY
            ),
        )
    return quantity


def parse_quantity(text: str, *, least: int = 1) -> int:
    """Return a typed number of pieces, `least` to 10,000; refuse anything else."""
    typed = text.strip().replace(",", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise Invalid.field(
            "quantity", _("“{text}” is no number of pieces. Write it like 25.").format(text=text.strip()[:40])
        )
    return 0 if least == 0 and int(typed) == 0 else check_quantity(int(typed))


def check_change(change: int) -> int:
    """Return by how much stock is adjusted, up or down; refuse 0 and more than 10,000 pieces."""
    if change == 0:
        raise Invalid.field("change", _("An adjustment by 0 changes nothing. Give a number above or below zero."))
    check_quantity(abs(change))
    return change


def check_stock(product: Product, quantity: int) -> None:
    """Refuse a quantity of a product that exceeds what is left; members are told how many only where they may know."""
    if not product.tracked or quantity <= product.available:
        return
    if product.available <= 0:
        raise OutOfStock(
            _("{product} is out of stock.").format(product=product.name), details={"available": 0, "sku": product.sku}
        )
    if not product.quantity_shown:
        raise OutOfStock(
            _("There are fewer than {quantity} of {product} left. Choose fewer.").format(
                product=product.name, quantity=quantity
            ),
            details={"sku": product.sku},
        )
    raise OutOfStock(
        _("Only {available} of {product} left; you asked for {quantity}. Choose fewer.").format(
            available=product.available, product=product.name, quantity=quantity
        ),
        details={"available": product.available, "sku": product.sku},
    )


def parse_ids(field: str, text: str) -> tuple[int, ...]:
    """Return the Discord IDs of a text, with commas, spaces or | between; refuse anything else."""
    found = []
    for part in _SEPARATORS.split(text.strip()):
        if not part:
            continue
        if not (part.isascii() and part.isdigit() and 0 < int(part) <= _GREATEST_ID):
            raise Invalid.field(
                field,
                _("“{value}” is no Discord ID. Copy it from Discord; it has 17 to 20 digits.").format(value=part[:40]),
            )
        found.append(int(part))
    unique = tuple(dict.fromkeys(found))
    if len(unique) > IDS_LIMIT:
        raise Invalid.field(
            field, _("{count} IDs are too many; at most {limit}.").format(count=len(unique), limit=IDS_LIMIT)
        )
    return unique


def join_ids(ids: Iterable[int]) -> str:
    """Return Discord IDs as they are stored."""
    return ",".join(str(one) for one in ids)


def search_text(name: str, sku: str) -> str:
    """Return the folded text in which a product is searched, and by which it is sorted."""
    return fold(f"{name} {sku}")


def stock_state(tracked: bool, available: int, low_stock_at: int | None) -> str:
    """Return OUT, LOW or OK."""
    if not tracked:
        return "OK"
    if available <= 0:
        return "OUT"
    return "LOW" if low_stock_at is not None and available <= low_stock_at else "OK"
