"""Two records of one person become one: everything moves, nothing is lost or counted twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, Invalid, Refusal, Stale
from guildshop.plugins.customers.api import (
    AddressInput,
    Customer,
    CustomerChange,
    CustomerInput,
    CustomerMerged,
    CustomerUnknown,
)
from guildshop.plugins.customers.service import CustomerMetrics, CustomerService
from guildshop.plugins.discounts.api import AssignmentRule, DiscountInput, DiscountScope
from guildshop.plugins.discounts.service import DiscountService
from guildshop.plugins.loyalty.api import PointsAction
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.plugins.orders.api import Channel, NewOrder, OrderStatus, WantedItem
from guildshop.plugins.orders.service import StaffOrders
from guildshop.plugins.organization.api import GroupInput, UnitKind
from guildshop.plugins.organization.service import OrganizationService
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.store_credit.api import CreditAction
from guildshop.plugins.store_credit.service import CreditService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import Visitor
from tests.plugins.orders.conftest import Bench, bench
from tests.rows import store_tables

__all__ = ["bench"]
HOME = AddressInput("Ada Lovelace", "12 Main Street", "San Francisco", "US", "94111", "CA")
WORK = replace(HOME, street="1 Market Street")
TABLES = (
    "address",
    "orders",
    "order_draft",
    "credit_account",
    "loyalty_account",
    "discount_customer",
    "discount_assignment",
    "discount_use",
    "discount_attempt",
    "message_delivery",
    "announcement_receiver",
    "return_request",
    "taxjar_customer",
    "customer_organization",
    "email_confirmation",
    "conversation",
)
"""Those with a column `customer`."""


class Two:
    """A guest, and the Discord member who is the same person."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.customers = bench.app.get(CustomerService)

    async def guest(self, **given: Any) -> Customer:
        values = {"display_name": "Ada L.", "email": "ada@example.org", **given}
        return await self.customers.create(self.bench.boss, CustomerInput(**values))

    async def member(self, number: int = 1) -> Customer:
        who = self.bench.buyer(number)
        return await self.customers.register(who, who.name, who.name.title())

    async def paid(self, customer: Customer, sku: str) -> Any:
        wanted = NewOrder(
            customer=customer.id, items=(WantedItem(sku, 1),), channel=Channel.WEB, payment_method="venmo"
        )
        order = await self.bench.app.get(StaffOrders).create(self.bench.boss, wanted)
        await self.bench.app.get(PaymentService).confirm(self.bench.boss, order.id)
        await self.bench.app.dispatcher.drain()
        return order

    async def everything(self) -> dict[str, list[dict[str, Any]]]:
        names = ("customer", "address", "orders", "credit_account", "credit_entry", "loyalty_account", "discount_use")
        return {name: await self.bench.rows(name) for name in names}


@pytest.fixture
async def two(bench: Bench) -> Two:
    for plugin in ("loyalty", "store_credit"):
        await bench.app.stores.change(bench.boss, plugin, {"enabled": True})
    return Two(bench)


async def fill(two: Two, customer: Customer, address: AddressInput, points: int, credit: int) -> None:
    """Give a customer something of every plugin."""
    boss, app = two.bench.boss, two.bench.app
    await two.customers.add_address(boss, customer.id, address)
    await two.paid(customer, "MUG")
    await app.get(LoyaltyService).adjust(boss, customer, PointsAction.ADD, points, "Hello")
    await app.get(CreditService).adjust(boss, customer.id, CreditAction.TOP_UP, credit, "Hello")
    discounts = app.get(DiscountService)
    for discount in (await discounts.list_discounts(boss)).items:
        await discounts.assign(boss, discount.id, customer.id, rule=AssignmentRule.FOREVER)


def test_no_table_with_customers_is_left_out(app: App) -> None:
    found = {
        table._meta.tablename
        for table in store_tables(app)
        if any(column._meta.name == "customer" for column in table._meta.columns)
    }
    assert found == set(TABLES)


