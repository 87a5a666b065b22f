"""What tells the variants of a product apart: their options, such as size and colour."""

from __future__ import annotations

import re
from collections.abc import Iterable

from guildshop.errors import Invalid
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.plugins.catalog.rules.products import NAME_LIMIT, clean

OPTIONS_LIMIT = 3
OPTION_LIMIT = 40

_NO_OPTION = str.maketrans(dict.fromkeys("|=,;\n", " "))


def clean_options(options: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return a variant's options, such as Size: L; refuse none, more than three, and one of them twice."""
    kept: dict[str, tuple[str, str]] = {}
    for name, value in options:
        name_text = clean("options", _("Option"), name.translate(_NO_OPTION), OPTION_LIMIT, required=True)
        value_text = clean("options", name_text, value.translate(_NO_OPTION), OPTION_LIMIT, required=True)
        if fold(name_text) in kept:
            raise Invalid.field(
                "options", _("“{option}” is given twice. Give each option once.").format(option=name_text)
            )
        kept[fold(name_text)] = (name_text, value_text)
    if not kept:
        raise Invalid.field("options", _("A variant needs at least one option. Write it like Size=L."))
    if len(kept) > OPTIONS_LIMIT:
        raise Invalid.field(
            "options", _("{count} options are too many; at most {limit}.").format(count=len(kept), limit=OPTIONS_LIMIT)
        )
    return tuple(kept.values())


def parse_options(text: str) -> tuple[tuple[str, str], ...]:
    """Return the options of a text like `Size=L, Colour=Black`; refuse anything else."""
    found = []
    for part in re.split(r"[|,;\n]", text):
        if not part.strip():
            continue
        name, equals, value = part.replace(":", "=", 1).partition("=")
        if not equals:
            raise Invalid.field(
                "options",
                _("“{text}” is no option. Write the options like Size=L, Colour=Black.").format(text=part.strip()[:60]),
            )
        found.append((name, value))
    return clean_options(found)


def write_options(options: Iterable[tuple[str, str]], separator: str = "|") -> str:
    """Return options as they are stored, and as `parse_options` reads them."""
    return separator.join(f"{name}={value}" for name, value in options)


def read_options(stored: str) -> tuple[tuple[str, str], ...]:
    """Return stored options."""
    parts = (part.partition("=") for part in stored.split("|") if part)
    return tuple((name, value) for name, _equals, value in parts)


def options_key(options: Iterable[tuple[str, str]]) -> str:
    """Return what two variants of one product must not share."""
    return fold("|".join(sorted(f"{name}={value}" for name, value in options)))


def variant_name(product: str, options: Iterable[tuple[str, str]]) -> str:
    """Return a variant's name: the product's, shortened where both do not fit, and the options' values."""
    choice = " / ".join(value for _name, value in options)[: NAME_LIMIT - 20]
    room = NAME_LIMIT - len(choice) - 3
    name = product if len(product) <= room else product[: room - 1].rstrip() + "…"
    return f"{name} – {choice}"
