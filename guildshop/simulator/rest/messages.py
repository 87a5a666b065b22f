"""Messages of channels, threads and DMs."""

from typing import Any

from guildshop.simulator import permissions as p
from guildshop.simulator.enforcement.messages import check_new
from guildshop.simulator.errors import error, invalid
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import fill, new_message
from guildshop.simulator.rest.answers import edit_answer
from guildshop.simulator.rest.core import Call, Routes
from guildshop.simulator.state import DM, TEXT, THREADS, Message, Notice

routes = Routes()

_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = _MESSAGES + "/{message_id}"
WRITABLE = THREADS | {TEXT, DM, 2, 5}


def _channel(call: Call, bits: int = 0) -> Json:
    channel = call.state.channel(call.params["channel_id"])
    p.require_in_channel(call.state, channel, bits)
    return channel


def _message(call: Call) -> Message:
    """Return the message of the path; ephemeral ones do not exist here. Raises 10008."""
    message = call.state.message(call.params["channel_id"], call.params["message_id"])
    if message.only_for is not None:
        raise error(10008)
    return message


def check_reachable(call: Call, channel: Json) -> None:
    """Raise 50007 when the recipient of a DM takes none: closed, or no guild in common."""
    state, bot_id = call.state, call.state.bot["id"]
    for user in channel["recipients"]:
        shared = any({user["id"], bot_id} <= guild.members.keys() for guild in state.guilds.values())
        if not shared or user["id"] in call.sim.faults.closed_dms:
            raise error(50007)


def _require_writable(call: Call, channel: Json, body: Json) -> None:
    if channel["type"] not in WRITABLE:
        raise error(50008)
    if channel["type"] == DM:
        check_reachable(call, channel)
        return
    needed = p.SEND_MESSAGES_IN_THREADS if channel["type"] in THREADS else p.SEND_MESSAGES
    if call.files:
        needed |= p.ATTACH_FILES
    if body.get("message_reference"):
        needed |= p.READ_MESSAGE_HISTORY
    p.require_in_channel(call.state, channel, needed)


@routes.add("POST", _MESSAGES)
async def create(call: Call) -> Any:
    channel = call.state.channel(call.params["channel_id"])
    body = call.body or {}
    _require_writable(call, channel, body)
    check_new(body, call.files)
    data = new_message(call.state, channel, call.state.bot)
    if body.get("nonce") is not None:
        data["nonce"] = body["nonce"]
        if body.get("enforce_nonce"):
            for message in call.state.messages.get(channel["id"], {}).values():
                if message.data.get("nonce") == body["nonce"] and message.data["author"]["id"] == data["author"]["id"]:
                    return message.data
    if reference := body.get("message_reference"):
        _refer(call, channel, data, reference)
    if channel["type"] in THREADS and channel["thread_metadata"]["archived"]:
        channel["thread_metadata"]["archived"] = False
    fill(call.state, data, body, call.files, call.sim.base_url)
    if channel["type"] != DM and data["embeds"]:
        may = p.in_channel(call.state, channel, call.state.bot["id"]) & p.EMBED_LINKS
        data["embeds"] = data["embeds"] if may else []
    call.state.add_message(Message(data))
    return data


