"""The gateway: sessions that identify, receive events by intent and shard, lose their connection and resume."""

import asyncio
import contextlib
import secrets
from collections import deque
from typing import TYPE_CHECKING

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from guildshop.simulator import intents
from guildshop.simulator.gateway_codec import Codec, make_codec
from guildshop.simulator.gateway_payloads import guild_create, ready
from guildshop.simulator.json_types import Json
from guildshop.simulator.state import Notice

if TYPE_CHECKING:
    from guildshop.simulator.server import Simulator

HEARTBEAT_MS = 41_250
ROUND_TRIP = 0.05
KEPT_EVENTS = 5_000


class Connection:
    """One WebSocket: a queue of payloads and the task that writes them."""

    def __init__(self, socket: web.WebSocketResponse, codec: Codec) -> None:
        self.socket = socket
        self._codec = codec
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    def send(self, payload: bytes) -> None:
        """Queue a payload."""
        self._queue.put_nowait(payload)

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                frame = self._codec.encode(await self._queue.get())
                await (self.socket.send_bytes(frame) if self._codec.binary else self.socket.send_str(frame.decode()))

    async def close(self, code: int) -> None:
        """End the connection with a close code."""
        self._writer.cancel()
        await self.socket.close(code=code)


class Session:
    """What the bot identified as; it outlives its connection until it is invalidated."""

    def __init__(self, shard: tuple[int, int], wanted: int) -> None:
        self.id = secrets.token_hex(16)
        self.shard_id, self.shard_count = shard
        self.intents = wanted
        self.connection: Connection | None = None
        self.sequence = 0
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=KEPT_EVENTS)

    def covers(self, guild_id: str | None) -> bool:
        """Say whether this shard receives the events of a guild (None: of DMs)."""
        if guild_id is None:
            return self.shard_id == 0
        return (int(guild_id) >> 22) % self.shard_count == self.shard_id

    def dispatch(self, name: str, data: bytes) -> None:
        """Send an event, or keep it until the session is resumed."""
        self.sequence += 1
        payload = b'{"op":0,"t":"%b","s":%d,"d":%b}' % (name.encode(), self.sequence, data)
        self._kept.append((self.sequence, payload))
        if self.connection is not None:
            self.connection.send(payload)

    def replay(self, after: int) -> bool:
        """Send again what came after a sequence number; False when it is no longer kept."""
        if self.connection is None or after > self.sequence:
            return False
        if after < self.sequence and (not self._kept or self._kept[0][0] > after + 1):
            return False
        for sequence, payload in self._kept:
            if sequence > after:
                self.connection.send(payload)
        return True


