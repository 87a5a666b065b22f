"""The stores of this installation: which there are, how each is set up, and which plugins are on in it.

A setting comes from the plugin's default, over it from the configuration file, over it from what the owner changed
by `/settings`, which is kept in the database. All of it is held in memory, since every interaction asks.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from guildshop.config.settings import (
    ChannelKind,
    Currency,
    ImageAddress,
    Language,
    RoleTemplate,
    Snowflake,
    TimeZone,
    none_if_empty,
)
from guildshop.config.validation import dotted, find_problems
from guildshop.database.tables import StoreRow, StoreSetting
from guildshop.errors import FieldError, Forbidden, Invalid, NotFound, Refusal, Stale
from guildshop.i18n import _
from guildshop.money import known_currency
from guildshop.permissions import OWNER, TEMPLATES, Actor, ActorKind, Origin
from guildshop.settings_watch import StoreChanged
from guildshop.tenancy import every_store, scope

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

Model = TypeVar("Model", bound=BaseModel)

STORE_SECTION = "store"
PLUGINS_SECTION = "plugins"
ROLES_SECTION = "roles"
"""What the owner changed of the role templates: template → permission → allowed."""
CHANGE_SETTINGS = "settings.update"
CREATE_ATTEMPTS = 5


class StoreSettings(BaseModel):
    """The kernel's own settings of a store; Discord IDs are whole numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=100, description="What the shop is called.")
    currency: Currency = Field(default="USD", description="What new products and orders are priced in.")
    language: Language = Field(default="en-US", description="What staff channels and the web pages speak.")
    time_zone: TimeZone = Field(default="UTC", description="Where the shop's days begin and end.")
    logo: ImageAddress = Field(default="", description="The address of a picture.")
    staff_roles: dict[Snowflake, RoleTemplate] = Field(default_factory=dict)
    channels: dict[ChannelKind, Snowflake] = Field(default_factory=dict)
    client_role: Annotated[Snowflake | None, BeforeValidator(none_if_empty)] = None
    show_pii: bool = Field(default=False, title="Show PII", description="Staff see emails without asking for each.")
    auto_assign_on_join: bool = Field(
        default=True, description="Members who join again get the roles that they bought."
    )


