"""Store credit from the staff's hands through the checkout and back."""

from __future__ import annotations

import asyncio

import pytest

from guildshop.errors import Forbidden, Invalid, NotFound, Refusal, Stale
from guildshop.money import MAXIMUM
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import Order, OrderStatus, Phase, Stage, WantedItem
from guildshop.plugins.orders.service import OrderDeletion, OrderEditing
from guildshop.plugins.refunds.service import RefundService
from guildshop.plugins.store_credit.api import (
    CREDIT_READ,
    CREDIT_UPDATE,
    CreditAction,
    CreditGone,
    CreditOff,
    CreditShort,
)
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, Clock
from tests.plugins.store_credit.conftest import Purse


async def test_topping_up_and_reducing_say_who_and_why(purse: Purse) -> None:
    customer = await purse.top_up(2500)
    account = await purse.credit.adjust(purse.boss, customer, CreditAction.REDUCE, 1000, "  Paid\n out ")
    assert account.balance == await purse.balance() == 1500
    entries = await purse.credit.entries(customer)
    assert [(one.kind, one.amount, one.reason, one.made_by) for one in entries] == [
        ("REDUCE", -1000, "Paid out", "Sam Staff"),
        ("TOP_UP", 2500, "A present", "Sam Staff"),
    ]
    audited = [row for row in await purse.rows("audit_entry") if row["action"].startswith("credit.")]
    assert [row["note"] for row in audited] == ["A present", "Paid out"]
    (owed,) = await purse.credit.owed()
    assert (owed.currency, owed.amount, owed.customers) == ("USD", 1500, 1)
    await purse.check_credit()


async def test_what_cannot_be_is_refused_and_changes_nothing(purse: Purse) -> None:
    customer = await purse.top_up(1000)
    tables = ("credit_entry", "credit_account", "audit_entry")
    before = [await purse.rows(table) for table in tables]
    top_up, reduce = CreditAction.TOP_UP, CreditAction.REDUCE
    wrong: list[tuple[CreditAction, int, str, str, type[Refusal], str]] = [
        (top_up, 0, "x", "", Invalid, "more than 0"),
        (top_up, -5, "x", "", Invalid, "more than 0"),
        (top_up, 10**18, "x", "", Invalid, "at most"),
        (top_up, MAXIMUM, "x", "", Invalid, "more than"),
        (top_up, 5, "  ", "", Invalid, "reason"),
        (top_up, 5, "x" * 301, "", Invalid, "301 characters"),
        (top_up, 5, "x", "EUR", Invalid, "EUR cannot be topped up"),
        (reduce, 1001, "x", "", CreditShort, r"has \$10.00 of credit: \$10.01 cannot be taken"),
        (reduce, 1, "x", "EUR", CreditShort, "€0.00"),
    ]
    for action, amount, reason, currency, kind, told in wrong:
        with pytest.raises(kind, match=told):
            await purse.credit.adjust(purse.boss, customer, action, amount, reason, currency=currency)
    assert [await purse.rows(table) for table in tables] == before


async def test_only_who_may_and_only_here(purse: Purse, other_store: Store, staff: ActorFactory) -> None:
    customer = await purse.top_up(1000)
    reader = staff(purse.store, CREDIT_READ)
    with pytest.raises(Forbidden, match=CREDIT_UPDATE):
        await purse.credit.adjust(reader, customer, CreditAction.TOP_UP, 1, "x")
    with pytest.raises(Forbidden, match=CREDIT_READ):
        await purse.credit.list_accounts(staff(purse.store, "order.read"))
    with scope(other_store.id):
        boss = staff(other_store)
        await purse.app.stores.change(boss, "store_credit", {"enabled": True})
        with pytest.raises(NotFound):
            await purse.credit.adjust(boss, customer, CreditAction.TOP_UP, 1, "x")
        assert await purse.credit.owed() == []
        assert await purse.credit.entries(customer) == []
    assert await purse.balance() == 1000


