"""A store that has something of everything, for tests that walk through all entrances with all kinds of input."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from guildshop.plugins.catalog.api import ProductKind, VariantInput
from guildshop.plugins.conversations.api import Incoming, MessageWay
from guildshop.plugins.conversations.service import ConversationService
from guildshop.plugins.customers.api import AddressInput, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.discounts.api import DiscountInput
from guildshop.plugins.discounts.service import DiscountService
from guildshop.plugins.loyalty.api import PointsAction
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.plugins.orders.api import Order, ShipmentChange
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.organization.api import GroupInput, UnitKind
from guildshop.plugins.organization.service import OrganizationService
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.refunds.api import ItemRequest, RefundMode, RefundRequest
from guildshop.plugins.refunds.service import RefundService, ReturnService
from guildshop.plugins.store_credit.api import CreditAction
from guildshop.plugins.store_credit.service import CreditService
from guildshop.web.users import UserService

from ..plugins.orders.conftest import ADDRESS, Bench

SWITCHED_ON = {
    "loyalty": {"enabled": True},
    "store_credit": {"enabled": True},
    "orders": {
        "shipping_types": [{"code": "standard", "label": "Standard", "cost": 499, "days": 5}],
        "max_unpaid_per_member": 100,
    },
    "payments": {"methods": ["venmo", "zelle"]},
}


@dataclass
class Furnished:
    """A bench with rows of every kind; `known` holds what addresses and bodies may name, by the noun."""

    bench: Bench
    known: dict[str, list[str]] = field(default_factory=dict)

    def know(self, noun: str, *values: UUID | str) -> None:
        """Remember what a noun can be named by."""
        self.known.setdefault(noun, []).extend(str(value) for value in values)


async def furnish(bench: Bench) -> Furnished:
    """Fill a store with rows of every kind."""
    made = Furnished(bench)
    for section, values in SWITCHED_ON.items():
        await bench.app.stores.change(bench.boss, section, values)
    await _catalog(made)
    await _orders(made)
    await _people(made)
    await bench.app.dispatcher.drain()
    return made


async def _catalog(made: Furnished) -> None:
    bench, catalog = made.bench, made.bench.catalog
    shelf = await catalog.create_category(bench.boss, "Cups", 1)
    listed = await catalog.create_list(bench.boss, "Favourites", 1)
    key = await bench.product("KEY", granted_roles=(77,), quantity=500)
    mug = await bench.product("MUG", kind=ProductKind.SHIPPED, quantity=500, category=shelf.id)
    shirt = await bench.product("SHIRT", kind=ProductKind.SHIPPED, tracked=False, quantity=0)
    large = await catalog.add_variant(bench.boss, shirt.id, VariantInput(sku="SHIRT-L", options=(("Size", "L"),)))
    await catalog.set_list_items(bench.boss, listed.id, [mug.id, key.id], version=listed.version)
    made.know("product", "KEY", "MUG", key.id, mug.id, shirt.id, large.id)
    made.know("product_list", listed.id)
    made.know("category", shelf.id)


async def _orders(made: Furnished) -> None:
    """Two orders of each kind, so that one which a test ends leaves another."""
    bench, orders = made.bench, made.bench.orders
    mug, key = await bench.catalog.find("MUG"), await bench.catalog.find("KEY")
    number = 0
    for furnish_one in (_waiting, _paid, _part_sent, _sent, _given_back, _coming_back, _cancelled):
        for _time in range(2):
            number += 1
            order = await bench.order(bench.buyer(number), (mug, 2), (key, 1))
            await furnish_one(made, order)
            order = await orders.get(order.id)
            made.know("order", order.id, order.number)
            made.know("customer", order.customer)
            made.know("line", *(line.id for line in order.lines))
            made.know("shipment", *(shipment.id for shipment in await orders.shipments(order.id)))
            await orders.add_note(bench.boss, order.id, "a note", public=bool(number % 2))


async def _waiting(made: Furnished, order: Order) -> None:
    assert order.paid_at is None


async def _paid(made: Furnished, order: Order) -> None:
    bench = made.bench
    await bench.app.get(PaymentService).confirm(bench.boss, order.id, "seen")
    await bench.app.dispatcher.drain()


async def _part_sent(made: Furnished, order: Order) -> None:
    await _paid(made, order)
    (line, *_others) = order.lines
    change = ShipmentChange(carrier="UPS", tracking_number="1Z999AA10123456784")
    await made.bench.orders.pack(made.bench.boss, order.id, {line.id: 1}, change)


async def _sent(made: Furnished, order: Order) -> None:
    await _paid(made, order)
    await made.bench.orders.ship(made.bench.boss, order.id, "UPS", "1Z999AA10123456784")


async def _given_back(made: Furnished, order: Order) -> None:
    await _paid(made, order)
    bench = made.bench
    request = RefundRequest(RefundMode.AMOUNT, 100, (), "a scratch", False)
    refund = await bench.app.get(RefundService).refund(bench.boss, order.id, request)
    made.know("refund", refund.id)


async def _coming_back(made: Furnished, order: Order) -> None:
    await _sent(made, order)
    returns = made.bench.app.get(ReturnService)
    buyer = made.bench.buyer(int(str(await _discord_id(made, order))[-2:]))
    (line, *_others) = order.lines
    asked = await returns.request(buyer, order.id, [ItemRequest(str(line.id), 1)], "too small")
    made.know("return", asked.id)


async def _cancelled(made: Furnished, order: Order) -> None:
    await made.bench.app.get(OrderService).cancel(made.bench.boss, order.id, "gone")


async def _discord_id(made: Furnished, order: Order) -> int:
    customer = await made.bench.app.get(CustomerService).get(order.customer)
    assert customer.discord_id is not None
    return customer.discord_id


async def _people(made: Furnished) -> None:
    bench = made.bench
    app, boss = bench.app, bench.boss
    customers = app.get(CustomerService)
    guest = await customers.create(boss, CustomerInput(display_name="Greta Guest", email="greta@example.org"))
    address = await customers.add_address(boss, guest.id, AddressInput(**{**ADDRESS, "region": "CA"}))
    made.know("customer", guest.id)
    made.know("address", address.id)
    ids = [UUID(one) for one in made.known["customer"]]
    discounts = app.get(DiscountService)
    for name, code in (("Spring", "SPRING"), ("Regulars", "")):
        discount = await discounts.create(boss, DiscountInput(name=name, percent=10, code=code))
        made.know("discount", discount.id)
        made.know("assignment", (await discounts.assign(boss, discount.id, ids[0])).id)
    organization = app.get(OrganizationService)
    made.know("branch", (await organization.create_unit(boss, UnitKind.BRANCH, "North")).id)
    made.know("department", (await organization.create_unit(boss, UnitKind.DEPARTMENT, "Sales")).id)
    made.know("group", (await organization.create_group(boss, GroupInput(name="Wholesale", percent=5))).id)
    await app.dispatcher.drain()
    loyalty = app.get(LoyaltyService)
    for key in ids:
        await app.get(CreditService).adjust(boss, key, CreditAction.TOP_UP, 500, "welcome")
        if await loyalty.account(key) is not None:
            await loyalty.adjust(boss, await customers.get(key), PointsAction.ADD, 50, "welcome")
            made.know("member", key)
    made.know("user", (await UserService(app).create_user("Una User", "a password of hers", store=bench.store.id)).id)
    talk = app.get(ConversationService)
    for number in (1, 2):
        written = Incoming("Where is my mug?", MessageWay.COMMAND, f"test:{number}")
        begun = await talk.receive(bench.buyer(number), f"buyer{number}", f"Buyer {number}", written)
        made.know("conversation", begun.conversation.id)
    await talk.answer(boss, begun.conversation.id, "On its way.")
