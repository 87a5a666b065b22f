"""Send and edit the messages that answer an interaction."""

from guildshop.simulator import interactions as kinds
from guildshop.simulator.enforcement.messages import check_edit
from guildshop.simulator.interactions import Interaction
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import fill, new_message
from guildshop.simulator.rest.core import Call
from guildshop.simulator.state import EPHEMERAL, LOADING, Message


def send_answer(call: Call, interaction: Interaction, body: Json, *, follow_up: bool = False) -> Message:
    """Put a new answer into the interaction's channel; ephemeral if its flags say so."""
    flags = int(body.get("flags") or 0)
    ephemeral = bool(flags & EPHEMERAL)
    kind = 0 if follow_up and interaction.source is None else 19 if interaction.source else 20
    if interaction.type == kinds.COMMAND and not follow_up:
        kind = 20
    channel = call.state.channel(interaction.channel_id)
    data = new_message(call.state, channel, call.state.bot, kind=kind, flags=flags & EPHEMERAL)
    mark_as_answer(call, data, interaction)
    if kind == 19 and interaction.source is not None:
        data["message_reference"] = {
            "type": 0, "channel_id": interaction.channel_id, "message_id": interaction.source.id,
            **({"guild_id": interaction.guild_id} if interaction.guild_id else {}),
        }  # fmt: skip
    if follow_up and interaction.original_id and interaction.source is None:
        data["type"] = 19
        data["message_reference"] = {
            "type": 0, "channel_id": interaction.channel_id, "message_id": interaction.original_id,
            **({"guild_id": interaction.guild_id} if interaction.guild_id else {}),
        }  # fmt: skip
    fill(call.state, data, body, call.files, call.sim.base_url)
    message = Message(data, interaction.user_id if ephemeral else None, interaction.token)
    interaction.message_ids.append(message.id)
    call.state.add_message(message)
    return message


def mark_as_answer(call: Call, data: Json, interaction: Interaction) -> None:
    """Say in a message which interaction it answers, and whose."""
    data["application_id"] = data["webhook_id"] = call.state.application["id"]
    data["interaction_metadata"] = interaction.metadata
    if interaction.type == kinds.COMMAND:
        data["interaction"] = {
            "id": interaction.id,
            "type": interaction.type,
            "name": interaction.data["name"],
            "user": interaction.metadata["user"],
        }


def edit_answer(call: Call, message: Message, body: Json) -> None:
    """Change a message by what the body names. A "thinking" message becomes a real one."""
    check_edit(message.data, body, call.files)
    loading = bool(message.data["flags"] & LOADING)
    message.data["flags"] &= ~LOADING
    fill(call.state, message.data, body, call.files, call.sim.base_url)
    if not loading:
        message.data["edited_timestamp"] = call.state.now()
    call.state.message_changed(message)
