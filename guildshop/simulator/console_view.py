"""What one person sees in the console: people, servers, channels, commands, DMs."""

from typing import TYPE_CHECKING

from guildshop.simulator import permissions as p
from guildshop.simulator.json_types import Json
from guildshop.simulator.state import DM, Guild, State

if TYPE_CHECKING:
    from guildshop.simulator.server import Simulator


def people(state: State) -> list[Json]:
    """List everybody whom the page can be, in the order of their making."""
    counts: dict[str, int] = {}
    listed = []
    for user in state.users.values():
        if user["bot"]:
            continue
        kind, hint = _kind(state, user["id"])
        counts[kind] = counts.get(kind, 0) + 1
        memberships = [g for g in state.guilds.values() if user["id"] in g.members]
        first = memberships[0].members[user["id"]] if memberships else {"nick": None, "roles": []}
        listed.append(
            {
                "user": user,
                "guild_ids": [guild.id for guild in memberships],
                "nick": first["nick"],
                "roles": first["roles"],
                "label": kind if counts[kind] == 1 else f"{kind} {counts[kind]}",
                "hint": hint,
            }
        )
    return listed


def _kind(state: State, user_id: str) -> tuple[str, str]:
    guilds = [g for g in state.guilds.values() if user_id in g.members]
    if not guilds:
        return "Newcomer", "Not in the server yet"
    if any(guild.owner_id == user_id for guild in guilds):
        return "Owner", "Owns the server and may do everything"
    if any(p.in_guild(guild, user_id) & p.MANAGE_MESSAGES for guild in guilds):
        return "Staff", "Confirms and ships orders"
    return "Buyer", "Buys things"


def ready(sim: "Simulator", user_id: str) -> Json:
    """Return what a page needs to draw itself for a person."""
    state = sim.state
    mine = [g for g in state.guilds.values() if user_id in g.members]
    return {
        "me": state.user(user_id),
        "guilds": [_guild(state, guild, user_id) for guild in mine],
        "joinable": [{"id": g.id, "name": g.name} for g in state.guilds.values() if user_id not in g.members],
        "dms": [dm(state, state.channels[state.dms[user_id]])] if user_id in state.dms else [],
        "commands": {
            guild_id or "@me": commands(state, guild_id, user_id) for guild_id in [None, *(g.id for g in mine)]
        },
        "faults": sim.faults.as_json(),
        "application": {
            "id": state.application["id"],
            "name": state.application["name"],
            "avatar": None,
            "bot": state.bot,
        },
        "bot_online": sim.gateway.online,
        "links": sim.links,
    }


def commands(state: State, guild_id: str | None, user_id: str) -> list[Json]:
    """List the commands that a person may use."""
    return [c for c in state.commands_for(guild_id) if p.may_use(state, c, guild_id, user_id)]


def dm(state: State, channel: Json) -> Json:
    """Return a DM as the person has it: the recipient is the bot."""
    return {**channel, "recipients": [state.bot]} if channel["type"] == DM else channel


def _guild(state: State, guild: Guild, user_id: str) -> Json:
    both = [*state.guild_channels(guild.id), *state.guild_channels(guild.id, threads=True)]
    return {
        "id": guild.id,
        "name": guild.name,
        "icon": None,
        "owner_id": guild.owner_id,
        "roles": list(guild.roles.values()),
        "channels": [channel for channel in both if p.can_see(state, channel, user_id)],
        "members": [{**member, "bot": True} if member["user"]["bot"] else member for member in guild.members.values()],
    }
