"""Branches and departments, and the products that are restricted to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, Stale
from guildshop.folding import fold
from guildshop.i18n import _, ngettext
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import Product
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.organization import tables
from guildshop.plugins.organization.api import ORGANIZATION_UPDATE, InUse, NameTaken, Unit, UnitKind, UnitUnknown
from guildshop.plugins.organization.rules import check_name, check_position
from guildshop.plugins.organization.service.reading import Reading

PRODUCTS_LIMIT = 5000


class Units(Reading):
    """Making, changing and deleting units."""

    async def create_unit(self, actor: Actor, kind: UnitKind, name: str, position: int = 0) -> Unit:
        """Add a branch or department; refuse a name that another one of that kind has, whatever its capitals."""
        actor.require(ORGANIZATION_UPDATE)
        text, place = check_name(name), check_position(position)
        unit_id = new_id()
        async with self.app.work(actor) as work:
            work.insert(
                tables.Unit,
                conflict=_taken(text),
                id=unit_id,
                kind=kind.value,
                name=text,
                name_key=fold(text),
                position=place,
                created=work.now,
            )
            after = {"kind": kind.value, "name": text}
            work.audit("organization.unit.create", subject="organization_unit", subject_id=unit_id, after=after)
        return await self.unit(unit_id)

    async def change_unit(
        self, actor: Actor, unit_id: UUID, *, name: str, position: int, version: int | None = None
    ) -> Unit:
        """Rename or move a unit; refuse when somebody else changed it since `version`."""
        actor.require(ORGANIZATION_UPDATE)
        before = await self.unit(unit_id)
        text, place = check_name(name), check_position(position)
        if (before.name, before.position) == (text, place):
            return before
        async with self.app.work(actor) as work:
            work.guard(
                tables.Unit,
                set="name = :name, name_key = :key, position = :position, version = version + 1",
                where="id = :id AND version = :seen",
                refusal=_stale(before),
                conflict=_taken(text),
                id=unit_id,
                seen=before.version if version is None else version,
                name=text,
                key=fold(text),
                position=place,
            )
            work.audit(
                "organization.unit.update",
                subject="organization_unit",
                subject_id=unit_id,
                before={"name": before.name, "position": before.position},
                after={"name": text, "position": place},
            )
        return await self.unit(unit_id)

    async def delete_unit(self, actor: Actor, unit_id: UUID) -> None:
        """Delete a unit; refuse while customers belong to it or products are restricted to it."""
        actor.require(ORGANIZATION_UPDATE)
        unit = await self.unit(unit_id)
        async with self.app.work(actor) as work:
            work.delete(
                tables.Unit,
                where="id = :id AND NOT EXISTS (SELECT 1 FROM customer_organization AS o WHERE o.store = :store"
                " AND (o.branch = :id OR o.department = :id)) AND NOT EXISTS"
                " (SELECT 1 FROM organization_product AS p WHERE p.store = :store AND p.unit = :id)",
                rows=1,
                refusal=_in_use(unit),
                id=unit_id,
            )
            before = {"kind": unit.kind.value, "name": unit.name}
            work.audit("organization.unit.delete", subject="organization_unit", subject_id=unit_id, before=before)

    async def set_products(self, actor: Actor, unit_id: UUID, skus: Sequence[str], *, version: int) -> int:
        """Restrict exactly these products to a unit, besides others that they may be restricted to; return how many.

        A variant stands for its product. Refuse when somebody else changed the unit since `version`.
        """
        actor.require(ORGANIZATION_UPDATE)
        unit = await self.unit(unit_id)
        catalog = self.app.get(CatalogService)
        if len(skus) > PRODUCTS_LIMIT:
            raise Invalid.field(
                "products",
                _("{count} products are too many at once; at most {limit}.").format(
                    count=len(skus), limit=PRODUCTS_LIMIT
                ),
            )
        wanted = {(await catalog.look_up(sku)).family for sku in skus}
        known = set(await self.products_of(unit_id))
        async with self.app.work(actor) as work:
            work.guard(
                tables.Unit,
                set="version = version + 1",
                where="id = :id AND version = :seen",
                refusal=_stale(unit),
                id=unit_id,
                seen=version,
            )
            for product in sorted(known - wanted):
                work.delete(
                    tables.ProductLimit, where="unit = :unit AND product = :product", unit=unit_id, product=product
                )
            if wanted - known:
                rows = [
                    {"id": new_id(), "product": product, "kind": unit.kind.value, "unit": unit_id}
                    for product in sorted(wanted - known)
                ]
                work.insert_many(tables.ProductLimit, rows, conflict=_stale(unit))
            work.audit(
                "organization.unit.products",
                subject="organization_unit",
                subject_id=unit_id,
                before={"products": [str(product) for product in sorted(known)]},
                after={"products": [str(product) for product in sorted(wanted)]},
                note=unit.name,
            )
        return len(wanted)

    async def set_units(
        self, actor: Actor, product: Product, units: Collection[UUID], *, seen: Collection[UUID]
    ) -> None:
        """Restrict a product to exactly these units; refuse when it is to others by now than were `seen`."""
        actor.require(ORGANIZATION_UPDATE)
        named = {unit.id: unit for unit in await self.units()}
        if not named.keys() >= set(units):
            raise UnitUnknown(_("There is no such branch or department in this shop."))
        known, wanted = await self.units_of(product.id), frozenset(units)
        stale = Stale(
            _("Somebody else changed {unit} in the meantime. Open it again, then repeat your change.").format(
                unit=product.name
            )
        )
        if known != frozenset(seen):
            raise stale
        if known == wanted:
            return
        async with self.app.work(actor) as work:
            for unit in sorted(known ^ wanted):
                # A new version, so that a page of the unit that is open somewhere does not undo this.
                work.guard(tables.Unit, set="version = version + 1", where="id = :id", refusal=stale, id=unit)
            for unit in sorted(known - wanted):
                where = "unit = :unit AND product = :product"
                work.delete(tables.ProductLimit, where=where, rows=1, refusal=stale, unit=unit, product=product.id)
            for unit in sorted(wanted - known):
                row = {"id": new_id(), "product": product.id, "kind": named[unit].kind.value, "unit": unit}
                work.insert(tables.ProductLimit, conflict=stale, **row)
            work.audit(
                "organization.product.units",
                subject="product",
                subject_id=product.id,
                before={"units": sorted(named[unit].name for unit in known)},
                after={"units": sorted(named[unit].name for unit in wanted)},
                note=product.sku,
            )


def _in_use(unit: Unit) -> InUse:
    customers = ngettext("{n} customer", "{n} customers", unit.customers).format(n=unit.customers)
    products = ngettext("{n} restricted product", "{n} restricted products", unit.products).format(n=unit.products)
    return InUse(
        _(
            "{unit} still has {customers} and {products}. Move the customers, and take the products out, before you"
            " delete it."
        ).format(unit=unit.name, customers=customers, products=products)
    )


def _taken(name: str) -> NameTaken:
    return NameTaken(_("There is one called “{name}” already. Give it another name.").format(name=name))


def _stale(unit: Unit) -> Stale:
    return Stale(
        _("Somebody else changed {unit} in the meantime. Open it again, then repeat your change.").format(
            unit=unit.name
        )
    )