async def test_off_takes_and_gives_nothing_new_and_what_is_owed_can_be_paid_out(purse: Purse) -> None:
    mug = await purse.product(price=2000)
    customer = await purse.top_up(500)
    begun = await purse.summary(purse.buyer(), (mug, 1))
    await purse.enable(False)
    with pytest.raises(CreditOff, match="Switch it on in the settings"):
        await purse.credit.adjust(purse.boss, customer, CreditAction.TOP_UP, 1, "x")
    with pytest.raises(CreditGone):
        await purse.checkout.confirm(purse.buyer(), (), begun.draft.id)
    assert not purse.refunds.credit_possible(purse.store.id)
    screen = await purse.checkout.screen(purse.buyer(), (), begun.draft.id)
    assert screen.quote is not None
    assert (screen.quote.totals.credit, screen.quote.totals.due) == (0, 2000)
    await purse.reduce(500)
    assert await purse.balance() == 0
    await purse.enable()
    await purse.top_up(300)
    begun = await purse.summary(purse.buyer(), (mug, 1))
    await purse.app.stores.switch(purse.boss, "store_credit", False)
    with pytest.raises(Stale, match="“Store credit” is no longer offered"):
        await purse.checkout.confirm(purse.buyer(), (), begun.draft.id)
    assert await purse.rows("orders") == []
    await purse.check_credit()


async def test_the_next_checkout_takes_it_by_itself(purse: Purse) -> None:
    mug = await purse.product(price=2000)
    await purse.top_up(500)
    order = await purse.order(purse.buyer(), (mug, 1))
    (one,) = [found for found in order.adjustments if found.phase is Phase.CREDIT]
    assert (one.label, one.amount, order.total, order.credit, order.due) == ("Store credit", 500, 2000, 500, 1500)
    assert (await purse.balance(), await purse.kinds()) == (0, [("TOP_UP", 500), ("ORDER", -500)])
    await purse.check_credit()


async def test_an_order_that_credit_pays_for_is_paid_at_once_and_comes_back_as_credit(purse: Purse) -> None:
    mug = await purse.product(price=2000)
    await purse.top_up(2500)
    screen = await purse.begin(purse.buyer(), (mug, 1))
    assert screen.stage is Stage.SUMMARY
    order = await purse.checkout.confirm(purse.buyer(), (), screen.draft.id)
    assert (order.status, order.due, await purse.balance()) == (OrderStatus.PAID, 0, 500)
    await purse.orders.cancel(purse.boss, order.id, "Gone")
    await purse.settle()
    assert (await purse.orders.get(order.id)).refunded == 2000
    assert await purse.balance() == 2500
    assert (await purse.kinds())[-1] == ("REFUND", 2000)
    await purse.check_credit()


@pytest.mark.parametrize("ending", ["cancel", "expire", "delete", "cancel and delete"])
async def test_an_unpaid_order_gives_it_back(purse: Purse, clock: Clock, ending: str) -> None:
    mug = await purse.product(price=2000)
    await purse.top_up(500)
    order = await purse.order(purse.buyer(), (mug, 1))
    if ending == "expire":
        clock.advance(hours=49)
    if "cancel" in ending:
        await purse.orders.cancel(purse.boss, order.id, "No")
    if ending == "cancel and delete":
        with pytest.raises(Refusal, match="in a minute"):
            await purse.app.get(OrderDeletion).delete(purse.boss, order.id, order.number)
        await purse.settle()
    if "delete" in ending:
        await purse.app.get(OrderDeletion).delete(purse.boss, order.id, order.number)
    await purse.settle()
    assert await purse.balance() == 500
    assert (await purse.kinds())[-1] == ("RETURN", 500)
    assert len(await purse.kinds()) == 3
    if "delete" in ending:
        numbers = {row["order_number"] for row in await purse.rows("credit_entry") if row["order_id"] == order.id}
        assert numbers == {order.number}
    assert await purse.credit.check_balances(purse.store.id) == []


async def test_of_two_orders_at_once_one_gets_the_credit_and_the_other_is_asked_again(purse: Purse) -> None:
    mug = await purse.product(price=2000)
    await purse.top_up(2500)
    who = purse.buyer()
    screen = await purse.begin(who, (mug, 1))
    await purse.reduce(1000)
    with pytest.raises(CreditGone, match="Look at what is due now"):
        await purse.checkout.confirm(who, (), screen.draft.id)
    assert await purse.rows("orders") == []
    shown = await purse.checkout.screen(who, (), screen.draft.id)
    assert shown.stage is Stage.PAYMENT
    shown = await purse.checkout.choose_payment(who, (), shown.draft.id, "venmo")
    order = await purse.checkout.confirm(who, (), shown.draft.id)
    assert (order.credit, order.due) == (1500, 500)
    await purse.check_credit()


