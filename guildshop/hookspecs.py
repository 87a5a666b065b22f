"""The hooks that a plugin may implement, and the things it returns from them.

All hooks are synchronous, called once while the application starts, in the order of `requires`; each returns a list.
They *return* things that the kernel then calls, awaits and shows: a hook never does the work itself. Facts are not
hooks: they are events, which a plugin hears by `register_listeners`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import pluggy
from aiohttp import web
from discord import Message, app_commands
from pydantic import BaseModel

from guildshop.events import Event, EventHandler
from guildshop.permissions import Actor, Permission

if TYPE_CHECKING:
    from fastapi import APIRouter
    from piccolo.table import Table
    from piccolo_admin.endpoints import FormConfig, TableConfig

    from guildshop.app import App
    from guildshop.bot.items import StoreItem, StoreModal

NAMESPACE = "guildshop"

hookspec = pluggy.HookspecMarker(NAMESPACE)
hookimpl = pluggy.HookimplMarker(NAMESPACE)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears an event: `name` is stored with each delivery, so it must stay the same for ever.

    `courtesy` deliveries (reminders, announcements) are dropped while the plugin is off in the store; all others
    still arrive, so that what was begun finishes.
    """

    event: type[Event]
    name: str
    handler: EventHandler[Any]
    courtesy: bool = False
    discord: bool = False
    """Whether it speaks to Discord: then only a process with a bot takes its deliveries."""
    seconds: float | None = None
    """How long one delivery may take where that is longer than the usual five minutes."""


@dataclass(frozen=True, slots=True)
class Timer:
    """Something done for every store again and again, by one process at a time."""

    name: str
    every: timedelta
    handler: Callable[[int], Awaitable[None]]
    """Called with the store's ID, with that store in scope."""
    courtesy: bool = False
    discord: bool = False
    """Whether it speaks to Discord: then only a process with a bot runs it."""


@dataclass(frozen=True, slots=True)
class DirectMessages:
    """Hears what people write to the bot by direct message; `hear` returns whether the message was for it.

    The first that takes a message keeps it from those after it. No store is in scope: the sender may share several.
    """

    hear: Callable[[Message], Awaitable[bool]]


SignInCheck = Callable[[UUID], Awaitable[None]]
"""Refuses, by a `Refusal` for them to read, the user of an ID who may not sign in, or not go on with a session.

Asked outside of any store, and only of users who have a role in none: whoever works for a store is let in and shut out
there, by its owner.
"""