class Gateway:
    """All sessions of the bot."""

    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim
        self.sessions: dict[str, Session] = {}
        self._sockets: set[web.WebSocketResponse] = set()

    @property
    def online(self) -> bool:
        """Whether any shard is connected."""
        return any(session.connection is not None for session in self.sessions.values())

    def reaches(self, guild_id: str | None) -> bool:
        """Say whether a session, connected or resumable, receives this guild's events."""
        return any(session.covers(guild_id) for session in self.sessions.values())

    def notice(self, notice: Notice) -> None:
        """Pass a change on to the sessions that want it."""
        if notice.only_for is not None:
            return
        bot_id = self._sim.state.bot.get("id")
        guild = self._sim.state.guilds.get(notice.guild_id or "")
        if guild is not None and bot_id not in guild.members and notice.name != "GUILD_DELETE":
            return
        for session in self.sessions.values():
            if session.covers(notice.guild_id):
                data = intents.visible(notice, session.intents, str(bot_id))
                if data is not None:
                    self._dispatch(session, notice.name, data)

    def interaction(self, guild_id: str | None, data: Json) -> None:
        """Send INTERACTION_CREATE to the shard in charge."""
        for session in self.sessions.values():
            if session.covers(guild_id):
                self._dispatch(session, "INTERACTION_CREATE", data)
                return

    def _dispatch(self, session: Session, name: str, data: Json) -> None:
        self._sim.check_payload(name, data, session.sequence + 1)
        session.dispatch(name, orjson.dumps(data))

    async def drop(self, *, resumable: bool = True) -> None:
        """Cut every connection; a session that is not resumable must identify afresh."""
        for session in list(self.sessions.values()):
            if not resumable:
                self.sessions.pop(session.id)
            if session.connection is not None:
                connection, session.connection = session.connection, None
                await connection.close(4000 if resumable else 4009)
        self._sim.gateway_changed()

    async def close(self) -> None:
        """Forget all sessions and close what is open."""
        await self.drop(resumable=False)
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one gateway connection."""
        socket = web.WebSocketResponse(max_msg_size=4096 * 4)
        await socket.prepare(request)
        connection = Connection(socket, make_codec(request.query.get("compress")))
        self._sockets.add(socket)
        hello: Json = {"heartbeat_interval": HEARTBEAT_MS}
        self._sim.check_payload("HELLO", hello, None)
        connection.send(orjson.dumps({"op": 10, "t": None, "s": None, "d": hello}))
        session: Session | None = None
        try:
            async for frame in socket:
                if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    break
                session = await self._receive(connection, session, orjson.loads(frame.data))
        finally:
            self._sockets.discard(socket)
            self._left(session, connection, socket.close_code)
            await connection.close(4000)
        return socket

    def _left(self, session: Session | None, connection: Connection, code: int | None) -> None:
        """Note that a connection ended: the bot's own 1000 or 1001 ends the session too."""
        if session is None or session.connection is not connection:
            return
        session.connection = None
        if code in (1000, 1001):
            self.sessions.pop(session.id, None)
        self._sim.gateway_changed()

    async def _receive(self, connection: Connection, session: Session | None, payload: Json) -> Session | None:
        op, data = payload.get("op"), payload.get("d")
        if op == 1:
            # An answer that overtakes the asking, which no network gives, makes the client think it is late.
            answer = b'{"op":11,"t":null,"s":null,"d":null}'
            asyncio.get_running_loop().call_later(ROUND_TRIP, connection.send, answer)
        elif op == 2:
            return await self._identify(connection, data or {})
        elif op == 6:
            return await self._resume(connection, data or {})
        elif session is None:
            await connection.close(4003)
        elif op == 8:
            self._request_members(session, data or {})
        elif op not in (3, 4, 31):
            await connection.close(4001)
        return session

    async def _identify(self, connection: Connection, data: Json) -> Session | None:
        if str(data.get("token", "")).removeprefix("Bot ") != self._sim.token:
            await connection.close(4004)
            return None
        shard = tuple(data.get("shard") or (0, 1))
        wanted = int(data.get("intents", 0))
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            await connection.close(4010)
            return None
        if wanted & ~intents.KNOWN:
            await connection.close(4013)
            return None
        if wanted & intents.PRIVILEGED & ~self._sim.privileged_intents:
            await connection.close(4014)
            return None
        for other in list(self.sessions.values()):  # a shard identified anew takes the place of the old one
            if other.shard_count != shard[1] or other.shard_id == shard[0]:
                self.sessions.pop(other.id)
                if other.connection is not None:
                    await other.connection.close(4000)
        session = Session((shard[0], shard[1]), wanted)
        session.connection = connection
        state = self._sim.state
        guilds = [g for g in state.guilds.values() if session.covers(g.id) and state.bot["id"] in g.members]
        self._dispatch(
            session, "READY", ready(state, session.id, [g.id for g in guilds], list(shard), self._sim.gateway_url)
        )
        if wanted & intents.GUILDS:
            for guild in guilds:
                members = bool(wanted & intents.GUILD_MEMBERS)
                self._dispatch(session, "GUILD_CREATE", guild_create(state, guild, all_members=members))
        self.sessions[session.id] = session
        self._sim.gateway_changed()
        return session

    async def _resume(self, connection: Connection, data: Json) -> Session | None:
        session = self.sessions.get(str(data.get("session_id")))
        if session is not None and str(data.get("token", "")).removeprefix("Bot ") == self._sim.token:
            previous, session.connection = session.connection, connection
            if previous is not None and previous is not connection:
                await previous.close(4000)
            if session.replay(int(data.get("seq") or 0)):
                session.dispatch("RESUMED", b'{"_trace":["simulator"]}')
                self._sim.gateway_changed()
                return session
            session.connection = None
            self.sessions.pop(session.id, None)
        connection.send(b'{"op":9,"t":null,"s":null,"d":false}')
        return None

    def _request_members(self, session: Session, data: Json) -> None:
        guild = self._sim.state.guilds.get(str(data.get("guild_id")))
        if guild is None:
            return
        members = list(guild.members.values())
        wanted = data.get("user_ids")
        missing: list[str] = []
        if wanted is not None:
            ids = [str(i) for i in (wanted if isinstance(wanted, list) else [wanted])]
            members = [guild.members[i] for i in ids if i in guild.members]
            missing = [i for i in ids if i not in guild.members]
        else:
            query = str(data.get("query") or "").casefold()
            members = [m for m in members if m["user"]["username"].casefold().startswith(query)]
        limit = int(data.get("limit") or 0)
        members = members[:limit] if limit else members
        chunks = [members[i : i + 1000] for i in range(0, len(members), 1000)] or [[]]
        for index, chunk in enumerate(chunks):
            answer: Json = {
                "guild_id": guild.id, "members": chunk, "chunk_index": index, "chunk_count": len(chunks),
                "not_found": missing,
            }  # fmt: skip
            if data.get("nonce") is not None:
                answer["nonce"] = data["nonce"]
            self._dispatch(session, "GUILD_MEMBERS_CHUNK", answer)
