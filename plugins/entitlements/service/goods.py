"""What products give: the time of their roles, licence keys and files."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.credentials import CredentialBox
from guildshop.database import new_id
from guildshop.errors import ConfigurationError, Invalid, NotConfigured, NotFound, Refusal, Stale
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _, ngettext
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import PRODUCT_READ, PRODUCT_UPDATE, Product
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.entitlements import tables
from guildshop.plugins.entitlements.api import (
    FILES_A_PRODUCT,
    LONGEST_TERM,
    GoodFile,
    ProductGoods,
    StoredKey,
)
from guildshop.plugins.entitlements.rules import check_file, check_keys, key_hint
from guildshop.plugins.entitlements.service.entitlements import EntitlementService
from guildshop.plugins.entitlements.service.retrying import changed
from guildshop.tenancy import current_store, scope

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

ATTEMPTS = 6
CHOICE = 200
"""From how many free keys one is drawn, so that buyers of the same moment rarely draw the same."""
SHOWN = 100


@dataclass(frozen=True, slots=True)
class NewKeys:
    """Keys for a product, those of them that it has already, its terms, and the entitlements that wait for one."""

    product: Product
    keys: tuple[str, ...]
    known: tuple[str, ...]
    terms: tuple[int, bool] | None
    waiting: Sequence[Any]


class GoodsKeeping:
    """What products give besides roles, of the store in scope."""

    def __init__(self, app: App) -> None:
        """Belong to an application."""
        self.app = app

    # What products give

    async def overview(self, actor: Actor) -> Sequence[ProductGoods]:
        """Return the products that give something, those first that lack keys."""
        actor.require(PRODUCT_READ)
        rows = await self._goods_rows(
            "(p.granted_roles <> '' OR p.granted_channels <> '' OR g.product IS NOT NULL OR f.files IS NOT NULL)"
        )
        return sorted(rows, key=lambda found: (not found.keys_are_out, found.name.casefold()))

    async def of_product(self, actor: Actor, product_id: UUID) -> ProductGoods:
        """Return what one product gives; NotFound when this store has no such product."""
        actor.require(PRODUCT_READ)
        rows = await self._goods_rows("p.id = :id", id=product_id)
        if not rows:
            raise NotFound(_("There is no such product in this store."))
        return rows[0]

    async def files(self, actor: Actor, product_id: UUID) -> Sequence[GoodFile]:
        """Return the files that come with a product."""
        actor.require(PRODUCT_READ)
        rows = await self.app.database.fetch(
            "SELECT id, name, size, created FROM product_file WHERE store = :store AND product = :product AND offered"
            " ORDER BY id",
            store=actor.store,
            product=product_id,
        )
        return [GoodFile(uuid_of(row["id"]), row["name"], row["size"], row["created"]) for row in rows]

    async def free_keys(self, actor: Actor, product_id: UUID) -> Sequence[StoredKey]:
        """Return the first hundred keys that nobody has yet."""
        actor.require(PRODUCT_READ)
        rows = await self.app.database.fetch(
            "SELECT id, hint, created FROM licence_key WHERE store = :store AND product = :product"
            f" AND order_id IS NULL ORDER BY id LIMIT {SHOWN}",
            store=actor.store,
            product=product_id,
        )
        return [StoredKey(uuid_of(row["id"]), row["hint"], row["created"]) for row in rows]

    async def set_terms(self, actor: Actor, product_id: UUID, days: int, *, gives_key: bool) -> None:
        """Say for how many days a product gives its roles (0: for ever), and whether it comes with a key."""
        actor.require(PRODUCT_UPDATE)
        if not 0 <= days <= LONGEST_TERM:
            raise Invalid.field("days", _("A role lasts 1 to {most} days, or 0 for ever.").format(most=LONGEST_TERM))
        product = await self._product(product_id)
        before = (await self.app.get(EntitlementService).terms([product.id])).get(product.id)
        async with self.app.work(actor) as work:
            self._write_terms(work, product.id, before, days, gives_key)
            work.audit(
                "product.terms",
                subject="product",
                subject_id=product.id,
                before=None if before is None else {"days": before[0], "gives_key": before[1]},
                after={"days": days, "gives_key": gives_key},
                note=product.sku,
            )

    async def add_keys(self, actor: Actor, product_id: UUID, text: str, *, restock: bool = False) -> int:
        """Add licence keys, one a line, and send those that buyers wait for; all of them or none. Return how many."""
        actor.require(PRODUCT_UPDATE)
        product = await self._product(product_id)
        new = await self.new_keys(product, check_keys(text))
        known = new.known
        if known:
            shown = ", ".join(key_hint(key) for key in known[:5])
            sentence = ngettext(
                "{count} of these keys is here already (…{hints}). Take it out and add the rest.",
                "{count} of these keys are here already (…{hints}). Take them out and add the rest.",
                len(known),
            )
            raise Invalid.field("keys", sentence.format(count=len(known), hints=shown))
        stocked = len(new.keys) if restock and product.tracked else 0
        async with self.app.work(actor) as work:
            self.add_keys_in(work, new, stocked)
        if stocked:
            await self.app.get(CatalogService).announce(actor.store, product.id)
        return len(new.keys)

    async def new_keys(self, product: Product, keys: Sequence[str]) -> NewKeys:
        """Return keys as they can be added to a product, with those that it has already."""
        every = {digest: key for key in keys for digest in self._digests(product.id, key)}
        known = [every[digest] for digest in await self._known(product.id, list(every))]
        goods = self.app.get(EntitlementService)
        terms = (await goods.terms([product.id])).get(product.id)
        return NewKeys(product, tuple(keys), tuple(known), terms, await goods.waiting_for_keys(product.id))

    def add_keys_in(self, work: Work, new: NewKeys, stocked: int) -> None:
        """Add keys, and that many pieces to the stock; call the catalogue's `announce` once the Work has happened."""
        goods, box, product = self.app.get(EntitlementService), self._box(), new.product
        work.insert_many(
            tables.LicenceKey,
            [
                {
                    "id": new_id(),
                    "product": product.id,
                    "sealed": box.seal(work.store, f"key:{product.id}", key),
                    "digest": self._digests(product.id, key)[0],
                    "hint": key_hint(key),
                    "created": work.now,
                }
                for key in new.keys
            ],
            conflict=Stale(_("Somebody added one of these keys at the same moment. Look again, then repeat.")),
        )
        if new.terms is None or not new.terms[1]:
            self._write_terms(work, product.id, new.terms, new.terms[0] if new.terms else 0, gives_key=True)
        for entitlement in new.waiting:
            goods.again_in(work, entitlement)
        work.audit(
            "product.keys_added",
            subject="product",
            subject_id=product.id,
            after={"keys": len(new.keys)},
            note=product.sku,
        )
        if stocked:
            self.app.get(CatalogService).restock_in(work, product, stocked, _("Licence keys"))

    async def remove_key(self, actor: Actor, key_id: UUID) -> None:
        """Delete a key that nobody has got yet."""
        actor.require(PRODUCT_UPDATE)
        async with self.app.work(actor) as work:
            work.delete(
                tables.LicenceKey,
                where="id = :id AND order_id IS NULL",
                rows=1,
                refusal=Refusal(_("This key was sold or deleted meanwhile. A sold key stays.")),
                id=key_id,
            )
            work.audit("product.key_removed", subject="licence_key", subject_id=key_id)

    async def add_file(self, actor: Actor, product_id: UUID, name: str, content: bytes) -> UUID:
        """Add a file to a product; those who order it from now on get it."""
        actor.require(PRODUCT_UPDATE)
        product = await self._product(product_id)
        name = check_file(name, content)
        if len(await self.files(actor, product.id)) >= FILES_A_PRODUCT:
            raise Refusal(_("A product has at most {most} files. Remove one first.").format(most=FILES_A_PRODUCT))
        file_id = new_id()
        async with self.app.work(actor) as work:
            work.insert(
                tables.ProductFile,
                id=file_id,
                product=product.id,
                name=name,
                size=len(content),
                content=content,
                offered=True,
                created=work.now,
            )
            work.audit(
                "product.file_added",
                subject="product",
                subject_id=product.id,
                after={"name": name, "size": len(content)},
                note=product.sku,
            )
        return file_id

    async def remove_file(self, actor: Actor, file_id: UUID) -> None:
        """Take a file off its product; those who bought it keep it."""
        actor.require(PRODUCT_UPDATE)
        async with self.app.work(actor) as work:
            work.guard(
                tables.ProductFile,
                set="offered = FALSE",
                where="id = :id AND offered",
                refusal=NotFound(_("This file is not there any more.")),
                id=file_id,
            )
            work.audit("product.file_removed", subject="product_file", subject_id=file_id)

    async def examine(self, store_id: int | None) -> Sequence[Finding]:
        """Tell the doctor which products on sale have no key left."""
        if store_id is None:
            return []
        with scope(store_id):
            found = await self._goods_rows("g.gives_key AND p.published AND p.active")
        return [
            Finding(
                Severity.WARNING,
                _("Licence keys"),
                _("{product} ({sku}) is on sale and has no licence key left.").format(product=one.name, sku=one.sku),
                _("Add keys under “Digital goods”, or take it off sale. Buyers who wait get theirs at once."),
            )
            for one in found
            if one.keys_are_out
        ]

    async def granting(self) -> list[UUID]:
        """Return the products on sale that give roles or channels, at most 1,000."""
        rows = await self.app.database.fetch(
            "SELECT id FROM product WHERE store = :store AND active AND published"
            " AND (granted_roles <> '' OR granted_channels <> '') ORDER BY id LIMIT 1000",
            store=current_store(),
        )
        return [uuid_of(row["id"]) for row in rows]

    # Within

    async def _known(self, product: UUID, digests: Sequence[str]) -> list[str]:
        known: list[str] = []
        for start in range(0, len(digests), 500):
            rows = await self.app.database.fetch(
                "SELECT digest FROM licence_key WHERE store = :store AND product = :product AND digest IN :digests",
                store=current_store(),
                product=product,
                digests=list(digests[start : start + 500]),
            )
            known += [str(row["digest"]) for row in rows]
        return known

    async def _goods_rows(self, where: str, **values: Any) -> list[ProductGoods]:
        rows = await self.app.database.fetch(
            f"""SELECT p.id, p.sku, p.name, p.granted_roles, p.granted_channels, g.days, g.gives_key,
                    k.free, k.taken, f.files
                FROM product p
                LEFT JOIN product_terms g ON g.store = p.store AND g.product = p.id
                LEFT JOIN (SELECT product, SUM(CASE WHEN order_id IS NULL THEN 1 ELSE 0 END) AS free,
                    SUM(CASE WHEN order_id IS NULL THEN 0 ELSE 1 END) AS taken
                    FROM licence_key WHERE store = :store GROUP BY product) k ON k.product = p.id
                LEFT JOIN (SELECT product, COUNT(*) AS files FROM product_file WHERE store = :store AND offered
                    GROUP BY product) f ON f.product = p.id
                WHERE p.store = :store AND {where} ORDER BY p.name, p.sku LIMIT 1000""",
            store=current_store(),
            **values,
        )
        return [
            ProductGoods(
                uuid_of(row["id"]),
                row["sku"],
                row["name"],
                _count(row["granted_roles"]),
                _count(row["granted_channels"]),
                row["days"] or 0,
                bool(row["gives_key"]),
                int(row["free"] or 0),
                int(row["taken"] or 0),
                int(row["files"] or 0),
            )
            for row in rows
        ]

    def _write_terms(
        self, work: Work, product: UUID, before: tuple[int, bool] | None, days: int, gives_key: bool
    ) -> None:
        if before is None:
            work.insert(
                tables.ProductTerms, conflict=changed(), id=new_id(), product=product, days=days, gives_key=gives_key
            )
            return
        work.guard(
            tables.ProductTerms,
            set="days = :days, gives_key = :gives_key",
            where="product = :product",
            refusal=changed(),
            product=product,
            days=days,
            gives_key=gives_key,
        )

    async def _product(self, product_id: UUID) -> Product:
        return await self.app.get(CatalogService).get(product_id)

    def _digests(self, product: UUID, key: str) -> list[str]:
        """Return by what a key is known again, under each of the secret keys, the newest first."""
        text = f"licence-key:{current_store()}:{product}:{key}".encode()
        return [hmac.new(secret.encode(), text, hashlib.sha256).hexdigest() for secret in self._secrets()]

    def _secrets(self) -> list[str]:
        found = [secret.reveal() for secret in self.app.settings.security.secret_keys if secret.is_set]
        if not found:
            raise NotConfigured(
                _("Licence keys are stored encrypted, but security.secret_key is not set. Set it first.")
            )
        return found

    def _box(self) -> CredentialBox:
        try:
            return CredentialBox(self._secrets())
        except ConfigurationError as error:
            raise NotConfigured(str(error)) from error


def _count(ids: str) -> int:
    return len([one for one in ids.replace("|", ",").replace(" ", ",").split(",") if one])


def uuid_of(value: Any) -> UUID:
    """Return a key as either database has it."""
    return value if isinstance(value, UUID) else UUID(str(value))
