"""Licence keys of many products from a CSV file: every row checked first, all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.errors import Invalid, Refusal
from guildshop.folding import fold
from guildshop.hookspecs import ImportReport, ProgressCallback
from guildshop.i18n import _, grouped, lazy
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import PRODUCT_UPDATE
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.entitlements.api import LONGEST_KEY
from guildshop.plugins.entitlements.service.giving import GoodsService

if TYPE_CHECKING:
    from guildshop.app import App

COLUMNS: Mapping[str, str] = {
    "sku": lazy("The product’s SKU."),
    "key": lazy("The licence key; stored encrypted."),
    "restock": lazy("no: the stock stays as it is; empty or yes: each key adds one to it."),
}
REQUIRED = frozenset({"sku", "key"})
MOST_ROWS = 50_000
"""How many keys one file takes: they are written at once."""
CHUNK = 500

Taken = tuple[UUID, str, bool]
"""A row's product, key, and whether it adds to the stock."""


class KeyFile:
    """The import of licence keys."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def run(
        self, actor: Actor, rows: Sequence[Mapping[str, str]], dry_run: bool, progress: ProgressCallback
    ) -> ImportReport:
        """Add the keys of a file, and send those that buyers wait for; with a single bad row, nothing is written."""
        actor.require(PRODUCT_UPDATE)
        if len(rows) > MOST_ROWS:
            raise Invalid(
                _("The file has {rows} rows; one import takes at most {most}. Split it.").format(
                    rows=grouped(len(rows)), most=grouped(MOST_ROWS)
                )
            )
        products = await self._products(actor.store, rows)
        checked: dict[int, Taken] = {}
        problems: list[tuple[int, str]] = []
        seen: dict[tuple[UUID, str], int] = {}
        for begin in range(0, len(rows), CHUNK):
            for number, row in enumerate(rows[begin : begin + CHUNK], begin + 1):
                try:
                    checked[number] = taken = _read_row(row, products)
                    if seen.setdefault(taken[:2], number) != number:
                        raise Invalid(_("This key is in an earlier row already. Keep one of the two."))
                except Refusal as refusal:
                    problems.append((number, refusal.message))
            progress(min(begin + CHUNK, len(rows)), len(rows), len(problems))
            # Others get their turn.
            await asyncio.sleep(0)
        goods, catalog = self.app.get(GoodsService), self.app.get(CatalogService)
        news = []
        for product in dict.fromkeys(one[0] for one in checked.values()):
            mine = {number: one for number, one in checked.items() if one[0] == product}
            found = await catalog.get(product)
            new = await goods.new_keys(found, list(dict.fromkeys(one[1] for one in mine.values())))
            known = set(new.known)
            told = _("This key is here already. Take it out.")
            problems += [(number, told) for number, one in mine.items() if one[1] in known]
            stocked = sum(one[2] for one in mine.values()) if found.tracked else 0
            news.append((new, stocked))
        if problems or dry_run:
            return ImportReport(len(rows), 0, tuple(sorted(problems)))
        async with self.app.work(actor) as work:
            for new, stocked in news:
                await asyncio.to_thread(goods.add_keys_in, work, new, stocked)
        for new, stocked in news:
            if stocked:
                await catalog.announce(actor.store, new.product.id)
        return ImportReport(len(rows), len(rows))

    async def _products(self, store: int, rows: Sequence[Mapping[str, str]]) -> dict[str, UUID]:
        keys = sorted({fold(row.get("sku", "").strip()) for row in rows})
        found: dict[str, UUID] = {}
        for begin in range(0, len(keys), CHUNK):
            for row in await self.app.database.fetch(
                "SELECT id, sku_key FROM product WHERE store = :store AND sku_key IN :keys",
                store=store,
                keys=keys[begin : begin + CHUNK],
            ):
                found[row["sku_key"]] = row["id"]
        return found


def _read_row(row: Mapping[str, str], products: Mapping[str, UUID]) -> Taken:
    sku, key = row.get("sku", "").strip(), row.get("key", "").strip()
    product = products.get(fold(sku)) if sku else None
    if product is None:
        raise Invalid(_("There is no product with the SKU “{sku}”. Import products first.").format(sku=sku[:64]))
    if not key:
        raise Invalid(_("The row has no key."))
    if len(key) > LONGEST_KEY:
        raise Invalid(
            _("The key has {count} characters; a key has at most {most}.").format(count=len(key), most=LONGEST_KEY)
        )
    if not key.isprintable():
        raise Invalid(_("The key holds characters that cannot be shown."))
    restock = row.get("restock", "").strip().lower()
    if restock not in {"", "yes", "no", "true", "false", "1", "0"}:
        raise Invalid(_("“{text}” is neither yes nor no.").format(text=restock[:40]))
    return product, key, restock not in {"no", "false", "0"}
