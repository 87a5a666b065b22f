"""A plugin of somebody else that fails is named and left out, with those that need it; the shop goes on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from guildshop.app import App
from guildshop.cli import maintenance
from guildshop.config.settings import DatabaseSettings, PluginSettings, Settings
from guildshop.doctor import examine
from guildshop.doctor.installation import examine_outbox
from guildshop.errors import LoadError
from guildshop.hookspecs import Severity
from guildshop.loading import load_plugins
from guildshop.loading_checks import plugin_findings
from guildshop.outbox import PLUGIN_CONCURRENCY
from guildshop.permissions import Actor
from guildshop.plugins import BUILT_IN
from guildshop.plugins.catalog.api import StockLow
from guildshop.plugins.orders.api import Stage
from guildshop.stores import Store
from guildshop.tenancy import every_store, scope
from guildshop.testing import ActorFactory, Clock
from guildshop.web.testing import Visitor
from tests.plugins.orders.conftest import Bench

HEAD = """
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID
import time
from discord import Interaction, app_commands
from piccolo.columns import UUID as UUIDColumn
from piccolo.conf.apps import AppConfig
from pydantic import BaseModel
from guildshop.events import Event
from guildshop.hookspecs import *
from guildshop.hookspecs import hookimpl
from guildshop.loading import Plugin
from guildshop.permissions import Permission
from guildshop.tenancy import StoreTable


async def page(request):
    raise NotImplementedError


class Made(Plugin):
    name = "{name}"
    title = "{name}"
"""

Install = Callable[..., None]


CARDS = """
requires = ("orders", "customers")

@hookimpl
def register_dashboard_cards(self, app):
    return [DashboardCard("Bad card", self.fail, "order.read"), DashboardCard("Good card", self.count, "order.read")]

@hookimpl
def register_pages(self, app):
    return [Page("cards", self.fail, "order.read")]

@hookimpl
def register_customer_tabs(self, app):
    from guildshop.plugins.customers.api import CustomerTab
    return [
        CustomerTab("bad", "Bad tab", "customer.read", "customers/overview.html", self.fail),
        CustomerTab("worse", "Worse tab", "customer.read", "cards/missing.html", self.nothing),
    ]

@hookimpl
def register_order_sections(self, app):
    from guildshop.plugins.orders.api import OrderSection
    return [OrderSection("Bad section", ["A"], self.fail), OrderSection("Good section", ["A"], self.rows)]

@hookimpl
def register_order_actions(self, app):
    from guildshop.plugins.orders.api import OrderAction
    return [
        OrderAction("explode", "Explode", "order.update", lambda order: True, self.fail),
        OrderAction("unseen", "Never seen", "order.update", self.fail_at_once, self.fail),
    ]

@hookimpl
def register_checkout_steps(self, app):
    from types import SimpleNamespace
    from guildshop.plugins.orders.api import Phase
    return [SimpleNamespace(name="cards", phase=Phase.SHIPPING, position=1, ask=self.fail, quote=self.fail)]

@hookimpl
def register_payment_methods(self, app):
    from guildshop.plugins.orders.api import PaymentMethod
    return [self.fail_at_once, lambda store: [PaymentMethod("cards", "Cards", True, self.fail_at_once)]]

async def fail(self, *given):
    raise RuntimeError("no luck")

def fail_at_once(self, *given):
    raise RuntimeError("no luck")

async def count(self, actor):
    return "forty-two"

async def rows(self, order):
    return [["forty-two"]]

async def nothing(self, actor, customer):
    return {}
