"""What staff change of products and their variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, Refusal, Stale
from guildshop.folding import fold
from guildshop.i18n import _, ngettext
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import (
    PRODUCT_UPDATE,
    UNSET,
    Image,
    Incomplete,
    MovementKind,
    Product,
    ProductChange,
    ProductInput,
    SkuTaken,
    VariantInput,
)
from guildshop.plugins.catalog.api.stock import STOCK_AT_THE_START
from guildshop.plugins.catalog.rules import check_quantity, clean_options, options_key, stock_state
from guildshop.plugins.catalog.rules.columns import (
    OWN,
    SHARED,
    clean_columns,
    column_labels,
    from_parent,
    variant_columns,
)
from guildshop.plugins.catalog.rules.families import VARIANTS_LIMIT
from guildshop.plugins.catalog.rules.products import DRAFT, check_sku_of_its_own, missing_for_members
from guildshop.plugins.catalog.service.browsing import Browsing
from guildshop.plugins.catalog.service.ledger import move
from guildshop.plugins.catalog.tables import Product as ProductTable
from guildshop.plugins.catalog.tables import Waitlist as WaitTable

if TYPE_CHECKING:
    from guildshop.database import Work

_DERIVED = frozenset({"sku_key", "search", "stock_state"})
_TRUTHS = ("active", "published", "tracked")


class Editing(Browsing):
    """Creating, changing and publishing products."""

    async def create_product(self, actor: Actor, given: ProductInput) -> Product:
        """Put a product into the catalog, with the stock it starts with; refuse a SKU that is taken."""
        actor.require(PRODUCT_UPDATE)
        if given.quantity:
            check_quantity(given.quantity)
        values = {field.name: getattr(given, field.name) for field in fields(given)}
        first = values.pop("image_url")
        values["images"] = values["images"] or ((Image(first),) if first else ())
        del values["quantity"]
        columns = clean_columns(values)
        columns["currency"] = columns["currency"] or self.app.stores.get(actor.store).currency
        if columns["published"]:
            check_sku_of_its_own(columns["sku"])
        await self._check_references(actor.store, columns, None)
        product_id = new_id()
        async with self.app.work(actor) as work:
            self._insert(work, product_id, columns, given.quantity)
            work.audit("product.create", subject="product", subject_id=product_id, after=_audited(columns))
        return await self._product(actor.store, product_id)

    async def create_draft(self, actor: Actor, given: ProductInput) -> Product:
        """Put an unpublished product into the catalog, with an SKU that says that it has none yet."""
        actor.require(PRODUCT_UPDATE)
        values = {field.name: getattr(given, field.name) for field in fields(given)}
        key = new_id().hex[-8:].upper()
        return await self.create_product(actor, ProductInput(**{**values, "sku": DRAFT + key, "published": False}))

    async def change_product(
        self, actor: Actor, product_id: UUID, change: ProductChange, *, version: int | None = None
    ) -> Product:
        """Change what `change` gives, for future orders; refuse when somebody changed the product since `version`."""
        actor.require(PRODUCT_UPDATE)
        before = await self._product(actor.store, product_id)
        if version is not None and version != before.version:
            raise _stale(before)
        variants = await self._variants_of(before)
        old = await self._old_columns(actor.store, product_id)
        columns = await self._changed_columns(before, change, old)
        if not columns:
            return before
        self._check_change(before, columns, old, variants)
        await self._check_references(actor.store, columns, product_id)
        async with self.app.work(actor) as work:
            self._write(work, before, columns)
            shared = from_parent({**old, **columns}) if columns.keys() & SHARED else {}
            for variant in variants if shared else ():
                self._write(work, variant, variant_columns(shared, variant.sku, variant.options))
            shown = _audited(columns)
            work.audit(
                "product.update",
                subject="product",
                subject_id=product_id,
                before={name: old[name] for name in shown},
                after=shown,
            )
        return await self._product(actor.store, product_id)

    async def publish(self, actor: Actor, product_id: UUID, *, version: int | None = None) -> Product:
        """Let members see and order a draft; refuse one that is not complete, naming all that is missing."""
        return await self.change_product(actor, product_id, ProductChange(published=True), version=version)

    async def unpublish(self, actor: Actor, product_id: UUID, *, version: int | None = None) -> Product:
        """Hide a product from members again; its orders go on."""
        return await self.change_product(actor, product_id, ProductChange(published=False), version=version)

    async def deactivate_product(self, actor: Actor, product_id: UUID) -> Product:
        """Take the product out of the shop; its orders and its ledger stay."""
        return await self.change_product(actor, product_id, ProductChange(active=False))

    async def add_variant(
        self, actor: Actor, product_id: UUID, given: VariantInput, *, version: int | None = None
    ) -> Product:
        """Add a variant to a product, which from then on is ordered as one of its variants; return the variant."""
        actor.require(PRODUCT_UPDATE)
        parent = await self._product(actor.store, product_id)
        if version is not None and version != parent.version:
            raise _stale(parent)
        if given.quantity:
            check_quantity(given.quantity)
        _check_parent(parent)
        old = await self._old_columns(actor.store, product_id)
        options = clean_options(given.options)
        _check_options(parent, options, await self._variants_of(parent))
        columns = clean_columns(
            {
                "sku": given.sku,
                "price": parent.price if given.price is None else given.price,
                "cost": old["cost"] if given.cost is None else given.cost,
                "active": given.active,
                "tracked": given.tracked,
                "position": given.position,
                "low_stock_at": given.low_stock_at,
            }
        )
        columns |= variant_columns(from_parent(old), columns["sku"], options) | {"parent": parent.id}
        await self._check_references(actor.store, {"sku": columns["sku"], "sku_key": columns["sku_key"]}, None)
        variant_id = new_id()
        async with self.app.work(actor) as work:
            self._adopt(work, parent)
            self._insert(work, variant_id, columns, given.quantity)
            work.audit(
                "product.create",
                subject="product",
                subject_id=variant_id,
                after=_audited({name: columns[name] for name in (*OWN, "parent") if name in columns}),
            )
        return await self._product(actor.store, variant_id)

    # Within

    def _adopt(self, work: Work, parent: Product) -> None:
        """Count one more variant; the first one ends the stock of the product itself, and waiting for it."""
        first = ", tracked = FALSE, waiting = 0, stock_state = 'OK'" if not parent.variants else ""
        work.guard(
            ProductTable,
            set=f"variants = variants + 1, version = version + 1{first}",
            where="id = :id AND version = :seen AND parent IS NULL",
            refusal=_stale(parent),
            id=parent.id,
            seen=parent.version,
        )
        if first:
            work.guard(
                WaitTable,
                set="state = 'LEFT'",
                where="product = :product AND state = 'WAITING'",
                rows=None,
                product=parent.id,
            )

    def _insert(self, work: Work, product_id: UUID, columns: dict[str, Any], stock: int) -> None:
        quantity = stock if columns["tracked"] else 0
        state = stock_state(columns["tracked"], quantity, columns["low_stock_at"])
        work.insert(
            ProductTable,
            conflict=_sku_taken(columns["sku"]),
            id=product_id,
            available=quantity,
            reserved=0,
            created=work.now,
            version=1,
            **{**columns, "stock_state": state},
        )
        if quantity:
            move(work, product_id, MovementKind.ADJUSTMENT, quantity, 0, None, STOCK_AT_THE_START)

    async def _changed_columns(self, before: Product, change: ProductChange, old: dict[str, Any]) -> dict[str, Any]:
        """Return the columns that really change, clean and with those derived from them."""
        given = {name: value for name, value in asdict(change).items() if value is not UNSET}
        if change.images is not UNSET:
            given["images"] = change.images
        elif "image_url" in given:
            first = (Image(given["image_url"]),) if given["image_url"] else ()
            kept = before.images[:1] if first and before.image_url == given["image_url"] else first
            given["images"] = (*kept, *before.images[1:])
        given.pop("image_url", None)
        options = given.pop("options", None)
        columns = clean_columns(given, name=before.name, sku=before.sku)
        if before.parent is not None:
            columns = {name: value for name, value in columns.items() if name in OWN or value != old[name]}
            parent = await self._product(before.store, before.parent)
            wrong = (columns.keys() & SHARED) - OWN
            if wrong:
                raise Refusal(
                    _("{name} is a variant and follows {parent} in this: {fields}. Change it there.").format(
                        name=before.name, fields=", ".join(column_labels(wrong)), parent=parent.name
                    )
                )
            chosen = before.options if options is None else clean_options(options)
            _check_options(parent, chosen, [one for one in await self._variants_of(parent) if one.id != before.id])
            columns |= variant_columns({"name": parent.name}, columns.get("sku", before.sku), chosen)
        elif options:
            raise Invalid.field("options", _("{name} is no variant: it has no options.").format(name=before.name))
        return {name: value for name, value in columns.items() if value != old[name]}

    def _check_change(
        self, before: Product, columns: dict[str, Any], old: dict[str, Any], variants: Sequence[Product]
    ) -> None:
        if columns.get("tracked") and before.variants:
            raise Refusal(_("{product} is sold in variants: track the stock of these.").format(product=before.name))
        published = columns.get("published", old["published"])
        if published and "sku" in columns:
            check_sku_of_its_own(columns["sku"])
        if columns.get("published") is True:
            missing = missing_for_members(
                sku=columns.get("sku", before.sku),
                description=columns.get("description", before.description),
                variants=before.variants,
                sold=sum(variant.active for variant in variants),
            )
            if missing:
                raise Incomplete(
                    _("{product} cannot be published yet. It lacks: {missing}.").format(
                        product=before.name, missing="; ".join(missing)
                    ),
                    details={"missing": missing},
                )

    def _write(self, work: Work, before: Product, columns: dict[str, Any]) -> None:
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        begins = columns.get("tracked") is True and before.available < 0
        work.guard(
            ProductTable,
            set=f"{assignments}{', available = 0' if begins else ''}, version = version + 1",
            where="id = :id AND version = :seen" + (" AND available = :available" if begins else ""),
            refusal=_stale(before),
            conflict=_sku_taken(columns.get("sku", before.sku)),
            id=before.id,
            seen=before.version,
            **columns,
            **({"available": before.available} if begins else {}),
        )
        if begins:
            move(work, before.id, MovementKind.ADJUSTMENT, -before.available, 0, None, _("Tracking begins"))

    async def _variants_of(self, product: Product) -> list[Product]:
        if not product.variants:
            return []
        rows = await self._select("parent = :parent ORDER BY position, search", store=product.store, parent=product.id)
        return [self._read(row) for row in rows]

    async def _old_columns(self, store: int, product_id: UUID) -> dict[str, Any]:
        """Return a product's stored columns, cost and all, for comparing and for the audit log."""
        row = await self.app.database.fetch_one(
            "SELECT * FROM product WHERE store = :store AND id = :id", store=store, id=product_id
        )
        old = dict(row or {})
        for name in _TRUTHS:
            old[name] = bool(old[name])
        return old

    async def cost_of(self, actor: Actor, product_id: UUID) -> int | None:
        """Return what a product costs the shop, for those who may change it; None where that is not known."""
        actor.require(PRODUCT_UPDATE)
        old = await self._old_columns(actor.store, (await self._product(actor.store, product_id)).id)
        return None if old["cost"] is None else int(old["cost"])

    async def _check_references(self, store: int, columns: dict[str, Any], product_id: UUID | None) -> None:
        if columns.get("category") is not None:
            await self._category(store, columns["category"])
        if "sku_key" in columns:
            row = await self.app.database.fetch_one(
                "SELECT id FROM product WHERE store = :store AND sku_key = :key", store=store, key=columns["sku_key"]
            )
            if row is not None and row["id"] != product_id:
                raise _sku_taken(columns["sku"])


