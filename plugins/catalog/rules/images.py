"""Images of products: several, in order, each with what it shows in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.plugins.catalog.api import Image
from guildshop.plugins.catalog.rules.products import clean, clean_image_url

IMAGES_LIMIT = 10
ALT_LIMIT = 250


def clean_images(images: Iterable[Image]) -> tuple[Image, ...]:
    """Return images in their order, each address once; refuse more than ten, and what is no https address."""
    kept: dict[str, Image] = {}
    for image in images:
        url = clean_image_url(image.url, "images")
        if url:
            text = clean("images", _("Description of the image"), image.alt.replace("|", " "), ALT_LIMIT)
            kept.setdefault(url, Image(url, text))
    if len(kept) > IMAGES_LIMIT:
        raise Invalid.field(
            "images",
            _("{count} images are too many; at most {limit}.").format(count=len(kept), limit=IMAGES_LIMIT),
        )
    return tuple(kept.values())


def parse_images(text: str) -> tuple[Image, ...]:
    """Return the images of a text: an address on each line (or with | between), then what it shows."""
    found = []
    for line in re.split(r"[|\n]", text):
        url, _space, alt = line.strip().partition(" ")
        if url:
            found.append(Image(url, alt.strip()))
    return clean_images(found)


def write_images(images: Iterable[Image], separator: str = "\n") -> str:
    """Return images as `parse_images` reads them."""
    return separator.join(f"{image.url} {image.alt}".strip() for image in images)


def stored_images(images: Sequence[Image]) -> str:
    """Return images as they are stored; empty for none."""
    return json.dumps([[image.url, image.alt] for image in images], ensure_ascii=False) if images else ""


def read_images(stored: str, image_url: str) -> tuple[Image, ...]:
    """Return stored images; a product from before there were several has its one address only."""
    if not stored:
        return (Image(image_url),) if image_url else ()
    return tuple(Image(url, alt) for url, alt in json.loads(stored))
