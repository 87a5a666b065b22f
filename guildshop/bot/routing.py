"""Where buttons, selects and modals arrive: their store from the custom ID, the checks, then their class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord

from guildshop.bot.boundary import boundary
from guildshop.bot.context import Context, enter
from guildshop.bot.items import Fields, StoreItem, StoreModal, split_custom_id
from guildshop.bot.replies import defer, patience
from guildshop.errors import Forbidden, NotFound
from guildshop.i18n import _, set_locale

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

Registered = type[StoreItem[Any]] | type[StoreModal]


async def run_item(interaction: discord.Interaction[Bot], item: StoreItem[Any]) -> None:
    """Run a pressed component."""
    async with boundary(interaction, item.prefix), patience(interaction):
        context, args = await admit(interaction, type(item), item.custom_id)
        await item.handle(interaction, context, args)
        await defer(interaction)


async def run_modal(interaction: discord.Interaction[Bot], kind: type[StoreModal], custom_id: str) -> None:
    """Run a submitted modal."""
    async with boundary(interaction, kind.prefix), patience(interaction):
        context, args = await admit(interaction, kind, custom_id)
        await kind().submitted(interaction, context, submitted_fields(interaction), *args)
        await defer(interaction)


async def run_unknown(interaction: discord.Interaction[Bot], prefix: str) -> None:
    """Answer a component or modal that nobody knows, such as one of a plugin that is not loaded any more."""
    set_locale(interaction.locale.value)
    async with boundary(interaction, "unknown"):
        plugin, _dot, name = prefix.partition(".")
        if name and plugin not in interaction.client.app.plugins:
            sentence = _("The plugin “{plugin}”, to which this belongs, is not available at the moment. Ask the staff.")
            raise NotFound(sentence.format(plugin=plugin))
        raise NotFound(_("This button or form is out of date. Use the command again that showed it."))


async def admit(
    interaction: discord.Interaction[Bot], kind: Registered, custom_id: str
) -> tuple[Context, tuple[str, ...]]:
    """Set the context from a custom ID and check whether whoever used it may; return the arguments too."""
    set_locale(interaction.locale.value)
    parts = split_custom_id(custom_id)
    if parts is None:
        raise NotFound(_("This button or form is out of date. Use the command again that showed it."))
    _prefix, store_id, args = parts
    store = interaction.client.app.stores.get(store_id)
    if interaction.guild_id is not None and interaction.guild_id != store.guild_id:
        raise NotFound(_("This belongs to another server's shop."))
    context = await enter(interaction, store)
    if not kind.finishes_begun:
        registry = interaction.client.registry
        registry.require_enabled(store.id, registry.plugin_of_prefix(kind.prefix))
    if kind.personal and args[:1] != (str(interaction.user.id),):
        raise Forbidden(_("Only the person whom this was shown to can use it. Use the command yourself."))
    if kind.permission is not None:
        context.actor.require(kind.permission)
    return context, args


def submitted_fields(interaction: discord.Interaction[Any]) -> Fields:
    """Return what a modal sent."""
    data: Any = interaction.data or {}
    attachments = data.get("resolved", {}).get("attachments", {})
    fields = Fields()
    for component in _inputs(data.get("components", ())):
        name = str(component.get("custom_id", ""))
        if component.get("type") == discord.ComponentType.file_upload.value:
            fields.attachments[name] = [
                discord.Attachment(data=attachments[value], state=interaction.client._connection)
                for value in component.get("values", ())
                if value in attachments
            ]
        elif "values" in component:
            fields.choices[name] = [str(value) for value in component["values"]]
        else:
            fields.texts[name] = str(component.get("value") or "").strip()
    return fields


def _inputs(components: Any) -> list[Any]:
    found = []
    for component in components:
        if "component" in component:
            found.append(component["component"])
        elif "components" in component:
            found.extend(component["components"])
        else:
            found.append(component)
    return found
