"""Settings and plugins in the JSON API. Secrets are never told, and are set in the configuration alone."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from guildshop.i18n import _
from guildshop.plugins.staff.api import SETTINGS_READ, SETTINGS_UPDATE, Section, SettingField
from guildshop.plugins.staff.rules import fields
from guildshop.plugins.staff.service import SettingsService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, needs

router = APIRouter(prefix="/settings", tags=["Settings"])
plugin_router = APIRouter(prefix="/plugins", tags=["Settings"])


class SectionModel(ApiModel):
    """The settings of a plugin, or of the shop itself. `version` is the one that a change has to name."""

    name: str
    title: str
    plugin: str = Field(description="The plugin that they are of; empty for the shop itself.")
    is_enabled: bool
    version: int


class SettingModel(ApiModel):
    """One setting. What is set in the configuration alone, such as a secret, only says whether it is set."""

    name: str
    label: str
    description: str
    kind: str
    value: Any
    is_set: bool
    is_editable: bool
    choices: list[str] = Field(description="The values that it may have; empty where any may be given.")
    minimum: int | None
    maximum: int | None


class SectionDetails(SectionModel):
    """A section with its settings."""

    settings: list[SettingModel]


class SettingsPatch(ApiModel):
    """Settings by name; what is left out stays, null takes one back to what the configuration says.

    `version` is the one that was read: another one is stale.
    """

    values: dict[str, Any] = Field(min_length=1, max_length=100)
    version: int | None = None


class PluginModel(ApiModel):
    """An installed plugin, and whether it is on in the store."""

    name: str
    title: str
    description: str
    is_enabled: bool
    is_essential: bool
    needs: list[str] = Field(description="The names of those that it needs.")
    needed_by: list[str] = Field(description="The names of those that are on and need it.")


class PluginPatch(ApiModel):
    """Whether a plugin is to be on; with what needs it, when that is to go off too."""

    is_enabled: bool
    with_dependants: bool = False


@router.get("", dependencies=[needs(SETTINGS_READ)])
async def list_settings(actor: CurrentActor, app: CurrentApp) -> list[SectionModel]:
    """List the sections of settings, the shop's own first."""
    return [_section(one) for one in app.get(SettingsService).sections(actor) if one.fields]


@router.get("/{section}", dependencies=[needs(SETTINGS_READ)])
async def read_settings(actor: CurrentActor, app: CurrentApp, section: str) -> SectionDetails:
    """Read the settings of a section. Amounts are minor units of the store's currency, or of their row's."""
    return _details(app.get(SettingsService).section(actor, section))


@router.patch("/{section}", dependencies=[needs(SETTINGS_READ, SETTINGS_UPDATE)])
async def change_settings(actor: CurrentActor, app: CurrentApp, section: str, change: SettingsPatch) -> SectionDetails:
    """Change settings of a section, at once."""
    service = app.get(SettingsService)
    await service.change_values(actor, section, change.values, version=change.version)
    return _details(service.section(actor, section))


@plugin_router.get("", dependencies=[needs(SETTINGS_READ)])
async def list_plugins(actor: CurrentActor, app: CurrentApp) -> list[PluginModel]:
    """List the installed plugins."""
    return _plugins(actor, app)


@plugin_router.patch("/{plugin}", dependencies=[needs(SETTINGS_READ, SETTINGS_UPDATE)])
async def switch_plugin(actor: CurrentActor, app: CurrentApp, plugin: str, change: PluginPatch) -> list[PluginModel]:
    """Switch a plugin on, with what it needs, or off; return all plugins."""
    service = app.get(SettingsService)
    plugin = service.plugin(actor, plugin).name
    await service.switch(actor, plugin, change.is_enabled, with_dependants=change.with_dependants)
    return _plugins(actor, app)


def _section(section: Section) -> SectionModel:
    return SectionModel(
        name=section.name,
        title=section.title,
        plugin=section.plugin,
        is_enabled=section.enabled,
        version=section.version,
    )


def _details(section: Section) -> SectionDetails:
    settings = [_setting(field) for field in section.fields]
    return SectionDetails(**_section(section).model_dump(), settings=settings)


def _setting(field: SettingField) -> SettingModel:
    return SettingModel(
        name=field.name,
        label=_(field.label),
        description=_(field.description) if field.description else "",
        kind=field.kind.name,
        value=fields.stored(field.value) if field.editable else None,
        is_set=field.value not in (None, "", (), [], {}),
        is_editable=field.editable,
        choices=[value for value, _label in field.choices],
        minimum=field.minimum,
        maximum=field.maximum,
    )


def _plugins(actor: CurrentActor, app: CurrentApp) -> list[PluginModel]:
    on = set(app.stores.enabled_plugins(actor.store))
    return [
        PluginModel(
            name=state.name,
            title=state.title,
            description=state.description,
            is_enabled=state.on,
            is_essential=state.essential,
            needs=list(app.plugins[state.name].requires),
            needed_by=[name for name in app.plugins.dependants(state.name) if name in on],
        )
        for state in app.get(SettingsService).plugins(actor)
    ]
