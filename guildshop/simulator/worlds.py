"""Sample worlds with fixed IDs: a guild to try the shop in, and a second one to test that stores stay apart."""

from collections.abc import Callable, Iterable

from guildshop.simulator import permissions as p
from guildshop.simulator.json_types import Json
from guildshop.simulator.state import TEXT, Guild, State

APPLICATION_ID = "1100000000000000001"
DEMO_GUILD_ID = "1100000000000000100"
SECOND_GUILD_ID = "1200000000000000100"

BOT_PERMISSIONS = (
    p.EVERYONE | p.MANAGE_ROLES | p.MANAGE_CHANNELS | p.MANAGE_MESSAGES | p.MANAGE_THREADS | p.CREATE_PRIVATE_THREADS
    | p.MENTION_EVERYONE | p.USE_EXTERNAL_EMOJIS | p.MANAGE_WEBHOOKS
)  # fmt: skip
STAFF_PERMISSIONS = p.EVERYONE | p.MANAGE_MESSAGES | p.MANAGE_ROLES | p.KICK_MEMBERS | p.MANAGE_THREADS

World = Callable[[State], None]

# key, offset, name, shown name, locale
PEOPLE = (
    ("owner", 10, "olivia", "Olivia Owner", "en-US"),
    ("staff", 11, "stan", "Stan Staff", "en-US"),
    ("buyer", 12, "bea", "Bea Buyer", "en-US"),
    ("buyer2", 13, "ben", "Ben Bargain", "en-US"),
    ("buyer3", 14, "clara", "Clara Cart", "de"),
    ("buyer4", 15, "dmitri", "Dmitri Deal", "en-GB"),
    ("newcomer", 16, "nia", "Nia Newcomer", "en-US"),
)
# key, offset, name, permissions (None: like @everyone), colour; highest first
ROLES = (
    ("bot", 20, "Guildshop", BOT_PERMISSIONS, 0x5865F2),
    ("staff", 21, "Staff", STAFF_PERMISSIONS, 0xE67E22),
    ("vip", 22, "VIP", 0, 0x9B59B6),
    ("gold", 23, "Gold", 0, 0xF1C40F),
    ("founder", 24, "Founder", 0, 0x1ABC9C),
    ("supporter", 25, "Supporter", 0, 0x2ECC71),
    ("client", 26, "Client", 0, 0x3498DB),
)
# key, offset, name, who sees it, who writes (role keys; None: everyone), topic
CHANNELS = (
    ("welcome", 40, "welcome", None, "staff", "Start here"),
    ("shop", 41, "shop", None, None, "Type /order to buy something"),
    ("announcements", 42, "announcements", None, "staff", "News of the shop"),
    ("orders", 43, "orders", "staff", None, "New orders (staff)"),
    ("bot-log", 44, "bot-log", "staff", None, "What the bot does (staff)"),
)


def user(user_id: str, name: str, shown: str | None, *, bot: bool = False) -> Json:
    """Return a user object."""
    return {
        "id": user_id,
        "username": name,
        "discriminator": "0",
        "global_name": shown,
        "avatar": None,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
        "bot": bot,
        "system": False,
    }


