"""The simulator: one server with Discord's REST API and gateway, a console for browsers, and what tests look at."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from guildshop.simulator import intents, media, persistence, worlds
from guildshop.simulator.cast import Cast
from guildshop.simulator.console_api import ConsoleApi
from guildshop.simulator.console_socket import ConsoleSockets
from guildshop.simulator.faults import Faults
from guildshop.simulator.gateway import Gateway
from guildshop.simulator.interactions import ACKNOWLEDGE_SECONDS, Interaction, Interactions
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import visible_text
from guildshop.simulator.recorder import Recorder, Request
from guildshop.simulator.rest import channels, commands, guilds, messages, users, webhooks
from guildshop.simulator.rest import interactions as callbacks
from guildshop.simulator.rest.core import PREFIX, Route, register
from guildshop.simulator.state import Notice, State
from guildshop.simulator.validation import Violation, validator_for
from guildshop.simulator.waiting import Changes

T = TypeVar("T")

DEFAULT_TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.simulator.not-a-secret"  # noqa: S105
SAVE_AFTER = 0.5


class Simulator(Cast):
    """A Discord of one's own. Start it, point a bot at `api_url`, be anybody through `member` and `person`.

    `world` fills the state; `token` is the bot's; `validate` is the folder of the official descriptions;
    `state_file` keeps the state between runs; `clock` tells the Unix time in seconds; `routes` are served besides.
    """

    def __init__(
        self,
        *,
        world: worlds.World | None = None,
        token: str = DEFAULT_TOKEN,
        validate: Path | None = None,
        state_file: Path | None = None,
        clock: Callable[[], float] = time.time,
        routes: Sequence[web.RouteDef] = (),
    ) -> None:
        self._routes = routes
        self.token = token
        self.authorization = f"Bot {token}"
        self.privileged_intents = intents.GUILD_MEMBERS
        self.recommended_shards = 1
        self.max_concurrency = 1
        self.acknowledge_seconds = ACKNOWLEDGE_SECONDS
        self.links: list[Json] = []  # shown by the console: {"label": …, "url": …}
        self.faults = Faults()
        self.recorder = Recorder()
        self.violations: list[Violation] = []
        self.webhooks: dict[str, Json] = {}
        self.base_url = ""
        self.interaction_listeners: list[Callable[[Interaction], None]] = []
        self.command_listeners: list[Callable[[str | None], None]] = []
        self._world = world or worlds.demo_world()
        self._state_file = state_file
        self._saving: asyncio.TimerHandle | None = None
        self._changes = Changes(self.seen)
        self._validator = validator_for(validate) if validate else None
        self._runner: web.AppRunner | None = None
        self.state = State(clock)
        self._world(self.state)
        self.gateway = Gateway(self)
        self.interactions = Interactions(self)
        self.console = ConsoleSockets(self)
        self.state.listeners += [self.gateway.notice, self.interactions.notice, self._notice]

    def _sim(self) -> "Simulator":
        return self

    # Running

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. Raises OSError when the port is taken, BadStateFile."""
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
            self.base_url = f"http://{host}:{self._runner.addresses[0][1]}"
            if self._state_file is not None and self._state_file.exists():
                persistence.load(self.state, self._state_file, self.base_url)
        except (OSError, persistence.BadStateFile):
            await self._runner.cleanup()
            self._runner = None
            raise

    async def stop(self) -> None:
        """Close every connection, stop listening, save the state."""
        await self.gateway.close()
        await self.console.close()
        self.interactions.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self._save()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_routes(self._routes)
        for subject in (users, callbacks, webhooks, messages, channels, guilds, commands):
            register(app, self, subject.routes)
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_get("/gateway/", self.gateway.handle)
        media.register(app, self)
        ConsoleApi(self).register(app)
        return app

    @property
    def api_url(self) -> str:
        """Base URL of REST, as `discord.api_url` wants it."""
        return self.base_url + PREFIX

    @property
    def console_url(self) -> str:
        """Address of the browser console."""
        return self.base_url + "/"

    @property
    def gateway_url(self) -> str:
        """Address of the gateway."""
        return self.base_url.replace("http", "ws", 1) + "/gateway"

    async def reset(self) -> None:
        """Begin again with the sample world. The bot must identify anew; its commands stay registered."""
        fresh = State(self.state.clock)
        self._world(fresh)
        fresh.commands, fresh.retired_commands = self.state.commands, self.state.retired_commands
        self.state.replace(fresh)
        self.faults = Faults()
        self.recorder.clear()
        self.webhooks.clear()
        self.interactions.stop()
        await self.gateway.drop(resumable=False)
        self.console.refresh()
        self.changed()

    # What happened

    @property
    def requests(self) -> deque[Request]:
        """Every request of the bot, oldest first."""
        return self.recorder.requests

    @property
    def counts(self) -> Counter[str]:
        """Number of requests by "METHOD route template"."""
        return self.recorder.counts

    def record(self, request: Request) -> None:
        """Keep a request that was answered."""
        self.recorder.add(request)
        self.changed()

    def check_request(self, route: Route, body: Any) -> None:
        """Hold a request body against the official description, where it is at hand. Raises 50035."""
        if self._validator is not None:
            violation = self._validator.request(route.method, route.path, body)
            if violation is not None:
                self.violations.append(violation)
                raise violation.as_error()

    def check_payload(self, name: str, data: Json, sequence: int | None) -> None:
        """Hold a gateway payload against the official description, where it is at hand."""
        if self._validator is not None:
            violation = self._validator.payload(name, data, sequence)
            if violation is not None:
                self.violations.append(violation)

    # Waiting

    def _notice(self, _notice: Notice) -> None:
        self.changed()

    def changed(self) -> None:
        """Wake everyone who waits for a change, and save soon."""
        self._changes.changed()
        if self._state_file is not None and self._saving is None and self._runner is not None:
            self._saving = asyncio.get_running_loop().call_later(SAVE_AFTER, self._save)

    def _save(self) -> None:
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None
        if self._state_file is not None:
            persistence.save(self._state_file, persistence.dump(self.state, self.base_url))

    async def wait_for(self, condition: Callable[[], T | Awaitable[T]], timeout: float = 60.0) -> T:
        """Return the condition's first true value; it is asked again at every change.

        Raises AssertionError with what was seen when it stays false for `timeout` seconds.
        """
        return await self._changes.wait_for(condition, timeout)

    def seen(self) -> str:
        """Describe the last requests and messages, for a failing test."""
        lines = ["Last requests:"]
        lines += [f"  {r.status} {r.method} {r.path} {str(r.body)[:300]}" for r in list(self.requests)[-12:]]
        lines.append("Last messages:")
        everything = [m for kept in self.state.messages.values() for m in kept.values()]
        for message in sorted(everything, key=lambda m: int(m.id))[-8:]:
            whom = f" (only for {message.only_for})" if message.only_for else ""
            lines.append(f"  {message.channel_id}{whom}: {visible_text(message.data)[:300]!r}")
        lines += [f"Violation: {violation}" for violation in self.violations[-5:]]
        return "\n".join(lines)

    # What the rest of the simulator reports

    def interaction_changed(self, interaction: Interaction) -> None:
        """Tell the consoles that the bot has called back, or has not in time."""
        for listener in tuple(self.interaction_listeners):
            listener(interaction)
        self.changed()

    def gateway_changed(self) -> None:
        """Tell the consoles whether the bot is there."""
        self.console.bot_status()
        self.changed()

    def commands_changed(self, guild_id: str | None) -> None:
        """Tell the consoles that commands changed, in a guild or (None) everywhere."""
        for listener in tuple(self.command_listeners):
            listener(guild_id)
        self.changed()

    # Faults

    async def set_faults(self, wanted: Json) -> None:
        """Switch faults, as the console's JSON says them. Raises ValueError, KeyError or TypeError."""
        role_too_high = self.faults.role_too_high
        self.faults.update(wanted)
        if self.faults.role_too_high != role_too_high:
            self._move_bot_roles(down=self.faults.role_too_high)
        self.console.broadcast("FAULTS_UPDATE", self.faults.as_json())
        if wanted.get("drop_gateway"):
            await self.gateway.drop(resumable=wanted["drop_gateway"] != "lose_session")

    def _move_bot_roles(self, *, down: bool) -> None:
        for guild in self.state.guilds.values():
            for role in list(guild.roles.values()):
                if role.get("tags", {}).get("bot_id") == self.state.bot["id"]:
                    self.move_role(guild, role["id"], 1 if down else len(guild.roles) - 1)
