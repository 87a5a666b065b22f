"""The large objects of the gateway and of REST: READY, a whole guild."""

from guildshop.simulator.json_types import Json
from guildshop.simulator.state import Guild, State


def own_user(state: State) -> Json:
    """Return the bot's user as it sees itself."""
    return {**state.bot, "mfa_enabled": True, "verified": True, "email": None, "flags": 0, "locale": "en-US"}


def ready(state: State, session_id: str, guild_ids: list[str], shard: list[int], gateway_url: str) -> Json:
    """Return the data of READY."""
    return {
        "v": 10,
        "user": own_user(state),
        "guilds": [{"id": guild_id, "unavailable": True} for guild_id in guild_ids],
        "session_id": session_id,
        "resume_gateway_url": gateway_url,
        "shard": shard,
        "application": {
            "id": state.application["id"],
            "flags": state.application["flags"],
            "flags_new": state.application["flags_new"],
        },
    }


def guild_object(state: State, guild: Guild) -> Json:
    """Return a guild as REST answers it."""
    channels = {c["name"]: c["id"] for c in state.guild_channels(guild.id)}
    return {
        "id": guild.id,
        "name": guild.name,
        "icon": None,
        "description": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": guild.owner_id,
        "application_id": None,
        "region": "us-east",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": channels.get("welcome"),
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 1,
        "roles": list(guild.roles.values()),
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": guild.locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "hub_type": None,
        "incidents_data": None,
    }


def guild_create(state: State, guild: Guild, *, all_members: bool) -> Json:
    """Return the data of GUILD_CREATE; without the members intent it lists the bot alone."""
    members = list(guild.members.values()) if all_members else [guild.members[state.bot["id"]]]
    return {
        **guild_object(state, guild),
        "joined_at": guild.members[state.bot["id"]]["joined_at"],
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "members": members,
        "channels": list(state.guild_channels(guild.id)),
        "threads": [
            thread
            for thread in state.guild_channels(guild.id, threads=True)
            if thread["type"] != 12 or state.bot["id"] in state.thread_members.get(thread["id"], ())
        ],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