def _check_parent(parent: Product) -> None:
    if parent.parent is not None:
        raise Refusal(
            _("{product} is a variant itself. Add variants to the product that it belongs to.").format(
                product=parent.name
            )
        )
    if not parent.variants and parent.tracked and parent.available > 0:
        raise Refusal(
            ngettext(
                "{product} has {available} piece in stock, which no variant could sell. Adjust its stock to 0 first,"
                " then give each variant its own.",
                "{product} has {available} pieces in stock, which no variant could sell. Adjust its stock to 0 first,"
                " then give each variant its own.",
                parent.available,
            ).format(product=parent.name, available=parent.available)
        )
    if parent.variants >= VARIANTS_LIMIT:
        raise Refusal(
            _("{product} has {limit} variants, and more are not possible.").format(
                product=parent.name, limit=VARIANTS_LIMIT
            )
        )


def _check_options(parent: Product, options: Sequence[tuple[str, str]], others: Sequence[Product]) -> None:
    for other in others:
        if options_key(other.options) == options_key(options):
            raise Invalid.field(
                "options",
                _("{product} has the variant {choice} already, as {sku}. Choose other options.").format(
                    product=parent.name, choice=other.choice, sku=other.sku
                ),
            )
        if {fold(name) for name, _value in other.options} != {fold(name) for name, _value in options}:
            names = ", ".join(name for name, _value in other.options)
            raise Invalid.field(
                "options",
                _("The variants of {product} differ by {options}. Give exactly these.").format(
                    product=parent.name, options=names
                ),
            )


def _audited(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name not in _DERIVED}


def _sku_taken(sku: str) -> SkuTaken:
    return SkuTaken(_("Another product has the SKU {sku}. Give this one another.").format(sku=sku))


def _stale(product: Product) -> Stale:
    return Stale(
        _("Somebody else changed {product} in the meantime. Open it again, then repeat your change.").format(
            product=product.name
        )
    )
