"""What a refund would do, and what it refuses: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from guildshop.bot.items import custom_id
from guildshop.errors import Invalid, Refusal
from guildshop.plugins.orders.api import Channel, LineKind, Order, OrderLine, OrderStatus, ShippingStatus
from guildshop.plugins.refunds import rules
from guildshop.plugins.refunds.api import (
    Funds,
    ItemRequest,
    ItemsNotLeft,
    NothingToRefund,
    PartKind,
    RefundMode,
    RefundRequest,
    Return,
    ReturnRefused,
    ReturnStatus,
    TooMuchToRefund,
)
from guildshop.plugins.refunds.commands import returning
from guildshop.plugins.refunds.labels import return_label

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def line(sku: str, quantity: int = 1, unit_price: int = 1000, **given) -> OrderLine:
    values = {"id": uuid4(), "product": uuid4(), "sku": sku, "name": sku.title(), "kind": LineKind.SHIPPED, **given}
    return OrderLine(quantity=quantity, unit_price=unit_price, total=quantity * unit_price, **values)


def order(*lines: OrderLine, **given) -> Order:
    subtotal = sum(one.total for one in lines)
    amounts = {"discount": 0, "loyalty": 0, "shipping": 0, "tax": 0, "credit": 0}
    amounts |= {name: given.pop(name) for name in list(given) if name in amounts}
    total = subtotal - amounts["discount"] - amounts["loyalty"] + amounts["shipping"] + amounts["tax"]
    values = {
        "id": uuid4(), "store": 1, "number": "ABCD2345", "customer": uuid4(), "customer_name": "Ada",
        "customer_discord_id": 3, "recipient_discord_id": None, "channel": Channel.DISCORD, "status": OrderStatus.PAID,
        "shipping_status": ShippingStatus.PENDING, "carrier": "", "tracking_number": "", "currency": "USD",
        "refunded": 0, "payment_method": "venmo", "shipping_type": "", "address": None, "created": NOW, "updated": NOW,
        "reserved_until": None, "paid_at": NOW, "cancelled_at": None, "completed_at": None, "cancel_reason": "",
        "locale": "en-US", "imported": False, "notes": "", "version": 1,
    }  # fmt: skip
    return Order(
        **{**values, **given}, **amounts, subtotal=subtotal, total=total, due=total - amounts["credit"], lines=lines
    )


def plan(found: Order, mode: RefundMode = RefundMode.FULL, amount=None, items="", funds=None, **given):
    wanted = rules.parse_items(items) if items else ()
    every = [Funds(PartKind.MANUAL, "venmo", found.due, UUID(int=1))] if funds is None else funds
    return rules.plan(found, RefundRequest(mode, amount, wanted, **given), every)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MUG", [("MUG", 1)]),
        ("MUG:2,CAP", [("MUG", 2), ("CAP", 1)]),
        (" mug : 2 , CAP:1 ,", [("mug", 2), ("CAP", 1)]),
        ("prod-1:2,prod-2:1", [("prod-1", 2), ("prod-2", 1)]),
    ],
)
def test_items_are_read(text: str, expected: list[tuple[str, int]]) -> None:
    assert [(item.product, item.quantity) for item in rules.parse_items(text)] == expected
    assert rules.parse_items(rules.written_items(rules.parse_items(text))) == rules.parse_items(text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "No items are named"),
        (" , ,", "No items are named"),
        ("prod-1:0", "0 pieces of prod-1 cannot come back"),
        ("prod-1:-1", "-1 pieces of prod-1 cannot come back"),
        ("prod-1:2,prod-1:2", "prod-1 is named twice"),
        ("prod-1:2,PROD-1", "PROD-1 is named twice"),
        ("prod-1:two", "“two” is no quantity of prod-1"),
        ("prod-1:", "“” is no quantity of prod-1"),
        ("prod-1:1.5", "“1.5” is no quantity"),
        ("prod-1:" + "9" * 30, "is no quantity"),
        (":2", "An item has no product"),
        (",".join(f"p{number}" for number in range(101)), "101 items are too many"),
    ],
)
def test_items_that_cannot_be_read_are_refused(text: str, part: str) -> None:
    with pytest.raises(Invalid) as raised:
        rules.parse_items(text)
    assert part in raised.value.message


def test_full_takes_all_that_is_left() -> None:
    mug, cap = line("MUG", 3, 1000, returned=1, return_held=1), line("CAP", 1, 500)
    found = order(mug, cap, shipping=300, tax=200, refunded=1000, refund_held=500, status=OrderStatus.SHIPPED)
    made = plan(found)
    assert made.amount == 4000 - 1500
    assert [(item.sku, item.quantity) for item in made.items] == [("MUG", 1), ("CAP", 1)]
    assert (made.status, made.left, made.reason) == (OrderStatus.REFUNDED, 0, "Admin-initiated refund")


def test_amount_leaves_the_items() -> None:
    made = plan(order(line("MUG", 2)), RefundMode.AMOUNT, 500, reason=" scratched ")
    assert (made.amount, made.items, made.status, made.reason) == (500, (), OrderStatus.PARTIALLY_REFUNDED, "scratched")
    assert plan(order(line("MUG")), RefundMode.AMOUNT, 1000).status is OrderStatus.REFUNDED


def test_items_are_worth_quantity_times_price() -> None:
    mug, cap = line("MUG", 3), line("CAP", 1, 500)
    found = order(mug, cap, tax=350, shipping=100)
    made = plan(found, RefundMode.ITEMS, items=f"mug:2,{cap.product}")
    assert (made.amount, made.net) == (2500, 2500 + 200 + 50)
    assert made.status is OrderStatus.PARTIALLY_REFUNDED
    assert plan(found, RefundMode.BOTH, 1, "MUG:3").amount == 1


def test_items_are_capped_at_what_was_paid_for_the_line_and_is_left() -> None:
    mug, cap = line("MUG", 2), line("CAP", 1, 2000)
    found = order(mug, cap, discount=2000)
    assert plan(found, RefundMode.ITEMS, items="MUG").amount == 1000
    one = plan(found, RefundMode.ITEMS, items="MUG:2")
    assert (one.amount, one.net) == (1000, 1000)
    counted = {mug.id: 1000}
    with pytest.raises(NothingToRefund, match="Nothing was paid for these items"):
        rules.plan(found, RefundRequest(RefundMode.ITEMS, items=(ItemRequest("MUG"),)), [], counted)
    nearly = order(line("MUG", 2), refunded=1500, status=OrderStatus.PARTIALLY_REFUNDED)
    assert plan(nearly, RefundMode.ITEMS, items="MUG").amount == 500


def test_the_pieces_one_by_one_make_up_the_whole_line() -> None:
    mug = line("MUG", 3, 333)
    found = order(mug, discount=100, tax=33)
    paid = rules.paid_for_lines(found)[mug.id]
    assert paid == found.total
    parts = []
    for gone in range(3):
        again = order(line("MUG", 3, 333, id=mug.id, returned=gone), discount=100, tax=33)
        parts.append(plan(again, RefundMode.ITEMS, items="MUG").net)
    assert sum(parts) == paid


def test_money_goes_back_to_external_payments_first_then_credit() -> None:
    found = order(line("MUG", 3), credit=1000)
    newest, oldest = UUID(int=2), UUID(int=1)
    funds = [
        Funds(PartKind.PROCESSOR, "stripe", 500, newest),
        Funds(PartKind.MANUAL, "venmo", 1500, oldest),
        Funds(PartKind.CREDIT, "store_credit", 1000),
    ]
    made = plan(found, RefundMode.AMOUNT, 2500, funds=funds)
    assert [(part.method, part.amount) for part in made.parts] == [
        ("stripe", 500), ("venmo", 1500), ("store_credit", 500)
    ]  # fmt: skip
    assert (made.processed, made.manual, made.credit) == (500, 1500, 500)
    assert [part.method for part in plan(found, RefundMode.AMOUNT, 400, funds=funds).parts] == ["stripe"]
    assert plan(found, RefundMode.AMOUNT, 400, funds=funds, to_credit=True).credit == 400
    assert [(part.kind, part.amount) for part in plan(found, funds=[]).parts] == [(PartKind.MANUAL, 3000)]


@pytest.mark.parametrize(
    ("mode", "amount", "items", "kind", "part"),
    [
        (RefundMode.AMOUNT, 0, "", Invalid, "An amount of 0 cannot be refunded"),
        (RefundMode.AMOUNT, -5, "", Invalid, "An amount of -5 cannot be refunded"),
        (RefundMode.AMOUNT, None, "", Invalid, "Give the amount"),
        (RefundMode.AMOUNT, 2001, "", TooMuchToRefund, "$20.01 is more than what is left: $20.00"),
        (RefundMode.AMOUNT, 100, "MUG", Invalid, "takes no items"),
        (RefundMode.FULL, 100, "", Invalid, "takes no amount"),
        (RefundMode.FULL, None, "MUG", Invalid, "takes no items"),
        (RefundMode.ITEMS, 100, "MUG", Invalid, "takes no amount"),
        (RefundMode.ITEMS, None, "", Invalid, "Name the items"),
        (RefundMode.ITEMS, None, "CAP", ItemsNotLeft, "has no product CAP. It has: MUG"),
        (RefundMode.ITEMS, None, "MUG:3", ItemsNotLeft, "3 pieces of MUG cannot come back"),
        (RefundMode.BOTH, 2001, "MUG", TooMuchToRefund, "is more than what is left"),
        (RefundMode.BOTH, 0, "MUG", Invalid, "An amount of 0"),
        (RefundMode.BOTH, None, "MUG", Invalid, "Give the amount"),
    ],
)
def test_what_cannot_be_refunded_is_refused(mode, amount, items, kind, part) -> None:
    with pytest.raises(kind) as raised:
        plan(order(line("MUG", 2)), mode, amount, items)
    assert part in str(raised.value)


def test_a_product_named_by_sku_and_id_is_named_twice() -> None:
    mug = line("MUG", 2)
    with pytest.raises(Invalid, match="MUG is named twice"):
        plan(order(mug), RefundMode.ITEMS, items=f"MUG,{mug.product}")


def test_a_product_in_two_lines_comes_back_from_both() -> None:
    first, second = line("MUG", 1, 900), line("MUG", 2, 1000)
    made = plan(order(first, second), RefundMode.ITEMS, items="MUG:2")
    assert [(item.line, item.quantity) for item in made.items] == [(first.id, 1), (second.id, 1)]


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"paid_at": None, "status": OrderStatus.PENDING_PAYMENT}, "was never paid"),
        ({"paid_at": None, "status": OrderStatus.CANCELLED}, "was never paid"),
        ({"refunded": 1000, "status": OrderStatus.REFUNDED}, "All $10.00 of order ABCD2345 were refunded"),
        ({"refund_held": 1000}, "$10.00, is being refunded already"),
    ],
)
def test_an_order_with_nothing_left_is_refused(given, part) -> None:
    with pytest.raises(NothingToRefund) as raised:
        plan(order(line("MUG"), **given))
    assert part in str(raised.value)
    with pytest.raises(NothingToRefund, match="cost nothing"):
        plan(order(line("GIFT", 1, 0)))


def test_a_cancelled_order_gives_back_money_alone() -> None:
    found = order(line("MUG"), status=OrderStatus.CANCELLED)
    made = plan(found)
    assert (made.items, made.status, made.amount) == ((), OrderStatus.CANCELLED, 1000)
    with pytest.raises(ItemsNotLeft, match="came back when it was cancelled"):
        plan(found, RefundMode.ITEMS, items="MUG")


def test_any_choice_of_lines_fits_a_custom_id() -> None:
    every = list(range(25))
    for positions in (every, [0], [24], [3, 17]):
        assert returning.unpacked(returning.packed(positions)) == positions
    args = (2**31, uuid4().hex, returning.packed(every))
    assert len(custom_id(returning.Form.prefix, args[0], args[1:])) <= 100


def test_returns_are_taken_within_their_days() -> None:
    mug = line("MUG", 2)
    found = order(mug, status=OrderStatus.COMPLETE, completed_at=NOW)
    wanted = [ItemRequest(str(mug.id), 2)]

    def ask(found: Order, days: int = 14, after: timedelta = timedelta(days=14), reason: str = "too small"):
        return rules.check_return(found, wanted, reason, days=days, now=NOW + after)

    (item,) = ask(found)
    assert (item.line, item.quantity) == (mug.id, 2)
    for asked, part in (
        (lambda: ask(found, after=timedelta(days=14, seconds=1)), "more than 14 days ago"),
        (lambda: ask(found, days=0), "takes no returns"),
        (lambda: ask(found, reason="  "), "Say why"),
        (lambda: ask(found, reason="x" * 1001), "at most 1000 fit"),
        (lambda: ask(order(mug)), "has not been sent"),
        (lambda: ask(order(mug, status=OrderStatus.CANCELLED)), "nothing of it can be sent back"),
        (lambda: ask(order(line("MUG", 2, id=mug.id, returned=1), status=OrderStatus.SHIPPED)), "Only 1 of Mug"),
        (lambda: ask(order(line("MUG", 2, returned=2), status=OrderStatus.SHIPPED)), "came back already"),
        (lambda: ask(order(line("CAP"), status=OrderStatus.SHIPPED)), "does not have that item"),
    ):
        with pytest.raises(Refusal) as raised:
            asked()
        assert part in str(raised.value)


@pytest.mark.parametrize("before", ReturnStatus)
@pytest.mark.parametrize("after", ReturnStatus)
def test_returns_move_one_step_at_a_time(before: ReturnStatus, after: ReturnStatus) -> None:
    allowed = {
        ("REQUESTED", "APPROVED"), ("APPROVED", "RECEIVED"), ("RECEIVED", "REFUNDED"),
        ("REQUESTED", "DECLINED"), ("APPROVED", "DECLINED"), ("RECEIVED", "DECLINED"),
    }  # fmt: skip
    request = Return(uuid4(), 1, uuid4(), "ABCD2345", uuid4(), before, "", "", None, NOW, NOW, 1)
    if (before.value, after.value) in allowed:
        rules.return_move(request, after)
    else:
        with pytest.raises(ReturnRefused, match=f"is {return_label(before)} and cannot become {return_label(after)}"):
            rules.return_move(request, after)
