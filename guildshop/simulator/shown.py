"""What a person sees: a message with its buttons, a modal, the answer to what they did."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from guildshop.simulator import client
from guildshop.simulator.client import SimulatorError
from guildshop.simulator.interactions import Interaction
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import visible_text, walk
from guildshop.simulator.resolve import SELECTS
from guildshop.simulator.state import EPHEMERAL, Message

ANSWER_SECONDS = 15.0

if TYPE_CHECKING:
    from guildshop.simulator.driver import Person
    from guildshop.simulator.server import Simulator


class Shown:
    """A message on somebody's screen; it follows every edit."""

    def __init__(self, sim: "Simulator", person: "Person", message: Message | None) -> None:
        self._sim = sim
        self._person = person
        self._kept = message

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.text!r}>"

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    def _require(self) -> Message:
        if self._kept is None:
            raise SimulatorError(f"There is no message here.\n{self._sim.seen()}")
        return self._kept

    @property
    def data(self) -> Json:
        """The message object as it is now."""
        return self._require().data

    @property
    def message(self) -> Json | None:
        """The message object as it is now, or None when there is no message."""
        return self._kept.data if self._kept else None

    @property
    def id(self) -> str:
        """The message's ID."""
        return self._require().id

    @property
    def deleted(self) -> bool:
        """Whether the message is gone."""
        kept = self._require()
        return kept.id not in self._sim.state.messages.get(kept.channel_id, {})

    @property
    def content(self) -> str:
        """The message's own text."""
        return str(self.data["content"]) if self._kept else ""

    @property
    def embeds(self) -> list[Json]:
        """The embeds."""
        return list(self.data["embeds"]) if self._kept else []

    @property
    def text(self) -> str:
        """All text that can be read: content, embeds, text displays, labels, options."""
        return visible_text(self.data) if self._kept else ""

    @property
    def ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return bool(self._kept and self.data["flags"] & EPHEMERAL)

    @property
    def attachments(self) -> list[Json]:
        """The attached files."""
        return list(self.data["attachments"]) if self._kept else []

    @property
    def components(self) -> list[Json]:
        """All components, flat, in reading order."""
        return list(walk(self.data["components"])) if self._kept else []

    @property
    def buttons(self) -> list[str]:
        """The labels of all buttons (the emoji where there is none)."""
        return [_label(c) for c in self.components if c["type"] == 2]

    @property
    def selects(self) -> list[Json]:
        """All selects."""
        return [c for c in self.components if c["type"] in (3, 5, 6, 7, 8)]

    @property
    def options(self) -> list[str]:
        """The labels of all options of all string selects."""
        return [option["label"] for select in self.selects for option in select.get("options", ())]

    async def press(self, button: str, *, by: "Person | None" = None) -> "Reply":
        """Press a button by label or custom_id."""
        person = self._actor(by)
        known = [c for c in self.components if c["type"] == 2]
        found = [c for c in known if c.get("custom_id") == button] or [c for c in known if _label(c) == button]
        if not found:
            raise SimulatorError(f"There is no button {button!r}, only {self.buttons}, in: {self.text!r}")
        client.check_press(found[0], None)
        data = {"custom_id": found[0]["custom_id"], "component_type": 2, "id": found[0]["id"]}
        return await person.use_component(self._require(), data)

    async def select(
        self, *values: "str | Person", placeholder: str | None = None, by: "Person | None" = None
    ) -> "Reply":
        """Choose options by label or value; people, roles and channels by Person, key or ID.

        `placeholder` (or custom_id) says which select where several would do.
        """
        person = self._actor(by)
        for select in self.selects:
            if placeholder is not None and placeholder not in (select.get("placeholder"), select["custom_id"]):
                continue
            chosen = _chosen(person, select, values, self.data["channel_id"])
            if chosen is not None:
                client.check_press(select, chosen)
                data = {"custom_id": select["custom_id"], "component_type": select["type"], "id": select["id"],
                        "values": chosen}  # fmt: skip
                return await person.use_component(self._require(), data)
        offered = [(s.get("placeholder") or s["custom_id"], self.options) for s in self.selects]
        raise SimulatorError(f"No select offers {values}; there are {offered} in: {self.text!r}")

    def _actor(self, by: "Person | None") -> "Person":
        person = by or self._person
        kept = self._require()
        if self.deleted:
            raise SimulatorError(f"The message was deleted: {self.text!r}")
        if kept.only_for not in (None, person.id):
            raise SimulatorError(f"{person!r} does not see this ephemeral message; use press_raw.")
        return person


def _label(button: Json) -> str:
    return str(button.get("label") or (button.get("emoji") or {}).get("name") or "")


def _chosen(person: "Person", select: Json, values: "tuple[str | Person, ...]", channel_id: str) -> list[str] | None:
    """Return the values to send, or None when a string select does not offer them."""
    if select["type"] != 3:
        return [str(person.as_value(SELECTS[select["type"]], value, channel_id)) for value in values]
    by_name = {str(option["label"]): str(option["value"]) for option in select["options"]}
    by_name |= {value: value for value in by_name.values()}
    names = [str(value) for value in values]
    return [by_name[name] for name in names] if all(name in by_name for name in names) else None


