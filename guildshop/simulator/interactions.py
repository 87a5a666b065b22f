"""Interactions: made by people, sent to the bot, acknowledged within three seconds, followed up for fifteen minutes."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guildshop.simulator import permissions as p
from guildshop.simulator.errors import error
from guildshop.simulator.json_types import Json
from guildshop.simulator.state import Notice, State

if TYPE_CHECKING:
    from guildshop.simulator.server import Simulator
    from guildshop.simulator.state import Message

PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 1, 2, 3, 4, 5
ACKNOWLEDGE_SECONDS = 3.0
TOKEN_SECONDS = 15 * 60.0
NO_ANSWER = "The application did not respond"


@dataclass(slots=True)
class Interaction:
    """One use of a command, component or modal, and how the bot answered it."""

    id: str
    token: str
    type: int
    user_id: str
    guild_id: str | None
    channel_id: str
    data: Json
    created: float
    future: "asyncio.Future[None]"
    nonce: str | None = None
    source: "Message | None" = None
    metadata: Json = field(default_factory=dict)
    callback: int | None = None
    ephemeral: bool = False
    original_id: str | None = None
    waiting: bool = False
    message_ids: list[str] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None
    failed: str | None = None
    timer: asyncio.TimerHandle | None = None

    @property
    def acknowledged(self) -> bool:
        """Whether the bot has called back."""
        return self.callback is not None

    def settle(self) -> None:
        """Let whoever waits for the result go on."""
        if not self.future.done():
            self.future.set_result(None)


class Interactions:
    """All interactions whose tokens may still be used."""

    def __init__(self, sim: "Simulator") -> None:
        self._sim = sim
        self.by_token: dict[str, Interaction] = {}
        self._updating: dict[str, list[Interaction]] = {}

    @property
    def _state(self) -> State:
        return self._sim.state

    def start(
        self,
        kind: int,
        user_id: str,
        channel_id: str,
        data: Json,
        *,
        source: "Message | None" = None,
        opener: Interaction | None = None,
        nonce: str | None = None,
    ) -> Interaction:
        """Send an interaction to the bot and return it at once.

        `source`: the message whose component was used; `opener`: the interaction that opened the modal submitted.
        """
        channel = self._state.channel(channel_id)
        interaction = Interaction(
            id=self._state.ids.make(),
            token=secrets.token_urlsafe(64),
            type=kind,
            user_id=user_id,
            guild_id=channel.get("guild_id"),
            channel_id=channel_id,
            data=data,
            created=self._state.clock(),
            future=asyncio.get_running_loop().create_future(),
            nonce=nonce,
            source=opener.source if opener else source,
        )
        interaction.metadata = self._metadata(interaction, opener)
        self._forget_old()
        self.by_token[interaction.token] = interaction
        payload = self._payload(interaction, channel)
        if not self._sim.gateway.reaches(interaction.guild_id):
            self._fail(interaction)
            return interaction
        interaction.timer = asyncio.get_running_loop().call_later(
            self._sim.acknowledge_seconds, self._fail, interaction
        )
        self._sim.gateway.interaction(interaction.guild_id, payload)
        return interaction

    def find(self, interaction_id: str, token: str) -> Interaction:
        """Return an interaction that may be acknowledged. Raises 10062, 40060."""
        found = self.by_token.get(token)
        if found is None or found.id != interaction_id or self._sim.faults.late_answer:
            raise error(10062)
        if found.acknowledged:
            raise error(40060)
        if found.failed or self._state.clock() - found.created > self._sim.acknowledge_seconds:
            raise error(10062)
        return found

    def find_for_follow_up(self, application_id: str, token: str) -> Interaction:
        """Return an acknowledged interaction by its token. Raises 10015, 50027."""
        found = self.by_token.get(token)
        if found is None or application_id != self._state.application["id"]:
            raise error(10015)
        if self._state.clock() - found.created > TOKEN_SECONDS:
            raise error(50027)
        if not found.acknowledged:
            raise error(10015)
        return found

    def by_id(self, interaction_id: str) -> Interaction | None:
        """Return a recent interaction by its ID."""
        return next((i for i in self.by_token.values() if i.id == interaction_id), None)

    def acknowledge(self, interaction: Interaction, callback: int) -> None:
        """Note the callback's type and stop the three-second clock."""
        interaction.callback = callback
        if interaction.timer is not None:
            interaction.timer.cancel()
            interaction.timer = None

    def await_update(self, interaction: Interaction) -> None:
        """After a deferred update: let any change of the component's message be the answer."""
        if interaction.source is not None:
            self._updating.setdefault(interaction.source.id, []).append(interaction)

    def notice(self, notice: Notice) -> None:
        """Settle what waited for this message to change."""
        if notice.name in ("MESSAGE_UPDATE", "MESSAGE_DELETE"):
            for interaction in self._updating.pop(notice.data["id"], ()):
                interaction.settle()

    def stop(self) -> None:
        """Forget every interaction; whoever waits for one is told that it failed."""
        for interaction in list(self.by_token.values()):
            if interaction.timer is not None:
                interaction.timer.cancel()
            self._fail(interaction)
        self.by_token.clear()

    def _fail(self, interaction: Interaction) -> None:
        if not interaction.acknowledged:
            interaction.failed = NO_ANSWER
            interaction.settle()
            self._sim.interaction_changed(interaction)

    def _forget_old(self) -> None:
        oldest = self._state.clock() - 2 * TOKEN_SECONDS
        while self.by_token:
            token, interaction = next(iter(self.by_token.items()))
            if interaction.created > oldest:
                return
            del self.by_token[token]

    def _metadata(self, interaction: Interaction, opener: Interaction | None) -> Json:
        """Return what the answer's message says about who used what."""
        owners = {"0": interaction.guild_id or "0"}
        made: Json = {
            "id": interaction.id,
            "type": interaction.type,
            "user": self._state.users[interaction.user_id],
            "authorizing_integration_owners": owners,
        }
        target = interaction.data.get("target_id")
        if opener is not None:
            made["triggering_interaction_metadata"] = opener.metadata
        elif target and interaction.data["type"] == 3:
            made["target_message_id"] = target
        elif target:
            made["target_user"] = self._state.users[target]
        elif interaction.source is not None:
            made["interacted_message_id"] = interaction.source.id
        return made

    def _payload(self, interaction: Interaction, channel: Json) -> Json:
        state, guild_id, user_id = self._state, interaction.guild_id, interaction.user_id
        locale = state.keys.get(f"locale:{user_id}", "en-US")
        has = p.in_channel(state, channel, state.bot["id"])
        payload: Json = {
            "id": interaction.id,
            "application_id": state.application["id"],
            "type": interaction.type,
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": interaction.channel_id,
            "channel": channel,
            "app_permissions": str(has),
            "entitlements": [],
            "authorizing_integration_owners": {"0": guild_id or "0"},
            "context": 0 if guild_id else 1,
            "attachment_size_limit": 10 * 1024 * 1024,
            "locale": locale,
        }
        if guild_id is None:
            payload["user"] = state.users[user_id]
        else:
            guild = state.guilds[guild_id]
            payload["guild_id"] = guild_id
            payload["guild"] = {"id": guild_id, "locale": guild.locale, "features": []}
            payload["guild_locale"] = guild.locale
            rights = str(p.in_channel(state, channel, user_id))
            payload["member"] = {**state.member(guild_id, user_id), "permissions": rights}
        if interaction.source is not None:
            payload["message"] = interaction.source.data
        return payload
