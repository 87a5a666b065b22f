"""Points from a paid order through the checkout and back."""

from __future__ import annotations

import asyncio

import pytest

from guildshop.errors import Forbidden, Invalid, Refusal
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty.api import (
    LOYALTY_READ,
    LOYALTY_UPDATE,
    MOST_POINTS,
    NoLoyaltyAccount,
    PointsAction,
    PointsGone,
    PointsShort,
    ProgramOff,
)
from guildshop.plugins.orders.api import OrderStatus, Phase, WantedItem
from guildshop.plugins.orders.service import OrderDeletion, OrderEditing
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, Clock
from tests.plugins.loyalty.conftest import Club


async def test_a_paid_order_opens_an_account_and_earns_for_its_goods(club: Club) -> None:
    mug = await club.product(price=1999)
    await club.set(tax_rate="10")
    order = await club.sold((mug, 2))
    assert await club.balance() == 39
    (entry,) = await club.loyalty.entries(order.customer)
    assert (entry.kind, entry.points, entry.order_number, entry.expires) == ("EARN", 39, order.number, None)
    await club.check_points()


async def test_nothing_is_earned_while_the_program_is_off(club: Club) -> None:
    mug = await club.product(price=2000)
    await club.terms(enabled=False)
    order = await club.sold((mug, 1))
    await club.terms()
    await club.refund(order, "amount", 500)
    await club.settle()
    assert await club.rows("loyalty_account") == []
    with pytest.raises(NoLoyaltyAccount, match=r"^Customer does not have a loyalty account\.$"):
        await club.adjust(5)
    await club.terms(enabled=False)
    with pytest.raises(ProgramOff):
        await club.join()
    assert await club.rows("loyalty_account") == []


async def test_tiers_and_the_daily_cap(club: Club, clock: Clock) -> None:
    mug = await club.product(price=10000, quantity=100)
    await club.terms(tiers=[{"name": "Gold", "threshold": 100, "multiplier": 2}], daily_cap=250)
    balances = []
    for hours in (0, 0, 0, 12):
        clock.advance(hours=hours)
        await club.sold((mug, 1))
        balances.append(await club.balance())
    assert balances == [100, 250, 250, 450]
    await club.check_points()


async def test_adjusting_is_audited_and_counts_once(club: Club) -> None:
    await club.join()
    assert await club.adjust(100) == 100
    assert await club.adjust(-30) == await club.balance() == 70
    audited = [row for row in await club.rows("audit_entry") if row["action"] in {"loyalty.add", "loyalty.deduct"}]
    assert [row["note"] for row in audited] == ["A reason", "A reason"]
    key = (await club.customer()).id
    assert [await club.adjust(5, key=key) for _time in range(2)] == [75, 75]
    await club.check_points()


async def test_what_cannot_be_is_refused_and_changes_nothing(club: Club) -> None:
    await club.join(points=100)
    tables = ("loyalty_entry", "loyalty_account", "audit_entry")
    before = [await club.rows(table) for table in tables]
    add, deduct = PointsAction.ADD, PointsAction.DEDUCT
    wrong: list[tuple[PointsAction, int, str, type[Refusal], str]] = [
        (add, 0, "x", Invalid, "positive whole number"),
        (add, -5, "x", Invalid, "positive whole number"),
        (add, 10**18, "x", Invalid, "positive whole number"),
        (add, MOST_POINTS, "x", Invalid, "holds at most"),
        (add, 5, " \n ", Invalid, "A reason is required"),
        (add, 5, "x" * 301, Invalid, "301 characters"),
        (deduct, 101, "x", PointsShort, "has 100 points: 101 cannot be deducted"),
    ]
    for action, points, reason, kind, told in wrong:
        with pytest.raises(kind, match=told):
            await club.loyalty.adjust(club.boss, await club.customer(), action, points, reason)
    assert [await club.rows(table) for table in tables] == before


async def test_only_who_may_only_here_and_only_while_active(
    club: Club, other_store: Store, staff: ActorFactory
) -> None:
    await club.join(points=100)
    customer = await club.customer()
    with pytest.raises(Forbidden, match=LOYALTY_UPDATE):
        await club.loyalty.adjust(staff(club.store, LOYALTY_READ), customer, PointsAction.ADD, 1, "x")
    with scope(other_store.id):
        boss = staff(other_store)
        with pytest.raises(ProgramOff, match="not active"):
            await club.loyalty.adjust(boss, customer, PointsAction.ADD, 1, "x")
        await club.app.stores.change(boss, "loyalty", {"enabled": True})
        with pytest.raises(NoLoyaltyAccount):
            await club.loyalty.adjust(boss, customer, PointsAction.ADD, 1, "x")
        assert (await club.loyalty.owed()).points == 0
    await club.terms(enabled=False)
    with pytest.raises(ProgramOff, match="not active"):
        await club.adjust(1)
    assert await club.balance() == 100