async def test_everything_moves(two: Two) -> None:
    bench, customers = two.bench, two.customers
    await bench.product("MUG", price=1500)
    discounts = bench.app.get(DiscountService)
    guest, member = await two.guest(notes="Likes tea", tags=("VIP",), phone="+14155550123"), await two.member()
    deal = await discounts.create(
        bench.boss,
        DiscountInput(name="Friend", percent=10, scope=DiscountScope.CUSTOMERS, targets=(str(guest.id),)),
    )
    await fill(two, guest, HOME, 300, 700)
    await fill(two, member, WORK, 50, 100)
    await customers.add_address(bench.boss, member.id, HOME)
    await customers.change(bench.boss, member.id, CustomerChange(tags=("Partner",), notes="Came in May"))
    organization = bench.app.get(OrganizationService)
    group = await organization.create_group(bench.boss, GroupInput(name="Wholesale", percent=5))
    await organization.assign(bench.boss, guest.id, branch=None, department=None, group=group.id)
    before = {one.id: one for one in [await customers.get(guest.id), await customers.get(member.id)]}
    points = {one.customer: one for one in (await bench.app.get(LoyaltyService).list_accounts(bench.boss)).items}
    metrics = await bench.app.get(CustomerMetrics).now(bench.boss)
    plan = await customers.plan_merge(bench.boss, guest.id, member.id)
    told = "; ".join(plan.moves)
    for words in (
        "1 address",
        "1 order",
        "loyalty points",
        "$7.00 of store credit",
        "assigned discount",
        "discount group",
    ):
        assert words in told, told
    kept = await customers.merge(bench.boss, guest.id, member.id)
    gone = await customers.get(guest.id)
    assert (gone.merged_into, gone.active, gone.email, gone.phone, gone.notes) == (member.id, False, "", "", "")
    assert (kept.email, kept.phone, kept.discord_id) == ("ada@example.org", "+14155550123", member.discord_id)
    assert (kept.tags, kept.notes) == (("Partner", "VIP"), "Came in May\n\nLikes tea")
    assert kept.paid_orders == 2
    assert kept.revenue == before[guest.id].revenue + before[member.id].revenue
    saved = await customers.addresses(member.id)
    assert sorted(one.street for one in saved) == ["1 Market Street", "12 Main Street"]
    assert [one.is_default for one in saved] == [True, False]
    account = await bench.app.get(LoyaltyService).account(member.id)
    assert account is not None
    assert account.balance == points[guest.id].balance + points[member.id].balance
    assert account.lifetime == points[guest.id].lifetime + points[member.id].lifetime
    credit = await bench.app.get(CreditService).account(member.id, "USD")
    assert credit is not None
    assert credit.balance == 800
    assert (await organization.membership(member.id)).group == group.id
    assert (await discounts.get(deal.id)).targets == (str(member.id),)
    # Nothing anywhere is the other record's any more, but two accounts that are empty and keep their entries.
    for table in TABLES:
        rows = [row for row in await bench.rows(table) if row["customer"] == guest.id]
        assert all(row.get("balance", 1) == 0 for row in rows), (table, rows)
    assert await bench.app.get(LoyaltyService).check_balances(bench.store.id) == []
    assert await bench.app.get(CreditService).check_balances(bench.store.id) == []
    assert await discounts.check_counters(bench.store.id) == []
    now = await bench.app.get(CustomerMetrics).now(bench.boss)
    assert (now.registered, now.revenue, now.buyers, now.repeaters) == (metrics.registered, metrics.revenue, 1, 1)
    assert [one.id for one in await customers.find(bench.boss, "ada")] == [member.id]
    exported = [row["account_number"] async for row in customers.export_customers(bench.boss)]
    assert exported == [kept.account_number]


async def test_what_an_order_took_comes_back_to_the_record_that_stays(two: Two) -> None:
    bench = two.bench
    mug = await bench.product("MUG", price=1500)
    await two.member(1)
    kept = await two.member(2)
    await bench.app.get(CreditService).adjust(bench.boss, (await two.member(1)).id, CreditAction.TOP_UP, 2000, "Hello")
    who = bench.buyer(1)
    order = await bench.order(who, (mug, 1))
    assert (order.credit, order.status) == (1500, OrderStatus.PAID)
    gone = await two.member(1)
    with pytest.raises(Invalid, match="Choose which of the two"):
        await two.customers.merge(bench.boss, gone.id, kept.id)
    merged = await two.customers.merge(bench.boss, gone.id, kept.id, member=gone.discord_id)
    assert (merged.discord_id, merged.username) == (gone.discord_id, "buyer1")
    await bench.orders.cancel(bench.boss, order.id, "Changed their mind")
    await bench.app.dispatcher.drain()
    credit = await bench.app.get(CreditService).account(kept.id, "USD")
    assert credit is not None
    assert credit.balance == 2000
    assert await bench.app.get(CreditService).check_balances(bench.store.id) == []
    # The member who did not stay is a new customer.
    again = await two.member(2)
    assert again.id not in {gone.id, kept.id}


