"""`/notify`: write an announcement, look at it, send it, watch it go, stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import (
    Context,
    Fields,
    Message,
    StoreButton,
    StoreModal,
    TextField,
    answer,
    context_of,
    open_modal,
    update,
    view,
)
from guildshop.bot.staff import staff
from guildshop.errors import Invalid
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.customers.api import OFFERED_TAGS
from guildshop.plugins.notifications import views
from guildshop.plugins.notifications.api import (
    NOTIFICATION_CREATE,
    Announcement,
    AnnouncementState,
    AnnouncementStepDue,
    Audience,
)
from guildshop.plugins.notifications.service import AnnouncementService
from guildshop.plugins.notifications.service.announcements import TEXT_LIMIT, TITLE_LIMIT
from guildshop.stores import Store

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


async def suggest_tag(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the tags that every shop has; any other can be typed."""
    typed = current.strip()
    fitting = [tag for tag in OFFERED_TAGS if typed.casefold() in tag.casefold()]
    shown = dict.fromkeys([*fitting, *([typed] if typed and not fitting else [])])
    return [app_commands.Choice(name=tag[:100], value=tag[:40]) for tag in shown]


@app_commands.command(name="notify", description=_l("Announce something to all customers, to a tag, or to a role."))
@app_commands.describe(
    tag=_l("Only to customers with this tag."), role=_l("Only to customers who have this role in the server.")
)
@app_commands.autocomplete(tag=suggest_tag)
@staff(NOTIFICATION_CREATE)
async def notify_command(
    interaction: discord.Interaction[Bot],
    tag: app_commands.Range[str, 1, 40] | None = None,
    role: discord.Role | None = None,
) -> None:
    """Ask for the text."""
    context = context_of(interaction)
    if tag and role is not None:
        raise Invalid.field("role", _("Give a tag or a role, not both."))
    audience, target = Audience.ALL, ""
    if tag:
        audience, target = Audience.TAG, tag.strip()
    elif role is not None and not role.is_default():
        audience, target = Audience.ROLE, str(role.id)
    draft = await context.app.get(AnnouncementService).begin(context.actor, audience, target)
    fields = [
        TextField("title", _("Title"), maximum=TITLE_LIMIT),
        TextField("text", _("Text"), long=True, maximum=TEXT_LIMIT, description=_("You see it before it is sent.")),
    ]
    await open_modal(interaction, WriteForm.build(context.store.id, draft.id, title=_("Announcement"), fields=fields))


class WriteForm(StoreModal, prefix="notifications.write"):
    """Shows the announcement as customers will read it, and asks whether to send it."""

    permission = NOTIFICATION_CREATE

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Keep the text and show it."""
        service = context.app.get(AnnouncementService)
        written = await service.write(context.actor, UUID(args[0]), fields["title"], fields["text"])
        embeds, shown = await _screen(context, written)
        await answer(interaction, embeds=embeds, view=shown)


class AnnouncementButton(StoreButton):
    """A button of an announcement; its argument is the announcement."""

    permission = NOTIFICATION_CREATE

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Act, and show how it stands."""
        await self.act(context, UUID(args[0]))
        embeds, shown = await _screen(context, await _found(context, args[0]))
        await update(interaction, embeds=embeds, view=shown)

    async def act(self, context: Context, key: UUID) -> None:
        """Do what the button is for; nothing, to look again."""


class SendButton(AnnouncementButton, prefix="notifications.send"):
    """Begins to send the announcement."""

    async def act(self, context: Context, key: UUID) -> None:
        """Start it."""
        await context.app.get(AnnouncementService).start(context.actor, key)


class StopButton(AnnouncementButton, prefix="notifications.stop"):
    """Stops the announcement."""

    finishes_begun = True

    async def act(self, context: Context, key: UUID) -> None:
        """Stop it."""
        await context.app.get(AnnouncementService).stop(context.actor, key)


class LookButton(AnnouncementButton, prefix="notifications.look"):
    """Shows how far the announcement is."""

    finishes_begun = True


class DiscardButton(StoreButton, prefix="notifications.discard"):
    """Throws the draft away."""

    permission = NOTIFICATION_CREATE

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Throw it away."""
        await context.app.get(AnnouncementService).discard(context.actor, UUID(args[0]))
        await update(interaction, content=_("The announcement was thrown away. Nobody was told."))


ANNOUNCING_COMMANDS: list[Any] = [notify_command]
ANNOUNCING_ITEMS: list[Any] = [WriteForm, SendButton, StopButton, LookButton, DiscardButton]


async def announce(event: AnnouncementStepDue, delivery: Delivery) -> None:
    """Tell the next few customers."""
    await delivery.app.get(AnnouncementService).step(event, delivery, _dm)


def _dm(announcement: Announcement, store: Store) -> Message:
    return Message(embeds=[views.announcement(announcement, store.name)])


async def _found(context: Context, key: str) -> Announcement:
    return await context.app.get(AnnouncementService).get(context.actor, UUID(key))


async def _screen(context: Context, announcement: Announcement) -> tuple[list[discord.Embed], discord.ui.View | None]:
    reached = announcement.total
    shown = [views.announcement(announcement, context.store.name)]
    buttons: list[StoreButton] = []
    if announcement.state is AnnouncementState.DRAFT:
        reached = await context.app.get(AnnouncementService).reach(context.actor, announcement)
        send, discard = discord.ButtonStyle.success, discord.ButtonStyle.secondary
        if reached:
            buttons.append(SendButton(announcement.store, announcement.id, label=_("Send"), style=send))
        buttons.append(DiscardButton(announcement.store, announcement.id, label=_("Discard"), style=discard))
    elif announcement.state is AnnouncementState.RUNNING:
        buttons.append(LookButton(announcement.store, announcement.id, label=_("Look again")))
        stop = discord.ButtonStyle.danger
        buttons.append(StopButton(announcement.store, announcement.id, label=_("Stop"), style=stop))
    shown.append(views.announcement_progress(announcement, reached))
    return shown, view(*buttons) if buttons else None