async def test_two_staff_deducting_at_once_never_go_below_zero(club: Club) -> None:
    await club.join(points=100)
    done = await asyncio.gather(*(club.adjust(-30) for _time in range(5)), return_exceptions=True)
    assert sorted(one for one in done if isinstance(one, int)) == [10, 40, 70]
    assert sum(isinstance(one, PointsShort) for one in done) == 2
    await club.check_points()


async def test_points_are_redeemed_at_the_summary(club: Club) -> None:
    mug = await club.product(price=2000)
    await club.join(points=600)
    await club.terms(maximum_share=50, point_value=2)
    who = club.buyer()
    screen = await club.summary(who, (mug, 1))
    (action,) = screen.actions
    assert (action.name, action.text) == ("points_redeem", "500 points take $10.00 off.")
    for typed, told in (("50", "At least 100"), ("601", "You have 600 points"), ("1.5", "positive whole")):
        with pytest.raises(Invalid, match=told):
            await club.redeem(screen, typed)
    screen = await club.redeem(screen, 600)
    assert screen.quote is not None
    assert (screen.quote.totals.loyalty, screen.quote.totals.total) == (1000, 1000)
    off = await club.checkout.answer(who, (), screen.draft.id, "points_redeem_off", {"value": "remove"})
    assert off.quote is not None
    assert off.quote.totals.total == 2000
    order = await club.checkout.confirm(who, (), (await club.redeem(off, 200)).draft.id)
    (one,) = [found for found in order.adjustments if found.phase is Phase.LOYALTY]
    assert (one.label, one.amount, order.total) == ("200 points", 400, 1600)
    assert (await club.balance(), (await club.kinds())[-1]) == (400, ("REDEEM", -200))
    await club.check_points()


async def test_points_used_elsewhere_since_the_summary_are_asked_about_again(club: Club) -> None:
    mug = await club.product(price=2000)
    await club.join(points=300)
    who = club.buyer()
    screen = await club.redeem(await club.summary(who, (mug, 1)), 300)
    await club.adjust(-150)
    with pytest.raises(PointsGone, match="Look at the new total"):
        await club.checkout.confirm(who, (), screen.draft.id)
    assert await club.rows("orders") == []
    shown = await club.checkout.screen(who, (), screen.draft.id)
    order = await club.checkout.confirm(who, (), shown.draft.id)
    assert (order.loyalty, await club.balance()) == (150, 0)
    await club.check_points()


@pytest.mark.parametrize("ending", ["cancel", "expire", "delete"])
async def test_an_unpaid_order_gives_them_back(club: Club, clock: Clock, ending: str) -> None:
    mug = await club.product(price=2000)
    await club.join(points=300)
    order = await club.redeemed(300, (mug, 1))
    if ending == "cancel":
        await club.orders.cancel(club.boss, order.id, "No")
    elif ending == "expire":
        clock.advance(hours=49)
    else:
        await club.app.get(OrderDeletion).delete(club.boss, order.id, order.number)
    await club.settle()
    assert (await club.balance(), (await club.kinds())[-1]) == (300, ("RETURN", 300))
    await club.check_points()


async def test_an_order_that_points_pay_for_is_paid_at_once_and_gives_them_back(club: Club) -> None:
    mug = await club.product(price=500)
    await club.join(points=600)
    order = await club.redeemed(500, (mug, 1))
    assert (order.status, order.total) == (OrderStatus.PAID, 0)
    await club.orders.cancel(club.boss, order.id, "Gone")
    await club.settle()
    assert await club.balance() == 600
    await club.check_points()


async def test_a_refund_takes_back_what_was_earned_and_gives_back_what_was_redeemed(club: Club) -> None:
    mug = await club.product(price=10000)
    await club.join(points=1000)
    order = await club.redeemed(1000, (mug, 1))
    await club.orders.confirm_payment(club.boss, order.id)
    await club.settle()
    assert await club.balance() == 90
    await club.refund(order, "amount", 3000)
    await club.settle()
    assert await club.balance() == 90 + 333 - 30
    await club.refund(await club.orders.get(order.id))
    await club.settle()
    assert await club.balance() == 1000
    account = await club.loyalty.account(order.customer)
    assert account is not None
    assert account.lifetime == 0
    await club.check_points()


