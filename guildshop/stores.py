"""The stores of this installation: which there are, how each is set up, and which plugins are on in it.

A setting comes from the plugin's default, over it from the configuration file, over it from what the owner changed
by `/settings`, which is kept in the database. All of it is held in memory, since every interaction asks.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from guildshop.database.tables import StoreRow
from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.i18n import _
from guildshop.money import known_currency
from guildshop.permissions import OWNER, Actor, Origin
from guildshop.settings_changes import SettingsChanges
from guildshop.settings_watch import StoreChanged
from guildshop.store_settings import PLUGINS_SECTION, ROLES_SECTION, STORE_SECTION, Store, StoreSettings
from guildshop.tenancy import every_store, scope

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

__all__ = ["Store", "Stores"]

Model = TypeVar("Model", bound=BaseModel)

CREATE_ATTEMPTS = 5


class Stores:
    """All stores, kept in memory; the only way to read or change what is set in them."""

    def __init__(self, app: App) -> None:
        """Start empty; `refresh` reads them."""
        self._app = app
        self._stores: dict[int, Store] = {}
        self._by_guild: dict[int, int] = {}
        self._overrides: dict[int, dict[str, tuple[int, dict[str, Any]]]] = {}
        self._models: dict[tuple[int, type[BaseModel]], BaseModel] = {}
        self._disabled: dict[int, frozenset[str]] = {}
        self._changes = SettingsChanges(app, self)
        self.changing = asyncio.Lock()
        """Held while a store or what is set in it is written and read anew."""
        self._reading = asyncio.Lock()

    # Reading

    def get(self, store_id: int) -> Store:
        """Return the store; NotFound when there is none."""
        try:
            return self._stores[store_id]
        except KeyError:
            raise NotFound(_("There is no store number {id}.").format(id=store_id)) from None

    def by_guild(self, guild_id: int) -> Store | None:
        """Return the store bound to a Discord server, if there is one."""
        store_id = self._by_guild.get(guild_id)
        return None if store_id is None else self._stores[store_id]

    def all(self) -> Sequence[Store]:
        """Return every store, oldest first."""
        return tuple(self._stores.values())

    def settings(self, store_id: int, model: type[Model]) -> Model:
        """Return a plugin's settings of a store, as the model it registered by `register_settings`."""
        cached = self._models.get((store_id, model))
        if cached is None:
            section = self._app.section_of(model)
            raw = self.from_file(store_id, section) | self.override(store_id, section)
            cached = self._models[store_id, model] = self._app.validate_section(
                model, raw, f"stores.{self.get(store_id).guild_id}.{section}"
            )
        if not isinstance(cached, model):
            message = f"{model.__name__} and {type(cached).__name__} are kept under one name"
            raise TypeError(message)
        return cached

    def enabled(self, store_id: int, plugin: str) -> bool:
        """Tell whether the plugin is loaded and, with all that it needs, on in this store."""
        return plugin in self._app.plugins and plugin not in self.disabled(store_id)

    def enabled_plugins(self, store_id: int) -> tuple[str, ...]:
        """Return the plugins that are on in this store, in order."""
        return tuple(name for name in self._app.plugins.names if self.enabled(store_id, name))

    def disabled(self, store_id: int) -> frozenset[str]:
        """Return the plugins that are off in this store, also with what they need."""
        return self._disabled.get(store_id, frozenset())

    def from_file(self, store_id: int, section: str) -> dict[str, Any]:
        """Return what the configuration file sets of a section."""
        return dict(self._app.settings.store_section(self.get(store_id).guild_id, section))

    def override(self, store_id: int, section: str) -> dict[str, Any]:
        """Return what the store's owner changed of a section."""
        return dict(self._overrides.get(store_id, {}).get(section, (0, {}))[1])

    # Who may do what

    def permissions_of(self, store_id: int, *templates: str) -> frozenset[str]:
        """Return what the role templates together allow in a store: the one table for every entrance."""
        changes = self.role_changes(store_id)
        return frozenset[str]().union(*(self._app.permissions.of(name, changes) for name in templates))

    def role_changes(self, store_id: int) -> Mapping[str, Mapping[str, bool]]:
        """Return what the store's owner changed of the role templates: template → permission → allowed."""
        return self.override(store_id, ROLES_SECTION)

    def templates_of(self, store_id: int, roles: Collection[int], *, administrator: bool = False) -> frozenset[str]:
        """Return the role templates that a member's Discord roles stand for.

        The server's owner and members with Administrator count as Owner.
        """
        if administrator:
            return frozenset({OWNER})
        return frozenset(template for role, template in self.get(store_id).staff_roles.items() if role in roles)

    # Changing

    async def create(self, guild_id: int, name: str, currency: str = "USD") -> Store:
        """Create the store of a Discord server; refused when the server has one."""
        if guild_id <= 0:
            raise Invalid.field("guild", _("{id} is no Discord server ID.").format(id=guild_id))
        taken = Refusal(_("The Discord server {id} has a store already.").format(id=guild_id))
        if guild_id in self._by_guild:
            raise taken
        settings = StoreSettings(name=name.strip() or str(guild_id), currency=known_currency(currency))
        async with self.changing:
            for left in reversed(range(CREATE_ATTEMPTS)):
                try:
                    store_id = await self._insert(guild_id, settings, taken)
                    break
                except Refusal:
                    # Another process was faster: with this server's store, or only with the next number.
                    await self.refresh()
                    if guild_id in self._by_guild or not left:
                        raise
            await self.refresh()
        await self._app.settings_changed(store_id)
        return self.get(store_id)

    async def move(self, source: int, target: int) -> Store:
        """Bind the store of one Discord server to another one; everything in it goes along."""
        store = self.by_guild(source)
        if store is None:
            raise NotFound(_("The Discord server {id} has no store.").format(id=source))
        if target <= 0:
            raise Invalid.field("guild", _("{id} is no Discord server ID.").format(id=target))
        taken = Refusal(_("The Discord server {id} has a store already.").format(id=target))
        if target in self._by_guild:
            raise taken
        async with self.changing:
            async with self._writing(store.id, Origin.CLI) as work:
                work.update(StoreRow, store.id, conflict=taken, guild_id=target, active=True)
                work.audit(
                    "store.move",
                    subject="store",
                    subject_id=store.id,
                    before={"guild": str(source)},
                    after={"guild": str(target)},
                )
                work.record(StoreChanged())
            await self.refresh()
        await self._app.settings_changed(store.id)
        return self.get(store.id)

    async def set_active(self, store_id: int, active: bool) -> None:
        """Put a store to sleep, as when its Discord server is lost, or wake it; everything in it is kept."""
        if self.get(store_id).active is active:
            return
        async with self.changing:
            async with self._writing(store_id, Origin.DISCORD) as work:
                work.update(StoreRow, store_id, active=active)
                work.audit("store.wake" if active else "store.sleep", subject="store", subject_id=store_id)
                work.record(StoreChanged())
            await self.refresh()

    def version_of(self, store_id: int, section: str) -> int:
        """Return the version of a section's changes, 0 while nothing was changed."""
        return self._overrides.get(store_id, {}).get(section, (0, {}))[0]

    async def change(
        self, actor: Actor, section: str, values: Mapping[str, Any], *, version: int | None = None
    ) -> None:
        """Set some values of a section, see `SettingsChanges.change`."""
        await self._changes.change(actor, section, values, version=version)

    async def change_roles(
        self, actor: Actor, changes: Mapping[str, Mapping[str, bool]], *, version: int | None = None
    ) -> None:
        """Set what role templates may do, see `SettingsChanges.change_roles`."""
        await self._changes.change_roles(actor, changes, version=version)

    async def switch(self, actor: Actor, plugin: str, on: bool, *, with_dependants: bool = False) -> tuple[str, ...]:
        """Turn a plugin on or off, see `SettingsChanges.switch`."""
        return await self._changes.switch(actor, plugin, on, with_dependants=with_dependants)

    async def refresh(self) -> list[int]:
        """Read all stores and their settings anew from the database; return those that were not as remembered."""
        # One after the other, so that what was read first is never kept last.
        async with self._reading:
            return await self._read()

    # Within

    async def _read(self) -> list[int]:
        rows = await self._app.database.fetch(
            "SELECT id, guild_id, name, currency, language, time_zone, logo, active FROM store ORDER BY id"
        )
        overrides: dict[int, dict[str, tuple[int, dict[str, Any]]]] = {}
        with every_store():
            settings = await self._app.database.fetch("SELECT store, section, value, version FROM store_setting")
        for row in settings:
            overrides.setdefault(row["store"], {})[row["section"]] = (row["version"], _as_dict(row["value"]))
        # All or nothing: a store that cannot be understood raises here.
        stores = {row["id"]: self._store(row, overrides.get(row["id"], {})) for row in rows}
        disabled = {key: self._find_disabled(store, overrides.get(key, {})) for key, store in stores.items()}
        known = {key: (store, self._overrides.get(key)) for key, store in self._stores.items()}
        self._models.clear()
        self._overrides, self._stores, self._disabled = overrides, stores, disabled
        self._by_guild = {store.guild_id: key for key, store in stores.items() if store.guild_id is not None}
        return [key for key, store in stores.items() if known.get(key) != (store, overrides.get(key))]

    @asynccontextmanager
    async def _writing(self, store_id: int, origin: Origin) -> AsyncIterator[Work]:
        """Open a Work of the system in a store, whichever store the caller acts in."""
        with scope(store_id):
            async with self._app.work(Actor.system(store_id, "stores", origin=origin)) as work:
                yield work

    async def _insert(self, guild_id: int, settings: StoreSettings, taken: Refusal) -> int:
        rows = await self._app.database.fetch("SELECT COALESCE(MAX(id), 0) + 1 AS next FROM store")
        store_id = int(rows[0]["next"])
        async with self._writing(store_id, Origin.CLI) as work:
            work.insert(
                StoreRow,
                conflict=taken,
                id=store_id,
                guild_id=guild_id,
                name=settings.name,
                currency=settings.currency,
                language=settings.language,
                time_zone=settings.time_zone,
                logo=settings.logo,
                active=True,
                created=work.now,
            )
            work.audit("store.create", subject="store", subject_id=store_id, after={"guild": str(guild_id)})
            work.record(StoreChanged())
        return store_id

    def _store(self, row: Mapping[str, Any], overrides: Mapping[str, tuple[int, dict[str, Any]]]) -> Store:
        raw = {key: row[key] for key in ("name", "currency", "language", "time_zone", "logo")}
        configured = self._app.settings.store_values(row["guild_id"])
        merged = raw | configured | overrides.get(STORE_SECTION, (0, {}))[1]
        settings = self._app.validate_section(StoreSettings, merged, f"stores.{row['guild_id']}")
        return Store(id=row["id"], guild_id=row["guild_id"], active=bool(row["active"]), **dict(settings))

    def _find_disabled(self, store: Store, overrides: Mapping[str, tuple[int, dict[str, Any]]]) -> frozenset[str]:
        changed = overrides.get(PLUGINS_SECTION)
        if changed is not None:
            chosen = set(changed[1].get("disabled", ()))
        else:
            chosen = set(self._app.settings.disabled_plugins(store.guild_id))
        loaded = self._app.plugins
        for name in list(chosen):
            if name in loaded:
                chosen.update(loaded.dependants(name))
        return frozenset(chosen)


def _as_dict(value: Any) -> dict[str, Any]:
    decoded = json.loads(value) if isinstance(value, str | bytes) else value
    return decoded if isinstance(decoded, dict) else {}
