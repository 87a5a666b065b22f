"""Guilds, roles and members."""

from typing import Any

from guildshop.simulator import permissions as p
from guildshop.simulator.errors import error, invalid
from guildshop.simulator.gateway_payloads import guild_object
from guildshop.simulator.json_types import Json
from guildshop.simulator.rest.core import Call, Routes
from guildshop.simulator.state import Guild, Notice
from guildshop.simulator.worlds import role as role_object

routes = Routes()

_GUILD = "/guilds/{guild_id}"
_MEMBER = _GUILD + "/members/{user_id}"
MAX_ROLES = 250


def _guild(call: Call, bits: int = 0) -> Guild:
    guild = call.state.guild(call.params["guild_id"])
    if bits:
        p.require_in_guild(call.state, guild, bits)
    return guild


@routes.add("GET", _GUILD)
async def get_guild(call: Call) -> Any:
    guild = _guild(call)
    counts = {"approximate_member_count": len(guild.members), "approximate_presence_count": len(guild.members)}
    rest_only = {"home_header": None, "nsfw": False}
    counted = call.query.get("with_counts") in ("1", "true")
    return {**guild_object(call.state, guild), **rest_only, **(counts if counted else {})}


# Roles


@routes.add("GET", _GUILD + "/roles")
async def list_roles(call: Call) -> Any:
    return list(_guild(call).roles.values())


@routes.add("GET", _GUILD + "/roles/{role_id}")
async def get_role(call: Call) -> Any:
    return call.state.role(_guild(call), call.params["role_id"])


def _apply(role: Json, body: Json) -> None:
    for key in ("name", "hoist", "mentionable", "icon", "unicode_emoji"):
        if body.get(key) is not None:
            role[key] = body[key]
    if body.get("permissions") is not None:
        role["permissions"] = str(body["permissions"])
    if body.get("colors") is not None:
        role["colors"] = {"secondary_color": None, "tertiary_color": None, **body["colors"]}
        role["color"] = role["colors"]["primary_color"]
    elif body.get("color") is not None:
        role["color"] = body["color"]
        role["colors"] = {"primary_color": body["color"], "secondary_color": None, "tertiary_color": None}


def _require_own_permissions(call: Call, guild: Guild, body: Json) -> None:
    """Raise 50013 when the role would be given what the bot itself lacks."""
    if body.get("permissions") is not None:
        p.require_in_guild(call.state, guild, int(body["permissions"]))


@routes.add("POST", _GUILD + "/roles")
async def create_role(call: Call) -> Any:
    guild = _guild(call, p.MANAGE_ROLES)
    body = call.body or {}
    if len(guild.roles) >= MAX_ROLES:
        raise error(30005)
    _require_own_permissions(call, guild, body)
    for role in guild.roles.values():
        if role["position"] >= 1:
            role["position"] += 1
    everyone = int(guild.roles[guild.id]["permissions"])
    role = role_object(call.state.ids.make(), "new role", everyone, 1)
    _apply(role, body)
    guild.roles[role["id"]] = role
    call.state.publish(Notice("GUILD_ROLE_CREATE", {"guild_id": guild.id, "role": role}, guild.id))
    for other in guild.roles.values():
        if other is not role and other["position"] > 1:
            call.state.publish(Notice("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": other}, guild.id))
    return role


@routes.add("PATCH", _GUILD + "/roles/{role_id}")
async def edit_role(call: Call) -> Any:
    guild = _guild(call, p.MANAGE_ROLES)
    role = call.state.role(guild, call.params["role_id"])
    if role["position"] >= p.top_position(guild, call.state.bot["id"]):
        raise error(50013)
    _require_own_permissions(call, guild, call.body or {})
    _apply(role, call.body or {})
    call.state.publish(Notice("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": role}, guild.id))
    return role


@routes.add("DELETE", _GUILD + "/roles/{role_id}")
async def delete_role(call: Call) -> None:
    guild = _guild(call, p.MANAGE_ROLES)
    role = call.state.role(guild, call.params["role_id"])
    if role["id"] == guild.id:
        raise error(50028)
    p.require_above_role(call.state, guild, role)
    call.sim.delete_role(guild, role["id"])


