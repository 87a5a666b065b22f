"""Interaction webhooks: follow-ups and @original. Channel webhooks, as far as a shop uses them."""

import secrets
from typing import Any

from guildshop.simulator import permissions as p
from guildshop.simulator.enforcement.messages import check_new
from guildshop.simulator.errors import error
from guildshop.simulator.interactions import Interaction
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import fill, new_message
from guildshop.simulator.rest.answers import edit_answer, send_answer
from guildshop.simulator.rest.core import Call, Routes
from guildshop.simulator.state import Message

routes = Routes()

_EXECUTE = "/webhooks/{webhook_id}/{webhook_token}"


def _interaction(call: Call) -> Interaction:
    params = call.params
    return call.sim.interactions.find_for_follow_up(params["webhook_id"], params["webhook_token"])


def _answer(call: Call, interaction: Interaction) -> Message:
    """Return the message that the path names: @original, or one sent with this token. Raises 10008."""
    message_id = call.params.get("message_id") or interaction.original_id
    if message_id is None:
        raise error(10008)
    message = call.state.message(interaction.channel_id, message_id)
    if message.id != interaction.original_id and message.interaction_token != interaction.token:
        raise error(10008)
    return message


@routes.add("POST", _EXECUTE, by_token=True)
async def follow_up(call: Call) -> Any:
    webhook = call.sim.webhooks.get(call.params["webhook_id"])
    if webhook is not None:
        return _execute_webhook(call, webhook)
    interaction = _interaction(call)
    body = call.body or {}
    check_new(body, call.files)
    if interaction.callback == 5 and interaction.waiting:
        # The first follow-up after a deferral takes the place of "… is thinking".
        message = _answer(call, interaction)
        interaction.waiting = False
        edit_answer(call, message, body)
        interaction.message_ids.append(message.id)
    else:
        interaction.waiting = False
        message = send_answer(call, interaction, body, follow_up=True)
    interaction.settle()
    call.sim.changed()
    return message.data


async def _get(call: Call) -> Any:
    return _answer(call, _interaction(call)).data


async def _edit(call: Call) -> Any:
    interaction = _interaction(call)
    message = _answer(call, interaction)
    edit_answer(call, message, call.body or {})
    if message.id == interaction.original_id:
        interaction.waiting = False
    if message.id not in interaction.message_ids:
        interaction.message_ids.append(message.id)
    interaction.settle()
    call.sim.changed()
    return message.data


async def _delete(call: Call) -> None:
    interaction = _interaction(call)
    message = _answer(call, interaction)
    call.state.delete_message(message)
    if message.id == interaction.original_id:
        interaction.waiting = False
    interaction.settle()
    call.sim.changed()


for _path in (f"{_EXECUTE}/messages/@original", _EXECUTE + "/messages/{message_id}"):
    routes.add("GET", _path, by_token=True)(_get)
    routes.add("PATCH", _path, by_token=True)(_edit)
    routes.add("DELETE", _path, by_token=True)(_delete)


def _execute_webhook(call: Call, webhook: Json) -> Any:
    if webhook["token"] != call.params["webhook_token"]:
        raise error(50027)
    body = call.body or {}
    check_new(body, call.files)
    author = {
        "id": webhook["id"], "username": body.get("username") or webhook["name"], "avatar": None,
        "discriminator": "0000", "global_name": None, "public_flags": 0, "bot": True,
    }  # fmt: skip
    data = new_message(call.state, call.state.channel(webhook["channel_id"]), author)
    data["webhook_id"] = webhook["id"]
    fill(call.state, data, body, call.files, call.sim.base_url)
    call.state.add_message(Message(data))
    return data if call.query.get("wait") in ("true", "True", "1") else None


@routes.add("POST", "/channels/{channel_id}/webhooks")
async def create_webhook(call: Call) -> Any:
    channel = call.state.channel(call.params["channel_id"])
    p.require_in_channel(call.state, channel, p.MANAGE_WEBHOOKS)
    webhook: Json = {
        "id": call.state.ids.make(), "type": 1, "guild_id": channel.get("guild_id"), "channel_id": channel["id"],
        "user": call.state.bot, "name": call.body["name"], "avatar": None, "token": secrets.token_urlsafe(48),
        "application_id": call.state.application["id"],
    }  # fmt: skip
    call.sim.webhooks[webhook["id"]] = webhook
    return webhook


@routes.add("GET", "/channels/{channel_id}/webhooks")
async def list_webhooks(call: Call) -> Any:
    channel = call.state.channel(call.params["channel_id"])
    p.require_in_channel(call.state, channel, p.MANAGE_WEBHOOKS)
    return [w for w in call.sim.webhooks.values() if w["channel_id"] == channel["id"]]
