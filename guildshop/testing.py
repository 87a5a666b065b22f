"""Fixtures for the tests of Guildshop and of plugins: `pytest_plugins = ["guildshop.testing"]`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from guildshop.app import App
from guildshop.bot.testing import Shop, ShopFactory, make_shop, shop
from guildshop.config.settings import Settings
from guildshop.database.testing import database, database_url, plugin_names
from guildshop.mail.testing import MailboxServer, mailbox
from guildshop.permissions import TEMPLATES, Actor, ActorKind
from guildshop.plugins import BUILT_IN
from guildshop.stores import Store
from guildshop.web.testing import (
    chromium,
    owner,
    server,
    shared_chromium,
    support,
    tabs,
    token,
    users,
    visitor,
    visitors,
)

__all__ = [
    "Clock",
    "MailboxServer",
    "Shop",
    "ShopFactory",
    "app",
    "chromium",
    "clock",
    "database",
    "database_url",
    "mailbox",
    "make_shop",
    "member",
    "other_store",
    "owner",
    "plugin_names",
    "server",
    "shared_chromium",
    "shop",
    "staff",
    "store",
    "support",
    "tabs",
    "token",
    "users",
    "visitor",
    "visitors",
]

GUILD = 100000000000000001
OTHER_GUILD = 100000000000000002

ActorFactory = Callable[..., Actor]

# By default a log line with an accident is drawn with its source, which takes half a second each.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.set_exc_info,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


class Clock:
    """The time of a test: it stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        """Start at `now` (UTC)."""
        self.now = now

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def advance(self, **parts: float) -> datetime:
        """Move on by the parts of a timedelta, such as `hours=48`, and return the new time."""
        self.now += timedelta(**parts)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at noon of 2026-11-22, UTC."""
    return Clock(datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.fixture
async def app(database_url: str, clock: Clock, plugin_names: Sequence[str]) -> AsyncIterator[App]:
    """An opened application on a fresh database; no Discord, no web, no dispatcher loop.

    It has the built-in plugins and those of `plugin_names`.
    """
    plugins = [*BUILT_IN, *plugin_names]
    async with await App.open(Settings(), plugins=plugins, database_url=database_url) as opened:
        opened.clock = clock
        yield opened


@pytest.fixture
async def store(app: App) -> Store:
    """The store most tests act in; currency USD."""
    return await app.stores.create(GUILD, "Example store")


@pytest.fixture
async def other_store(app: App, store: Store) -> Store:
    """Another store on the same database, whose rows nobody of `store` may see."""
    return await app.stores.create(OTHER_GUILD, "Other store")


@pytest.fixture
def staff(app: App) -> ActorFactory:
    """Make somebody of the staff: `staff(store)` has every permission, `staff(store, "order.read")` only that one.

    A single role template, such as `staff(store, "Support")`, stands for its permissions.
    """

    def make(store: Store, *permissions: str, id: str = "200000000000000001", name: str = "Sam Staff") -> Actor:
        if not permissions:
            held = frozenset(app.permissions.permissions)
        elif len(permissions) == 1 and permissions[0] in TEMPLATES:
            held = app.permissions.of(permissions[0])
        else:
            held = frozenset(permissions)
        return Actor(ActorKind.MEMBER, id, name, store.id, held)

    return make


@pytest.fixture
def member() -> ActorFactory:
    """Make a Discord member without any permission: `member(store)`, `member(store, id="…", name="…")`."""

    def make(store: Store, *, id: str = "300000000000000001", name: str = "Bea Buyer") -> Actor:
        return Actor(ActorKind.MEMBER, id, name, store.id)

    return make
