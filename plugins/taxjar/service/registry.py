"""Product tax codes, exemptions, and orders whose tax somebody must look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.taxjar import rules, tables
from guildshop.plugins.taxjar.api import (
    TAX_READ,
    TAX_UPDATE,
    CustomerExemption,
    Exemption,
    NotFlagged,
    ProductCode,
    RecordUnknown,
    TaxRecord,
    TaxState,
)
from guildshop.plugins.taxjar.client import TaxJarClient
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

LIST_LIMIT = 200
_RECORDS = (
    "SELECT t.order_id, t.state, t.reason, t.amount, t.currency, t.created, t.reviewed_by, t.reviewed_at, o.number"
    " FROM taxjar_order AS t JOIN orders AS o ON o.store = t.store AND o.id = t.order_id WHERE t.store = :store"
)


class Registry:
    """What the store says of its products and customers, and what it must look at."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app
        self.client = TaxJarClient()

    # What TaxJar must know

    async def codes(self, products: Collection[UUID]) -> dict[UUID, str]:
        """Return the tax codes of products, a variant's from the product that it is a variant of."""
        rows = await self.app.database.fetch(
            "SELECT product, code FROM taxjar_product WHERE store = :store", store=current_store()
        )
        known = {row["product"]: str(row["code"]) for row in rows}
        found = {key: known[key] for key in products if key in known}
        rest = [key for key in products if key not in known]
        if known and rest:
            for product in (await self.app.get(CatalogService).get_many(rest)).values():
                if product.parent in known:
                    found[product.id] = known[product.parent]
        return found

    async def exemption(self, customer: UUID) -> str:
        """Return why a customer pays no sales tax, in TaxJar's word; empty where they do."""
        row = await self.app.database.fetch_one(
            "SELECT exemption FROM taxjar_customer WHERE store = :store AND customer = :customer",
            store=current_store(),
            customer=customer,
        )
        return "" if row is None else str(row["exemption"])

    async def set_code(self, actor: Actor, product: UUID, code: str) -> None:
        """Say what a product is, by TaxJar's code; an empty one takes it off again."""
        actor.require(TAX_UPDATE)
        cleaned = rules.clean_code(code)
        if code.strip() and not cleaned:
            raise Invalid.field(
                "code",
                _("“{code}” is no product tax code. TaxJar's codes are digits and letters, such as 20010.").format(
                    code=code[:40]
                ),
            )
        found = await self.app.get(CatalogService).get(product)
        before = (await self.codes([product])).get(product, "")
        async with self.app.work(actor) as work:
            work.delete(tables.TaxjarProduct, where="product = :product", product=found.id)
            if cleaned:
                work.insert(
                    tables.TaxjarProduct,
                    conflict=twice(),
                    id=new_id(),
                    product=found.id,
                    code=cleaned,
                    created=work.now,
                )
            work.audit(
                "tax.code",
                subject="product",
                subject_id=found.id,
                before={"code": before},
                after={"code": cleaned},
                note=found.sku,
            )

    async def set_exemption(self, actor: Actor, customer: UUID, exemption: Exemption | None) -> None:
        """Say why a customer pays no sales tax; None: they do."""
        actor.require(TAX_UPDATE)
        found = await self.app.get(CustomerService).get(customer)
        before = await self.exemption(customer)
        async with self.app.work(actor) as work:
            self.app.get(CustomerService).require_present(work, found.id)
            work.delete(tables.TaxjarCustomer, where="customer = :customer", customer=found.id)
            if exemption is not None:
                work.insert(
                    tables.TaxjarCustomer,
                    conflict=twice(),
                    id=new_id(),
                    customer=found.id,
                    exemption=exemption.value,
                    created=work.now,
                )
            work.audit(
                "tax.exemption",
                subject="customer",
                subject_id=found.id,
                before={"exemption": before},
                after={"exemption": "" if exemption is None else exemption.value},
            )

    async def find_product(self, text: str) -> UUID:
        """Return the product of that SKU or ID."""
        return (await self.app.get(CatalogService).find(text)).id

    async def all_codes(self, actor: Actor) -> Sequence[ProductCode]:
        """Return the products that have a tax code."""
        actor.require(TAX_READ)
        rows = await self.app.database.fetch(
            "SELECT t.product, t.code, p.sku, p.name FROM taxjar_product AS t"
            " JOIN product AS p ON p.store = t.store AND p.id = t.product"
            f" WHERE t.store = :store ORDER BY p.name, p.sku LIMIT {LIST_LIMIT}",
            store=actor.store,
        )
        return [ProductCode(row["product"], row["sku"], row["name"], row["code"]) for row in rows]

    async def all_exemptions(self, actor: Actor) -> Sequence[CustomerExemption]:
        """Return the customers who pay no sales tax."""
        actor.require(TAX_READ)
        rows = await self.app.database.fetch(
            "SELECT t.customer, t.exemption, c.display_name, c.username FROM taxjar_customer AS t"
            " JOIN customer AS c ON c.store = t.store AND c.id = t.customer"
            f" WHERE t.store = :store ORDER BY c.display_name, c.id LIMIT {LIST_LIMIT}",
            store=actor.store,
        )
        return [
            CustomerExemption(row["customer"], row["display_name"] or row["username"], Exemption(row["exemption"]))
            for row in rows
        ]

    # What must be looked at

    async def record(self, order: UUID) -> TaxRecord | None:
        """Return how the tax of an order came about; None where TaxJar had no part in it."""
        rows = await self.app.database.fetch(f"{_RECORDS} AND t.order_id = :order", store=current_store(), order=order)
        return _record(rows[0]) if rows else None

    async def flagged(self, actor: Actor) -> Sequence[TaxRecord]:
        """Return the orders that were charged no tax because TaxJar did not answer, the oldest first."""
        actor.require(TAX_READ)
        rows = await self.app.database.fetch(
            f"{_RECORDS} AND t.state = 'FLAGGED' ORDER BY t.created, t.id LIMIT {LIST_LIMIT}", store=actor.store
        )
        return [_record(row) for row in rows]

    async def count_flagged(self, store: int) -> int:
        """Return how many orders wait for a review."""
        row = await self.app.database.fetch_one(
            "SELECT COUNT(*) AS found FROM taxjar_order WHERE store = :store AND state = 'FLAGGED'", store=store
        )
        return int(row["found"]) if row else 0

    async def review(self, actor: Actor, order: UUID) -> None:
        """Note that somebody looked at the tax of a flagged order."""
        actor.require(TAX_UPDATE)
        record = await self.record(order)
        if record is None:
            raise RecordUnknown(_("TaxJar had no part in the tax of that order."))
        done = NotFlagged(
            _("The tax of order {number} waits for no review any more.").format(number=record.order_number)
        )
        if record.state is not TaxState.FLAGGED:
            raise done
        async with self.app.work(actor) as work:
            work.guard(
                tables.TaxjarOrder,
                set="state = 'REVIEWED', reviewed_by = :by, reviewed_at = :now",
                where="order_id = :order AND state = 'FLAGGED'",
                refusal=done,
                order=order,
                by=actor.name[:100],
            )
            work.audit("tax.review", subject="order", subject_id=order, note=record.order_number)

    # A person's own data

    async def export(self, customer: Customer) -> object:
        """Return why the customer pays no sales tax, if they do not."""
        return {"exemption": await self.exemption(customer.id) or None}

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what takes the customer's exemption off."""

        def join(work: Work) -> None:
            work.delete(tables.TaxjarCustomer, where="customer = :customer", customer=customer.id)

        return join

    async def merge(self, gone: Customer, kept: Customer, _member: int | None) -> Moving:
        """Return what moves an exemption to a record that has none."""
        exempt = bool(await self.exemption(gone.id)) and not await self.exemption(kept.id)

        def join(work: Work) -> None:
            if exempt:
                work.guard(
                    tables.TaxjarCustomer,
                    set="customer = :kept",
                    where="customer = :gone",
                    refusal=twice(),
                    conflict=twice(),
                    gone=gone.id,
                    kept=kept.id,
                )
            else:
                work.delete(tables.TaxjarCustomer, where="customer = :gone", gone=gone.id)

        return Moving([_("exemption from sales tax")] if exempt else [], join)


def twice() -> Stale:
    """Return the refusal of two who say something of the same thing at once."""
    return Stale(_("Somebody else changed this at the same moment. Try again."))


def _record(row: dict[str, Any]) -> TaxRecord:
    return TaxRecord(
        order=row["order_id"],
        order_number=row["number"],
        state=TaxState(row["state"]),
        reason=row["reason"],
        amount=row["amount"],
        currency=row["currency"],
        created=row["created"],
        reviewed_by=row["reviewed_by"],
        reviewed_at=row["reviewed_at"],
    )