def _refer(call: Call, channel: Json, data: Json, reference: Json) -> None:
    target_id = str(reference.get("message_id"))
    target = call.state.messages.get(channel["id"], {}).get(target_id)
    if target is None or target.only_for is not None:
        if reference.get("fail_if_not_exists", True):
            raise invalid(["message_reference"], "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return
    data["type"] = 19
    data["message_reference"] = {"type": 0, "channel_id": channel["id"], "message_id": target_id}
    if channel.get("guild_id"):
        data["message_reference"]["guild_id"] = channel["guild_id"]
    data["referenced_message"] = {k: v for k, v in target.data.items() if k != "referenced_message"}


@routes.add("GET", _MESSAGES)
async def history(call: Call) -> Any:
    channel = _channel(call)
    if channel["type"] != DM and not p.in_channel(call.state, channel, call.state.bot["id"]) & p.READ_MESSAGE_HISTORY:
        return []
    messages = [m.data for m in call.state.messages.get(channel["id"], {}).values() if m.only_for is None]
    return page(messages, call.query)


def page(messages: list[Json], query: Any) -> list[Json]:
    """Return messages newest first, as `before`, `after`, `around` and `limit` say."""
    limit = int(query.get("limit", 50))
    if not 1 <= limit <= 100:
        raise invalid(["limit"], "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    messages = sorted(messages, key=lambda m: int(m["id"]))
    if query.get("after"):
        found = [m for m in messages if int(m["id"]) > int(query["after"])][:limit]
    elif query.get("around"):
        middle = next((i for i, m in enumerate(messages) if int(m["id"]) >= int(query["around"])), len(messages))
        start = max(0, middle - limit // 2)
        found = messages[start : start + limit]
    else:
        before = int(query.get("before") or 1 << 63)
        found = [m for m in messages if int(m["id"]) < before][-limit:]
    return found[::-1]


@routes.add("GET", _MESSAGE)
async def get(call: Call) -> Any:
    _channel(call, p.READ_MESSAGE_HISTORY)
    return _message(call).data


@routes.add("PATCH", _MESSAGE)
async def edit(call: Call) -> Any:
    _channel(call)
    message = _message(call)
    if message.data["author"]["id"] != call.state.bot["id"]:
        raise error(50005)
    edit_answer(call, message, call.body or {})
    return message.data


@routes.add("DELETE", _MESSAGE)
async def delete(call: Call) -> None:
    channel = _channel(call)
    message = _message(call)
    if message.data["author"]["id"] != call.state.bot["id"]:
        if channel["type"] == DM:
            raise error(50003)
        p.require_in_channel(call.state, channel, p.MANAGE_MESSAGES)
    call.state.delete_message(message)


@routes.add("POST", _MESSAGES + "/bulk-delete")
async def bulk_delete(call: Call) -> None:
    channel = _channel(call, p.MANAGE_MESSAGES)
    for message_id in call.body["messages"]:
        message = call.state.messages.get(channel["id"], {}).get(str(message_id))
        if message is not None and message.only_for is None:
            call.state.delete_message(message)


@routes.add("POST", "/channels/{channel_id}/typing")
async def typing(call: Call) -> None:
    _channel(call)


# Pins and reactions


def _set_pinned(call: Call, pinned: bool) -> None:
    channel = _channel(call)
    if channel["type"] != DM:
        p.require_in_channel(call.state, channel, p.MANAGE_MESSAGES)
    message = _message(call)
    message.data["pinned"] = pinned
    call.state.message_changed(message)


async def _pin(call: Call) -> None:
    _set_pinned(call, pinned=True)


async def _unpin(call: Call) -> None:
    _set_pinned(call, pinned=False)


for _path in ("/channels/{channel_id}/pins/{message_id}", _MESSAGES + "/pins/{message_id}"):
    routes.add("PUT", _path)(_pin)
    routes.add("DELETE", _path)(_unpin)


@routes.add("GET", _MESSAGES + "/pins")
async def pins(call: Call) -> Any:
    channel = _channel(call)
    pinned = [m.data for m in call.state.messages.get(channel["id"], {}).values() if m.data["pinned"]]
    return {"items": [{"pinned_at": m["timestamp"], "message": m} for m in pinned[::-1]], "has_more": False}


@routes.add("PUT", _MESSAGE + "/reactions/{emoji}/@me")
async def react(call: Call) -> None:
    channel = _channel(call)
    if channel["type"] != DM:
        p.require_in_channel(call.state, channel, p.ADD_REACTIONS | p.READ_MESSAGE_HISTORY)
    _react(call, channel, _message(call), 1)


@routes.add("DELETE", _MESSAGE + "/reactions/{emoji}/@me")
async def unreact(call: Call) -> None:
    _react(call, _channel(call), _message(call), -1)


def _react(call: Call, channel: Json, message: Message, step: int) -> None:
    name = call.params["emoji"]
    emoji = {"id": None, "name": name}
    reactions = message.data.setdefault("reactions", [])
    found = next((r for r in reactions if r["emoji"]["name"] == name), None)
    if found is None or found["me"] != (step < 0):
        if step < 0 or found is not None:
            return
        details = {"burst": 0, "normal": 0}
        found = {"emoji": emoji, "count": 0, "count_details": details, "me": False, "me_burst": False,
                 "burst_colors": []}  # fmt: skip
        reactions.append(found)
    found["count"] += step
    found["count_details"]["normal"] += step
    found["me"] = step > 0
    if not found["count"]:
        reactions.remove(found)
    data = {"user_id": call.state.bot["id"], "channel_id": channel["id"], "message_id": message.id, "emoji": emoji,
            "burst": False, "type": 0}  # fmt: skip
    if channel.get("guild_id"):
        data["guild_id"] = channel["guild_id"]
    name = "MESSAGE_REACTION_ADD" if step > 0 else "MESSAGE_REACTION_REMOVE"
    call.state.publish(Notice(name, data, channel.get("guild_id"), channel["id"]))