@dataclass(frozen=True, slots=True)
class Store:
    """One shop: the tenant. `guild_id` is None while it is bound to no Discord server."""

    id: int
    guild_id: int | None
    active: bool
    name: str
    currency: str
    language: str
    time_zone: str
    logo: str
    staff_roles: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[str, int] = field(default_factory=dict)
    client_role: int | None = None
    show_pii: bool = False
    auto_assign_on_join: bool = True


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
        self._changing = asyncio.Lock()
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
            raw = self._from_file(store_id, section) | self._override(store_id, section)
            cached = self._models[store_id, model] = self._app.validate_section(
                model, raw, f"stores.{self.get(store_id).guild_id}.{section}"
            )
        if not isinstance(cached, model):
            message = f"{model.__name__} and {type(cached).__name__} are kept under one name"
            raise TypeError(message)
        return cached

    def enabled(self, store_id: int, plugin: str) -> bool:
        """Tell whether the plugin is loaded and, with all that it needs, on in this store."""
        return plugin in self._app.plugins and plugin not in self._disabled.get(store_id, frozenset())

    def enabled_plugins(self, store_id: int) -> tuple[str, ...]:
        """Return the plugins that are on in this store, in order."""
        return tuple(name for name in self._app.plugins.names if self.enabled(store_id, name))

    # Who may do what

    def permissions_of(self, store_id: int, *templates: str) -> frozenset[str]:
        """Return what the role templates together allow in a store: the one table for every entrance."""
        changes = self.role_changes(store_id)
        return frozenset[str]().union(*(self._app.permissions.of(name, changes) for name in templates))

    def role_changes(self, store_id: int) -> Mapping[str, Mapping[str, bool]]:
        """Return what the store's owner changed of the role templates: template → permission → allowed."""
        return self._override(store_id, ROLES_SECTION)

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
        async with self._changing:
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
        async with self._changing:
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
        async with self._changing:
            async with self._writing(store_id, Origin.DISCORD) as work:
                work.update(StoreRow, store_id, active=active)
                work.audit("store.wake" if active else "store.sleep", subject="store", subject_id=store_id)
                work.record(StoreChanged())
            await self.refresh()

    async def change(
        self, actor: Actor, section: str, values: Mapping[str, Any], *, version: int | None = None
    ) -> None:
        """Set some values of a section; None takes a value back to what the file says.

        `version` is the section's version that the actor saw (`version_of`); another one is refused as stale.
        """
        actor.require(CHANGE_SETTINGS)
        before = self._override(actor.store, section)
        if section == STORE_SECTION and values.get("staff_roles"):
            known = self.get(actor.store).staff_roles
            given = {name for role, name in values["staff_roles"].items() if known.get(int(role)) != name}
            self._require_to_give(actor, self.permissions_of(actor.store, *given.intersection(TEMPLATES)))
        after = {key: value for key, value in (before | dict(values)).items() if value is not None}
        self._check(actor.store, section, after)
        shown = self._effective(actor.store, section, values)
        await self._write(actor, section, {**shown, **before}, {**shown, **after}, version, stored=after)

    async def change_roles(
        self, actor: Actor, changes: Mapping[str, Mapping[str, bool]], *, version: int | None = None
    ) -> None:
        """Set what role templates may do in the actor's store: template → permission → allowed; the rest stays.

        Refused for Owner, who always may everything; for permissions that the actor does not have; and where the
        actor could not change the settings any more. `version` is that of `ROLES_SECTION`.
        """
        actor.require(CHANGE_SETTINGS)
        before = self.role_changes(actor.store)
        after = dict(before)
        for template, allowed in changes.items():
            after[template] = self._role_after(template, {**before.get(template, {}), **allowed})
            added = self._app.permissions.of(template, after) - self.permissions_of(actor.store, template)
            self._require_to_give(actor, added)
        after = {template: kept for template, kept in after.items() if kept}
        if after == before:
            return
        held = frozenset[str]().union(*(self._app.permissions.of(name, after) for name in actor.templates))
        if actor.templates and CHANGE_SETTINGS not in held:
            raise Refusal(
                _("You are {role} yourself and could not change the settings any more. Ask an owner to do it.").format(
                    role=", ".join(sorted(actor.templates))
                )
            )
        await self._write(actor, ROLES_SECTION, before, after, version)

    def version_of(self, store_id: int, section: str) -> int:
        """Return the version of a section's changes, 0 while nothing was changed."""
        return self._overrides.get(store_id, {}).get(section, (0, {}))[0]

    async def switch(self, actor: Actor, plugin: str, on: bool, *, with_dependants: bool = False) -> tuple[str, ...]:
        """Turn a plugin on or off in the actor's store; return every plugin whose state changed.

        On takes along what the plugin needs. Off is refused, naming them, while others that need it are on, unless
        `with_dependants` takes them along.
        """
        actor.require(CHANGE_SETTINGS)
        plugins = self._app.plugins
        if plugin not in plugins:
            raise NotFound(_("There is no plugin called {name}.").format(name=plugin))
        if plugins[plugin].essential and not on:
            raise Refusal(
                _("{plugin} cannot be switched off: without it nobody could switch it on again.").format(
                    plugin=_(plugins[plugin].title)
                )
            )
        disabled = self._disabled.get(actor.store, frozenset())
        if on:
            changed = [name for name in (*plugins.requirements(plugin), plugin) if name in disabled]
            after = disabled.difference(changed)
        else:
            dependants = [name for name in plugins.dependants(plugin) if name not in disabled]
            if dependants and not with_dependants:
                raise Refusal(
                    _("{plugin} is needed by {others}. Switch them off too, or leave it on.").format(
                        plugin=_(plugins[plugin].title), others=", ".join(_(plugins[name].title) for name in dependants)
                    ),
                    details={"dependants": dependants},
                )
            changed = [name for name in (plugin, *dependants) if name not in disabled]
            after = disabled.union(changed)
        if changed:
            await self._write(actor, PLUGINS_SECTION, {"disabled": sorted(disabled)}, {"disabled": sorted(after)}, None)
        return tuple(changed)

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

    def _from_file(self, store_id: int, section: str) -> dict[str, Any]:
        return dict(self._app.settings.store_section(self.get(store_id).guild_id, section))

    def _override(self, store_id: int, section: str) -> dict[str, Any]:
        return dict(self._overrides.get(store_id, {}).get(section, (0, {}))[1])

    def _effective(self, store_id: int, section: str, names: Iterable[str]) -> dict[str, Any]:
        """Return what settings are at the moment, wherever that comes from, as JSON holds it."""
        if section == STORE_SECTION:
            store = self.get(store_id)
            values = StoreSettings.model_construct(
                **{name: getattr(store, name) for name in StoreSettings.model_fields}
            ).model_dump(mode="json")
        else:
            values = self.settings(store_id, self._app.model_of(section)).model_dump(mode="json")
        return {name: values[name] for name in names if name in values}

    def _check(self, store_id: int, section: str, after: Mapping[str, Any]) -> None:
        model = StoreSettings if section == STORE_SECTION else self._app.model_of(section)
        if section == STORE_SECTION:
            base: dict[str, Any] = {key: getattr(self.get(store_id), key) for key in StoreSettings.model_fields}
        else:
            base = self._from_file(store_id, section)
        problems = find_problems(model, base | dict(after), environ=self._app.settings.environ)
        if problems:
            errors = [FieldError(dotted(location), sentence) for location, sentence in problems]
            sentences = "\n".join(f"{section}.{error.field} {error.message}" for error in errors)
            raise Invalid(sentences, errors=errors)

    def _role_after(self, template: str, wanted: Mapping[str, bool]) -> dict[str, bool]:
        """Return what is to be kept of a template's changes: where it differs from what plugins say."""
        if template == OWNER:
            raise Refusal(
                _("Owner may always do everything, so that nobody can be locked out for good. Change another role.")
            )
        if template not in TEMPLATES:
            raise NotFound(_("There is no role {role}.").format(role=template))
        for name in wanted:
            if name not in self._app.permissions.permissions:
                raise Invalid.field(name, _("There is no permission called {name}.").format(name=name))
        usual = self._app.permissions.of(template)
        return {name: value for name, value in sorted(wanted.items()) if value != (name in usual)}

    @staticmethod
    def _require_to_give(actor: Actor, permissions: Collection[str]) -> None:
        missing = () if actor.kind is ActorKind.SYSTEM else sorted(set(permissions) - actor.permissions)
        if missing:
            raise Forbidden(
                _("You cannot give what you may not do yourself: {permissions}. Ask an owner.").format(
                    permissions=", ".join(missing[:5]) + ("…" if len(missing) > 5 else "")
                )
            )

    async def _write(
        self,
        actor: Actor,
        section: str,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        version: int | None,
        *,
        stored: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a section; the audit log gets before and after, the row what is `stored` (by default `after`)."""
        value = json.dumps(after if stored is None else stored)
        stale = Stale(
            _("Somebody else changed these settings in the meantime. Look at them again, then repeat your change.")
        )
        # Before waiting for others: what they write meanwhile is not in `before`.
        seen = self.version_of(actor.store, section)
        if version is not None and version != seen:
            raise stale
        async with self._changing:
            async with self._app.work(actor) as work:
                if seen:
                    work.guard(
                        StoreSetting,
                        set="value = :value, version = version + 1",
                        where="section = :section AND version = :seen",
                        refusal=stale,
                        value=value,
                        section=section,
                        seen=seen,
                    )
                else:
                    work.insert(StoreSetting, conflict=stale, section=section, value=value, version=1)
                work.audit(
                    "settings.update", subject=section, subject_id=section, before=dict(before), after=dict(after)
                )
                work.record(StoreChanged())
            await self.refresh()
        await self._app.settings_changed(actor.store)


def _as_dict(value: Any) -> dict[str, Any]:
    decoded = json.loads(value) if isinstance(value, str | bytes) else value
    return decoded if isinstance(decoded, dict) else {}
