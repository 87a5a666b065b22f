"""A small shop that takes Stripe and BTCPay, both doubles over real sockets, with a web server and without Discord."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp import web

from guildshop.app import App
from guildshop.config.settings import Settings, WebSettings
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.orders.api import Order
from guildshop.plugins.payments.service import AttemptService, InvoiceLinks, PaymentService
from guildshop.tenancy import scope
from guildshop.testing import GUILD, Clock
from tests.plugins.btcpay import double as btcpay
from tests.plugins.orders.conftest import Bench
from tests.plugins.stripe import double as stripe

PLUGINS = ("customers", "catalog", "orders", "payments", "stripe", "btcpay")
"""Those that need no Discord."""
SIGNING_SECRET = "a secret for links in tests, long enough"


@asynccontextmanager
async def served(double: Any) -> AsyncIterator[None]:
    """Serve a double at a free port."""
    runner = web.AppRunner(double.application(), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await runner.cleanup()


@dataclass
class Till:
    """The shop, its processors, and short ways through them."""

    app: App
    bench: Bench
    clock: Clock
    stripe: stripe.Stripe
    btcpay: btcpay.Btcpay
    http: aiohttp.ClientSession

    @property
    def payments(self) -> PaymentService:
        return self.app.get(PaymentService)

    async def order(self, method: str = "stripe", number: int = 1, **given: Any) -> Order:
        """Place an order over 15 dollars, or over what is said."""
        product = await self.bench.product(f"P{await self.count('product')}", **given)
        return await self.bench.order(self.bench.buyer(number), (product, 1), method=method)

    async def begin(self, order: Order, code: str = "stripe") -> str:
        """Begin to pay, as the invoice page does; return where the payer is sent."""
        processor = self.payments.processors.get(code)
        attempt = await self.app.get(AttemptService).begin(order, processor, "https://shop.example.org/back")
        return attempt.url

    def link(self, order: Order) -> str:
        """Return the customer's link to the invoice."""
        return self.app.get(InvoiceLinks).of_customer(order).url

    async def settle(self) -> None:
        """Deliver everything that is due now."""
        await self.app.dispatcher.drain()

    async def later(self, **parts: float) -> None:
        """Let that much time pass, and what is due then happen."""
        self.clock.advance(**parts)
        await self.app.dispatcher.ensure_timers()
        await self.settle()

    async def rows(self, table: str, order: str = "id") -> list[dict[str, Any]]:
        return await self.app.database.fetch(
            f"SELECT * FROM {table} WHERE store = :store ORDER BY {order}", store=self.bench.store.id
        )

    async def count(self, table: str) -> int:
        return len(await self.rows(table))

    async def state(self, order: UUID) -> tuple[str, list[str], list[str]]:
        """Return the order's status, the states of its payments, and of its attempts."""
        return (
            (await self.bench.orders.get(order)).status.value,
            [row["state"] for row in await self.rows("payment", "created, id") if row["order_id"] == order],
            [row["state"] for row in await self.rows("payment_attempt", "created, id") if row["order_id"] == order],
        )

    async def events(self, name: str) -> int:
        return sum(row["name"] == name for row in await self.rows("event"))


@dataclass
class Doubles:
    """Those who take the money."""

    stripe: stripe.Stripe
    btcpay: btcpay.Btcpay


@asynccontextmanager
async def doubles() -> AsyncIterator[Doubles]:
    """Serve both doubles."""
    made = Doubles(stripe.Stripe(), btcpay.Btcpay())
    async with served(made.stripe), served(made.btcpay):
        yield made


@asynccontextmanager
async def open_till(
    database_url: str,
    *,
    guild: int = GUILD,
    clock: Clock | None = None,
    methods: Sequence[str] = ("stripe", "venmo"),
    others: Doubles | None = None,
) -> AsyncIterator[Till]:
    """Open the shop; `others` are doubles that outlive it."""
    os.environ["INVOICE_LINK_SIGNING_SECRET"] = SIGNING_SECRET
    clock = clock or Clock(datetime.now(UTC))
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        both = others or await stack.enter_async_context(doubles())
        settings = Settings.model_validate(
            {
                "web": {"port": 0},
                "stores": {str(guild): {"name": "Example store", "sections": sections(methods, both)}},
            }
        )
        app = await stack.enter_async_context(await App.open(settings, plugins=PLUGINS, database_url=database_url))
        app.clock = clock
        await app.start_web()
        assert app.web is not None
        app.settings = app.settings.model_copy(update={"web": WebSettings(port=0, public_url=app.web.url)})
        both.stripe.now = both.btcpay.now = lambda: clock().timestamp()
        both.stripe.webhook = f"{app.web.url}/webhooks/stripe/{guild}"
        both.btcpay.webhook = f"{app.web.url}/webhooks/btcpay/{guild}"
        found = app.stores.by_guild(guild)
        assert found is not None
        boss = Actor(ActorKind.MEMBER, "200000000000000001", "Sam", found.id, frozenset(app.permissions.permissions))
        with scope(found.id):
            yield Till(app, Bench(app, found, boss), clock, both.stripe, both.btcpay, http)


def sections(methods: Sequence[str], both: Doubles) -> dict[str, Any]:
    """Return the settings of a store that takes these methods from these doubles."""
    return {
        "payments": {"methods": list(methods)},
        "orders": {"max_unpaid_per_member": 50},
        "stripe": {
            "secret_key": stripe.SECRET_KEY,
            "webhook_secret": stripe.WEBHOOK_SECRET,
            "api_url": both.stripe.url,
        },
        "btcpay": {
            "url": both.btcpay.url,
            "store_id": btcpay.STORE_ID,
            "api_key": btcpay.API_KEY,
            "webhook_secret": btcpay.WEBHOOK_SECRET,
        },
    }
