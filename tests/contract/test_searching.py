"""The search in the header over all that a store has: by what each kind is found, where it leads, what it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.hookspecs import SearchHit
from guildshop.permissions import Actor
from guildshop.plugins.discounts.service import DiscountService
from guildshop.plugins.orders.service.invoices import Invoices
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.payments.tables import Payment
from guildshop.plugins.refunds.service import RefundService, ReturnService
from guildshop.plugins.refunds.tables import RefundPart
from guildshop.plugins.shopify_link.tables import ShopifyLink
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import Visitor

from ..plugins.orders.conftest import Bench, bench
from .furnished import furnish

__all__ = ["bench"]

TRACKING = "1Z999AA10123456784"


async def found(app: App, actor: Actor, text: str) -> Mapping[str, Sequence[SearchHit]]:
    """Return the hits of each kind that has any."""
    kinds = [kind for _plugin, some in app.hooks("register_search") for kind in some]
    answers = {kind.title: await kind.find(actor, text, 5) for kind in kinds}
    return {title: hits for title, hits in answers.items() if hits}


async def test_each_kind_is_found_by_what_it_is_known_by_and_leads_where_one_can_act(
    bench: Bench, owner: Visitor, other_store: Store, staff: ActorFactory
) -> None:
    made = await furnish(bench)
    app, boss = bench.app, bench.boss
    refund = await app.get(RefundService).get(UUID(made.known["refund"][0]))
    coming = await app.get(ReturnService).get(UUID(made.known["return"][0]))
    (payment, *_others) = await app.get(PaymentService).of_order(refund.order)
    invoice = await app.get(Invoices).issue(boss, refund.order)
    async with app.work(boss) as work:
        work.guard(RefundPart, set="reference = 're_3Nx'", where="refund = :id", rows=None, id=refund.id)
        work.guard(Payment, set="processor_id = 'pi_3Nx'", where="id = :id", rows=None, id=payment.id)
        work.guard(Payment, set="reference = 'Tom''s'", where="id = :id", rows=None, id=payment.id)
        work.insert(
            ShopifyLink,
            id=refund.id,
            discord_id=1,
            shopify_id="7012345",
            name="<b>John</b>",
            email="John@Example.com",
            method="STAFF",
            created=work.now,
            refreshed=work.now,
        )
    order = refund.order_number
    for typed, kind, link in (
        (order[:7].lower(), "Refunds", f"refund/{refund.id}"),
        (" re_3Nx ", "Refunds", f"refund/{refund.id}"),
        (f"#{coming.order_number}", "Returns", f"return/{coming.id}"),
        ("pi_3Nx", "Payments", f"order/{order}"),
        ("Tom's", "Payments", f"order/{order}"),
        ("spring", "Discounts", f"discount/{(await app.get(DiscountService).find('SPRING')).id}"),
        (f"{invoice.number:04d}", "Invoices", f"order/{order}/invoice"),
        (invoice.label.lower(), "Invoices", f"order/{order}/invoice"),
        ("7012345", "Shopify", "shopify?text=7012345"),
        ("john@example.COM", "Shopify", "shopify?text=7012345"),
    ):
        hits = (await found(app, boss, typed)).get(kind, ())
        assert [hit.link for hit in hits] == [link], (typed, kind)
        page = await owner.get(f"/admin/{link}")
        assert page.status == 200, link
    parcels = (await found(app, boss, TRACKING[:4].lower() + " " + TRACKING[4:])).get("Parcels", ())
    assert {hit.title for hit in parcels} == {TRACKING}
    assert len(parcels) > 1
    for nothing in ("zz", "re_", "%", "''", "0000", "9" * 40, "\u0663\u0663", "no", TRACKING[:-1]):
        assert (
            not {"Refunds", "Returns", "Payments", "Parcels", "Invoices", "Discounts", "Shopify"}
            & (await found(app, boss, nothing)).keys()
        ), nothing
    page = await (await owner.get("/admin/search/hits?q=7012345")).text()
    assert "&lt;b&gt;John&lt;/b&gt;" in page
    with scope(other_store.id):
        for typed in (order, "re_3Nx", "pi_3Nx", "spring", invoice.label, "7012345", TRACKING):
            assert await found(app, staff(other_store), typed) == {}, typed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_it_reads_from_indexes_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    database, asked = bench.app.database, list[tuple[str, dict[str, Any]]]()
    fetch = database.fetch

    async def fetch_and_note(text: str, /, **values: Any) -> Any:
        asked.append((text, values))
        return await fetch(text, **values)

    monkeypatch.setattr(database, "fetch", fetch_and_note)
    for typed in ("ABCD1234", "a@example.org", "12"):
        await found(bench.app, bench.boss, typed)
    monkeypatch.undo()
    read: dict[str, str] = {}
    for text, values in asked:
        for row in await fetch(f"EXPLAIN QUERY PLAN {text}", **values):
            if row["detail"].startswith(("SCAN", "SEARCH")):
                read[row["detail"]] = text
    for index, bound in (
        ("refund_number", "store=? AND order_number>? AND order_number<?"),
        ("return_number", "store=? AND order_number>? AND order_number<?"),
        ("refund_part_reference", "store=? AND reference=?"),
        ("payment_known_as", "store=? AND processor_id=?"),
        ("payment_reference", "store=? AND reference=?"),
        ("shipment_tracking", "store=? AND tracking_number=?"),
        ("shopify_link_email", "store=? AND <expr>=?"),
    ):
        assert any(f"INDEX {index} ({bound})" in detail for detail in read), (index, sorted(read))