"""


@pytest.fixture
def plugin_names(request: pytest.FixtureRequest, install: Install) -> Sequence[str]:
    """Load the plugin with the cards where the test asks for it."""
    if "owner" not in request.fixturenames:
        return ()
    install("cards", CARDS)
    return ["cards"]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a plugin as a distribution: `install("reviews", "<members of its class>")`."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    made: list[str] = []

    def make(name: str, members: str, *, before: str = "", entry: str | None = None) -> None:
        package = f"stranger_{name}"
        made.append(package)
        indented = "\n".join(f"    {line}" for line in members.splitlines())
        source = before + HEAD.format(name=name) + indented + "\n\nplugin = Made()\n"
        (folder / package).mkdir(exist_ok=True)
        (folder / package / "__init__.py").write_text(source)
        info = folder / f"{package}-1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[guildshop.plugins]\n{entry or name} = {package}:plugin\n")
        for known in [known for known in sys.modules if known.split(".")[0] == package]:
            del sys.modules[known]

    yield make
    for package in made:
        sys.modules.pop(package, None)


def settings(*names: str) -> Settings:
    return Settings(plugins=PluginSettings(enabled=[*BUILT_IN, *names]))


async def open_with(database_url: str, *names: str) -> App:
    return await App.open(settings(*names), database_url=database_url)


HOOK = "@hookimpl\ndef {hook}(self, app):\n    {body}"

FAILING = {
    "raises while it is imported": (
        "raise RuntimeError('no luck')",
        "cannot be imported: RuntimeError: no luck",
    ),
    "ends the process while it is imported": ("raise SystemExit(3)", "cannot be imported: SystemExit: 3"),
    "calls itself differently": ("name = 'other'", "reviews calls itself other"),
    "lacks a requirement": ("requires = ('unicorns',)", "the plugin reviews needs unicorns"),
    "misspells a hook": (
        HOOK.format(hook="register_comands", body="return []"),
        "implements register_comands, which is no hook. Did you mean register_commands?",
    ),
    "takes a wrong argument": (
        "@hookimpl\ndef register_pages(self, application):\n    return []",
        "implements a hook in a wrong way",
    ),
    "raises in a hook": (
        HOOK.format(hook="register_timers", body="raise RuntimeError('no luck')"),
        "register_timers failed: RuntimeError: no luck",
    ),
    "raises in a hook of the web": (
        HOOK.format(hook="register_admin", body="raise RuntimeError('no luck')"),
        "register_admin failed: RuntimeError: no luck",
    ),
    "raises in another plugin's hook": (
        HOOK.format(hook="register_payment_methods", body="raise RuntimeError('no luck')"),
        "register_payment_methods failed: RuntimeError: no luck",
    ),
    "returns no list": (HOOK.format(hook="register_pages", body="return {}"), "register_pages returned a dict"),
    "returns something else": (
        HOOK.format(hook="register_listeners", body="return ['x']"),
        "what register_listeners returned cannot be used: AttributeError",
    ),
    "fails when the application opens": (
        "@hookimpl\ndef lifespan(self, app):\n"
        "    from contextlib import asynccontextmanager\n"
        "    @asynccontextmanager\n"
        "    async def fail():\n"
        "        raise RuntimeError('no luck')\n"
        "        yield\n"
        "    return [fail()]",
        "its lifespan cannot be used: RuntimeError: no luck",
    ),
    "takes a table": (
        "class Order(StoreTable, tablename='orders'):\n    id = UUIDColumn(primary_key=True)\n"
        "piccolo_app = AppConfig(app_name='reviews', migrations_folder_path='', table_classes=[Order])",
        "the table orders belongs to the plugin orders",
    ),
    "takes a table of the kernel": (
        "class Store(StoreTable, tablename='store'):\n    id = UUIDColumn(primary_key=True)\n"
        "piccolo_app = AppConfig(app_name='reviews', migrations_folder_path='', table_classes=[Store])",
        "cannot be imported: LoadError: the table store belongs to Guildshop itself",
    ),
    "takes a command": (
        "@hookimpl\ndef register_commands(self, app):\n"
        "    @app_commands.command(name='catalog', description='x')\n"
        "    async def catalog(interaction: Interaction):\n        pass\n"
        "    return [catalog]",
        "the plugins catalog and reviews both have a command called catalog",
    ),
    "takes a permission": (
        HOOK.format(hook="register_permissions", body="return [Permission('order.read', 'x')]"),
        "the permission order.read belongs to the plugin orders",
    ),
    "takes a listener's name": (
        HOOK.format(
            hook="register_timers",
            body="return [Timer('entitlements.reconcile', __import__('datetime').timedelta(1), page)]",
        ),
        "the listener name entitlements.reconcile is taken by the plugin entitlements",
    ),
    "takes a settings section": (
        HOOK.format(hook="register_settings", body="return [SettingsSection('orders', BaseModel, 'x')]"),
        "the settings section orders belongs to the plugin orders",
    ),
    "takes a key of every store": (
        HOOK.format(hook="register_settings", body="return [SettingsSection('currency', BaseModel, 'x')]"),
        "the settings section currency belongs to Guildshop itself",
    ),
    "takes a page": (
        HOOK.format(hook="register_pages", body="return [Page('order/{number}', page, 'order.read')]"),
        "the page GET order/{} belongs to the plugin orders",
    ),
    "takes a page of the kernel": (
        HOOK.format(hook="register_pages", body="return [Page('api/x', page, 'order.read')]"),
        "a page cannot have the path “api/x”",
    ),
    "takes a route of the kernel": (
        HOOK.format(hook="register_routes", body="return [PublicRoute('GET', '/login', page)]"),
        "a public route cannot have the path “/login”",
    ),
    "takes a custom ID": (
        "@hookimpl\ndef register_items(self, app):\n"
        "    from guildshop.bot import StoreButton\n"
        "    class Thief(StoreButton, prefix='catalog.page'):\n        pass\n"
        "    return [Thief]",
        "the prefix catalog.page of",
    ),
    "takes an event's name": (
        "@hookimpl\ndef register_listeners(self, app):\n"
        "    class OrderPaid(Event):\n        pass\n"
        "    return [Listener(OrderPaid, 'reviews.paid', page)]",
        "two events are called OrderPaid",
    ),
}


@pytest.mark.parametrize("case", FAILING)
async def test_it_is_left_out_and_named(case: str, install: Install, database_url: str) -> None:
    members, expected = FAILING[case]
    install("reviews", members)
    async with await open_with(database_url, "reviews") as app:
        assert app.plugins.names == load_plugins(BUILT_IN).names
        (failure,) = app.plugins.failures
        assert failure.name == "reviews"
        assert expected in failure.reason
        assert "reviews" in failure.remedy
        found = [finding for finding in await plugin_findings(app) if finding.severity is Severity.BROKEN]
        assert [(one.subject, one.message) for one in found] == [("reviews", failure.reason)]
        await app.stores.create(1, "Still works")


async def test_what_needs_it_is_left_out_too(install: Install, database_url: str) -> None:
    install("reviews", "raise RuntimeError('no luck')")
    install("stars", "requires = ('reviews',)")
    install("fine", "")
    async with await open_with(database_url, "stars", "reviews", "fine") as app:
        assert app.plugins.others == ("fine",)
        assert [failure.name for failure in app.plugins.failures] == ["reviews", "stars"]
        assert "the plugin stars needs reviews" in app.plugins.failures[1].reason


async def test_two_strangers_that_collide_keep_the_first(install: Install, database_url: str) -> None:
    body = "return [Permission('review.read', 'x')]"
    install("first", HOOK.format(hook="register_permissions", body=body))
    install("second", HOOK.format(hook="register_permissions", body=body))
    async with await open_with(database_url, "first", "second") as app:
        assert app.plugins.others == ("first",)
        assert "second: the permission review.read belongs to the plugin first" in app.plugins.failures[0].reason


async def test_a_circle_of_strangers_is_left_out(install: Install, database_url: str) -> None:
    install("hen", "requires = ('egg',)")
    install("egg", "requires = ('hen',)")
    async with await open_with(database_url, "hen", "egg") as app:
        assert app.plugins.others == ()
        assert {failure.name for failure in app.plugins.failures} == {"hen", "egg"}
        assert "in a circle" in app.plugins.failures[0].reason


async def test_a_stranger_with_the_name_of_a_built_in_one_is_ignored(install: Install, database_url: str) -> None:
    install("orders", "raise RuntimeError('never imported')")
    async with await open_with(database_url) as app:
        assert app.plugins["orders"].__class__.__module__ == "guildshop.plugins.orders.plugin"


async def test_a_failing_migration_leaves_its_plugin_out(install: Install, database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "reviews_1.py").write_text(
        "from guildshop.database.migrations import create\nID = '2026-12-01T00:00:00:000000'\n"
        "async def forwards():\n    return create(ID, 'reviews', 'x', ['CREATE TABLE review (id', 'nonsense'])\n"
    )
    install("reviews", f"piccolo_app = AppConfig(app_name='reviews', migrations_folder_path={str(folder)!r})")
    async with await open_with(database_url, "reviews") as app:
        (failure,) = app.plugins.failures
        assert "The migration 2026-12-01T00:00:00:000000 of reviews failed, and nothing was changed" in failure.reason
        assert await app.database.pending_migrations() == []


async def test_a_slow_hook_is_named(install: Install, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guildshop.loading.SLOW_HOOK_SECONDS", 0.05)
    install("reviews", HOOK.format(hook="register_timers", body="time.sleep(0.06); return []"))
    async with await open_with(database_url, "reviews") as app:
        assert ("reviews", "register_timers") in [(slow.name, slow.hook) for slow in app.plugins.slow]
        # On a busy machine others may have been slow too.
        found = [one for one in await plugin_findings(app) if one.subject == "reviews"]
        assert [one.severity for one in found if "register_timers" in one.message] == [Severity.WARNING]


async def test_tests_of_plugins_are_strict(install: Install, database_url: str) -> None:
    install("reviews", "raise RuntimeError('no luck')")
    with pytest.raises(LoadError, match="plugin reviews cannot be imported"):
        await App.open(Settings(), plugins=[*BUILT_IN, "reviews"], database_url=database_url)


WAITING = """
@hookimpl
def register_permissions(self, app):
    return []

