"""Application commands, global and of a guild."""

from typing import Any

from guildshop.simulator.enforcement.commands import check_command, check_counts
from guildshop.simulator.errors import error
from guildshop.simulator.json_types import Json
from guildshop.simulator.rest.core import Call, Routes

routes = Routes()

_GLOBAL = "/applications/{application_id}/commands"
_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


def _scope(call: Call) -> dict[str, Json]:
    if call.params["application_id"] != call.state.application["id"]:
        raise error(10002)
    guild_id = call.params.get("guild_id")
    if guild_id is not None and guild_id not in call.state.guilds:
        raise error(10004)
    if guild_id is not None and call.state.bot["id"] not in call.state.guilds[guild_id].members:
        raise error(50001)
    return call.state.commands.setdefault(guild_id, {})


def _command(call: Call) -> Json:
    try:
        return _scope(call)[call.params["command_id"]]
    except KeyError:
        raise error(10063) from None


def _stored(call: Call, body: Json, command_id: str) -> Json:
    guild_id = call.params.get("guild_id")
    command: Json = {
        "id": command_id,
        "application_id": call.state.application["id"],
        "version": call.state.ids.make(),
        "type": body.get("type") or 1,
        "name": body["name"],
        "name_localizations": body.get("name_localizations"),
        "description": body.get("description") or "",
        "description_localizations": body.get("description_localizations"),
        "default_member_permissions": _text(body.get("default_member_permissions")),
        "nsfw": bool(body.get("nsfw")),
        "options": [_option(option) for option in body.get("options") or ()],
    }
    if guild_id is not None:
        command["guild_id"] = guild_id
    else:
        command["dm_permission"] = body.get("dm_permission", True)
        command["contexts"] = body.get("contexts")
        command["integration_types"] = body.get("integration_types") or [0]
    return command


def _option(option: Json) -> Json:
    stored = {key: value for key, value in option.items() if value is not None}
    for key in ("required", "autocomplete"):
        if not stored.get(key):
            stored.pop(key, None)
    if "options" in stored:
        stored["options"] = [_option(child) for child in stored["options"]]
    return stored


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _same(call: Call, commands: dict[str, Json], body: Json) -> Json | None:
    kind = body.get("type") or 1
    return next((c for c in commands.values() if c["name"] == body["name"] and c["type"] == kind), None)


async def _list(call: Call) -> Any:
    return list(_scope(call).values())


async def _overwrite(call: Call) -> Any:
    commands = _scope(call)
    wanted = call.body or []
    check_counts(wanted)
    for index, body in enumerate(wanted):
        check_command(body, [index])
    new: dict[str, Json] = {}
    for body in wanted:
        before = _same(call, commands, body)
        command = _stored(call, body, before["id"] if before else call.state.ids.make())
        new[command["id"]] = command
    for command_id, command in commands.items():
        if command_id not in new:
            call.state.retired_commands[command_id] = command
    commands.clear()
    commands.update(new)
    call.sim.commands_changed(call.params.get("guild_id"))
    return list(new.values())


async def _create(call: Call) -> Any:
    commands = _scope(call)
    check_command(call.body)
    before = _same(call, commands, call.body)
    if before is None:
        check_counts([*commands.values(), call.body])
    command = _stored(call, call.body, before["id"] if before else call.state.ids.make())
    commands[command["id"]] = command
    call.sim.commands_changed(call.params.get("guild_id"))
    return command


async def _get(call: Call) -> Any:
    return _command(call)


async def _edit(call: Call) -> Any:
    before = _command(call)
    body = {**before, **call.body}
    check_command(body)
    command = _stored(call, body, before["id"])
    _scope(call)[command["id"]] = command
    call.sim.commands_changed(call.params.get("guild_id"))
    return command


async def _delete(call: Call) -> None:
    command = _command(call)
    call.state.retired_commands[command["id"]] = _scope(call).pop(command["id"])
    call.sim.commands_changed(call.params.get("guild_id"))


for _path in (_GLOBAL, _GUILD):
    routes.add("GET", _path)(_list)
    routes.add("PUT", _path)(_overwrite)
    routes.add("POST", _path, created=True)(_create)
    routes.add("GET", _path + "/{command_id}")(_get)
    routes.add("PATCH", _path + "/{command_id}")(_edit)
    routes.add("DELETE", _path + "/{command_id}")(_delete)


@routes.add("GET", _GUILD + "/permissions")
async def permissions(call: Call) -> Any:
    _scope(call)
    return []


@routes.add("GET", _GUILD + "/{command_id}/permissions")
async def command_permissions(call: Call) -> Any:
    command = _command(call)
    return {
        "id": command["id"], "application_id": command["application_id"], "guild_id": command["guild_id"],
        "permissions": [],
    }  # fmt: skip
