"""Channels and threads."""

from typing import Any

from guildshop.simulator import permissions as p
from guildshop.simulator.errors import error, invalid
from guildshop.simulator.json_types import Json
from guildshop.simulator.rest.core import Call, Routes
from guildshop.simulator.state import DM, PRIVATE_THREAD, PUBLIC_THREAD, THREADS, Notice
from guildshop.simulator.worlds import text_channel

routes = Routes()

_CHANNEL = "/channels/{channel_id}"
_EDITABLE = ("name", "topic", "position", "nsfw", "parent_id", "rate_limit_per_user", "permission_overwrites", "flags")


def _channel(call: Call, bits: int = 0) -> Json:
    channel = call.state.channel(call.params["channel_id"])
    p.require_in_channel(call.state, channel, bits)
    return channel


@routes.add("GET", _CHANNEL)
async def get(call: Call) -> Any:
    return _channel(call)


@routes.add("GET", "/guilds/{guild_id}/channels")
async def list_channels(call: Call) -> Any:
    return list(call.state.guild_channels(call.state.guild(call.params["guild_id"]).id))


def _overwrites(wanted: list[Json] | None) -> list[Json]:
    return [{"id": str(o["id"]), "type": int(o["type"]), "allow": str(o.get("allow") or 0),
             "deny": str(o.get("deny") or 0)} for o in wanted or ()]  # fmt: skip


@routes.add("POST", "/guilds/{guild_id}/channels", created=True)
async def create(call: Call) -> Any:
    guild = call.state.guild(call.params["guild_id"])
    p.require_in_guild(call.state, guild, p.MANAGE_CHANNELS)
    body = call.body
    position = sum(1 for _ in call.state.guild_channels(guild.id))
    channel = text_channel(guild.id, call.state.ids.make(), body["name"], position, body.get("topic"))
    channel["type"] = body.get("type") or 0
    channel["permission_overwrites"] = _overwrites(body.get("permission_overwrites"))
    for key in ("parent_id", "nsfw", "rate_limit_per_user"):
        if body.get(key) is not None:
            channel[key] = body[key]
    call.state.channels[channel["id"]] = channel
    call.state.publish(Notice("CHANNEL_CREATE", channel, guild.id, channel["id"]))
    return channel


@routes.add("PATCH", _CHANNEL)
async def edit(call: Call) -> Any:
    channel = _channel(call)
    if channel["type"] in THREADS:
        return _edit_thread(call, channel)
    if channel["type"] == DM:
        raise error(50003)
    p.require_in_channel(call.state, channel, p.MANAGE_CHANNELS)
    for key in _EDITABLE:
        if key in call.body:
            channel[key] = call.body[key]
    if "permission_overwrites" in call.body:
        channel["permission_overwrites"] = _overwrites(call.body["permission_overwrites"])
    call.state.publish(Notice("CHANNEL_UPDATE", channel, channel["guild_id"], channel["id"]))
    return channel


@routes.add("DELETE", _CHANNEL)
async def delete(call: Call) -> Any:
    channel = _channel(call)
    if channel["type"] == DM:
        return channel
    is_thread = channel["type"] in THREADS
    p.require_in_channel(call.state, channel, p.MANAGE_THREADS if is_thread else p.MANAGE_CHANNELS)
    del call.state.channels[channel["id"]]
    call.state.messages.pop(channel["id"], None)
    call.state.publish(Notice("THREAD_DELETE" if is_thread else "CHANNEL_DELETE", channel, channel["guild_id"]))
    return channel


@routes.add("PUT", _CHANNEL + "/permissions/{overwrite_id}")
async def set_overwrite(call: Call) -> None:
    channel = _channel(call, p.MANAGE_ROLES)
    made = _overwrites([{"type": 0, **call.body, "id": call.params["overwrite_id"]}])
    rest = [o for o in channel["permission_overwrites"] if o["id"] != call.params["overwrite_id"]]
    channel["permission_overwrites"] = rest + made
    call.state.publish(Notice("CHANNEL_UPDATE", channel, channel["guild_id"], channel["id"]))


@routes.add("DELETE", _CHANNEL + "/permissions/{overwrite_id}")
async def delete_overwrite(call: Call) -> None:
    channel = _channel(call, p.MANAGE_ROLES)
    kept = [o for o in channel["permission_overwrites"] if o["id"] != call.params["overwrite_id"]]
    channel["permission_overwrites"] = kept
    call.state.publish(Notice("CHANNEL_UPDATE", channel, channel["guild_id"], channel["id"]))


# Threads