@hookimpl
def register_listeners(self, app):
    from guildshop.plugins.catalog.api import StockLow
    return [Listener(StockLow, "reviews.stock", self.hear)]

async def hear(self, event, delivery):
    heard.append(event.product)
"""


async def test_deliveries_of_an_uninstalled_plugin_wait_and_go_on(
    install: Install, database_url: str, clock: Clock
) -> None:
    product = UUID(int=7)
    install("reviews", WAITING, before="heard = []\n")
    async with await open_with(database_url, "reviews") as app:
        app.clock = clock
        store = await app.stores.create(1, "Shop")
        async with app.work(Actor.system(store.id, "test")) as work:
            work.record(StockLow(product, 1))
    async with await open_with(database_url) as app:
        app.clock = clock
        await app.dispatcher.drain()
        (found,) = [finding for finding in await examine_outbox(app) if "reviews.stock" in finding.message]
        assert found.severity is Severity.WARNING
    async with await open_with(database_url, "reviews") as app:
        app.clock = clock
        await app.dispatcher.drain()
        assert sys.modules["stranger_reviews"].heard == [product]
        assert not [finding for finding in await examine_outbox(app) if "reviews.stock" in finding.message]


async def test_the_doctor_shows_it(install: Install, database_url: str) -> None:
    install("reviews", "raise RuntimeError('no luck')")
    configured = settings("reviews").model_copy(update={"database": DatabaseSettings(url=database_url)})
    found = {finding.subject: finding for finding in await examine(lambda: configured)}
    assert found["reviews"].severity is Severity.BROKEN
    assert "plugin reviews cannot be imported: RuntimeError: no luck" in found["reviews"].message
    assert "take it out of plugins.enabled" in found["reviews"].remedy


BEFORE = "import asyncio\nfrom datetime import timedelta\ngate = asyncio.Event()\nmost = running = 0\n"
BUSY = """
@hookimpl
def register_listeners(self, app):
    from guildshop.plugins.catalog.api import BackInStock, StockLow
    return [Listener(StockLow, "reviews.slow", self.slow), Listener(BackInStock, "reviews.quick", self.slow)]