async def test_two_staff_reducing_at_once_never_go_below_zero(purse: Purse) -> None:
    customer = await purse.top_up(1000)
    done = await asyncio.gather(
        *(purse.credit.adjust(purse.boss, customer, CreditAction.REDUCE, 300, f"no {n}") for n in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, CreditShort) for one in done) == 2
    assert await purse.balance() == 100
    await purse.check_credit()


async def test_a_form_sent_twice_counts_once(purse: Purse) -> None:
    key = await purse.customer()
    await purse.top_up(700, key=key)
    await purse.top_up(700, key=key)
    assert await purse.kinds() == [("TOP_UP", 700)]


async def test_a_refund_can_go_to_credit_instead_and_credit_used_comes_back_last(purse: Purse) -> None:
    mug = await purse.product(price=2000)
    await purse.top_up(500)
    order = await purse.sold((mug, 1))
    assert (order.credit, order.paid_at is not None) == (500, True)
    await purse.refund(order, "amount", 400, to_credit=True)
    await purse.settle()
    assert await purse.balance() == 400
    await purse.refund(await purse.orders.get(order.id))
    await purse.settle()
    after = await purse.orders.get(order.id)
    assert (after.status, after.refunded) == (OrderStatus.REFUNDED, 2000)
    credited = sum(amount for kind, amount in await purse.kinds() if kind == "REFUND")
    paid_back = sum(row["amount"] for row in await purse.rows("refund_part") if row["kind"] != "CREDIT")
    assert credited + paid_back == 2000
    assert await purse.balance() == credited
    await purse.check_credit()


async def test_an_edited_order_keeps_what_it_took(purse: Purse) -> None:
    mug = await purse.product(price=2000)
    await purse.product("PIN", price=300)
    await purse.top_up(500)
    order = await purse.order(purse.buyer(), (mug, 1))
    await purse.top_up(5000)
    editing = purse.app.get(OrderEditing)
    edited = await editing.set_items(purse.boss, order.id, [WantedItem("MUG", 2), WantedItem("PIN", 1)])
    await purse.settle()
    assert (edited.credit, edited.due, await purse.balance()) == (500, 3800, 5000)
    with pytest.raises(Refusal, match="nothing would be due"):
        await editing.set_items(purse.boss, order.id, [WantedItem("PIN", 1)])
    await purse.check_credit()
    # With the plugin off nobody quotes the credit any more: it goes back.
    await purse.app.stores.switch(purse.boss, "store_credit", False)
    edited = await editing.set_items(purse.boss, order.id, [WantedItem("PIN", 1)])
    await purse.settle()
    assert (edited.credit, edited.due, await purse.balance()) == (0, 300, 5500)
    await purse.check_credit()
    assert isinstance(edited, Order)


async def test_credit_of_another_currency_stays_and_is_not_used(purse: Purse) -> None:
    await purse.top_up(500)
    await purse.app.stores.change(purse.boss, "store", {"currency": "EUR"})
    cup = await purse.product("CUP", price=900, currency="EUR")
    await purse.top_up(300)
    order = await purse.order(purse.buyer(), (cup, 1))
    assert (order.currency, order.credit) == ("EUR", 300)
    assert (await purse.balance(), await purse.balance(currency="EUR")) == (500, 0)
    await purse.reduce(500, currency="USD")
    assert [one.currency for one in await purse.credit.owed()] == []
    await purse.check_credit()


async def test_personal_data_is_given_out_and_forgotten(purse: Purse) -> None:
    customer = await purse.top_up(500)
    people = purse.app.get(CustomerService)
    told = await people.my_data(purse.buyer())
    assert told["store_credit"]["balances"] == {"USD": 500}  # type: ignore[index]
    assert told["store_credit"]["entries"][0]["reason"] == "A present"  # type: ignore[index]
    await people.forget(purse.buyer(), "FORGET ME")
    (entry,) = await purse.credit.entries(customer)
    assert (entry.reason, entry.amount) == ("", 500)


async def test_the_doctor_finds_a_balance_changed_by_hand(purse: Purse) -> None:
    await purse.top_up(500)
    assert purse.app.get(RefundService).credit_possible(purse.store.id)
    await purse.app.database.execute(
        "UPDATE credit_account SET balance = balance + 1 WHERE store = :store", store=purse.store.id
    )
    (told,) = await purse.credit.check_balances(purse.store.id)
    assert "USD" in told
