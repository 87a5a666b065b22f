"""What the staff plugin shows of a store's settings and of what happened in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from guildshop.errors import Refusal
from guildshop.i18n import _

SETTINGS_READ = "settings.read"
SETTINGS_UPDATE = "settings.update"
AUDIT_READ = "audit.read"
EVENT_READ = "event.read"
EVENT_UPDATE = "event.update"

CHANNEL_KINDS = ("orders", "log", "shopify_log", "announcements", "conversations", "private_threads")


class FieldKind(StrEnum):
    """How a setting is asked for."""

    TOGGLE = "toggle"
    CHOICE = "choice"
    TEXT = "text"
    LONG_TEXT = "long text"
    NUMBER = "number"
    MONEY = "money"
    LINES = "lines"
    """Several texts, one a line."""
    PAIRS = "pairs"
    """Texts by name."""
    ROWS = "rows"
    """Several things with fields of their own."""
    SECRET = "secret"  # noqa: S105 - a kind, no secret
    """Set in the configuration only, and never shown."""
    OTHER = "other"
    """Set in the configuration only."""


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting with its present value; `columns` describes the parts of a row."""

    name: str
    label: str
    description: str
    kind: FieldKind
    value: Any
    choices: Sequence[tuple[str, str]] = ()
    minimum: int | None = None
    maximum: int | None = None
    required: bool = False
    columns: Sequence[SettingField] = ()

    @property
    def editable(self) -> bool:
        """Whether it can be changed, and shown, outside the configuration."""
        return self.kind not in {FieldKind.SECRET, FieldKind.OTHER}


@dataclass(frozen=True, slots=True)
class Section:
    """The settings of one plugin, or of the shop itself; `version` is what a change must have seen."""

    name: str
    title: str
    plugin: str
    enabled: bool
    version: int
    fields: Sequence[SettingField]

    def field(self, name: str) -> SettingField | None:
        """Return the setting of that name."""
        return next((found for found in self.fields if found.name == name), None)


@dataclass(frozen=True, slots=True)
class PluginState:
    """A plugin and whether it is on; `needed_by` are those that are on and need it."""

    name: str
    title: str
    description: str
    on: bool
    essential: bool
    needs: Sequence[str]
    needed_by: Sequence[str]


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who did what to which row, when, through which entrance."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    origin: str
    action: str
    subject: str
    subject_id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    note: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to look for: texts within names and actions, from and until (both UTC; `until` is not included)."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A one-time link as whoever opens it may see it: for whom, to which store, until when."""

    id: UUID
    store: int
    discord_id: int
    name: str
    expires: datetime
    used_at: datetime | None = field(default=None)


class LinkUsed(Refusal):
    """The one-time link was used, is too old, or its holder may not enter any more."""

    code = "link-used"


def channel_label(kind: str) -> str:
    """Return what a kind of channel is called."""
    labels = {
        "orders": _("Orders"),
        "log": _("Log"),
        "shopify_log": _("Shopify log"),
        "announcements": _("Announcements"),
        "conversations": _("Conversations"),
        "private_threads": _("Private threads, where direct messages are closed"),
    }
    return labels[kind]