@hookimpl
def register_timers(self, app):
    return [Timer("reviews.timer", timedelta(hours=1), self.fail)]

async def slow(self, event, delivery):
    global most, running
    running += 1
    most = max(most, running)
    await gate.wait()
    running -= 1

async def fail(self, store):
    raise RuntimeError("no luck")
"""

QUICK = """
@hookimpl
def register_listeners(self, app):
    from guildshop.plugins.catalog.api import StockLow
    return [Listener(StockLow, "quick.hear", self.hear)]

async def hear(self, event, delivery):
    heard.append(event.product)
    if len(heard) == 40:
        done.set()
"""


async def test_a_slow_plugin_holds_up_only_itself(install: Install, database_url: str) -> None:
    count = 40
    install("reviews", BUSY, before=BEFORE)
    install("quick", QUICK, before="import asyncio\nheard = []\ndone = asyncio.Event()\n")
    async with await open_with(database_url, "reviews", "quick") as app:
        store = await app.stores.create(1, "Shop")
        async with app.work(Actor.system(store.id, "test")) as work:
            for number in range(count):
                work.record(StockLow(UUID(int=number), 1))
        await app.start_dispatcher()
        slow, quick = sys.modules["stranger_reviews"], sys.modules["stranger_quick"]
        async with asyncio.timeout(60):
            await quick.done.wait()
        assert slow.running > 0
        slow.gate.set()
        await app.dispatcher.stop()
        await app.dispatcher.drain()
        assert slow.most == PLUGIN_CONCURRENCY
        timers = [finding for finding in await plugin_findings(app, store.id) if "reviews.timer" in finding.message]
        assert [(one.severity, one.subject) for one in timers] == [(Severity.WARNING, "reviews")]
        assert "RuntimeError: no luck" in timers[0].message


async def test_a_delivery_without_end_is_stopped_and_named(
    install: Install, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guildshop.outbox.HANDLER_SECONDS", 0.05)
    install("reviews", BUSY, before=BEFORE)
    async with await open_with(database_url, "reviews") as app:
        store = await app.stores.create(1, "Shop")
        async with app.work(Actor.system(store.id, "test")) as work:
            work.record(StockLow(UUID(int=1), 1))
        await app.dispatcher.drain()
        with every_store():
            (row,) = await app.database.fetch("SELECT status, last_error FROM delivery WHERE listener = 'reviews.slow'")
        assert row["status"] == "PENDING"
        assert "reviews.slow of the plugin reviews was stopped after" in row["last_error"]


async def test_a_failing_card_leaves_the_dashboard_alone(app: App, owner: Visitor) -> None:
    with capture_logs() as lines:
        page = await (await owner.get("/admin/dashboard")).text()
    assert "Bad card" in page
    assert "Good card" in page
    assert "forty-two" in page
    named(page, lines, "card Bad card")
    with capture_logs() as lines:
        answer = await owner.get("/admin/cards")
    assert answer.status == 500
    (line,) = [found for found in lines if found.get("what") == "page cards"]
    assert "The plugin cards failed, so this could not be done." in await answer.text()
    assert line["reference"] in await answer.text()


async def test_what_fails_for_an_order_or_a_customer_leaves_the_rest_alone(
    app: App, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    bench = Bench(app, store, staff(store))
    with scope(store.id):
        # A checkout step and the methods to pay: a clear refusal, and the other methods.
        mug = await bench.product()
        with capture_logs() as lines:
            screen = await bench.begin(bench.buyer(), (mug, 1))
        (line,) = [found for found in lines if found.get("what") == "checkout step cards: ask"]
        assert screen.stage is Stage.ITEMS
        assert "The plugin cards failed, so this could not be done." in screen.notice
        assert line["reference"] in screen.notice
        found = {method.code: method for method in bench.orders.methods.all(store.id)}
        assert {"cards", "venmo"} <= set(found)
        await app.stores.switch(staff(store), "cards", False)
        order = await bench.order(bench.buyer(), (mug, 1))
        await app.stores.switch(staff(store), "cards", True)
        assert "This part could not be loaded (plugin cards, reference " in found["cards"].instructions(order)

    # Sections and actions of an order.
    with capture_logs() as lines:
        page = await (await owner.get(f"/admin/order/{order.number}")).text()
    named(page, lines, "order section Bad section")
    assert "Good section" in page
    assert "forty-two" in page
    assert "Explode" in page
    assert "Never seen" not in page  # it could not say whether it is allowed
    with capture_logs() as lines:
        answer = await owner.post(f"/admin/order/{order.number}/explode", {})
        page = await answer.text()
    assert answer.status == 500
    assert order.number in page
    (line,) = [found for found in lines if found.get("what") == "order action explode"]
    assert "The plugin cards failed, so this could not be done." in page
    assert line["reference"] in page
    await app.stores.switch(staff(store), "cards", False)
    refused = await owner.post(f"/admin/order/{order.number}/explode", {})
    assert refused.status == 409
    assert "is switched off in this shop" in await refused.text()
    await app.stores.switch(staff(store), "cards", True)

    # Tabs of a customer: one that cannot be read, one that cannot be drawn.
    for tab in ("bad", "worse"):
        with capture_logs() as lines:
            answer = await owner.get(f"/admin/customer/{order.customer}/{tab}")
        page = await answer.text()
        assert answer.status == 200
        assert "Buyer1" in page
        named(page, lines, f"customer tab {tab}")


def named(page: str, lines: Sequence[MutableMapping[str, Any]], what: str) -> None:
    """Check that the page names the plugin and the reference under which the log has the traceback."""
    (line,) = [found for found in lines if found.get("what") == what]
    assert (line["event"], line["plugin"]) == ("plugin.failed", "cards")
    assert "no luck" in str(line["exc_info"]) or "missing.html" in str(line["exc_info"])
    assert f"This part could not be loaded (plugin cards, reference {line['reference']})." in page


async def test_migrate_names_a_broken_one_and_applies_the_others(
    install: Install,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "reviews_1.py").write_text(
        "from guildshop.database.migrations import create\nID = '2026-12-01T00:00:00:000000'\n"
        "async def forwards():\n    return create(ID, 'reviews', 'x', ['nonsense'])\n"
    )
    install("reviews", f"piccolo_app = AppConfig(app_name='reviews', migrations_folder_path={str(folder)!r})")
    install("stars", "raise RuntimeError('no luck')")
    configured = settings("reviews", "stars").model_copy(update={"database": DatabaseSettings(url=database_url)})
    monkeypatch.setattr("guildshop.cli.maintenance.load_settings", lambda: configured)
    monkeypatch.setattr("guildshop.cli.maintenance.run_async", lambda work: work)

    async def migrate(*, check: bool) -> tuple[int, str]:
        code = await maintenance.migrate(check=check)  # type: ignore[misc]
        return code, capsys.readouterr().out

    code, said = await migrate(check=True)
    assert code == 1
    assert "2026-12-01T00:00:00:000000" in said
    assert "Left out: plugin stars cannot be imported: RuntimeError: no luck" in said
    code, said = await migrate(check=False)
    assert code == 1
    assert "the database is up to date" in said
    assert "The migration 2026-12-01T00:00:00:000000 of reviews failed, and nothing was changed" in said
    assert "Mend or update the plugin reviews" in said
    async with await open_with(database_url) as app:
        assert await app.database.pending_migrations() == []
