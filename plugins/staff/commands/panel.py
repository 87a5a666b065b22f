"""The parts of the settings panel that all of its pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord

from guildshop.bot import Context, StoreButton, StoreSelect, update, view
from guildshop.i18n import _
from guildshop.plugins.staff import views
from guildshop.plugins.staff.api import SETTINGS_READ
from guildshop.plugins.staff.service import SettingsService
from guildshop.stores import Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from guildshop.bot.client import Bot

    PageOpener = Callable[[discord.Interaction[Bot], Context], Awaitable[None]]

PLUGINS_PAGE, ROLES_PAGE, CHANNELS_PAGE, CLIENT_PAGE = "plugins", "roles", "channels", "client-role"
OPENERS: dict[str, PageOpener] = {}
"""The pages that are no section of settings, each with what shows it."""


def settings_of(context: Context) -> SettingsService:
    """Return the service."""
    return context.app.get(SettingsService)


def store_of(context: Context) -> Store:
    """Return the store as it is now: the context's own is from before a change."""
    return context.app.stores.get(context.store.id)


def home(context: Context) -> tuple[discord.Embed, discord.ui.View]:
    """Return the panel's first page."""
    shown = views.overview(store_of(context), settings_of(context).plugins(context.actor))
    return shown, view(_page_select(context))


async def show(interaction: discord.Interaction[Bot], shown: discord.Embed, *items: discord.ui.Item[Any]) -> None:
    """Put a page into the panel."""
    await update(interaction, embed=shown, view=view(*items))


def back(context: Context) -> BackButton:
    """Return the button to the first page."""
    return BackButton(context.store.id, label=_("Back"), emoji="◀", row=4)


def _page_select(context: Context) -> PageSelect:
    titles = [
        (PLUGINS_PAGE, _("Plugins")),
        (ROLES_PAGE, _("Staff roles")),
        (CHANNELS_PAGE, _("Channels")),
        (CLIENT_PAGE, _("Client role")),
        *((f"section {found.name}", found.title) for found in settings_of(context).sections(context.actor)),
    ]
    options = [discord.SelectOption(label=title[:100], value=name) for name, title in titles]
    return PageSelect(context.store.id, options=options, placeholder=_("Choose what to set up"))


class PageSelect(StoreSelect, prefix="staff.page"):
    """Goes from the first page to another one."""

    permission = SETTINGS_READ

    async def chosen(self, interaction: discord.Interaction[Bot], context: Context, values: Any, *args: str) -> None:
        """Show the page chosen."""
        from guildshop.plugins.staff.commands.settings import show_section

        name = str(values[0])
        if name in OPENERS:
            await OPENERS[name](interaction, context)
        else:
            await show_section(interaction, context, name.removeprefix("section "))


class BackButton(StoreButton, prefix="staff.back"):
    """Goes back to the first page."""

    permission = SETTINGS_READ

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show the first page."""
        shown, items = home(context)
        await update(interaction, embed=shown, view=items)
