"""A whole shop for tests: the simulator, an application on a test database, and its bot, connected over the wire."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from guildshop.app import App
from guildshop.bot import client
from guildshop.bot.client import INTERACTION_TASKS, Bot
from guildshop.config.settings import Settings
from guildshop.loading import Plugins
from guildshop.permissions import Actor, ActorKind, Origin
from guildshop.plugins import BUILT_IN
from guildshop.simulator import DEFAULT_TOKEN, DEMO_GUILD_ID, Simulator
from guildshop.simulator.driver import Person
from guildshop.simulator.worlds import World, demo_world
from guildshop.stores import Store

SECRET_KEY = "a secret key for tests, long enough"  # noqa: S105
PATIENCE = 60.0
"""Seconds after which a test that waits for the bot fails."""

ShopFactory = Callable[..., Awaitable["Shop"]]


@dataclass
class Shop:
    """The sample guild of the simulator with a store: `buyer`, `staff` and `owner` are people in it.

    `settings` is what the configuration file would say, as a dictionary; the staff role is a Manager.
    """

    sim: Simulator
    database_url: str
    plugins: Sequence[str] | Plugins | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    web: bool = False

    def __post_init__(self) -> None:
        """Begin without an application."""
        self._app: App | None = None

    @property
    def app(self) -> App:
        """The running application."""
        assert self._app is not None, "the shop is not started"  # noqa: S101
        return self._app

    @property
    def bot(self) -> Bot:
        """The connected bot."""
        assert self.app.bot is not None, "the bot is not connected"  # noqa: S101
        return self.app.bot

    @property
    def store(self) -> Store:
        """The store of the sample guild."""
        found = self.app.stores.by_guild(int(DEMO_GUILD_ID))
        assert found is not None  # noqa: S101
        return found

    @property
    def buyer(self) -> Person:
        """A member without any role."""
        return self.sim.member("buyer")

    @property
    def staff(self) -> Person:
        """A member with the staff role."""
        return self.sim.member("staff")

    @property
    def owner(self) -> Person:
        """The owner of the Discord server."""
        return self.sim.member("owner")

    def actor(self, *permissions: str, person: Person | None = None) -> Actor:
        """Return somebody acting in the store with these permissions, by default the owner with all of them."""
        who = person or self.owner
        allowed = frozenset(permissions) if permissions or person else frozenset(self.app.permissions.permissions)
        return Actor(ActorKind.MEMBER, who.id, who.user["username"], self.store.id, allowed, Origin.DISCORD)

    async def start(self) -> None:
        """Open the application and connect the bot."""
        self._app = await App.open(self._settings(), plugins=self.plugins, database_url=self.database_url)
        # The simulator sends its servers at once; later ones are heard all the same.
        client.SERVER_SECONDS = 0.02
        await self._app.start_discord()
        if self.web:
            await self._app.start_web(at_once=False)
        await self.settle()

    async def stop(self) -> None:
        """Close the application; the simulator and the database stay."""
        if self._app is not None:
            await self._app.close()
            self._app = None

    async def restart(self) -> None:
        """Stop and start on the same database and the same Discord."""
        await self.stop()
        await self.start()

    async def settle(self) -> None:
        """Return once the bot has handled what Discord sent, and all deliveries due now are done."""
        while True:
            await self._caught_up()
            if not await self.app.dispatcher.drain() and not self._working():
                return

    async def _caught_up(self) -> None:
        """Wait until the bot has read every event of the gateway and finished what it does about them."""
        async with asyncio.timeout(PATIENCE):
            while any(self._behind(session) for session in self.sim.gateway.sessions.values()):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.002)
            while tasks := self._working():
                await asyncio.wait(tasks)
            await self.bot.sync.settled()

    def _behind(self, session: Any) -> bool:
        if session.connection is None:
            return False
        return bool(self.bot._get_websocket(shard_id=session.shard_id).sequence != session.sequence)

    def _working(self) -> list[asyncio.Task[Any]]:
        names = ("discord.py: ", *INTERACTION_TASKS)
        return [task for task in asyncio.all_tasks() if task.get_name().startswith(names)]

    def _settings(self) -> Settings:
        state = self.sim.state.keys
        sample: dict[str, Any] = {
            "name": "Sample store",
            "staff_roles": {state["role:staff"]: "Manager"},
            "channels": {"orders": state["channel:orders"], "log": state["channel:bot-log"]},
            "client_role": state["role:client"],
        }
        given = {key: value for key, value in self.settings.items() if key != "store"}
        sample.update(self.settings.get("store", {}))
        return Settings.model_validate(
            {
                "discord": {"token": DEFAULT_TOKEN, "api_url": self.sim.api_url},
                "security": {"secret_key": SECRET_KEY},
                "web": {"port": 0},
                "stores": {DEMO_GUILD_ID: sample},
                **given,
            }
        )


def specifications() -> Path | None:
    """Return the folder of Discord's official descriptions where it is at hand."""
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("GUILDSHOP_SPECS", root.parent / "shared" / "specs"))
    return folder if (folder / "discord-openapi.json").is_file() else None


@pytest.fixture
async def make_shop(database_url: str, plugin_names: Sequence[str]) -> AsyncIterator[ShopFactory]:
    """A function that starts a shop: `await make_shop(plugins=…, world=…, settings={…}, web=True)`.

    `settings["store"]` is laid over the sample store's own. Ends with a check that every request was valid.
    """
    shops: list[Shop] = []

    async def make(
        *,
        plugins: Sequence[str] | Plugins | None = None,
        world: World | None = None,
        settings: dict[str, Any] | None = None,
        web: bool = False,
    ) -> Shop:
        sim = Simulator(world=world or demo_world(), validate=specifications())
        # Three seconds are Discord's patience, not that of a busy machine; the tests of lateness set their own.
        sim.acknowledge_seconds = PATIENCE
        await sim.start()
        shop = Shop(sim, database_url, plugins or [*BUILT_IN, *plugin_names], settings or {}, web)
        shops.append(shop)
        await shop.start()
        return shop

    yield make
    for shop in shops:
        await shop.stop()
        await shop.sim.stop()
    violations = [violation for shop in shops for violation in shop.sim.violations]
    assert not violations, f"the bot or the simulator broke Discord's description: {violations}"  # noqa: S101


@pytest.fixture
async def shop(make_shop: ShopFactory) -> Shop:
    """A shop with the built-in plugins and those of `plugin_names`, on SQLite and on PostgreSQL."""
    return await make_shop()
