"""Who uses the bot in which store: set once per interaction, before any command, button or modal runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import discord

from guildshop.bot.languages import note_language
from guildshop.errors import Refusal
from guildshop.i18n import _, set_locale
from guildshop.permissions import Actor, ActorKind, Origin
from guildshop.stores import Store
from guildshop.tenancy import set_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.bot.client import Bot

_KEY = "guildshop.context"


@dataclass(frozen=True, slots=True)
class Context:
    """An interaction's store, actor and language.

    In a DM the member's roles are those they have in the store's Discord server.
    """

    app: App
    store: Store
    actor: Actor
    locale: str
    user: discord.User | discord.Member
    roles: frozenset[int]
    """The Discord role IDs that the member has in the store's server, without @everyone."""

    @property
    def user_id(self) -> int:
        """The Discord ID of who acts."""
        return self.user.id


def context_of(interaction: discord.Interaction[Any]) -> Context:
    """Return the interaction's context; LookupError before it is set, which no callback of a plugin ever sees."""
    context = interaction.extras.get(_KEY)
    if not isinstance(context, Context):
        message = "this interaction came neither through the command tree nor through a StoreItem or StoreModal"
        raise LookupError(message)  # noqa: TRY004 - it is missing, not of a wrong type
    return context


async def enter(interaction: discord.Interaction[Bot], store: Store) -> Context:
    """Set the store scope and the language for the rest of this task, and remember the context."""
    bot = interaction.client
    set_locale(interaction.locale.value)
    if bot.stopping:
        raise Refusal(_("The shop is restarting. Please try again in a moment."))
    if not store.active:
        raise Refusal(_("This shop is asleep at the moment. Ask the server's owner."))
    set_store(store.id)
    member = await _member(interaction, store)
    roles = frozenset(role.id for role in member.roles if not role.is_default()) if member else frozenset()
    templates = _templates(bot.app, store, interaction.user.id, member, roles)
    actor = Actor(
        ActorKind.MEMBER,
        str(interaction.user.id),
        interaction.user.name,
        store.id,
        bot.app.stores.permissions_of(store.id, *templates),
        Origin.DISCORD,
        templates,
    )
    context = Context(bot.app, store, actor, interaction.locale.value, interaction.user, roles)
    interaction.extras[_KEY] = context
    if interaction.type is not discord.InteractionType.autocomplete:
        await note_language(bot.app, interaction.user.id, context.locale)
    return context


def _templates(
    app: App, store: Store, user_id: int, member: discord.Member | None, roles: frozenset[int]
) -> frozenset[str]:
    """Return the role templates through which a member acts; nobody who left the server has any."""
    if member is None:
        return frozenset()
    administrator = member.guild.owner_id == user_id or member.guild_permissions.administrator
    return app.stores.templates_of(store.id, roles, administrator=administrator)


async def _member(interaction: discord.Interaction[Bot], store: Store) -> discord.Member | None:
    """Return the acting member of the store's server: from the interaction, in a DM by asking Discord."""
    if isinstance(interaction.user, discord.Member) and interaction.guild_id == store.guild_id:
        return interaction.user
    guild = interaction.client.get_guild(store.guild_id) if store.guild_id is not None else None
    if guild is None:
        return None
    try:
        return guild.get_member(interaction.user.id) or await guild.fetch_member(interaction.user.id)
    except discord.NotFound:
        return None
