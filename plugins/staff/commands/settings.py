"""`/settings`, and the pages of the shop's and the plugins' own settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from guildshop.bot import (
    Context,
    Fields,
    StoreModal,
    StoreSelect,
    TextField,
    answer,
    context_of,
    open_modal,
    staff,
)
from guildshop.bot.rendering import embed
from guildshop.errors import NotFound
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.staff import views
from guildshop.plugins.staff.api import SETTINGS_READ, SETTINGS_UPDATE, FieldKind, Section, SettingField
from guildshop.plugins.staff.commands.panel import BackButton, PageSelect, back, home, settings_of, show
from guildshop.plugins.staff.rules.fields import to_text

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

MOST_OPTIONS = 25
LONGEST_TEXT = 4000
ON_THE_WEB = frozenset({FieldKind.ROWS, FieldKind.SECRET, FieldKind.OTHER})
SEVERAL_LINES = frozenset({FieldKind.LONG_TEXT, FieldKind.LINES, FieldKind.PAIRS})


@app_commands.command(name="settings", description=_l("See and change how this shop is set up."))
@staff(SETTINGS_READ)
async def settings_command(interaction: discord.Interaction[Bot]) -> None:
    """Show the panel."""
    shown, items = home(context_of(interaction))
    await answer(interaction, embed=shown, view=items)


async def show_section(interaction: discord.Interaction[Bot], context: Context, name: str) -> None:
    """Show a section with a select of its settings."""
    section = settings_of(context).section(context.actor, name)
    currency = context.app.stores.get(context.store.id).currency
    items: list[discord.ui.Item[Any]] = []
    if section.fields and context.actor.may(SETTINGS_UPDATE):
        options = [
            discord.SelectOption(
                label=_(field.label)[:100],
                value=field.name,
                description=views.shown(field, field.value, currency)[:100],
            )
            for field in section.fields[:MOST_OPTIONS]
        ]
        items.append(
            FieldSelect(context.store.id, name, section.version, options=options, placeholder=_("Change a setting"))
        )
    await show(interaction, views.section_embed(section, currency), *items, back(context))


class FieldSelect(StoreSelect, prefix="staff.field"):
    """Changes a setting: a toggle at once, a choice by a select, else by a form. Arguments: section, version."""

    permission = SETTINGS_UPDATE

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Ask for the new value, or switch."""
        section, version = args[0], int(args[1])
        service = settings_of(context)
        found, field = service.field(context.actor, section, values[0])
        if field.kind is FieldKind.TOGGLE:
            await service.change(context.actor, found, {field.name: not field.value}, version=version)
            await show_section(interaction, context, section)
        elif field.kind in ON_THE_WEB:
            await answer(interaction, embed=_elsewhere(context, field))
        elif field.kind is FieldKind.CHOICE and len(field.choices) < MOST_OPTIONS:
            select = _choice_select(context, section, field, version)
            currency = context.app.stores.get(context.store.id).currency
            await show(interaction, views.section_embed(found, currency), select, back(context))
        else:
            await open_modal(interaction, _form(context, found, field, version))


class ChoiceSelect(StoreSelect, prefix="staff.choice"):
    """Sets one of the values that a setting offers. Arguments: section, setting, version."""

    permission = SETTINGS_UPDATE

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Set it."""
        section, field, version = args
        await settings_of(context).change_text(context.actor, section, field, values[0], version=int(version))
        await show_section(interaction, context, section)


class ValueModal(StoreModal, prefix="staff.value"):
    """Sets what was typed. Arguments: section, setting, version."""

    permission = SETTINGS_UPDATE

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Set it."""
        section, field, version = args
        await settings_of(context).change_text(context.actor, section, field, fields["value"], version=int(version))
        await show_section(interaction, context, section)


def _choice_select(context: Context, section: str, field: SettingField, version: int) -> ChoiceSelect:
    present = str(getattr(field.value, "value", field.value))
    options = [
        discord.SelectOption(label=_(label)[:100], value=value[:100], default=value == present)
        for value, label in field.choices
    ]
    return ChoiceSelect(
        context.store.id, section, field.name, version, options=options, placeholder=_(field.label)[:150]
    )


def _form(context: Context, section: Section, field: SettingField, version: int) -> discord.ui.Modal:
    hints = {
        FieldKind.LINES: _("One on each line"),
        FieldKind.PAIRS: _("One on each line, as “name: text”"),
    }
    bounds = field.kind in {FieldKind.NUMBER, FieldKind.MONEY}
    text = TextField(
        "value",
        _(field.label),
        long=field.kind in SEVERAL_LINES,
        required=field.required or (field.kind is FieldKind.TEXT and field.name == "name"),
        default=to_text(field, field.value, context.app.stores.get(context.store.id).currency)[:LONGEST_TEXT],
        description=_(field.description) if field.description else hints.get(field.kind, ""),
        maximum=LONGEST_TEXT if bounds or field.maximum is None else min(field.maximum, LONGEST_TEXT),
    )
    return ValueModal.build(context.store.id, section.name, field.name, version, title=section.title, fields=[text])


def _elsewhere(context: Context, field: SettingField) -> discord.Embed:
    label = _(field.label)
    if field.kind is FieldKind.ROWS:
        url = f"{context.app.settings.web.public_url}/admin/settings"
        return embed(
            label, _("{setting} has several parts. Change it on the web: {url}").format(setting=label, url=url)
        )
    if field.kind is FieldKind.SECRET:
        return embed(label, _("{setting} is a secret. Set it in the configuration file.").format(setting=label))
    raise NotFound(_("{setting} can only be set in the configuration file.").format(setting=label))


SETTINGS_ITEMS: list[Any] = [PageSelect, BackButton, FieldSelect, ChoiceSelect, ValueModal]