async def test_what_cannot_be_merged(two: Two, other_store: Store, staff: ActorFactory) -> None:
    bench, customers = two.bench, two.customers
    ada, bob = await two.guest(), await two.member(1)

    async def refused(kind: type[Exception], match: str, gone: UUID, kept: UUID, **given: Any) -> None:
        before = await two.everything()
        with pytest.raises(kind, match=match):
            await customers.merge(bench.boss, gone, kept, **given)
        assert await two.everything() == before

    await refused(Invalid, "with themselves", ada.id, ada.id)
    await refused(Stale, "Somebody else changed", ada.id, bob.id, versions=(ada.version + 1, bob.version))
    with scope(other_store.id):
        theirs = await customers.create(staff(other_store), CustomerInput(display_name="Eve"))
    await refused(CustomerUnknown, "no such customer", ada.id, theirs.id)
    await refused(CustomerUnknown, "no such customer", theirs.id, ada.id)
    await customers.block(bench.boss, bob.id)
    await refused(Refusal, "is blocked", ada.id, bob.id)
    await customers.unblock(bench.boss, bob.id)
    await customers.change(bench.boss, ada.id, CustomerChange(notes="x" * 3000))
    await customers.change(bench.boss, bob.id, CustomerChange(notes="y" * 3000))
    await refused(Invalid, "notes of both together have 6,?002", ada.id, bob.id)
    await customers.change(bench.boss, bob.id, CustomerChange(notes=""))
    await bench.app.get(CreditService).adjust(bench.boss, ada.id, CreditAction.TOP_UP, 500, "Hello")
    with pytest.raises(Forbidden):
        await customers.merge(staff(bench.store, "customer.read", "customer.update"), ada.id, bob.id)
    with pytest.raises(Forbidden, match="your own"):
        await customers.merge(replace(bench.boss, id=str(bob.discord_id)), ada.id, bob.id)
    third = await two.member(3)
    await customers.forget(bench.buyer(3), "forget me")
    await refused(Refusal, "was erased", third.id, ada.id)
    await refused(Refusal, "was erased", ada.id, third.id)
    merged = await customers.merge(bench.boss, ada.id, bob.id)
    await refused(CustomerMerged, "was merged", ada.id, bob.id)
    await refused(CustomerMerged, "was merged", bob.id, ada.id)
    for attempt in (
        customers.change(bench.boss, ada.id, CustomerChange(active=True)),
        customers.add_address(bench.boss, ada.id, HOME),
        bench.app.get(CreditService).adjust(bench.boss, ada.id, CreditAction.TOP_UP, 500, "Hello"),
    ):
        with pytest.raises(CustomerMerged):
            await attempt
    assert merged.id == bob.id
    # A chain leads to the last one.
    fourth = await two.guest(email="four@example.org")
    await customers.merge(bench.boss, bob.id, fourth.id)
    assert (await customers.get(ada.id)).merged_into == fourth.id


async def test_staff_merge_on_the_page(two: Two, owner: Visitor, support: Visitor) -> None:
    ada, bob = await two.guest(), await two.member()
    here = f"/admin/customer/{bob.id}/merge"
    assert "Show what moves" in await (await owner.get(here)).text()
    answer = await owner.post(here, {"other": "nobody@example.org"})
    assert answer.status == 422
    assert "is no account number" in await answer.text()
    answer = await owner.post(here, {"other": bob.account_number})
    assert "with themselves" in await answer.text()
    page = await (await owner.post(here, {"other": "ADA@example.org"})).text()
    for text in ("This record goes", "This record stays", ada.account_number, bob.account_number, "cannot be undone"):
        assert text in page
    assert (await two.customers.get(ada.id)).merged_into is None
    form = {"other": str(ada.id), "do": "merge", "gone_version": "9", "kept_version": str(bob.version)}
    assert (await owner.post(here, form)).status == 409
    form["gone_version"] = str(ada.version)
    assert (await support.post(here.replace("/admin", "/staff"), form)).status == 403
    assert (await owner.post(here, form)).status == 303
    answer = await owner.get(f"/admin/customer/{ada.id}")
    assert (answer.status, answer.headers["Location"]) == (303, f"/admin/customer/{bob.id}")
    page = await (await owner.get(f"/admin/customer/{bob.id}")).text()
    assert f"{ada.account_number} was merged into this customer." in page
    assert "ada@example.org" in page


async def test_a_sale_at_the_same_moment_is_not_lost(two: Two) -> None:
    bench, customers = two.bench, two.customers
    await bench.product("MUG", price=1500)
    guest, member = await two.guest(), await two.member()
    first = await two.paid(guest, "MUG")
    figures = customers._figures

    async def then_somebody_buys(customer: Customer) -> dict[str, Any]:
        read = await figures(customer)
        if customer.id == guest.id:
            customers._figures = figures  # type: ignore[method-assign]
            await two.paid(guest, "MUG")
        return read

    customers._figures = then_somebody_buys  # type: ignore[method-assign]
    customers._erased = _never  # type: ignore[method-assign]
    with pytest.raises(Stale):
        await customers.merge(bench.boss, guest.id, member.id)
    assert (await customers.get(guest.id)).merged_into is None
    kept = await customers.merge(bench.boss, guest.id, member.id)
    assert (kept.paid_orders, kept.revenue) == (2, 2 * first.total)


