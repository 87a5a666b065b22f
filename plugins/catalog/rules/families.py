"""Which rows of a file belong together: products that are sold in variants, and their variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guildshop.i18n import _
from guildshop.plugins.catalog.rules.columns import OWN
from guildshop.plugins.catalog.rules.importing import ProductRow
from guildshop.plugins.catalog.rules.variants import options_key, read_options

VARIANTS_LIMIT = 25
"""Variants of one product at most: as many as one select of Discord shows."""

Stored = Mapping[str, Any]
Problem = tuple[int, str]
"""A row's number, and what is wrong with it."""


@dataclass(slots=True)
class Member:
    """A variant: its row, where the file has one, and what is stored of it, where it exists."""

    options: tuple[tuple[str, str], ...]
    row: ProductRow | None = None
    stored: Stored | None = None


@dataclass(slots=True)
class Family:
    """A product with its variants; its row is None where the file has only variants of it."""

    row: ProductRow | None
    stored: Stored | None
    variants: list[Member] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Families:
    """All products of a file that are sold in variants; `members` are the folded SKUs in them, products too."""

    families: Sequence[Family]
    members: frozenset[str]


def families_of(
    rows: Sequence[ProductRow], known: Mapping[str, Stored], kin: Sequence[Stored]
) -> tuple[Families, list[Problem]]:
    """Return the families that the rows touch, and what is wrong with rows of variants.

    `known` is what is stored under the rows' SKUs, `kin` what is stored of their products and of these' variants.
    """
    everyone = {stored["sku_key"]: stored for stored in kin} | dict(known)
    by_id = {stored["id"]: stored for stored in everyone.values()}
    plain = {row.sku_key: row for row in rows if not _parent_key(row, known, by_id)}
    families: dict[str, Family] = {}
    problems: list[Problem] = []
    for stored in everyone.values():
        if stored["parent"] is not None and stored["parent"] in by_id:
            owner = by_id[stored["parent"]]
            family = families.setdefault(owner["sku_key"], Family(plain.get(owner["sku_key"]), owner))
            family.variants.append(Member(read_options(stored["options"]), stored=stored))
    for row in rows:
        key = _parent_key(row, known, by_id)
        if not key:
            continue
        wrong = _wrong(row, key, plain, known, everyone)
        if wrong:
            problems.append((row.number, wrong))
            continue
        family = families.setdefault(key, Family(plain.get(key), everyone.get(key)))
        _join(family, row)
    for family in families.values():
        problems += _check(family)
    members = set(families) | {row.sku_key for row in rows if _parent_key(row, known, by_id)}
    return Families(list(families.values()), frozenset(members)), problems


def join_families(own: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a variant's columns: its own, and what it shares with its product."""
    return {name: own[name] for name in OWN if name in own} | dict(shared)


def _parent_key(row: ProductRow, known: Mapping[str, Stored], by_id: Mapping[Any, Stored]) -> str:
    stored = known.get(row.sku_key)
    if stored is not None and stored["parent"] in by_id and not row.parent:
        return str(by_id[stored["parent"]]["sku_key"])
    return row.parent


def _wrong(
    row: ProductRow,
    key: str,
    plain: Mapping[str, ProductRow],
    known: Mapping[str, Stored],
    everyone: Mapping[str, Stored],
) -> str:
    stored, owner = known.get(row.sku_key), everyone.get(key)
    if key not in plain and (owner is None or owner["parent"] is not None):
        return _("“parent” names no product of the shop or of this file. Write the SKU of one that is no variant.")
    if stored is None:
        return ""
    if stored["parent"] is None:
        return _("{sku} is a product of its own, which cannot become a variant. Give the variant a new SKU.").format(
            sku=stored["sku"]
        )
    if owner is None or stored["parent"] != owner["id"]:
        return _("{sku} is a variant of another product, which cannot change.").format(sku=stored["sku"])
    return ""


def _join(family: Family, row: ProductRow) -> None:
    for member in family.variants:
        if member.stored is not None and member.stored["sku_key"] == row.sku_key:
            member.row = row
            member.options = row.options or member.options
            return
    family.variants.append(Member(row.options, row))


def _check(family: Family) -> list[Problem]:
    problems = []
    rows = [member.row for member in family.variants if member.row is not None]
    last = max((row.number for row in rows), default=family.row.number if family.row else 0)
    if len(family.variants) > VARIANTS_LIMIT:
        problems.append(
            (
                last,
                _("The product has {count} variants with this file; at most {limit} are possible.").format(
                    count=len(family.variants), limit=VARIANTS_LIMIT
                ),
            )
        )
    if family.row is not None and family.row.stock is not None:
        problems.append(
            (family.row.number, _("The product is sold in variants: leave its “stock” empty and give it to these."))
        )
    stored = family.stored
    if stored is not None and not stored["variants"] and stored["tracked"] and stored["available"] > 0:
        problems.append(
            (last, _("{sku} has stock that no variant could sell. Adjust it to 0 first.").format(sku=stored["sku"]))
        )
    seen: set[str] = set()
    names: set[frozenset[str]] = set()
    for member in family.variants:
        key = options_key(member.options)
        number = member.row.number if member.row is not None else last
        if key in seen:
            problems.append((number, _("Another variant of the product has the same options. Change one of them.")))
        seen.add(key)
        names.add(frozenset(name.casefold() for name, _value in member.options))
    if len(names) > 1:
        problems.append((last, _("The variants of a product must all have the same options, such as Size and Colour.")))
    return problems