async def test_what_was_spent_already_is_not_taken_back_and_written_down(club: Club) -> None:
    mug = await club.product(price=10000)
    order = await club.sold((mug, 1))
    await club.adjust(-70)
    await club.refund(order)
    await club.settle()
    assert await club.balance() == 0
    entry = (await club.loyalty.entries(order.customer))[0]
    assert (entry.kind, entry.points, entry.short) == ("REVERSE", -30, 70)
    assert entry.reason == "70 points were spent already and could not be taken back."
    await club.check_points()


async def test_a_refund_that_is_heard_of_before_the_payment_earns_only_the_rest(club: Club) -> None:
    mug = await club.product(price=10000)
    placed = await club.order(club.buyer(), (mug, 1))
    await club.orders.confirm_payment(club.boss, placed.id)
    await club.refund(placed, "amount", 4000)
    await club.settle()
    assert (await club.balance(), await club.kinds()) == (60, [("EARN", 60)])
    await club.check_points()


async def test_points_expire_the_oldest_first(club: Club, clock: Clock) -> None:
    mug = await club.product(price=2000)
    await club.terms(expire_days=10)
    await club.join(points=300)
    clock.advance(days=6)
    await club.adjust(500)
    order = await club.redeemed(200, (mug, 1))
    await club.orders.confirm_payment(club.boss, order.id)
    clock.advance(days=4)
    await club.loyalty.expire_all(club.store.id)
    assert (await club.balance(), (await club.kinds())[-1]) == (500, ("EXPIRE", -100))
    clock.advance(days=6)
    for _time in range(2):
        await club.loyalty.expire_all(club.store.id)
        assert await club.balance() == 0
    await club.check_points()


async def test_lapsed_points_are_not_redeemed_even_before_the_timer(club: Club, clock: Clock) -> None:
    mug = await club.product(price=2000)
    await club.terms(expire_days=10)
    await club.join(points=300)
    clock.advance(days=10)
    screen = await club.summary(club.buyer(), (mug, 1))
    assert [action.name for action in screen.actions] == []
    assert await club.balance() == 0


async def test_an_edited_order_keeps_the_points_that_it_still_needs(club: Club) -> None:
    mug = await club.product(price=2000)
    await club.product("PIN", price=300)
    await club.join(points=1000)
    await club.set(shipping_types=[{"code": "post", "label": "Post", "cost": 500}])
    order = await club.redeemed(1000, (mug, 1))
    editing = club.app.get(OrderEditing)
    edited = await editing.set_items(club.boss, order.id, [WantedItem("MUG", 1), WantedItem("PIN", 1)])
    assert (edited.loyalty, edited.due) == (1000, 1300)
    with pytest.raises(Refusal, match="nothing would be due"):
        await editing.set_items(club.boss, order.id, [WantedItem("PIN", 1)])
    await club.settle()
    assert await club.balance() == 0
    await club.app.stores.switch(club.boss, "loyalty", False)
    edited = await editing.set_items(club.boss, order.id, [WantedItem("PIN", 1)])
    await club.settle()
    assert (edited.loyalty, await club.balance()) == (0, 1000)
    await club.check_points()


async def test_switched_off_in_the_middle_what_was_begun_finishes(club: Club) -> None:
    mug = await club.product(price=10000)
    await club.join(points=500)
    first, second = await club.redeemed(100, (mug, 1)), await club.redeemed(200, (mug, 1))
    paid = await club.sold((mug, 1))
    await club.terms(enabled=False)
    await club.orders.cancel(club.boss, first.id, "No")
    await club.orders.confirm_payment(club.boss, second.id)
    await club.refund(paid)
    await club.settle()
    # 500 − 200: the first one gave back its 100, the paid one earned and lost 100, the second one earns nothing.
    assert await club.balance() == 300
    screen = await club.summary(club.buyer(), (mug, 1))
    assert [action.name for action in screen.actions] == []
    await club.check_points()


async def test_personal_data_is_given_out_and_forgotten(club: Club) -> None:
    await club.join(points=300)
    customer = (await club.customer()).id
    people = club.app.get(CustomerService)
    told = await people.my_data(club.buyer())
    assert told["loyalty"]["entries"][0]["reason"] == "A reason"  # type: ignore[index]
    await people.forget(club.buyer(), "FORGET ME")
    (entry,) = await club.loyalty.entries(customer)
    assert (entry.reason, entry.points) == ("", 300)


async def test_the_doctor_finds_a_balance_changed_by_hand(club: Club) -> None:
    await club.join(points=300)
    query = "UPDATE loyalty_account SET balance = balance + 1 WHERE store = :store"
    await club.app.database.execute(query, store=club.store.id)
    assert len(await club.loyalty.check_balances(club.store.id)) == 1
