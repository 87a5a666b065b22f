"""A store's settings as sections of fields, and the changes that staff make to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from guildshop.errors import FieldError, Invalid, NotFound
from guildshop.i18n import _
from guildshop.permissions import TEMPLATES, Actor
from guildshop.plugins.staff.api import (
    SETTINGS_READ,
    FieldKind,
    PluginState,
    Section,
    SettingField,
)
from guildshop.plugins.staff.rules import fields
from guildshop.plugins.staff.rules.choices import choices_of
from guildshop.store_settings import ROLES_SECTION, STORE_SECTION, StoreSettings

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.permissions import Permission

CHOSEN_ELSEWHERE = ("staff_roles", "channels", "client_role")
"""Settings of the shop that have a part of their own, since they name roles and channels of the server."""


class SettingsService:
    """Reads and changes settings; every change goes through `app.stores` and applies at once."""

    def __init__(self, app: App) -> None:
        """Work in this application."""
        self.app = app

    # Sections

    def sections(self, actor: Actor) -> list[Section]:
        """Return the shop's own section and those of the plugins, in order."""
        actor.require(SETTINGS_READ)
        owners = {section.model: plugin for plugin, found in self.app.hooks("register_settings") for section in found}
        own = self._own_section(actor.store)
        return [own, *(self._plugin_section(actor.store, owners[model], model) for model in self.app.sections)]

    def section(self, actor: Actor, name: str) -> Section:
        """Return one section; NotFound for an unknown one."""
        for section in self.sections(actor):
            if section.name == name:
                return section
        raise NotFound(_("There are no settings called {name}.").format(name=name))

    async def change(
        self, actor: Actor, section: Section, values: Mapping[str, Any], *, version: int | None = None
    ) -> None:
        """Change settings of a section; Invalid names each wrong field by its label, Stale another's change."""
        try:
            await self.app.stores.change(actor, section.name, values, version=version)
        except Invalid as refusal:
            errors = [FieldError(error.field, _sentence(section, error)) for error in refusal.errors]
            raise Invalid("\n".join(error.message for error in errors) or refusal.message, errors=errors) from refusal

    async def change_values(
        self, actor: Actor, name: str, values: Mapping[str, Any], *, version: int | None = None
    ) -> None:
        """Change settings by name; None takes one back to what the configuration says. Secrets are set there alone."""
        section = self.section(actor, name)
        errors = []
        for given in values:
            field = section.field(given)
            if field is None:
                errors.append(FieldError(given, _("There is no setting called {name}.").format(name=given[:64])))
            elif not field.editable:
                errors.append(FieldError(given, _("Set in the configuration file.")))
            elif _holds_null(values[given]):
                sentence = _("This text contains a null character, which cannot be kept. Type it anew.")
                errors.append(FieldError(given, sentence))
        if errors:
            raise Invalid("; ".join(f"{error.field}: {error.message}" for error in errors), errors=errors)
        await self.change(actor, section, values, version=version)

    async def change_form(self, actor: Actor, name: str, form: Mapping[str, str], *, version: int) -> None:
        """Change what differs in a section from what a form of a page holds."""
        section, currency = self.section(actor, name), self.app.stores.get(actor.store).currency
        values: dict[str, Any] = {}
        for field in section.fields:
            if not field.editable:
                continue
            typed = fields.from_form(field, form, currency)
            if typed != self._present(field):
                values[field.name] = typed
        if values:
            await self.change(actor, section, values, version=version)

    async def change_text(self, actor: Actor, name: str, field: str, text: str, *, version: int) -> None:
        """Change one setting to what was typed."""
        section, found = self.field(actor, name, field)
        currency = self.app.stores.get(actor.store).currency
        await self.change(actor, section, {field: fields.from_text(found, text, currency)}, version=version)

    def field(self, actor: Actor, name: str, field: str) -> tuple[Section, SettingField]:
        """Return one setting and its section; NotFound for an unknown one."""
        section = self.section(actor, name)
        found = section.field(field)
        if found is None:
            raise NotFound(_("There is no setting called {name}.").format(name=field))
        return section, found

    # Plugins

    def plugins(self, actor: Actor) -> list[PluginState]:
        """Return every installed plugin and whether it is on."""
        actor.require(SETTINGS_READ)
        stores, loaded = self.app.stores, self.app.plugins
        return [
            PluginState(
                name=plugin.name,
                title=_(plugin.title),
                description=_(plugin.description) if plugin.description else "",
                on=stores.enabled(actor.store, plugin.name),
                essential=plugin.essential,
                needs=[_(loaded[name].title) for name in plugin.requires],
                needed_by=[
                    _(loaded[name].title)
                    for name in loaded.dependants(plugin.name)
                    if stores.enabled(actor.store, name)
                ],
            )
            for plugin in loaded
        ]

    def plugin(self, actor: Actor, name: str) -> PluginState:
        """Return one plugin's state; NotFound for an unknown one."""
        for state in self.plugins(actor):
            if state.name == name:
                return state
        raise NotFound(_("There is no plugin called {name}.").format(name=name))

    async def switch(self, actor: Actor, name: str, on: bool, *, with_dependants: bool = False) -> list[str]:
        """Switch a plugin; return the titles of all whose state changed."""
        changed = await self.app.stores.switch(actor, name, on, with_dependants=with_dependants)
        return [_(self.app.plugins[plugin].title) for plugin in changed]

    # Roles and channels of the server

    async def set_template_roles(
        self, actor: Actor, template: str, roles: Collection[int], *, version: int | None = None
    ) -> None:
        """Let exactly these Discord roles stand for a role template."""
        if template not in TEMPLATES:
            raise NotFound(_("There is no role {role}.").format(role=template))
        present = self.app.stores.get(actor.store).staff_roles
        kept = {role: name for role, name in present.items() if name != template and role not in roles}
        await self.set_staff_roles(actor, kept | dict.fromkeys(roles, template), version=version)

    async def set_staff_roles(self, actor: Actor, roles: Mapping[int, str], *, version: int | None = None) -> None:
        """Set which Discord role stands for which role template."""
        values = {"staff_roles": {str(role): template for role, template in sorted(roles.items())}}
        await self.change(actor, self._own_section(actor.store), values, version=version)

    async def set_channels(
        self, actor: Actor, channels: Mapping[str, int | None], *, version: int | None = None
    ) -> None:
        """Set the channels of these kinds; None takes one away."""
        present = dict(self.app.stores.get(actor.store).channels)
        merged = {kind: found for kind, found in {**present, **channels}.items() if found is not None}
        await self.change(actor, self._own_section(actor.store), {"channels": merged}, version=version)

    async def set_server(
        self,
        actor: Actor,
        roles: Mapping[int, str],
        channels: Mapping[str, int],
        client_role: int | None,
        *,
        version: int | None = None,
    ) -> None:
        """Set staff roles, channels and client role together."""
        values = {
            "staff_roles": {str(role): template for role, template in sorted(roles.items())},
            "channels": dict(channels),
            "client_role": client_role if client_role is not None else "",
        }
        await self.change(actor, self._own_section(actor.store), values, version=version)

    async def set_client_role(self, actor: Actor, role: int | None, *, version: int | None = None) -> None:
        """Set the role that customers get, or none."""
        values = {"client_role": role if role is not None else ""}
        await self.change(actor, self._own_section(actor.store), values, version=version)

    # The table of role templates

    def role_table(self, actor: Actor) -> list[tuple[Permission, dict[str, bool]]]:
        """Return each permission with the templates that have it."""
        actor.require(SETTINGS_READ)
        held = {template: self.app.stores.permissions_of(actor.store, template) for template in TEMPLATES}
        permissions = sorted(self.app.permissions.permissions.values(), key=lambda permission: permission.name)
        return [
            (permission, {template: permission.name in held[template] for template in TEMPLATES})
            for permission in permissions
        ]

    def role_version(self, actor: Actor) -> int:
        """Return the version of the table that a change must have seen."""
        return self.app.stores.version_of(actor.store, ROLES_SECTION)

    async def change_roles(
        self, actor: Actor, table: Mapping[str, Collection[str]], *, version: int | None = None
    ) -> list[str]:
        """Set what each template named may do, all at once; return the templates that changed."""
        changes = {
            template: {name: name in wanted for name in self.app.stores.permissions_of(actor.store, template) ^ wanted}
            for template, wanted in ((name, set(found)) for name, found in table.items())
        }
        changes = {template: found for template, found in changes.items() if found}
        await self.app.stores.change_roles(actor, changes, version=version)
        return list(changes)

    # Within

    def _own_section(self, store_id: int) -> Section:
        store, stores = self.app.stores.get(store_id), self.app.stores
        values = StoreSettings.model_construct(
            **{name: getattr(store, name) for name in StoreSettings.model_fields if name not in CHOSEN_ELSEWHERE}
        )
        described = [
            replace(field, kind=FieldKind.CHOICE, choices=choices, required=True)
            if (choices := choices_of(field.name))
            else field
            for field in fields.describe(StoreSettings, values, leave_out=CHOSEN_ELSEWHERE)
        ]
        return Section(STORE_SECTION, _("Shop"), "", True, stores.version_of(store_id, STORE_SECTION), described)

    def _plugin_section(self, store_id: int, plugin: str, model: Any) -> Section:
        stores, registered = self.app.stores, self.app.sections[model]
        return Section(
            name=registered.name,
            title=_(registered.title),
            plugin=plugin,
            enabled=stores.enabled(store_id, plugin),
            version=stores.version_of(store_id, registered.name),
            fields=fields.describe(model, stores.settings(store_id, model)),
        )

    @staticmethod
    def _present(field: SettingField) -> Any:
        present = fields.stored(field.value)
        if field.kind is FieldKind.ROWS:
            return [{name: value for name, value in row.items() if value is not None} for row in present]
        return present


def _sentence(section: Section, error: FieldError) -> str:
    name = error.field.split(".")[0].split("[")[0]
    found = section.field(name)
    label = _(found.label) if found is not None else error.field
    inner = error.field.removeprefix(name).lstrip(".")
    return f"{label}{f' ({inner})' if inner else ''}: {error.message}"


def _holds_null(value: Any) -> bool:
    """Tell whether a null character is anywhere in a value as JSON has it."""
    if isinstance(value, Mapping):
        return any(_holds_null(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_holds_null(part) for part in value)
    return isinstance(value, str) and "\0" in value
