"""Who may do what: Discord's permission bits, channel overwrites and the order of roles."""

from guildshop.simulator.errors import error
from guildshop.simulator.json_types import Json
from guildshop.simulator.state import THREADS, Guild, State

KICK_MEMBERS = 1 << 1
ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
CHANGE_NICKNAME = 1 << 26
MANAGE_NICKNAMES = 1 << 27
MANAGE_ROLES = 1 << 28
MANAGE_WEBHOOKS = 1 << 29
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
SEND_MESSAGES_IN_THREADS = 1 << 38
ALL = (1 << 53) - 1

EVERYONE = (
    VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_MESSAGE_HISTORY | ADD_REACTIONS
    | CHANGE_NICKNAME | USE_APPLICATION_COMMANDS | SEND_MESSAGES_IN_THREADS | CREATE_PUBLIC_THREADS
)  # fmt: skip
IN_DM = EVERYONE | USE_EXTERNAL_EMOJIS


def in_guild(guild: Guild, user_id: str) -> int:
    """Return a member's permissions before any channel's overwrites."""
    if guild.owner_id == user_id:
        return ALL
    member = guild.members.get(user_id)
    if member is None:
        return 0
    bits = int(guild.roles[guild.id]["permissions"])
    for role_id in member["roles"]:
        bits |= int(guild.roles[role_id]["permissions"])
    return ALL if bits & ADMINISTRATOR else bits


def in_channel(state: State, channel: Json, user_id: str) -> int:
    """Return a user's permissions in a channel, thread or DM."""
    guild_id = channel.get("guild_id")
    if guild_id is None:
        members = {user["id"] for user in channel.get("recipients", ())} | {state.bot["id"]}
        return IN_DM if user_id in members else 0
    guild = state.guilds[guild_id]
    bits = in_guild(guild, user_id)
    if bits == ALL or user_id not in guild.members:
        return bits
    if channel["type"] in THREADS:
        parent = state.channels.get(channel["parent_id"])
        bits = _overwritten(parent or channel, guild, user_id, bits)
        joined = user_id in state.thread_members.get(channel["id"], ())
        if channel["type"] == 12 and not joined and not bits & MANAGE_THREADS:
            return 0
        return bits
    return _overwritten(channel, guild, user_id, bits)


def _overwritten(channel: Json, guild: Guild, user_id: str, bits: int) -> int:
    overwrites = {o["id"]: o for o in channel.get("permission_overwrites", ())}
    if not overwrites:
        return bits
    everyone = overwrites.get(guild.id)
    if everyone is not None:
        bits = bits & ~int(everyone["deny"]) | int(everyone["allow"])
    allow = deny = 0
    for role_id in guild.members[user_id]["roles"]:
        if role_id in overwrites:
            allow |= int(overwrites[role_id]["allow"])
            deny |= int(overwrites[role_id]["deny"])
    bits = bits & ~deny | allow
    own = overwrites.get(user_id)
    if own is not None:
        bits = bits & ~int(own["deny"]) | int(own["allow"])
    return bits


def can_see(state: State, channel: Json, user_id: str) -> bool:
    """Say whether a user sees a channel."""
    return bool(in_channel(state, channel, user_id) & VIEW_CHANNEL)


def require_in_channel(state: State, channel: Json, bits: int) -> None:
    """Raise 50001 when the bot cannot see the channel, 50013 when it lacks one of these bits there."""
    has = in_channel(state, channel, state.bot["id"])
    if not has & VIEW_CHANNEL:
        raise error(50001)
    if has & bits != bits:
        raise error(50013)


def require_in_guild(state: State, guild: Guild, bits: int) -> None:
    """Raise 50013 when the bot lacks one of these bits in the guild."""
    if in_guild(guild, state.bot["id"]) & bits != bits:
        raise error(50013)


def top_position(guild: Guild, user_id: str) -> int:
    """Return the position of a member's highest role."""
    member = guild.members.get(user_id)
    return max((guild.roles[r]["position"] for r in member["roles"]), default=0) if member else 0


def require_above_role(state: State, guild: Guild, role: Json) -> None:
    """Raise 50013 unless the bot may manage this role: it ranks lower, and no integration owns it."""
    bot_id = state.bot["id"]
    if role["managed"] or (guild.owner_id != bot_id and role["position"] >= top_position(guild, bot_id)):
        raise error(50013)


def require_above_member(state: State, guild: Guild, user_id: str) -> None:
    """Raise 50013 unless the bot outranks the member."""
    bot_id = state.bot["id"]
    if user_id in (guild.owner_id, bot_id):
        if user_id == bot_id:
            return
        raise error(50013)
    if guild.owner_id != bot_id and top_position(guild, user_id) >= top_position(guild, bot_id):
        raise error(50013)


def may_use(state: State, command: Json, guild_id: str | None, user_id: str) -> bool:
    """Say whether Discord shows a command to this person."""
    if guild_id is None:
        return True
    guild = state.guilds[guild_id]
    needed = command.get("default_member_permissions")
    has = in_guild(guild, user_id)
    if has == ALL:
        return True
    if not has & USE_APPLICATION_COMMANDS or needed == "0":
        return False
    return needed is None or has & int(needed) == int(needed)
