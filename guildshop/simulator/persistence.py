"""Keep the state in a JSON file, so that a later run goes on with the same members, messages and buttons."""

import base64
import os
from pathlib import Path
from typing import Any

import orjson

from guildshop.i18n import _
from guildshop.simulator.state import Attachment, Guild, Message, State

VERSION = 1
_PLAIN = ("application", "bot", "users", "channels", "dms", "retired_commands", "keys")


class BadStateFile(ValueError):
    """The file is no state of this simulator."""


def dump(state: State, base_url: str) -> bytes:
    """Write the state as JSON."""
    whole: dict[str, Any] = {"version": VERSION, "base_url": base_url}
    whole |= {name: getattr(state, name) for name in _PLAIN}
    whole["commands"] = [[guild_id, commands] for guild_id, commands in state.commands.items()]
    whole["thread_members"] = {thread: sorted(members) for thread, members in state.thread_members.items()}
    whole["guilds"] = [
        {
            "id": guild.id,
            "name": guild.name,
            "owner_id": guild.owner_id,
            "locale": guild.locale,
            "roles": guild.roles,
            "members": guild.members,
        }
        for guild in state.guilds.values()
    ]
    whole["messages"] = [
        [message.data, message.only_for, message.interaction_token]
        for messages in state.messages.values()
        for message in messages.values()
    ]
    whole["attachments"] = [
        [attachment.data, base64.b64encode(attachment.content).decode()] for attachment in state.attachments.values()
    ]
    return orjson.dumps(whole)


def load(state: State, path: Path, base_url: str) -> None:
    """Make the state what was written. Raises BadStateFile."""
    raw = path.read_bytes()
    try:
        whole = orjson.loads(raw)
        if whole["version"] != VERSION:
            raise ValueError(f"version {whole['version']}, not {VERSION}")
        if whole["base_url"] != base_url:  # the port changed: files are under the new address
            whole = orjson.loads(raw.replace(whole["base_url"].encode(), base_url.encode()))
        state.replace(_state(whole))
    except (KeyError, TypeError, ValueError) as fault:
        text = _("{path} cannot be read as the simulator's state ({fault}). Delete it to begin afresh.")
        raise BadStateFile(text.format(path=path, fault=fault)) from fault


def _state(whole: dict[str, Any]) -> State:
    state = State()
    for name in _PLAIN:
        setattr(state, name, whole[name])
    state.bot = state.users[state.bot["id"]]
    state.commands = dict(whole["commands"])
    state.thread_members = {thread: set(members) for thread, members in whole["thread_members"].items()}
    for entry in whole["guilds"]:
        guild = Guild(**entry)
        for user_id, member in guild.members.items():
            member["user"] = state.users[user_id]
        state.guilds[guild.id] = guild
    for data, only_for, token in whole["messages"]:
        message = Message(data, only_for, token)
        state.messages.setdefault(message.channel_id, {})[message.id] = message
    for data, content in whole["attachments"]:
        state.attachments[data["id"]] = Attachment(data, base64.b64decode(content))
    return state


def save(path: Path, content: bytes) -> None:
    """Replace the file at once, so that a crash leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.write_bytes(content)
    os.replace(fresh, path)  # noqa: PTH105
