"""Buttons, selects and modals that need no memory: what they act on stands in their custom ID.

A custom ID reads `<prefix>:<store>:<argument>:…` and has at most 100 characters, so that a press works after a
restart, in a DM and from another process. Give the classes to the bot by the hook `register_items`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import discord

from guildshop.errors import LoadError

if TYPE_CHECKING:
    from guildshop.bot.client import Bot
    from guildshop.bot.context import Context

CUSTOM_ID_LIMIT = 100
_PREFIX = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)+")

ItemT = TypeVar("ItemT", bound="discord.ui.Item[Any]")


def custom_id(prefix: str, store: int, args: Sequence[object]) -> str:
    """Return the custom ID of these parts; ValueError when it gets too long or an argument contains a colon."""
    parts = [str(arg) for arg in args]
    if any(":" in part for part in parts):
        message = f"{prefix}: an argument contains a colon: {parts}"
        raise ValueError(message)
    made = ":".join([prefix, str(store), *parts])
    if len(made) > CUSTOM_ID_LIMIT:
        message = f"the custom ID {made} has more than {CUSTOM_ID_LIMIT} characters"
        raise ValueError(message)
    return made


def split_custom_id(value: str) -> tuple[str, int, tuple[str, ...]] | None:
    """Return prefix, store and arguments of a custom ID of ours, None for any other."""
    prefix, _, rest = value.partition(":")
    store, *args = rest.split(":")
    if _PREFIX.fullmatch(prefix) is None or not (store.isascii() and store.isdigit()):
        return None
    return prefix, int(store), tuple(args)


def _checked_prefix(cls: type, prefix: str) -> str:
    if _PREFIX.fullmatch(prefix) is None:
        message = f"{cls.__qualname__}: the prefix {prefix!r} must read <plugin>.<name>"
        raise LoadError(message)
    return prefix


class StoreItem(discord.ui.DynamicItem[ItemT], template=r"(?!)"):
    """A persistent component. Subclass `StoreButton` or `StoreSelect`; this one for any other kind of select.

    `class Approve(StoreButton, prefix="payments.approve")`, then `Approve(store.id, order.id, label=_("Approve"))`
    in a `view(…)`. The arguments arrive as strings. Before the callback, scope, language and context are set, and
    permission, owner and the plugin's switch are checked.
    """

    prefix: ClassVar[str] = ""
    permission: ClassVar[str | None] = None
    """What whoever presses must be allowed to do."""
    personal: ClassVar[bool] = False
    """Whether the first argument is the Discord ID of the only one who may press."""
    finishes_begun: ClassVar[bool] = False
    """Whether it works on while the plugin is off in the store, since it ends what was begun."""

    def __init_subclass__(cls, *, prefix: str = "", template: str = r"(?!)") -> None:
        """Take the prefix, `<plugin>.<name>`; without one the class is a base of others."""
        if prefix:
            cls.prefix = _checked_prefix(cls, prefix)
            template = rf"{re.escape(prefix)}:\d+(?::[^:]*)*"
        super().__init_subclass__(template=template)

    def __init__(self, store: int, *args: object, item: ItemT, row: int | None = None) -> None:
        """Wrap a component, giving it its custom ID."""
        item.custom_id = custom_id(self.prefix, store, args)  # type: ignore[attr-defined]
        super().__init__(item, row=row)

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Rebuild the item from a message, whatever the subclass's own `__init__` takes."""
        rebuilt = cls.__new__(cls)
        discord.ui.DynamicItem.__init__(rebuilt, item)
        return rebuilt

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Run `handle` within the checks and the error boundary."""
        from guildshop.bot.routing import run_item

        await run_item(interaction, self)

    async def handle(self, interaction: discord.Interaction[Bot], context: Context, args: Sequence[str]) -> None:
        """Do what the component is for."""
        raise NotImplementedError


class StoreButton(StoreItem[discord.ui.Button[Any]]):
    """A persistent button."""

    def __init__(
        self,
        store: int,
        *args: object,
        label: str | None = None,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        emoji: str | None = None,
        disabled: bool = False,
        row: int | None = None,
    ) -> None:
        """Make the button; a label has at most 80 characters."""
        text = label[:80] if label else None
        button: discord.ui.Button[Any] = discord.ui.Button(
            label=text, style=style, emoji=emoji, disabled=disabled, custom_id="-"
        )
        super().__init__(store, *args, item=button, row=row)

    async def handle(self, interaction: discord.Interaction[Bot], context: Context, args: Sequence[str]) -> None:
        """Call `pressed`."""
        await self.pressed(interaction, context, *args)

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Do what the button is for, with the arguments from its custom ID."""
        raise NotImplementedError