async def _never(_customer: Customer) -> bool:
    return False


async def test_what_comes_in_while_the_records_are_read_is_not_left_behind(two: Two) -> None:
    bench, customers, app = two.bench, two.customers, two.bench.app
    guest, member = await two.guest(), await two.member()
    branch = await app.get(OrganizationService).create_unit(bench.boss, UnitKind.BRANCH, "North")

    async def credit() -> None:
        await app.get(CreditService).adjust(bench.boss, guest.id, CreditAction.TOP_UP, 700, "Hello")

    async def points() -> None:
        await app.get(LoyaltyService).open_account(bench.boss, guest.id)
        await app.get(LoyaltyService).adjust(bench.boss, guest, PointsAction.ADD, 30, "Hello")

    async def belongs() -> None:
        await app.get(OrganizationService).assign(bench.boss, guest.id, branch=branch.id, department=None, group=None)

    for comes_in in (credit, points, belongs):
        with after(customers, "_own_addresses", comes_in), pytest.raises(Stale):
            await customers.merge(bench.boss, guest.id, member.id)
        assert (await customers.get(guest.id)).merged_into is None
    await customers.merge(bench.boss, guest.id, member.id)
    for table, column in (("credit_account", "balance"), ("loyalty_account", "balance")):
        assert {row["customer"]: row[column] for row in await bench.rows(table) if row[column]}.keys() == {member.id}
    assert (await app.get(OrganizationService).membership(member.id)).branch == branch.id


async def test_nothing_is_given_to_a_record_that_was_merged_meanwhile(two: Two) -> None:
    bench, customers, app = two.bench, two.customers, two.bench.app
    credit, points, groups = app.get(CreditService), app.get(LoyaltyService), app.get(OrganizationService)
    deal = await app.get(DiscountService).create(
        bench.boss, DiscountInput(name="Friend", percent=10, code="FRIEND", scope=DiscountScope.ALL)
    )
    branch = await groups.create_unit(bench.boss, UnitKind.BRANCH, "North")
    member = await two.member()
    gives: dict[str, tuple[Any, str, Any]] = {
        "credit": (
            credit,
            "account",
            lambda one: credit.adjust(bench.boss, one.id, CreditAction.TOP_UP, 700, "Hello"),
        ),
        "points": (points, "account", lambda one: points.adjust(bench.boss, one, PointsAction.ADD, 30, "Hello")),
        "address": (customers, "_allow", lambda one: customers.add_address(bench.boss, one.id, HOME)),
        "branch": (
            groups,
            "_check",
            lambda one: groups.assign(bench.boss, one.id, branch=branch.id, department=None, group=None),
        ),
        "discount": (
            app.get(DiscountService),
            "assignment_for",
            lambda one: app.get(DiscountService).assign(bench.boss, deal.id, one.id),
        ),
    }
    for number, (what, (service, read, give)) in enumerate(gives.items()):
        guest = await two.guest(email=f"{number}@example.org")
        await points.open_account(bench.boss, guest.id)
        await credit.open_account(bench.boss, guest.id, "USD")
        before = await kept_rows(bench, guest)

        async def merge(guest: Customer = guest) -> None:
            await customers.merge(bench.boss, guest.id, member.id)

        with after(service, read, merge), pytest.raises(CustomerMerged):
            await give(guest)
        assert await kept_rows(bench, guest) == before, what


async def kept_rows(bench: Bench, customer: Customer) -> dict[str, list[int]]:
    """Return the balances of a customer's rows, or how many there are, by table."""
    names = ("credit_account", "loyalty_account", "address", "customer_organization", "discount_assignment")
    return {
        name: [row.get("balance", 1) for row in await bench.rows(name) if row["customer"] == customer.id]
        for name in names
    }


@contextmanager
def after(service: Any, name: str, happens: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Let something happen right after the service read what it decides by, once."""
    read = getattr(service, name)

    async def then(*given: Any, **named: Any) -> Any:
        found = await read(*given, **named)
        if name in vars(service):
            delattr(service, name)
            await happens()
        return found

    setattr(service, name, then)
    try:
        yield
    finally:
        vars(service).pop(name, None)
