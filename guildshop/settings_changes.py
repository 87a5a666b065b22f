"""Changes to what is set in a store: checked, written with their audit line, applied at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from guildshop.config.validation import dotted, find_problems
from guildshop.database.tables import StoreSetting
from guildshop.errors import FieldError, Forbidden, Invalid, NotFound, Refusal, Stale
from guildshop.i18n import _
from guildshop.permissions import OWNER, TEMPLATES, Actor, ActorKind
from guildshop.settings_watch import StoreChanged
from guildshop.store_settings import PLUGINS_SECTION, ROLES_SECTION, STORE_SECTION, StoreSettings

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.stores import Stores

CHANGE_SETTINGS = "settings.update"


class SettingsChanges:
    """Changes the settings, role templates and plugins of the stores."""

    def __init__(self, app: App, stores: Stores) -> None:
        """Change what these stores have set."""
        self._app = app
        self._stores = stores

    async def change(
        self, actor: Actor, section: str, values: Mapping[str, Any], *, version: int | None = None
    ) -> None:
        """Set some values of a section; None takes a value back to what the file says.

        `version` is the section's version that the actor saw (`version_of`); another one is refused as stale.
        """
        actor.require(CHANGE_SETTINGS)
        before = self._stores.override(actor.store, section)
        if section == STORE_SECTION and values.get("staff_roles"):
            known = self._stores.get(actor.store).staff_roles
            given = {name for role, name in values["staff_roles"].items() if known.get(int(role)) != name}
            self._require_to_give(actor, self._stores.permissions_of(actor.store, *given.intersection(TEMPLATES)))
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
        before = self._stores.role_changes(actor.store)
        after = dict(before)
        for template, allowed in changes.items():
            after[template] = self._role_after(template, {**before.get(template, {}), **allowed})
            added = self._app.permissions.of(template, after) - self._stores.permissions_of(actor.store, template)
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
        disabled = self._stores.disabled(actor.store)
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

    # Within

    def _effective(self, store_id: int, section: str, names: Iterable[str]) -> dict[str, Any]:
        """Return what settings are at the moment, wherever that comes from, as JSON holds it."""
        if section == STORE_SECTION:
            store = self._stores.get(store_id)
            values = StoreSettings.model_construct(
                **{name: getattr(store, name) for name in StoreSettings.model_fields}
            ).model_dump(mode="json")
        else:
            values = self._stores.settings(store_id, self._app.model_of(section)).model_dump(mode="json")
        return {name: values[name] for name in names if name in values}

    def _check(self, store_id: int, section: str, after: Mapping[str, Any]) -> None:
        model = StoreSettings if section == STORE_SECTION else self._app.model_of(section)
        if section == STORE_SECTION:
            base: dict[str, Any] = {key: getattr(self._stores.get(store_id), key) for key in StoreSettings.model_fields}
        else:
            base = self._stores.from_file(store_id, section)
        problems = find_problems(model, base | dict(after), environ=self._app.settings.environ)
        if problems:
            errors = [FieldError(dotted(location), sentence) for location, sentence in problems]
            sentences = "\n".join(f"{section}.{error.field}: {error.message}" for error in errors)
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
        kept = after if stored is None else stored
        value = json.dumps(kept)
        stale = Stale(
            _("Somebody else changed these settings in the meantime. Look at them again, then repeat your change.")
        )
        # Before waiting for others: what they write meanwhile is not in `before`.
        seen = self._stores.version_of(actor.store, section)
        if version is not None and version != seen:
            raise stale
        known = self._stores.override(actor.store, section)
        changed = tuple(sorted(name for name in {*known, *kept} if known.get(name) != kept.get(name)))
        async with self._stores.changing:
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
                work.record(StoreChanged(section, changed))
            await self._stores.refresh()
        await self._app.settings_changed(actor.store)