@dataclass(frozen=True, slots=True)
class MemberLanguages:
    """Keeps which language members have their Discord in, so that what they are sent later speaks it.

    `note(discord_id, locale)` is told at every interaction but suggestions, before it is answered: let it be quick, and
    write only what has changed. `recall(discord_id)` returns what was noted last, empty for whoever is not known. Both
    are called with the store in scope; what they raise is logged and keeps nobody from being answered or told.
    """

    note: Callable[[int, str], Awaitable[None]]
    recall: Callable[[int], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class SettingsSection:
    """A plugin's own settings of a store: `[stores."…".<name>]` in the file and its part of `/settings`."""

    name: str
    model: type[BaseModel]
    title: str


class Severity(StrEnum):
    """How bad a finding of the doctor is."""

    FINE = "fine"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor found: one sentence, and what to do about it."""

    severity: Severity
    subject: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One examination by the doctor; called with a store's ID, or once with None where `per_store` is false."""

    name: str
    examine: Callable[[int | None], Awaitable[Sequence[Finding]]]
    per_store: bool = True


PageHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the workspace, at `/admin/<path>` and `/staff/<path>`, behind sign-in, permission and store scope.

    With a `label` it appears in the navigation, by `position`.
    """

    path: str
    handler: PageHandler
    permission: str
    methods: tuple[str, ...] = ("GET",)
    label: str = ""
    position: int = 100
    icon: str = ""
    max_body: int = 1024 * 1024
    """Bytes; a larger body is answered 413."""
    shortcut: str = ""
    """The letter that opens it after `g` where it is in the navigation; of two pages with one, the first has it."""


@dataclass(frozen=True, slots=True)
class PublicRoute:
    """A route that needs no sign-in: invoice pages, webhooks, verification links. The handler sets the store scope."""

    method: str
    path: str
    handler: PageHandler
    max_body: int = 1024 * 1024
    """Bytes; a larger body is answered 413."""
    csrf: bool = True
    """Whether a POST needs the CSRF token; false for signed webhooks only."""


@dataclass(frozen=True, slots=True)
class AdminLabels:
    """What people read in Piccolo Admin instead of the names in the database: texts, each marked by `lazy()`.

    A column is looked up as `table.column`, then as `column`, then among those that all plugins share (`id`, `created`,
    …); choices by `table.column`, then by what is stored.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdminSection:
    """What a plugin shows in Piccolo Admin: its tables under one label, its forms, and what columns are called.

    The label, names, titles and descriptions are texts marked by `lazy()`; they are shown in each reader's language.
    """

    label: str
    tables: Sequence[TableConfig | type[Table]] = ()
    forms: Sequence[FormConfig] = ()
    labels: AdminLabels = field(default_factory=AdminLabels)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found and did: rows read, rows created or changed, and each bad row's number and sentence."""

    rows: int
    written: int
    problems: Sequence[tuple[int, str]] = ()


class ProgressCallback(Protocol):
    """Hears how far an import is."""

    def __call__(self, done: int, total: int, bad: int = 0, /) -> None:
        """Take how many rows of how many have been looked at, and how many of them cannot be imported."""
        ...


@dataclass(frozen=True, slots=True)
class ImportKind:
    """One kind of CSV file that `guildshop import <name>` takes.

    `run(actor, rows, dry_run, progress)` gets rows as dictionaries of text, in the file's order; it checks every row
    first, and writes all of them in one Work, the first that it opens, or none. `columns` maps a column's name to what
    it holds; those in `required` must be in the header.
    """

    name: str
    columns: Mapping[str, str]
    required: frozenset[str]
    run: Callable[[Actor, Sequence[Mapping[str, str]], bool, ProgressCallback], Awaitable[ImportReport]]
    permission: str
    export: Callable[[Actor], AsyncIterator[Mapping[str, str]]] | None = None
    """Yields rows with the same columns, for `guildshop export <name>`."""
    title: str = ""
    """What its page in the workspace is called; its name by default."""
    page: str = ""
    """Its own page below `/admin/`, instead of the one that takes a file of any kind."""
    back: str = ""
    """The page below `/admin/` that lists what it imports."""


@dataclass(frozen=True, slots=True)
class BulkAction:
    """Something that staff do to many rows at once, each by itself, while a page shows how far it is.

    `act(actor, subject, arguments)` does it to one of them in one Work, or raises a `Refusal`, which is shown with the
    row. The first Work that it opens also notes that the row is done: a process that dies repeats and leaves out none.
    """

    name: str
    title: str
    permission: str
    act: Callable[[Actor, UUID, Mapping[str, str]], Awaitable[object]]
    back: str = ""
    """The page below `/admin/` that lists the rows."""


@dataclass(frozen=True, slots=True)
class DashboardCard:
    """A card of the start page: a heading, a figure, and where a click leads."""

    title: str
    figure: Callable[[Actor], Awaitable[str]]
    permission: str
    link: str = ""
    position: int = 100
    waits: bool = False
    """Whether it counts what staff have to do: such cards stand first, and stand out unless they say 0."""
    wide: bool = False
    """Whether it takes the whole width, as a chart does."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """Something that a search found: what it is called, a line about it, and its page below `/admin/`."""

    title: str
    link: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SearchKind:
    """One kind of thing that the box in the header of every page finds, for whoever has the permission.

    `find(actor, text, limit)` gets text of 2 to 100 characters on one line, with the actor's store in scope, and
    returns the best hits first. It runs while somebody types: let it read from an index.
    """

    title: str
    find: Callable[[Actor, str, int], Awaitable[Sequence[SearchHit]]]
    permission: str
    listing: str = ""
    """The page that lists all of them and takes `?text=…`."""
    position: int = 100


class KernelHooks:
    """The hooks of the kernel. A plugin with nouns of its own that others extend has its own specification too."""

    @hookspec
    def register_services(self, app: App) -> list[object]:
        """Return the plugin's service objects. Called first; others reach each by `app.get(<its class>)`."""

    @hookspec
    def register_permissions(self, app: App) -> list[Permission]:
        """Return the permissions that the plugin's services ask for, named `<noun>.<verb>`."""

    @hookspec
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Return the sections of a store's settings that belong to the plugin."""

    @hookspec
    def register_listeners(self, app: App) -> list[Listener]:
        """Return which events go to which service methods."""

    @hookspec
    def register_timers(self, app: App) -> list[Timer]:
        """Return what is to be done for every store again and again."""

    @hookspec
    def register_commands(
        self, app: App
    ) -> list[app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu]:
        """Return the plugin's application commands; they are offered in the stores where the plugin is on."""

    @hookspec
    def register_items(self, app: App) -> list[type[StoreItem[Any]] | type[StoreModal]]:
        """Return the classes of buttons, selects and modals that must work after a restart."""

    @hookspec
    def register_direct_messages(self, app: App) -> list[DirectMessages]:
        """Return what hears direct messages to the bot."""

    @hookspec
    def register_member_languages(self, app: App) -> list[MemberLanguages]:
        """Return what keeps the languages of members."""

    @hookspec
    def register_sign_in_checks(self, app: App) -> list[SignInCheck]:
        """Return what keeps users from signing in to the web who work for no store."""

    @hookspec
    def register_pages(self, app: App) -> list[Page]:
        """Return the pages of the workspace."""

    @hookspec
    def register_routes(self, app: App) -> list[PublicRoute]:
        """Return routes that need no sign-in."""

    @hookspec
    def register_api(self, app: App) -> list[APIRouter]:
        """Return FastAPI routers, mounted below `/api`."""

    @hookspec
    def register_admin(self, app: App) -> list[AdminSection]:
        """Return what Piccolo Admin shows of the plugin."""

    @hookspec
    def register_checks(self, app: App) -> list[Check]:
        """Return the doctor's examinations."""

    @hookspec
    def register_imports(self, app: App) -> list[ImportKind]:
        """Return the kinds of CSV file that can be imported and exported."""

    @hookspec
    def register_bulk_actions(self, app: App) -> list[BulkAction]:
        """Return what staff may do to many rows at once, begun by `app.jobs.begin_bulk`."""

    @hookspec
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Return the cards of the start page."""

    @hookspec
    def register_search(self, app: App) -> list[SearchKind]:
        """Return the kinds of thing that the search in the header of every page finds."""

    @hookspec
    def lifespan(self, app: App) -> list[AbstractAsyncContextManager[None]]:
        """Return what is entered when the application opens, after its database, and left when it closes."""


@dataclass(slots=True)
class Registrations:
    """Everything the plugins returned, with who returned it."""

    listeners: list[tuple[str, Listener]] = field(default_factory=list)
    timers: list[tuple[str, Timer]] = field(default_factory=list)
    settings: dict[str, tuple[str, SettingsSection]] = field(default_factory=dict)
