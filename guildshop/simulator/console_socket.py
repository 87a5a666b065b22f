"""The console's WebSocket: everything that changes, as far as one person sees it."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

import orjson
from aiohttp import WSMsgType, web

from guildshop.simulator import console_view as view
from guildshop.simulator import interactions as kinds
from guildshop.simulator import permissions as p
from guildshop.simulator.interactions import Interaction
from guildshop.simulator.json_types import Json
from guildshop.simulator.state import DM, THREADS, Notice

if TYPE_CHECKING:
    from guildshop.simulator.server import Simulator


class Page:
    """One open page and who it is."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.channels: dict[str, str] = {}  # seen now → their guild

    def send(self, name: str, data: Json) -> None:
        """Queue a frame."""
        self.queue.put_nowait(orjson.dumps({"t": name, "d": data}))


class ConsoleSockets:
    """All open pages."""

    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim
        self._pages: set[Page] = set()
        self._sockets: set[web.WebSocketResponse] = set()
        self._online = False
        sim.state.listeners.append(self._notice)
        sim.interaction_listeners.append(self._interaction)
        sim.command_listeners.append(self._commands)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve a page."""
        user_id = request.query.get("as", "")
        if user_id not in self._sim.state.users:
            raise web.HTTPNotFound(text=f"There is no person with ID {user_id!r}.")
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        page = Page(user_id)
        self._pages.add(page)
        self._sockets.add(socket)
        self._ready(page)
        writer = asyncio.create_task(self._write(socket, page))
        try:
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    break
        finally:
            self._pages.discard(page)
            self._sockets.discard(socket)
            writer.cancel()
        return socket

    async def _write(self, socket: web.WebSocketResponse, page: Page) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await socket.send_str((await page.queue.get()).decode())

    async def close(self) -> None:
        """Close every page's connection."""
        for socket in list(self._sockets):
            await socket.close()

    def refresh(self) -> None:
        """Let every page begin afresh."""
        for page in list(self._pages):
            if page.user_id in self._sim.state.users:
                self._ready(page)

    def broadcast(self, name: str, data: Json) -> None:
        """Send a frame to every page."""
        for page in self._pages:
            page.send(name, data)

    def bot_status(self) -> None:
        """Tell the pages when the bot came or went."""
        if self._online != self._sim.gateway.online:
            self._online = self._sim.gateway.online
            self.broadcast("BOT_STATUS", {"online": self._online})

    def _ready(self, page: Page) -> None:
        page.channels = self._visible(page)
        page.send("READY", view.ready(self._sim, page.user_id))

    def _visible(self, page: Page) -> dict[str, str]:
        state = self._sim.state
        listed = [c for c in state.channels.values() if "guild_id" in c and p.can_see(state, c, page.user_id)]
        return {channel["id"]: channel["guild_id"] for channel in listed}

    def _notice(self, notice: Notice) -> None:
        for page in self._pages:
            if notice.name.startswith(("MESSAGE_", "THREAD_MEMBERS")) or notice.guild_id is None:
                self._about_channel(page, notice)
            else:
                self._about_guild(page, notice)

    def _about_channel(self, page: Page, notice: Notice) -> None:
        channel = self._sim.state.channels.get(notice.channel_id or "")
        if channel is None or notice.only_for not in (None, page.user_id):
            return
        if notice.name == "THREAD_MEMBERS_UPDATE":
            self._update_channels(page)
        elif p.can_see(self._sim.state, channel, page.user_id):
            is_dm = notice.name.startswith("CHANNEL_") and channel["type"] == DM
            page.send(notice.name, view.dm(self._sim.state, channel) if is_dm else notice.data)

    def _about_guild(self, page: Page, notice: Notice) -> None:
        name, data, state = notice.name, notice.data, self._sim.state
        about_me = name.startswith("GUILD_MEMBER_") and data["user"]["id"] == page.user_id
        if about_me and name != "GUILD_MEMBER_UPDATE":
            self._ready(page)
            return
        # GUILD_CREATE and GUILD_DELETE say that the bot came or went, with channels that not everybody sees.
        if name in ("GUILD_CREATE", "GUILD_DELETE") or page.user_id not in state.guilds[notice.guild_id or ""].members:
            return
        if name.startswith(("CHANNEL_", "THREAD_")):
            self._update_channels(page)
            if data["id"] in page.channels and name.endswith("UPDATE"):
                page.send(name, data)
            return
        page.send(name, data)
        if about_me or name.startswith("GUILD_ROLE_"):
            self._update_channels(page)
        if about_me:
            self._send_commands(page, notice.guild_id)

    def _update_channels(self, page: Page) -> None:
        """Show channels that the person sees from now on, and hide those that they see no longer."""
        visible = self._visible(page)
        for channel_id in visible.keys() - page.channels.keys():
            channel = self._sim.state.channels[channel_id]
            page.send("THREAD_CREATE" if channel["type"] in THREADS else "CHANNEL_CREATE", channel)
        for channel_id in page.channels.keys() - visible.keys():
            page.send("CHANNEL_DELETE", {"id": channel_id, "guild_id": page.channels[channel_id]})
        page.channels = visible

    def _commands(self, guild_id: str | None) -> None:
        for page in self._pages:
            for guild in self._sim.state.guilds.values():
                if guild_id in (None, guild.id) and page.user_id in guild.members:
                    self._send_commands(page, guild.id)
            if guild_id is None:
                self._send_commands(page, None)

    def _send_commands(self, page: Page, guild_id: str | None) -> None:
        found = view.commands(self._sim.state, guild_id, page.user_id)
        page.send("COMMANDS_UPDATE", {"guild_id": guild_id, "commands": found})

    def _interaction(self, interaction: Interaction) -> None:
        if interaction.type == kinds.AUTOCOMPLETE:
            return
        frame: Json = {"id": interaction.id, "nonce": interaction.nonce}
        name = "INTERACTION_SUCCESS"
        if interaction.failed:
            name, frame["reason"] = "INTERACTION_FAILURE", interaction.failed
        elif interaction.modal is not None:
            name = "INTERACTION_MODAL"
            modal = interaction.modal
            frame |= {key: modal[key] for key in ("custom_id", "title", "components")}
            frame |= {"channel_id": interaction.channel_id, "guild_id": interaction.guild_id}
            if interaction.source is not None:
                frame["message_id"] = interaction.source.id
        for page in self._pages:
            if page.user_id == interaction.user_id:
                page.send(name, frame)
