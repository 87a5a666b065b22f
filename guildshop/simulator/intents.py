"""Which events a session asked for, and what of a message it may read."""

from guildshop.simulator.json_types import Json
from guildshop.simulator.state import Notice

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
GUILD_MESSAGE_REACTIONS = 1 << 10
DIRECT_MESSAGES = 1 << 12
DIRECT_MESSAGE_REACTIONS = 1 << 13
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT
KNOWN = sum(1 << bit for bit in (*range(17), 20, 21, 24, 25))


def _needed(notice: Notice, bot_id: str) -> int:
    name = notice.name
    if name.startswith("MESSAGE_REACTION"):
        return GUILD_MESSAGE_REACTIONS if notice.guild_id else DIRECT_MESSAGE_REACTIONS
    if name.startswith("MESSAGE_"):
        return GUILD_MESSAGES if notice.guild_id else DIRECT_MESSAGES
    if name == "GUILD_MEMBER_UPDATE" and notice.data["user"]["id"] == bot_id:
        return 0
    if name.startswith("GUILD_MEMBER_"):
        return GUILD_MEMBERS
    if name.startswith(("GUILD_", "CHANNEL_", "THREAD_", "WEBHOOKS_")):
        return DIRECT_MESSAGES if name.startswith("CHANNEL_") and notice.guild_id is None else GUILDS
    return 0


def visible(notice: Notice, intents: int, bot_id: str) -> Json | None:
    """Return an event's data as a session with these intents receives it; None when it does not."""
    needed = _needed(notice, bot_id)
    if intents & needed != needed:
        return None
    data = notice.data
    if notice.name in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and notice.guild_id and not intents & MESSAGE_CONTENT:
        mentioned = any(user["id"] == bot_id for user in data["mentions"])
        if data["author"]["id"] != bot_id and not mentioned:
            return {**data, "content": "", "embeds": [], "attachments": [], "components": []}
    return data
