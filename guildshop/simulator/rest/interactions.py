"""Interaction callbacks: the bot's first answer."""

from typing import Any

from guildshop.simulator import interactions as kinds
from guildshop.simulator.enforcement.messages import check_new
from guildshop.simulator.enforcement.modals import check_choices, check_modal
from guildshop.simulator.errors import error, invalid
from guildshop.simulator.interactions import Interaction
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import fill, new_message
from guildshop.simulator.rest.answers import edit_answer, mark_as_answer, send_answer
from guildshop.simulator.rest.core import Call, Routes
from guildshop.simulator.state import EPHEMERAL, LOADING, Message

routes = Routes()

PONG, MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9
ALLOWED = {
    kinds.COMMAND: {MESSAGE, DEFERRED_MESSAGE, MODAL},
    kinds.COMPONENT: {MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, MODAL},
    kinds.AUTOCOMPLETE: {CHOICES},
    kinds.MODAL_SUBMIT: {MESSAGE, DEFERRED_MESSAGE},
}


def _check_allowed(interaction: Interaction, callback: int) -> None:
    allowed = set(ALLOWED[interaction.type])
    if interaction.type == kinds.MODAL_SUBMIT and interaction.source is not None:
        allowed |= {DEFERRED_UPDATE, UPDATE}
    if callback not in allowed:
        text = f"Callback type {callback} does not answer an interaction of type {interaction.type}."
        raise invalid(["type"], "INTERACTION_CALLBACK_TYPE_INVALID", text)


@routes.add("POST", "/interactions/{interaction_id}/{interaction_token}/callback", by_token=True)
async def callback(call: Call) -> Any:
    interaction = call.sim.interactions.find(call.params["interaction_id"], call.params["interaction_token"])
    body = call.body or {}
    kind, data = int(body.get("type") or 0), body.get("data") or {}
    _check_allowed(interaction, kind)
    message: Message | None = None
    if kind == MESSAGE:
        check_new(data, call.files)
        call.sim.interactions.acknowledge(interaction, kind)
        message = send_answer(call, interaction, data)
        interaction.original_id = message.id
        interaction.settle()
    elif kind == DEFERRED_MESSAGE:
        call.sim.interactions.acknowledge(interaction, kind)
        message = _thinking(call, interaction, int(data.get("flags") or 0))
    elif kind == DEFERRED_UPDATE:
        call.sim.interactions.acknowledge(interaction, kind)
        call.sim.interactions.await_update(interaction)
        interaction.original_id = interaction.source.id if interaction.source else None
        message = interaction.source
    elif kind == UPDATE:
        message = interaction.source
        if message is None or message.id not in call.state.messages.get(message.channel_id, {}):
            raise error(10008)
        edit_answer(call, message, data)
        call.sim.interactions.acknowledge(interaction, kind)
        interaction.original_id = message.id
        interaction.message_ids.append(message.id)
        interaction.settle()
    else:
        _answer_without_message(call, interaction, kind, data)
    call.sim.interaction_changed(interaction)
    if call.query.get("with_response") in ("1", "true", "True"):
        return _response(interaction, kind, message)
    return None


def _answer_without_message(call: Call, interaction: Interaction, kind: int, data: Json) -> None:
    if kind == CHOICES:
        check_choices(data)
        interaction.choices = list(data.get("choices") or [])
    else:
        check_modal(data)
        interaction.modal = data
    call.sim.interactions.acknowledge(interaction, kind)
    interaction.settle()


def _thinking(call: Call, interaction: Interaction, flags: int) -> Message:
    """Put "… is thinking" into the channel, to be replaced by the first edit or follow-up."""
    interaction.ephemeral = bool(flags & EPHEMERAL)
    interaction.waiting = True
    kind = 20 if interaction.type == kinds.COMMAND else 19
    data = new_message(
        call.state, call.state.channel(interaction.channel_id), call.state.bot, kind=kind,
        flags=LOADING | (flags & EPHEMERAL),
    )  # fmt: skip
    mark_as_answer(call, data, interaction)
    fill(call.state, data, {}, [], call.sim.base_url)
    message = Message(data, interaction.user_id if interaction.ephemeral else None, interaction.token)
    interaction.original_id = message.id
    call.state.add_message(message)
    return message


def _response(interaction: Interaction, kind: int, message: Message | None) -> Json:
    described: Json = {"id": interaction.id, "type": interaction.type, "channel_id": interaction.channel_id}
    if interaction.guild_id:
        described["guild_id"] = interaction.guild_id
    resource: Json = {"type": kind}
    if message is not None:
        described["response_message_id"] = message.id
        described["response_message_loading"] = bool(message.data["flags"] & LOADING)
        described["response_message_ephemeral"] = bool(message.data["flags"] & EPHEMERAL)
        if kind != DEFERRED_UPDATE:
            resource["message"] = message.data
    return {"interaction": described, "resource": resource}