class StoreSelect(StoreItem[discord.ui.Select[Any]]):
    """A persistent select of given options (at most 25)."""

    def __init__(
        self,
        store: int,
        *args: object,
        options: Sequence[discord.SelectOption],
        placeholder: str | None = None,
        minimum: int = 1,
        maximum: int = 1,
        disabled: bool = False,
        row: int | None = None,
    ) -> None:
        """Make the select; labels and values of options have at most 100 characters."""
        select: discord.ui.Select[Any] = discord.ui.Select(
            options=list(options)[:25],
            placeholder=placeholder[:150] if placeholder else None,
            min_values=minimum,
            max_values=maximum,
            disabled=disabled,
            custom_id="-",
        )
        super().__init__(store, *args, item=select, row=row)

    async def handle(self, interaction: discord.Interaction[Bot], context: Context, args: Sequence[str]) -> None:
        """Call `chosen`."""
        data: Mapping[str, Any] = interaction.data or {}
        await self.chosen(interaction, context, [str(value) for value in data.get("values", ())], *args)

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Do what the select is for, with the chosen values and the arguments from its custom ID."""
        raise NotImplementedError


def view(*items: discord.ui.Item[Any]) -> discord.ui.View:
    """Return a view of persistent items that discord.py keeps no memory of."""
    made = discord.ui.View(timeout=None)
    for item in items:
        made.add_item(item)
    made.stop()
    return made


@dataclass(frozen=True, slots=True)
class TextField:
    """A text input of a modal; `name` is its key in the submitted fields."""

    name: str
    label: str
    long: bool = False
    required: bool = True
    default: str = ""
    placeholder: str = ""
    description: str = ""
    minimum: int | None = None
    maximum: int | None = None

    def component(self) -> discord.ui.Item[Any]:
        """Return it as discord.py's component."""
        return discord.ui.TextInput(
            custom_id=self.name,
            style=discord.TextStyle.paragraph if self.long else discord.TextStyle.short,
            required=self.required,
            default=self.default or None,
            placeholder=self.placeholder[:100] or None,
            min_length=self.minimum,
            max_length=self.maximum,
        )


@dataclass(frozen=True, slots=True)
class SelectField:
    """A select in a modal; the submitted values are in `Fields.choices`, the first one also in the fields."""

    name: str
    label: str
    options: Sequence[discord.SelectOption]
    required: bool = True
    placeholder: str = ""
    description: str = ""
    maximum: int = 1

    def component(self) -> discord.ui.Item[Any]:
        """Return it as discord.py's component."""
        return discord.ui.Select(
            custom_id=self.name,
            options=list(self.options)[:25],
            placeholder=self.placeholder[:150] or None,
            min_values=1 if self.required else 0,
            max_values=self.maximum,
            required=self.required,
        )


@dataclass(frozen=True, slots=True)
class UploadField:
    """A file upload in a modal; what was sent is in `Fields.attachments`."""

    name: str
    label: str
    required: bool = False
    description: str = ""
    maximum: int = 1

    def component(self) -> discord.ui.Item[Any]:
        """Return it as discord.py's component."""
        return discord.ui.FileUpload(
            custom_id=self.name, required=self.required, min_values=int(self.required), max_values=self.maximum
        )


@dataclass(slots=True)
class Fields:
    """What a modal sent: texts by name (spaces around them gone), choices of selects, and attachments."""

    texts: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    attachments: dict[str, list[discord.Attachment]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Return a text, or a select's first choice; empty when the field was left out."""
        return self.texts.get(name) or next(iter(self.choices.get(name, ())), "")

    def get(self, name: str, default: str = "") -> str:
        """Return the same, or the default for an empty one."""
        return self[name] or default


class StoreModal:
    """A modal that works after a restart: `class Reject(StoreModal, prefix="payments.reject")`.

    `await open_modal(interaction, Reject.build(store.id, order.id, title=_("Reject"), fields=[TextField(…)]))`; when
    it is sent, `submitted` gets the fields and the arguments from the custom ID, checked as for `StoreItem`.
    """

    prefix: ClassVar[str] = ""
    permission: ClassVar[str | None] = None
    """What whoever submits must be allowed to do."""
    personal: ClassVar[bool] = False
    """Whether the first argument is the Discord ID of the only one who may submit."""
    finishes_begun: ClassVar[bool] = False
    """Whether it works on while the plugin is off in the store, since it ends what was begun."""

    def __init_subclass__(cls, *, prefix: str = "") -> None:
        """Take the prefix, `<plugin>.<name>`."""
        super().__init_subclass__()
        if prefix:
            cls.prefix = _checked_prefix(cls, prefix)

    @classmethod
    def build(
        cls, store: int, *args: object, title: str, fields: Sequence[TextField | SelectField | UploadField]
    ) -> discord.ui.Modal:
        """Return the modal to show; a title and labels have at most 45 characters, fields are at most 5."""
        modal = discord.ui.Modal(title=title[:45], timeout=None, custom_id=custom_id(cls.prefix, store, args))
        for shown in fields:
            modal.add_item(
                discord.ui.Label(
                    text=shown.label[:45], description=shown.description[:100] or None, component=shown.component()
                )
            )
        modal.stop()
        return modal

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Do what the modal is for."""
        raise NotImplementedError
