"""One's own data: as a file, and erased."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import Context, Fields, StoreModal, TextField, answer, context_of, defer, open_modal, succeed
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.customers.service.personal import CONFIRMATION

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

FILE_NAME = "my-data.json"


@app_commands.command(name="my-data", description=_l("Get everything that this shop knows about you, as a file."))
async def my_data_command(interaction: discord.Interaction[Bot]) -> None:
    """Answer with the member's own data, which only they see."""
    context = context_of(interaction)
    await defer(interaction)
    found = await context.app.get(CustomerService).my_data(context.actor)
    text = json.dumps({"shop": context.store.name, **found}, ensure_ascii=False, indent=2, default=_plain)
    file = discord.File(io.BytesIO(text.encode()), filename=FILE_NAME)
    await answer(interaction, _("This is everything that the shop knows about you."), file=file)


@app_commands.command(name="forget-me", description=_l("Have this shop erase what it knows about you."))
async def forget_me_command(interaction: discord.Interaction[Bot]) -> None:
    """Ask for a typed confirmation."""
    context = context_of(interaction)
    await context.app.get(CustomerService).of_member(context.actor)
    told = _("Your orders stay, without your name. Type {words} to go on.").format(words=CONFIRMATION)
    field = TextField("typed", _("This cannot be undone"), maximum=40, description=told)
    modal = ForgetMe.build(context.store.id, interaction.user.id, title=_("Erase my data"), fields=[field])
    await open_modal(interaction, modal)


class ForgetMe(StoreModal, prefix="customers.forget"):
    """Erases the member's data once they typed the words."""

    personal = True

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Erase it."""
        await context.app.get(CustomerService).forget(context.actor, fields["typed"])
        await succeed(interaction, _("Your data is erased. What the law wants kept is kept without your name."))


def _plain(value: object) -> object:
    """Return what JSON has no notation for as text or list."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    message = f"a {type(value).__name__} cannot be exported"
    raise TypeError(message)


PERSONAL_COMMANDS: list[Any] = [my_data_command, forget_me_command]
PERSONAL_ITEMS = [ForgetMe]
