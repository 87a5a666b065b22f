"""The simulator: one server with Discord's REST API and gateway, a console for browsers, and what tests look at."""

import asyncio
import inspect
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from guildshop.simulator import intents, media, worlds
from guildshop.simulator.driver import Person
from guildshop.simulator.faults import Faults
from guildshop.simulator.gateway import Gateway
from guildshop.simulator.interactions import Interaction, Interactions
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import Upload, visible_text
from guildshop.simulator.recorder import Recorder, Request
from guildshop.simulator.rest import channels, commands, guilds, messages, users, webhooks
from guildshop.simulator.rest import interactions as callbacks
from guildshop.simulator.rest.core import PREFIX, Route, register
from guildshop.simulator.state import Guild, Notice, State
from guildshop.simulator.validation import Validator, Violation

T = TypeVar("T")

DEFAULT_TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.simulator.not-a-secret"  # noqa: S105


class Simulator:
    """A Discord of one's own. Start it, point a bot at `api_url`, be anybody through `member` and `person`.

    `world` fills the state; `token` is the bot's; `validate` is the folder of the official descriptions;
    `state_file` keeps the state between runs; `clock` tells the Unix time in seconds.
    """

    def __init__(
        self,
        *,
        world: worlds.World | None = None,
        token: str = DEFAULT_TOKEN,
        validate: Path | None = None,
        state_file: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.token = token
        self.authorization = f"Bot {token}"
        self.world = world or worlds.demo_world()
        self.state_file = state_file
        self.privileged_intents = intents.GUILD_MEMBERS
        self.recommended_shards = 1
        self.max_concurrency = 1
        self.faults = Faults()
        self.recorder = Recorder()
        self.violations: list[Violation] = []
        self.webhooks: dict[str, Json] = {}
        self.base_url = ""
        self.state = State(clock)
        self.gateway = Gateway(self)
        self.interactions = Interactions(self)
        self.interaction_listeners: list[Callable[[Interaction], None]] = []
        self.command_listeners: list[Callable[[str | None], None]] = []
        self._validator = Validator(validate) if validate else None
        self._waiters: list[asyncio.Future[None]] = []
        self._runner: web.AppRunner | None = None
        self._fill()

    def _fill(self) -> None:
        self.world(self.state)
        self.state.listeners += [self.gateway.notice, self._notice]

    # Running

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. Raises OSError when the port is taken."""
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            self._runner = None
            raise
        bound = self._runner.addresses[0][1]
        self.base_url = f"http://{host}:{bound}"

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        for subject in (users, callbacks, webhooks, messages, channels, guilds, commands):
            register(app, self, subject.routes)
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_get("/gateway/", self.gateway.handle)
        media.register(app, self)
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

    # What happened

    @property
    def requests(self) -> deque[Request]:
        """Every request of the bot, oldest first."""
        return self.recorder.requests

    @property
    def counts(self) -> Counter[str]:
        """Number of requests by "METHOD route template"."""
        return self.recorder.counts

    def record(self, request: Request, files: Sequence[Upload]) -> None:
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
        """Wake everyone who waits for a change."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_for(self, condition: Callable[[], T | Awaitable[T]], timeout: float = 10.0) -> T:
        """Return the condition's first true value; it is asked again at every change.

        Raises AssertionError with what was seen when it stays false for `timeout` seconds.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiters.append(waiter)
            value = condition()
            value = await value if inspect.isawaitable(value) else value
            if value:
                return value
            if loop.time() >= deadline:
                raise AssertionError(f"Still not so after {timeout} s.\n{self.seen()}")
            await asyncio.wait([waiter], timeout=max(0.0, deadline - loop.time()))

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

    def acknowledged(self, interaction: Interaction) -> None:
        """Tell the consoles that the bot has called back."""
        for listener in tuple(self.interaction_listeners):
            listener(interaction)
        self.changed()

    def interaction_failed(self, interaction: Interaction) -> None:
        """Tell the consoles that the bot has not called back in time."""
        self.acknowledged(interaction)

    def commands_changed(self, guild_id: str | None) -> None:
        """Tell the consoles that commands changed, in a guild or (None) everywhere."""
        for listener in tuple(self.command_listeners):
            listener(guild_id)
        self.changed()

    # Changes from outside

    def delete_role(self, guild: Guild, role_id: str) -> None:
        """Delete a role and take it from every member."""
        del guild.roles[role_id]
        self.state.publish(Notice("GUILD_ROLE_DELETE", {"guild_id": guild.id, "role_id": role_id}, guild.id))
        for user_id, member in guild.members.items():
            if role_id in member["roles"]:
                member["roles"].remove(role_id)
                self.state.member_changed(guild.id, user_id)

    def delete_channel(self, channel_id: str) -> None:
        """Delete a channel with its messages, as an administrator would."""
        channel = self.state.channels.pop(channel_id)
        self.state.messages.pop(channel_id, None)
        self.state.publish(Notice("CHANNEL_DELETE", channel, channel.get("guild_id")))

    def remove_bot(self, guild_id: str) -> None:
        """Kick the bot from a guild."""
        del self.state.guilds[guild_id].members[self.state.bot["id"]]
        self.state.commands.pop(guild_id, None)
        self.state.publish(Notice("GUILD_DELETE", {"id": guild_id}, guild_id))

    def add_bot(self, guild_id: str, roles: list[str] | None = None) -> None:
        """Let the bot into a guild."""
        from guildshop.simulator.gateway_payloads import guild_create

        self.state.join(guild_id, self.state.bot["id"], roles)
        data = guild_create(self.state, self.state.guilds[guild_id], all_members=False)
        self.state.publish(Notice("GUILD_CREATE", data, guild_id))

    # Being somebody

    def person(self, user_id: str) -> Person:
        """Return a person by user ID."""
        return Person(self, self.state.user(user_id)["id"])

    def member(self, key: str) -> Person:
        """Return a person by the world's key, such as "buyer"."""
        return self.person(self.state.keys[f"person:{key}"])

    def new_member(self, name: str, *, roles: Sequence[str] = (), guild: str = "demo") -> Person:
        """Make a person and let them join; roles by key or ID."""
        person = self.new_person(name)
        guild_id = self.guild_id(guild)
        self.state.join(guild_id, person.id, [self.role_id(role, guild) for role in roles])
        return person

    def new_person(self, name: str) -> Person:
        """Make a person outside of every guild."""
        user = self.state.add_user(worlds.user(self.state.ids.make(), name.lower().replace(" ", "_"), name))
        return Person(self, user["id"])

    def guild_id(self, key: str) -> str:
        """Return a guild's ID by the world's key, or the ID itself."""
        return self.state.keys.get(f"guild:{key}", key)

    def channel_id(self, key: str) -> str:
        """Return a channel's ID by the world's key ("shop", "second/channel:shop"), or the ID itself."""
        return self.state.keys.get(f"channel:{key}", self.state.keys.get(key, key))

    def role_id(self, key: str, guild: str = "demo") -> str:
        """Return a role's ID by the world's key, its name, or the ID itself."""
        if (known := self.state.keys.get(f"role:{key}")) and self.guild_id(guild) == self.guild_id("demo"):
            return known
        if known := self.state.keys.get(f"{guild}/role:{key}", self.state.keys.get(key)):
            return known
        roles = self.state.guilds[self.guild_id(guild)].roles.values()
        return next((role["id"] for role in roles if role["name"] == key), key)

    def messages(self, channel: str) -> list[Json]:
        """List a channel's messages that everybody in it sees, oldest first."""
        kept = self.state.messages.get(self.channel_id(channel), {})
        return [message.data for message in kept.values() if message.only_for is None]

    async def press_raw(
        self, user: "Person | str", message_id: str, custom_id: str, *, component_type: int = 2,
        values: Sequence[str] | None = None,
    ) -> Any:  # fmt: skip
        """Use a component that need not exist or be one's own; the message must, unless it was deleted.

        Returns the Reply.
        """
        person = user if isinstance(user, Person) else self.person(user)
        return await person.press_raw(message_id, custom_id, component_type=component_type, values=values)