class Modal:
    """A form that the bot has opened."""

    def __init__(self, sim: "Simulator", person: "Person", interaction: Interaction) -> None:
        self._sim = sim
        self._person = person
        self.interaction = interaction
        self.data: Json = interaction.modal or {}

    def __repr__(self) -> str:
        return f"<Modal {self.title!r} {self.labels}>"

    @property
    def title(self) -> str:
        """The heading."""
        return str(self.data["title"])

    @property
    def custom_id(self) -> str:
        """The bot's name for it."""
        return str(self.data["custom_id"])

    @property
    def fields(self) -> list[Json]:
        """The inputs."""
        return [field for _, field in client.modal_fields(self.data)]

    @property
    def labels(self) -> list[str]:
        """The inputs' labels."""
        return [label for label, _ in client.modal_fields(self.data)]

    async def submit(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> "Reply":
        """Fill in fields by custom_id or label and submit; the others keep what the bot put there.

        Raises SimulatorError for what Discord's client would not submit.
        """
        given = {**(values or {}), **more}
        filled: dict[str, Any] = {}
        for label, field in client.modal_fields(self.data):
            key = field["custom_id"] if field["custom_id"] in given else label
            value = self._value(field, given.pop(key) if key in given else None)
            client.check_field(label, field, value)
            filled[field["custom_id"]] = value
        if given:
            raise SimulatorError(f"The modal has no fields {list(given)}, only {self.labels}.")
        return await self.submit_raw(filled)

    async def submit_raw(self, filled: Mapping[str, Any]) -> "Reply":
        """Submit values by custom_id unchecked, as a modified client would."""
        rows = [_submitted(row, index, filled) for index, row in enumerate(self.data["components"], start=1)]
        return await self._person.submit(self, rows)

    def _value(self, field: Json, given: Any) -> Any:
        if field["type"] == 4:
            return str(field.get("value") or "" if given is None else given)
        if field["type"] == 23:
            return bool(field.get("default") if given is None else given)
        if given is None:
            options = field.get("options", ())
            chosen = [o["value"] for o in options if o.get("default")]
            chosen += [value["id"] for value in field.get("default_values", ())]
        else:
            many = given if isinstance(given, list) else [given]
            names = {o["label"]: o["value"] for o in field.get("options", ())}
            kind = SELECTS.get(field["type"], 3)
            channel_id = self.interaction.channel_id
            chosen = [names.get(v, v) if names else self._person.as_value(kind, v, channel_id) for v in many]
        return chosen[0] if field["type"] == 21 and chosen else None if field["type"] == 21 else chosen


def _submitted(row: Json, number: int, filled: Mapping[str, Any]) -> Json:
    def answer(field: Json, number: int) -> Json:
        value = filled.get(field["custom_id"])
        key = "value" if field["type"] in (4, 21, 23) else "values"
        return {"type": field["type"], "id": field.get("id") or number, "custom_id": field["custom_id"], key: value}

    number = row.get("id") or number * 10
    if row["type"] == 18:
        return {"type": 18, "id": number, "component": answer(row["component"], number + 1)}
    if row["type"] == 1:
        return {"type": 1, "id": number, "components": [answer(row["components"][0], number + 1)]}
    return {"type": row["type"], "id": number}


class Reply(Shown):
    """The bot's answer to an interaction: a message, an updated message, a modal, or a failure."""

    def __init__(self, sim: "Simulator", person: "Person", interaction: Interaction, message: Message | None) -> None:
        super().__init__(sim, person, message)
        self.interaction = interaction

    @classmethod
    async def wait(cls, sim: "Simulator", person: "Person", interaction: Interaction) -> "Reply":
        """Return the answer once it is there: a deferral alone is none."""
        await asyncio.wait([interaction.future], timeout=ANSWER_SECONDS)
        if not interaction.future.done():
            raise AssertionError(f"The deferred answer did not come within {ANSWER_SECONDS} s.\n{sim.seen()}")
        message_id = interaction.message_ids[0] if interaction.message_ids else None
        kept = sim.state.messages.get(interaction.channel_id, {})
        message = kept.get(message_id) if message_id else None
        if message is None and not interaction.failed and interaction.modal is None:
            message = interaction.source
        return cls(sim, person, interaction, message)

    @property
    def failed(self) -> str | None:
        """Why there is no answer, such as "The application did not respond"."""
        return self.interaction.failed

    @property
    def modal(self) -> Modal | None:
        """The modal that the bot has opened."""
        return Modal(self._sim, self._person, self.interaction) if self.interaction.modal else None

    @property
    def messages(self) -> list[Shown]:
        """Every message of this interaction that still exists: the answer, then its follow-ups."""
        kept = self._sim.state.messages.get(self.interaction.channel_id, {})
        return [Shown(self._sim, self._person, kept[i]) for i in self.interaction.message_ids if i in kept]

    @property
    def followups(self) -> list[Shown]:
        """The messages sent after the answer."""
        return [shown for shown in self.messages if self._kept is None or shown.id != self._kept.id]

    async def submit(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> "Reply":
        """Fill in and submit the modal."""
        if self.modal is None:
            raise SimulatorError(f"The bot opened no modal but answered: {self.text!r}")
        return await self.modal.submit(values, **more)
