"""Gateway address, own user, application, users, DMs."""

from typing import Any

from guildshop.simulator.errors import error
from guildshop.simulator.gateway_payloads import guild_object, own_user
from guildshop.simulator.json_types import Json
from guildshop.simulator.rest.core import Call, Routes

routes = Routes()


@routes.add("GET", "/gateway", by_token=True)
async def gateway(call: Call) -> Any:
    return {"url": call.sim.gateway_url}


@routes.add("GET", "/gateway/bot")
async def gateway_bot(call: Call) -> Any:
    limit = {
        "total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": call.sim.max_concurrency
    }  # fmt: skip
    return {"url": call.sim.gateway_url, "shards": call.sim.recommended_shards, "session_start_limit": limit}


@routes.add("GET", "/users/@me")
async def me(call: Call) -> Any:
    return own_user(call.state)


@routes.add("PATCH", "/users/@me")
async def edit_me(call: Call) -> Any:
    if call.body.get("username"):
        call.state.bot["username"] = call.body["username"]
    return own_user(call.state)


@routes.add("GET", "/users/@me/guilds")
async def my_guilds(call: Call) -> Any:
    bot_id = call.state.bot["id"]
    return [guild_object(call.state, g) for g in call.state.guilds.values() if bot_id in g.members]


@routes.add("DELETE", "/users/@me/guilds/{guild_id}")
async def leave_guild(call: Call) -> None:
    call.sim.remove_bot(call.state.guild(call.params["guild_id"]).id)


def _application(call: Call) -> Json:
    owner_id = next((g.owner_id for g in call.state.guilds.values()), call.state.bot["id"])
    return {
        **call.state.application,
        "owner": call.state.users[owner_id],
        "team": None,
        "bot": call.state.bot,
        "approximate_guild_count": len(call.state.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
    }


@routes.add("GET", "/applications/@me")
async def application(call: Call) -> Any:
    return _application(call)


@routes.add("GET", "/oauth2/applications/@me")
async def oauth2_application(call: Call) -> Any:
    return _application(call)


@routes.add("GET", "/users/{user_id}")
async def get_user(call: Call) -> Any:
    return call.state.user(call.params["user_id"])


@routes.add("POST", "/users/@me/channels")
async def create_dm(call: Call) -> Any:
    user_id = str((call.body or {}).get("recipient_id"))
    if user_id == call.state.bot["id"] or user_id not in call.state.users:
        raise error(50033)
    return call.state.dm_with(user_id)


@routes.add("GET", "/skus/{sku_id}/subscriptions")
async def subscriptions(call: Call) -> Any:
    return []