def _new_thread(call: Call, parent: Json, thread_id: str, kind: int) -> Json:
    body, state = call.body, call.state
    thread: Json = {
        "id": thread_id,
        "type": kind,
        "guild_id": parent["guild_id"],
        "parent_id": parent["id"],
        "owner_id": state.bot["id"],
        "name": body["name"],
        "last_message_id": None,
        "rate_limit_per_user": body.get("rate_limit_per_user") or 0,
        "message_count": 0,
        "member_count": 1,
        "total_message_sent": 0,
        "flags": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": body.get("auto_archive_duration") or 1440,
            "archive_timestamp": state.now(),
            "locked": False,
            "create_timestamp": state.now(),
        },
    }
    if kind == PRIVATE_THREAD:
        thread["thread_metadata"]["invitable"] = body.get("invitable", True)
    state.channels[thread_id] = thread
    state.thread_members[thread_id] = {state.bot["id"]}
    own = _thread_member(call, thread_id, state.bot["id"])
    state.publish(
        Notice("THREAD_CREATE", {**thread, "newly_created": True, "member": own}, parent["guild_id"], thread_id)
    )
    return {**thread, "member": own}


def _thread_member(call: Call, thread_id: str, user_id: str) -> Json:
    return {"id": thread_id, "user_id": user_id, "join_timestamp": call.state.now(), "flags": 0}


@routes.add("POST", _CHANNEL + "/threads", created=True)
async def create_thread(call: Call) -> Any:
    parent = _channel(call)
    kind = call.body.get("type") or PRIVATE_THREAD
    if parent["type"] not in (0, 5) or kind not in THREADS:
        raise error(50024)
    needed = p.CREATE_PRIVATE_THREADS if kind == PRIVATE_THREAD else p.CREATE_PUBLIC_THREADS
    p.require_in_channel(call.state, parent, needed)
    return _new_thread(call, parent, call.state.ids.make(), kind)


@routes.add("POST", _CHANNEL + "/messages/{message_id}/threads", created=True)
async def create_thread_at(call: Call) -> Any:
    parent = _channel(call, p.CREATE_PUBLIC_THREADS)
    message = call.state.message(parent["id"], call.params["message_id"])
    if message.id in call.state.channels:
        raise invalid([], "THREAD_ALREADY_CREATED", "A thread has already been created for this message")
    return _new_thread(call, parent, message.id, PUBLIC_THREAD)


def _edit_thread(call: Call, thread: Json) -> Json:
    body, data = call.body, thread["thread_metadata"]
    reopening = body.get("archived") is False
    if data["archived"] and not reopening:
        raise error(50083)
    if thread["owner_id"] != call.state.bot["id"] or "locked" in body:
        p.require_in_channel(call.state, thread, p.MANAGE_THREADS)
    for key in ("name", "rate_limit_per_user", "flags"):
        if key in body:
            thread[key] = body[key]
    for key in ("archived", "locked", "auto_archive_duration", "invitable"):
        if body.get(key) is not None:
            data[key] = body[key]
    data["archive_timestamp"] = call.state.now()
    call.state.publish(Notice("THREAD_UPDATE", thread, thread["guild_id"], thread["id"]))
    return thread


def _thread(call: Call) -> Json:
    thread = _channel(call)
    if thread["type"] not in THREADS:
        raise error(50024)
    return thread


@routes.add("PUT", _CHANNEL + "/thread-members/{user_id}")
async def add_thread_member(call: Call) -> None:
    thread = _thread(call)
    if thread["thread_metadata"]["archived"]:
        raise error(50083)
    user_id = call.params["user_id"]
    user_id = call.state.bot["id"] if user_id == "@me" else user_id
    call.state.member(thread["guild_id"], user_id)
    _set_thread_members(call, thread, call.state.thread_members[thread["id"]] | {user_id})


@routes.add("DELETE", _CHANNEL + "/thread-members/{user_id}")
async def remove_thread_member(call: Call) -> None:
    thread = _thread(call)
    user_id = call.params["user_id"]
    user_id = call.state.bot["id"] if user_id == "@me" else user_id
    if user_id != call.state.bot["id"]:
        p.require_in_channel(call.state, thread, p.MANAGE_THREADS)
    _set_thread_members(call, thread, call.state.thread_members[thread["id"]] - {user_id})


def _set_thread_members(call: Call, thread: Json, wanted: set[str]) -> None:
    before = call.state.thread_members[thread["id"]]
    call.state.thread_members[thread["id"]] = wanted
    thread["member_count"] = len(wanted)
    data = {
        "id": thread["id"],
        "guild_id": thread["guild_id"],
        "member_count": len(wanted),
        "added_members": [_thread_member(call, thread["id"], user_id) for user_id in wanted - before],
        "removed_member_ids": sorted(before - wanted),
    }
    call.state.publish(Notice("THREAD_MEMBERS_UPDATE", data, thread["guild_id"], thread["id"]))


@routes.add("GET", _CHANNEL + "/thread-members")
async def thread_members(call: Call) -> Any:
    thread = _thread(call)
    return [_thread_member(call, thread["id"], user_id) for user_id in call.state.thread_members[thread["id"]]]


@routes.add("GET", "/guilds/{guild_id}/threads/active")
async def active_threads(call: Call) -> Any:
    guild = call.state.guild(call.params["guild_id"])
    threads = [t for t in call.state.guild_channels(guild.id, threads=True) if not t["thread_metadata"]["archived"]]
    bot_id = call.state.bot["id"]
    own = [_thread_member(call, t["id"], bot_id) for t in threads if bot_id in call.state.thread_members[t["id"]]]
    return {"threads": threads, "members": own}