@routes.add("PATCH", _GUILD + "/roles")
async def move_roles(call: Call) -> Any:
    guild = _guild(call, p.MANAGE_ROLES)
    top = p.top_position(guild, call.state.bot["id"])
    wanted: dict[str, int] = {}
    for entry in call.body:
        role = call.state.role(guild, str(entry["id"]))
        position = entry.get("position")
        if position is None:
            continue
        if role["position"] >= top or position >= top:
            raise error(50013)
        wanted[role["id"]] = position
    rest = sorted((r for r in guild.roles.values() if r["id"] != guild.id), key=lambda r: (r["position"], r["id"]))
    order = [role for role in rest if role["id"] not in wanted]
    for role_id, position in sorted(wanted.items(), key=lambda item: item[1]):
        order.insert(max(0, position - 1), guild.roles[role_id])
    for position, role in enumerate(order, start=1):
        if role["position"] != position:
            role["position"] = position
            call.state.publish(Notice("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": role}, guild.id))
    return list(guild.roles.values())


# Members


@routes.add("GET", _GUILD + "/members/search")
async def search_members(call: Call) -> Any:
    guild, query = _guild(call), call.query.get("query", "").casefold()
    limit = int(call.query.get("limit", 1))
    names = ((m, (m["user"]["username"], m["nick"], m["user"]["global_name"])) for m in guild.members.values())
    found = [m for m, known in names if any((name or "").casefold().startswith(query) for name in known)]
    return found[:limit]


@routes.add("GET", _GUILD + "/members")
async def list_members(call: Call) -> Any:
    guild = _guild(call)
    limit, after = int(call.query.get("limit", 1)), int(call.query.get("after", 0))
    if not 1 <= limit <= 1000:
        raise invalid(["limit"], "NUMBER_TYPE_MAX", "int value should be between 1 and 1000.")
    ordered = sorted(guild.members.items(), key=lambda item: int(item[0]))
    return [member for user_id, member in ordered if int(user_id) > after][:limit]


@routes.add("GET", _MEMBER)
async def get_member(call: Call) -> Any:
    return _member(call, _guild(call))


def _member(call: Call, guild: Guild) -> Json:
    user_id = call.params["user_id"]
    if user_id not in call.state.users:
        raise error(10013)
    return call.state.member(guild.id, user_id)


@routes.add("PATCH", _GUILD + "/members/@me")
async def edit_me(call: Call) -> Any:
    guild = _guild(call, p.CHANGE_NICKNAME)
    member = call.state.member(guild.id, call.state.bot["id"])
    member["nick"] = call.body.get("nick")
    call.state.member_changed(guild.id, call.state.bot["id"])
    return member


@routes.add("PATCH", _MEMBER)
async def edit_member(call: Call) -> Any:
    guild = _guild(call)
    member = _member(call, guild)
    user_id = member["user"]["id"]
    body = call.body or {}
    if "nick" in body:
        p.require_in_guild(call.state, guild, p.MANAGE_NICKNAMES)
        p.require_above_member(call.state, guild, user_id)
        member["nick"] = body["nick"]
    if body.get("roles") is not None:
        p.require_in_guild(call.state, guild, p.MANAGE_ROLES)
        wanted = {str(role_id) for role_id in body["roles"]}
        for role_id in wanted ^ set(member["roles"]):
            p.require_above_role(call.state, guild, call.state.role(guild, role_id))
        member["roles"] = [role_id for role_id in guild.roles if role_id in wanted]
    call.state.member_changed(guild.id, user_id)
    return member


async def _change_role(call: Call, *, give: bool) -> None:
    guild = _guild(call, p.MANAGE_ROLES)
    member = _member(call, guild)
    role = call.state.role(guild, call.params["role_id"])
    if role["id"] == guild.id:
        raise error(50028)
    p.require_above_role(call.state, guild, role)
    roles = [role_id for role_id in member["roles"] if role_id != role["id"]]
    call.state.set_roles(guild.id, member["user"]["id"], [*roles, role["id"]] if give else roles)


@routes.add("PUT", _MEMBER + "/roles/{role_id}")
async def add_role(call: Call) -> None:
    await _change_role(call, give=True)


@routes.add("DELETE", _MEMBER + "/roles/{role_id}")
async def remove_role(call: Call) -> None:
    await _change_role(call, give=False)


@routes.add("DELETE", _MEMBER)
async def kick(call: Call) -> None:
    guild = _guild(call, p.KICK_MEMBERS)
    member = _member(call, guild)
    p.require_above_member(call.state, guild, member["user"]["id"])
    call.state.leave(guild.id, member["user"]["id"])
