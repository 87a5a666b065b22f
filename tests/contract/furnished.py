"""A store that has something of everything, for tests that walk through all entrances with all kinds of input."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from guildshop.config.secret import Secret
from guildshop.plugins.catalog.api import ProductKind, VariantInput
from guildshop.plugins.conversations.api import Incoming, MessageWay
from guildshop.plugins.conversations.service import ConversationService
from guildshop.plugins.customers.api import AddressInput, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.discounts.api import DiscountInput
from guildshop.plugins.discounts.service import DiscountService
from guildshop.plugins.loyalty.api import PointsAction
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.plugins.notifications.api import Audience
from guildshop.plugins.notifications.service import AnnouncementService
from guildshop.plugins.orders.api import Order, ShipmentChange
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.organization.api import GroupInput, UnitKind
from guildshop.plugins.organization.service import OrganizationService
from guildshop.plugins.payments.api import DifferenceKind, Figures
from guildshop.plugins.payments.service import DifferenceService, PaymentService
from guildshop.plugins.refunds.api import ItemRequest, RefundMode, RefundRequest
from guildshop.plugins.refunds.service import RefundService, ReturnService
from guildshop.plugins.reports.api import Period
from guildshop.plugins.reports.service import ReportService
from guildshop.plugins.shopify_link.api import LinkMethod, ShopifyCustomer, Target
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.plugins.store_credit.api import CreditAction
from guildshop.plugins.store_credit.service import CreditService
from guildshop.web.users import UserService

from ..plugins.orders.conftest import ADDRESS, Bench
from ..plugins.shopify_link.conftest import no_wait
from ..plugins.shopify_link.double import DOMAIN, TOKEN

SWITCHED_ON = {
    "loyalty": {"enabled": True},
    "store_credit": {"enabled": True},
    "orders": {
        "shipping_types": [{"code": "standard", "label": "Standard", "cost": 499, "days": 5}],
        "max_unpaid_per_member": 100,
    },
    "payments": {"methods": ["venmo", "zelle"]},
}
SECRET_KEY = Secret("a secret key for tests, long enough")


@dataclass
class Furnished:
    """A bench with rows of every kind; `known` holds what addresses and bodies may name, by the noun."""

    bench: Bench
    known: dict[str, list[str]] = field(default_factory=dict)

    def know(self, noun: str, *values: UUID | str) -> None:
        """Remember what a noun can be named by."""
        self.known.setdefault(noun, []).extend(str(value) for value in values)


async def furnish(bench: Bench, shopify_url: str = "") -> Furnished:
    """Fill a store with rows of every kind; `shopify_url` is where a double of Shopify answers."""
    made = Furnished(bench)
    security = bench.app.settings.security.model_copy(update={"secret_key": SECRET_KEY})
    bench.app.settings = bench.app.settings.model_copy(update={"security": security})
    for section, values in SWITCHED_ON.items():
        await bench.app.stores.change(bench.boss, section, values)
    await _catalog(made)
    await _orders(made)
    await _people(made)
    await _words(made)
    await bench.app.dispatcher.drain()
    await _elsewhere(made, shopify_url)
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


async def _words(made: Furnished) -> None:
    """Conversations with an answer that did not arrive, and announcements: drafts, and one that was stopped."""
    bench = made.bench
    app, boss = bench.app, bench.boss
    talk = app.get(ConversationService)
    for number in (1, 2, 3, 4):
        written = Incoming("Where is my mug?", MessageWay.COMMAND, f"test:{number}")
        begun = await talk.receive(bench.buyer(number), f"buyer{number}", f"Buyer {number}", written)
        key = begun.conversation.id
        made.know("conversation", key)
        await talk.answer(boss, key, "On its way.", source=f"test:answer{number}")
        made.know("message", (await talk.message_of(boss, f"test:answer{number}")).id)
    await app.database.execute("UPDATE conversation_message SET state = 'FAILED' WHERE kind = 'ANSWER' RETURNING id")
    announcements = app.get(AnnouncementService)
    drafts = [await announcements.draft(boss, Audience.ALL, "", f"Sale {number}", "All mugs.") for number in (1, 2, 3)]
    made.know("announcement", *(draft.id for draft in drafts))
    await announcements.start(boss, drafts[0].id)
    await announcements.stop(boss, drafts[0].id)


async def _elsewhere(made: Furnished, shopify_url: str) -> None:
    """What other systems know of: links to Shopify and a list of them, payments that do not fit, a shared report."""
    bench = made.bench
    app, boss = bench.app, bench.boss
    account = {"shop": DOMAIN, "access_token": TOKEN, "api_url": shopify_url or "http://127.0.0.1:9"}
    await app.stores.change(boss, "shopify_link", account)
    links = app.get(LinkService)
    links.client.sleep = no_wait
    for number in (1, 2):
        customer = ShopifyCustomer(str(number), "John", f"john{number}@example.com", 1, 1500, "USD")
        member = int(bench.buyer(number).id)
        await links.link(boss, Target(member), customer, customer.email, LinkMethod.STAFF)
        made.know("shopify_member", str(member))
    bulk = await links.start_bulk(boss, [{"discord_id": "nobody", "email": "x"}] * 2, dry_run=True)
    made.know("bulk", bulk.id)
    differences = app.get(DifferenceService)
    for number in (1, 2, 3):
        await differences.note_unknown("robot", f"p{number}", Figures(DifferenceKind.UNKNOWN, 0, 700, "USD"))
    made.know("difference", *(one.id for one in await differences.open()))
    reports = app.get(ReportService)
    today = reports.today()
    await reports.share(boss, Period(today, today), "USD")
    made.know("share", *(one.id for one in await reports.shares(boss)))
    for table in ("payment", "entitlement"):
        made.know(table, *(row["id"] for row in await bench.rows(table)))
    await app.database.execute("UPDATE entitlement SET status = 'FAILED', problem = 'x' RETURNING id")
    rows = await app.database.execute(
        "UPDATE delivery SET status = 'FAILED' WHERE store = :store AND status = 'DONE' RETURNING id",
        store=bench.store.id,
    )
    made.know("delivery", *(row["id"] for row in rows[:5]))
