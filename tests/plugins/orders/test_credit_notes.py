"""Credit notes: over what was given back, numbered without gaps, never twice."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from guildshop.plugins.orders.api import Adjustment, MoveRefused, Order, OrderRefund, Phase, RefundMode
from guildshop.plugins.orders.rules.credit_notes import taxes_within
from guildshop.plugins.orders.service import CreditNotes, Invoices, OrderDeletion
from guildshop.web.testing import Visitor
from tests.plugins.orders.conftest import Bench, Refused


async def give_back(bench: Bench, order: Order, amount: int) -> None:
    current = await bench.orders.get(order.id)
    async with bench.app.work(bench.boss) as work:
        bench.orders.apply_refund(work, current, OrderRefund(uuid4(), RefundMode.AMOUNT, amount))


async def test_what_was_given_back_is_credited_once_and_adds_up(bench: Bench, refused: Refused) -> None:
    notes, mug = bench.app.get(CreditNotes), await bench.product(price=1000)
    await bench.set(tax_rate="7", tax_label="VAT")
    order = await bench.order(bench.buyer(), (mug, 3))
    await bench.orders.confirm_payment(bench.boss, order.id)
    assert "no invoice" in await refused(MoveRefused, notes.issue(bench.boss, order.id))
    invoice = await bench.app.get(Invoices).issue(bench.boss, order.id)
    assert "Nothing of order" in await refused(MoveRefused, notes.issue(bench.boss, order.id))
    await give_back(bench, order, 1111)
    assert await notes.open_amount(await bench.orders.get(order.id)) == 1111
    # Pressed by several at once, it is one.
    told = await asyncio.gather(*(notes.issue(bench.boss, order.id) for _one in range(3)), return_exceptions=True)
    assert sum(isinstance(one, MoveRefused) for one in told) == 2
    await give_back(bench, order, order.total - 1111)
    await notes.issue(bench.boss, order.id)
    first, second = await notes.of(order.id)
    assert (first.label, second.label, first.content.invoice) == ("C-0001", "C-0002", invoice.label)
    assert first.amount + second.amount == order.total == 3210
    assert sum(tax.amount for note in (first, second) for tax in note.content.taxes) == order.tax == 210
    assert first.content.buyer == invoice.content.buyer


async def test_an_invoiced_order_is_deleted_only_once_all_of_it_is_credited(bench: Bench, refused: Refused) -> None:
    deletion, mug = bench.app.get(OrderDeletion), await bench.product(price=1000)
    order = await bench.order(bench.buyer(), (mug, 1))
    await bench.app.get(Invoices).issue(bench.boss, order.id)
    assert "Cancel it" in await refused(MoveRefused, deletion.delete(bench.boss, order.id, order.number))
    await bench.orders.confirm_payment(bench.boss, order.id)
    await give_back(bench, order, order.total)
    await bench.app.dispatcher.drain()
    assert "$10.00 of the invoice 0001" in await refused(
        MoveRefused, deletion.delete(bench.boss, order.id, order.number)
    )
    assert (await bench.orders.get(order.id)).refunded == order.total
    await bench.app.get(CreditNotes).issue(bench.boss, order.id)
    await deletion.delete(bench.boss, order.id, order.number)
    assert [(row["order_number"], row["amount"]) for row in await bench.rows("order_credit_note")] == [
        (order.number, 1000)
    ]


async def test_a_cancelled_order_is_credited_whole_on_its_page(bench: Bench, owner: Visitor) -> None:
    order = await bench.order(bench.buyer(), (await bench.product(name="Mug <b>"), 2))
    await bench.app.get(Invoices).issue(bench.boss, order.id)
    path = f"/admin/order/{order.number}"
    assert "Issue a credit note" not in await (await owner.get(path)).text()
    await bench.orders.cancel(bench.boss, order.id)
    assert "Issue a credit note over $30.00" in await (await owner.get(path)).text()
    issued = await owner.post(f"{path}/credit-note")
    text = await (await owner.get(issued.headers["Location"])).text()
    for shown in ("Credit note C-0001", "Mug &lt;b&gt;", "$30.00", "0001"):
        assert shown in text
    text = await (await owner.get(path)).text()
    assert "Credit note C-0001" in text
    assert "Issue a credit note" not in text
    for number in ("2", "9" * 5_000, "one"):
        assert (await owner.get(f"{path}/credit-note/{number}")).status == 404


@given(tax=st.integers(0, 10**6), total=st.integers(1, 10**7), parts=st.lists(st.integers(1, 10**6), max_size=8))
def test_the_taxes_of_all_credit_notes_are_the_tax_of_the_order(tax: int, total: int, parts: list[int]) -> None:
    tax = min(tax, total)
    order = SimpleNamespace(total=total, adjustments=(Adjustment(Phase.TAX, "orders", "tax", "VAT", tax),))
    found, credited = 0, 0
    for part in [*parts, total]:
        amount = min(part, total - credited)
        taxes = taxes_within(order, credited, amount)  # type: ignore[arg-type]
        assert all(0 <= one.amount <= amount + 1 for one in taxes)
        found, credited = found + sum(one.amount for one in taxes), credited + amount
    assert (credited, found) == (total, tax)
