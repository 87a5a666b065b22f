"""The panel's pages of staff roles, channels and the client role."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import discord

from guildshop.bot import Context, StoreItem, StoreSelect
from guildshop.i18n import _
from guildshop.permissions import TEMPLATES
from guildshop.plugins.staff import views
from guildshop.plugins.staff.api import CHANNEL_KINDS, SETTINGS_UPDATE, channel_label
from guildshop.plugins.staff.commands.panel import (
    CHANNELS_PAGE,
    CLIENT_PAGE,
    OPENERS,
    ROLES_PAGE,
    back,
    settings_of,
    show,
    store_of,
)
from guildshop.store_settings import STORE_SECTION

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

MOST_ROLES = 25


async def show_roles(interaction: discord.Interaction[Bot], context: Context, template: str = "") -> None:
    """Show which Discord roles are which staff role; with a template, a select of its roles."""
    store = store_of(context)
    items: list[discord.ui.Item[Any]] = []
    if context.actor.may(SETTINGS_UPDATE):
        options = [discord.SelectOption(label=name, value=name, default=name == template) for name in TEMPLATES]
        items.append(TemplateSelect(store.id, options=options, placeholder=_("Choose a staff role")))
        if template:
            held = [role for role, name in store.staff_roles.items() if name == template]
            items.append(
                RolesPick(store.id, TEMPLATES.index(template), _version(context), maximum=MOST_ROLES, held=held)
            )
    await show(interaction, views.roles_embed(store, template), *items, back(context))


async def show_channels(interaction: discord.Interaction[Bot], context: Context, kind: str = "") -> None:
    """Show which channel is for what; with a kind, a select of channels."""
    store = store_of(context)
    items: list[discord.ui.Item[Any]] = []
    if context.actor.may(SETTINGS_UPDATE):
        options = [
            discord.SelectOption(label=channel_label(name), value=name, default=name == kind) for name in CHANNEL_KINDS
        ]
        items.append(KindSelect(store.id, options=options, placeholder=_("Choose what a channel is for")))
        if kind:
            items.append(ChannelPick(store.id, kind, _version(context), held=store.channels.get(kind)))
    await show(interaction, views.channels_embed(store, kind), *items, back(context))


async def show_client_role(interaction: discord.Interaction[Bot], context: Context) -> None:
    """Show the client role and a select of roles."""
    store = store_of(context)
    items: list[discord.ui.Item[Any]] = []
    if context.actor.may(SETTINGS_UPDATE):
        held = [store.client_role] if store.client_role else []
        items.append(ClientRolePick(store.id, _version(context), maximum=1, held=held))
    await show(interaction, views.client_role_embed(store), *items, back(context))


class TemplateSelect(StoreSelect, prefix="staff.template"):
    """Chooses the staff role whose Discord roles are to be set."""

    permission = SETTINGS_UPDATE

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show its roles."""
        await show_roles(interaction, context, values[0])


class KindSelect(StoreSelect, prefix="staff.channel_kind"):
    """Chooses what a channel is to be set for."""

    permission = SETTINGS_UPDATE

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show its channel."""
        await show_channels(interaction, context, values[0])


class RolePick(StoreItem[discord.ui.RoleSelect[Any]]):
    """A select of the server's roles."""

    permission = SETTINGS_UPDATE

    def __init__(self, store: int, *args: object, maximum: int, held: Collection[int]) -> None:
        """Offer the server's roles; `held` are chosen already."""
        select: discord.ui.RoleSelect[Any] = discord.ui.RoleSelect(
            custom_id="-",
            placeholder=_("Choose roles") if maximum > 1 else _("Choose a role"),
            min_values=0,
            max_values=maximum,
            default_values=[
                discord.SelectDefaultValue(id=role, type=discord.SelectDefaultValueType.role)
                for role in list(held)[:maximum]
            ],
        )
        super().__init__(store, *args, item=select)

    async def handle(self, interaction: discord.Interaction[Bot], context: Context, args: Sequence[str]) -> None:
        """Call `picked` with the role IDs."""
        await self.picked(interaction, context, _values(interaction), *args)

    async def picked(
        self, interaction: discord.Interaction[Bot], context: Context, roles: Sequence[int], *args: str
    ) -> None:
        """Do what the select is for."""
        raise NotImplementedError


class RolesPick(RolePick, prefix="staff.roles"):
    """Sets the Discord roles of a staff role. Arguments: the template's number, version."""

    async def picked(
        self, interaction: discord.Interaction[Bot], context: Context, roles: Sequence[int], *args: str
    ) -> None:
        """Set them."""
        template = TEMPLATES[int(args[0])]
        await settings_of(context).set_template_roles(context.actor, template, roles, version=int(args[1]))
        await show_roles(interaction, context, template)


class ClientRolePick(RolePick, prefix="staff.client_role"):
    """Sets the client role. Argument: version."""

    async def picked(
        self, interaction: discord.Interaction[Bot], context: Context, roles: Sequence[int], *args: str
    ) -> None:
        """Set it, or none."""
        await settings_of(context).set_client_role(context.actor, next(iter(roles), None), version=int(args[0]))
        await show_client_role(interaction, context)


class ChannelPick(StoreItem[discord.ui.ChannelSelect[Any]], prefix="staff.channel"):
    """Sets a channel. Arguments: kind, version."""

    permission = SETTINGS_UPDATE

    def __init__(self, store: int, *args: object, held: int | None) -> None:
        """Offer the server's text channels."""
        chosen = [] if held is None else [held]
        select: discord.ui.ChannelSelect[Any] = discord.ui.ChannelSelect(
            custom_id="-",
            channel_types=[discord.ChannelType.text, discord.ChannelType.news],
            placeholder=_("Choose a channel"),
            min_values=0,
            max_values=1,
            default_values=[
                discord.SelectDefaultValue(id=channel, type=discord.SelectDefaultValueType.channel)
                for channel in chosen
            ],
        )
        super().__init__(store, *args, item=select)

    async def handle(self, interaction: discord.Interaction[Bot], context: Context, args: Sequence[str]) -> None:
        """Set it, or take it away."""
        channel = next(iter(_values(interaction)), None)
        await settings_of(context).set_channels(context.actor, {args[0]: channel}, version=int(args[1]))
        await show_channels(interaction, context, args[0])


def _version(context: Context) -> int:
    return context.app.stores.version_of(context.store.id, STORE_SECTION)


def _values(interaction: discord.Interaction[Bot]) -> list[int]:
    data: Any = interaction.data or {}
    return [int(value) for value in data.get("values", ())]


OPENERS[ROLES_PAGE] = show_roles
OPENERS[CHANNELS_PAGE] = show_channels
OPENERS[CLIENT_PAGE] = show_client_role
ROLE_ITEMS: list[Any] = [TemplateSelect, KindSelect, RolesPick, ClientRolePick, ChannelPick]
