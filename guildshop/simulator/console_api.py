"""The console's HTTP side: what the page asks for and does, as the person it is."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import BodyPartReader, web

from guildshop.i18n import _
from guildshop.simulator import client
from guildshop.simulator import console_view as view
from guildshop.simulator import interactions as kinds
from guildshop.simulator import permissions as p
from guildshop.simulator.client import SimulatorError
from guildshop.simulator.errors import ApiError, error
from guildshop.simulator.interactions import Interaction
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import Upload, fill, new_message, store_upload, walk
from guildshop.simulator.resolve import resolve
from guildshop.simulator.rest.core import guess_type
from guildshop.simulator.rest.messages import page
from guildshop.simulator.state import Message

if TYPE_CHECKING:
    from guildshop.simulator.server import Simulator

STATIC = Path(__file__).parent / "console"
MAX_REQUESTS = 500

Handler = Callable[[web.Request], Awaitable[Any]]


class Refused(Exception):
    """Something that the page may not do; the sentence is shown there."""


class ConsoleApi:
    """The routes below /console/api, and the page itself."""

    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim

    def register(self, app: web.Application) -> None:
        """Serve the page and its API."""
        base = "/console/api"
        for method, path, handler in (
            ("GET", "/people", self._people),
            ("POST", "/people", self._add_person),
            ("GET", "/channels/{channel_id}/messages", self._history),
            ("POST", "/interactions", self._interact),
            ("POST", "/attachments", self._attach),
            ("POST", "/messages", self._say),
            ("POST", "/dms", self._open_dm),
            ("POST", "/members", self._membership),
            ("PUT", "/members/{guild_id}/{user_id}/roles", self._set_roles),
            ("GET", "/faults", self._faults),
            ("PUT", "/faults", self._set_faults),
            ("POST", "/reset", self._reset),
            ("GET", "/requests", self._requests),
        ):
            app.router.add_route(method, base + path, _answering(handler))
        app.router.add_get("/console/ws", self._socket)
        app.router.add_get("/", self._index)
        if STATIC.is_dir():
            app.router.add_static("/console/static/", STATIC)

    async def _index(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        _check_origin(request)
        return await self._sim.console.handle(request)

    # Who one can be

    async def _people(self, _request: web.Request) -> Any:
        return view.people(self._sim.state)

    async def _add_person(self, request: web.Request) -> Any:
        body = await request.json()
        name = str(body.get("name") or "").strip()
        if not 1 <= len(name) <= 32:
            raise Refused(_("A name has 1 to 32 characters, not {n}.").format(n=len(name)))
        person = self._sim.new_person(name)
        if body.get("guild_id"):
            self._sim.state.join(str(body["guild_id"]), person.id)
        return next(entry for entry in view.people(self._sim.state) if entry["user"]["id"] == person.id)

    async def _membership(self, request: web.Request) -> Any:
        body = await request.json()
        guild_id, user_id = str(body["guild_id"]), str(body["user_id"])
        guild = self._sim.state.guild(guild_id)
        if body["action"] == "join":
            if user_id not in guild.members:
                self._sim.state.user(user_id)
                self._sim.state.join(guild_id, user_id)
        elif guild.owner_id == user_id:
            raise Refused(_("The owner cannot leave the server."))
        else:
            self._sim.state.leave(guild_id, user_id)
        return {"ok": True}

    async def _set_roles(self, request: web.Request) -> Any:
        body = await request.json()
        guild = self._sim.state.guild(request.match_info["guild_id"])
        if p.in_guild(guild, self._me(request, body)) != p.ALL:
            raise Refused(_("Only the server's owner may change roles here."))
        wanted = [str(role_id) for role_id in body["roles"]]
        self._sim.state.set_roles(guild.id, request.match_info["user_id"], wanted)
        return {"ok": True}

    def _me(self, request: web.Request, body: Json | None = None) -> str:
        user_id = str((body or {}).get("as") or request.query.get("as") or "")
        return str(self._sim.state.user(user_id)["id"])

    # Channels

    def _channel(self, channel_id: str, user_id: str, bits: int) -> Json:
        channel = self._sim.state.channel(channel_id)
        if p.in_channel(self._sim.state, channel, user_id) & bits != bits:
            raise error(50013)
        return channel

    async def _history(self, request: web.Request) -> Any:
        me = self._me(request)
        channel = self._channel(request.match_info["channel_id"], me, p.VIEW_CHANNEL)
        kept = self._sim.state.messages.get(channel["id"], {}).values()
        return page([m.data for m in kept if m.only_for in (None, me)], request.query)

    async def _say(self, request: web.Request) -> Any:
        body = await request.json()
        me = self._me(request, body)
        channel = self._channel(str(body["channel_id"]), me, p.VIEW_CHANNEL | p.SEND_MESSAGES)
        content, ids = str(body.get("content") or ""), body.get("attachment_ids") or []
        if not content and not ids:
            raise error(50006)
        if len(content) > 2000:
            raise Refused(_("A message has at most 2000 characters; yours has {n}.").format(n=len(content)))
        data = new_message(self._sim.state, channel, self._sim.state.user(me))
        fill(self._sim.state, data, {"content": content}, [], self._sim.base_url)
        found = [self._sim.state.attachments.get(str(i)) for i in ids]
        data["attachments"] = [attachment.data for attachment in found if attachment]
        self._sim.state.add_message(Message(data))
        return data

    async def _open_dm(self, request: web.Request) -> Any:
        me = self._me(request, await request.json())
        return view.dm(self._sim.state, self._sim.state.dm_with(me))

    async def _attach(self, request: web.Request) -> Any:
        self._me(request)
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.filename:
                kind = guess_type(part.filename, part.headers.get("Content-Type", "application/octet-stream"))
                upload = Upload("0", part.filename, kind, bytes(await part.read()))
                return store_upload(self._sim.state, "uploads", upload, self._sim.base_url)
        raise Refused(_("No file was sent."))

    # Interactions

    async def _interact(self, request: web.Request) -> Any:
        body = await request.json()
        me, kind, data = self._me(request, body), int(body["type"]), body["data"]
        channel = self._channel(str(body["channel_id"]), me, p.VIEW_CHANNEL)
        guild_id = channel.get("guild_id")
        extra: Json = {"nonce": body.get("nonce")}
        if kind in (kinds.COMMAND, kinds.AUTOCOMPLETE):
            self._check_command(guild_id, me, data, partial=kind == kinds.AUTOCOMPLETE)
        elif kind == kinds.COMPONENT:
            extra["source"] = self._pressed(str(body["message_id"]), me, data)
        elif kind == kinds.MODAL_SUBMIT:
            extra["opener"] = self._opener(str(body.get("modal_id")), me)
        else:
            raise Refused(_("There is no interaction of type {kind}.").format(kind=kind))
        data = resolve(self._sim.state, guild_id, me, kind, data)
        interaction = self._sim.interactions.start(kind, me, channel["id"], data, **extra)
        if kind == kinds.AUTOCOMPLETE:
            await interaction.future
            return {"choices": interaction.choices or []}
        return {"id": interaction.id}

    def _check_command(self, guild_id: str | None, me: str, data: Json, *, partial: bool) -> None:
        command = next((c for c in view.commands(self._sim.state, guild_id, me) if c["id"] == str(data["id"])), None)
        if command is None:
            raise Refused(_("/{name} is no longer available here.").format(name=data.get("name")))
        if command["type"] == 1:
            client.check_sent(command, data, partial=partial)

    def _pressed(self, message_id: str, me: str, data: Json) -> Message:
        message = self._sim.state.find_message(message_id)
        if message.only_for not in (None, me):
            raise error(10008)
        for component in walk(message.data["components"]):
            if component.get("custom_id") == data["custom_id"]:
                client.check_press(component, data.get("values"))
                return message
        raise Refused(_("That button is no longer there."))

    def _opener(self, interaction_id: str, me: str) -> Interaction:
        opener = self._sim.interactions.by_id(interaction_id)
        if opener is None or opener.modal is None or opener.user_id != me:
            raise Refused(_("That form is no longer open. Press its button again."))
        return opener

    # The simulator itself

    async def _faults(self, _request: web.Request) -> Any:
        return self._sim.faults.as_json()

    async def _set_faults(self, request: web.Request) -> Any:
        wanted = await request.json()
        await self._sim.set_faults(wanted)
        return self._sim.faults.as_json()

    async def _reset(self, _request: web.Request) -> Any:
        await self._sim.reset()
        return {"ok": True}

    async def _requests(self, request: web.Request) -> Any:
        since = float(request.query.get("since") or 0)
        return [r.as_json() for r in list(self._sim.requests)[-MAX_REQUESTS:] if r.at > since]


def _check_origin(request: web.Request) -> None:
    """Refuse pages of other origins: any site open in the browser could otherwise be a buyer here."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.split("://", 1)[-1] != request.host:
        raise web.HTTPForbidden(text=_("This page belongs to {origin}, not to the simulator.").format(origin=origin))


def _answering(handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        _check_origin(request)
        try:
            status, body = 200, await handler(request)
        except (Refused, SimulatorError) as refusal:
            status, body = 400, {"message": str(refusal)}
        except ApiError as refusal:
            status, body = refusal.status, {"message": _sentence(refusal), "code": refusal.code}
        except (orjson.JSONDecodeError, ValueError, KeyError, TypeError) as fault:
            status, body = 400, {"message": _("The request is malformed: {fault}.").format(fault=fault)}
        return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")

    return answer


def _sentence(refusal: ApiError) -> str:
    """Return the first complaint of a form error, else its message."""
    node: Any = refusal.errors
    while isinstance(node, dict) and node:
        if "_errors" in node:
            return str(node["_errors"][0]["message"])
        node = next(iter(node.values()))
    return refusal.message