def role(role_id: str, name: str, bits: int, position: int, color: int = 0) -> Json:
    """Return a role object."""
    return {
        "id": role_id,
        "name": name,
        "color": color,
        "colors": {"primary_color": color, "secondary_color": None, "tertiary_color": None},
        "hoist": bool(color),
        "icon": None,
        "unicode_emoji": None,
        "position": position,
        "permissions": str(bits),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def text_channel(guild_id: str, channel_id: str, name: str, position: int, topic: str | None = None) -> Json:
    """Return a text channel that everybody sees."""
    return {
        "id": channel_id,
        "type": TEXT,
        "guild_id": guild_id,
        "name": name,
        "position": position,
        "topic": topic,
        "nsfw": False,
        "parent_id": None,
        "permission_overwrites": [],
        "rate_limit_per_user": 0,
        "last_message_id": None,
        "last_pin_timestamp": None,
        "flags": 0,
    }


def overwrite(role_id: str, *, allow: int = 0, deny: int = 0) -> Json:
    """Return a permission overwrite of a role."""
    return {"id": role_id, "type": 0, "allow": str(allow), "deny": str(deny)}


def empty_world(state: State) -> None:
    """Make the bot's application and nothing else."""
    state.bot = state.add_user(user(APPLICATION_ID, "guildshop", None, bot=True))
    state.bot["discriminator"] = "0001"
    state.application = {
        "id": APPLICATION_ID,
        "name": "Guildshop",
        "icon": None,
        "description": "A shop in a Discord server",
        "type": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "is_monetized": False,
        "is_verified": False,
        "hook": True,
        "summary": "",
        "verify_key": "0" * 64,
        "flags": (1 << 13) | (1 << 15) | (1 << 19) | (1 << 23),
        "flags_new": str((1 << 13) | (1 << 15) | (1 << 19) | (1 << 23)),
        "tags": [],
        "install_params": {"scopes": ["bot", "applications.commands"], "permissions": str(BOT_PERMISSIONS)},
        "integration_types_config": {"0": {}},
    }


def add_guild(state: State, guild_id: str, name: str, owner_id: str) -> Guild:
    """Add a guild with its owner and @everyone, without channels and without the bot."""
    guild = Guild(guild_id, name, owner_id)
    guild.roles[guild_id] = role(guild_id, "@everyone", p.EVERYONE, 0)
    state.guilds[guild_id] = guild
    state.join(guild_id, owner_id)
    return guild


def furnish(state: State, guild: Guild, prefix: str = "") -> None:
    """Give a guild the sample's roles and channels and let the bot in. Keys in the state get the prefix."""
    first = int(guild.id) - 100

    def make_id(offset: int) -> str:
        return str(first + 100 + offset)

    role_ids = {key: make_id(offset) for key, offset, *_ in ROLES}
    for rank, (key, _, name, bits, color) in enumerate(reversed(ROLES), start=1):
        guild.roles[role_ids[key]] = role(role_ids[key], name, bits, rank, color)
        state.keys[f"{prefix}role:{key}"] = role_ids[key]
    bot_role = guild.roles[role_ids["bot"]]
    bot_role["managed"] = True
    bot_role["tags"] = {"bot_id": APPLICATION_ID}
    for position, (key, offset, name, seen_by, written_by, topic) in enumerate(CHANNELS):
        channel = text_channel(guild.id, make_id(offset), name, position, topic)
        hidden = p.VIEW_CHANNEL if seen_by else p.SEND_MESSAGES if written_by else 0
        if hidden:
            staff_too = hidden | p.SEND_MESSAGES
            channel["permission_overwrites"] = [
                overwrite(guild.id, deny=hidden),
                overwrite(role_ids[seen_by or written_by or ""], allow=staff_too),
                overwrite(role_ids["bot"], allow=staff_too),
            ]
        state.channels[channel["id"]] = channel
        state.keys[f"{prefix}channel:{key}"] = channel["id"]
    state.join(guild.id, APPLICATION_ID, [role_ids["bot"]])


def demo_world(*, second_guild: bool = False, more_buyers: int = 0) -> World:
    """Return the builder of "Guildshop Demo" with its people, and maybe of a second guild."""

    def build(state: State) -> None:
        empty_world(state)
        for key, offset, name, shown, locale in PEOPLE:
            person = state.add_user(user(str(int(DEMO_GUILD_ID) - 100 + offset), name, shown))
            state.keys[f"person:{key}"] = person["id"]
            state.keys[f"locale:{person['id']}"] = locale
        guild = add_guild(state, DEMO_GUILD_ID, "Guildshop Demo", state.keys["person:owner"])
        state.keys["guild:demo"] = guild.id
        furnish(state, guild)
        state.join(guild.id, state.keys["person:staff"], [state.keys["role:staff"]])
        for key in ("buyer", "buyer2", "buyer3", "buyer4"):
            state.join(guild.id, state.keys[f"person:{key}"])
        _add_crowd(state, guild, range(1, more_buyers + 1))
        if second_guild:
            _add_second_guild(state)

    return build


def _add_crowd(state: State, guild: Guild, numbers: Iterable[int]) -> None:
    for number in numbers:
        person = state.add_user(user(str(int(DEMO_GUILD_ID) + 1000 + number), f"crowd{number}", f"Crowd {number}"))
        state.keys[f"person:crowd{number}"] = person["id"]
        state.join(guild.id, person["id"])


def _add_second_guild(state: State) -> None:
    first = int(SECOND_GUILD_ID) - 100
    for key, offset, name, shown in (
        ("owner_b", 10, "otto", "Otto Other"),
        ("staff_b", 11, "sara", "Sara Second"),
        ("buyer_b", 12, "bob", "Bob Beyond"),
    ):
        person = state.add_user(user(str(first + offset), name, shown))
        state.keys[f"person:{key}"] = person["id"]
    guild = add_guild(state, SECOND_GUILD_ID, "Second Shop", state.keys["person:owner_b"])
    state.keys["guild:second"] = guild.id
    furnish(state, guild, "second/")
    state.join(guild.id, state.keys["person:staff_b"], [state.keys["second/role:staff"]])
    for key in ("buyer_b", "buyer"):  # the buyer is a member of both
        state.join(guild.id, state.keys[f"person:{key}"])
