"""`/refund` with its confirmation, and the buttons of notices about refunds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import (
    Context,
    Fields,
    StoreButton,
    StoreModal,
    TextField,
    answer,
    context_of,
    open_modal,
    staff,
    succeed,
    update,
)
from guildshop.bot.rendering import embed
from guildshop.errors import Refusal
from guildshop.i18n import _, use_locale
from guildshop.i18n import lazy as _l
from guildshop.money import format_money
from guildshop.plugins.orders.api import OrderFilter, OrderStatus
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.refunds import rules, views
from guildshop.plugins.refunds.api import CREATE, NOTE_LENGTH, ProposalOver, RefundMode, RefundRequest
from guildshop.plugins.refunds.deliveries import refund_page
from guildshop.plugins.refunds.service import RefundPayments, RefundService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

REFUNDABLE = frozenset(OrderStatus) - {OrderStatus.PENDING_PAYMENT, OrderStatus.REFUNDED}


async def suggest_refundable(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the numbers of orders that were paid, to staff."""
    context = context_of(interaction)
    if not (context.actor.may(CREATE) and context.actor.may("order.read")):
        return []
    wanted = OrderFilter(statuses=REFUNDABLE, text=current)
    found = await context.app.get(OrderService).list(context.actor, wanted, limit=25)
    return [
        app_commands.Choice(
            name=f"{order.number} · {order.customer_name} · {format_money(order.total, order.currency)}"[:100],
            value=order.number,
        )
        for order in found.items
    ]


@app_commands.command(name="refund", description=_l("Refund an order, in full or in part, after a confirmation."))
@app_commands.describe(
    order=_l("The order's number."),
    reason=_l("The reason, told to the customer."),
    amount=_l("Only this amount, in minor units such as cents; the customer keeps everything."),
    items=_l("Only these items, which come back: product:quantity,product:quantity."),
)
@app_commands.autocomplete(order=suggest_refundable)
@staff(CREATE)
async def refund_command(
    interaction: discord.Interaction[Bot],
    order: str,
    reason: str | None = None,
    amount: int | None = None,
    items: str | None = None,
) -> None:
    """Show what the refund will do, and ask."""
    context = context_of(interaction)
    if amount is not None and items is not None:
        page = f"{context.app.settings.web.public_url.rstrip('/')}/admin/order/{order.strip().lstrip('#')}"
        raise Refusal(
            _(
                "Give either an amount or items here. Items for another amount are refunded in the admin,"
                " as “Both” on the page of the order: {page}"
            ).format(page=page)
        )
    mode = RefundMode.AMOUNT if amount is not None else RefundMode.ITEMS if items is not None else RefundMode.FULL
    wanted = rules.parse_items(items) if items is not None else ()
    request = RefundRequest(mode, amount, wanted, reason or "")
    proposal = await context.app.get(RefundService).propose(context.actor, order, request)
    shown = views.proposal_shown(proposal, context.store.id)
    await answer(interaction, embed=shown.embed, view=shown.view)


class Confirm(StoreButton, prefix=views.CONFIRM):
    """Does what a confirmation shows."""

    permission = CREATE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Refund, once."""
        await _confirm(interaction, context, UUID(args[0]), "")


class Note(StoreButton, prefix=views.NOTE):
    """Asks how staff paid it back, then does what a confirmation shows."""

    permission = CREATE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Open the form."""
        field = TextField("note", _("How you paid it back"), maximum=NOTE_LENGTH)
        await open_modal(interaction, NoteForm.build(context.store.id, args[0], title=_("Refund"), fields=[field]))


class NoteForm(StoreModal, prefix="refunds.note_form"):
    """Takes how staff paid it back."""

    permission = CREATE
    finishes_begun = True

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Refund, once."""
        await _confirm(interaction, context, UUID(args[0]), fields["note"])


class ToCredit(StoreButton, prefix=views.CREDIT):
    """Shows the same refund with its money going to store credit."""

    permission = CREATE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show it."""
        made = await context.app.get(RefundService).again_shown(context.actor, UUID(args[0]), to_credit=True)
        await _show(interaction, views.proposal_shown(made, context.store.id))


class Discard(StoreButton, prefix=views.DISCARD):
    """Drops a refund that was shown."""

    permission = CREATE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Say that nothing happened."""
        refunds, key = context.app.get(RefundService), UUID(args[0])
        if (done := await refunds.find(key)) is not None:
            await _show(interaction, views.refund_done(done))
            return
        await refunds.discard(context.actor, key)
        await _show(interaction, views.Shown(embed(_("Nothing was refunded."))))


class PaidBack(StoreButton, prefix=views.PAID_BACK):
    """Asks how staff paid back what they had to pay themselves."""

    permission = CREATE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Open the form."""
        field = TextField("reference", _("How you paid it back"), required=False, maximum=NOTE_LENGTH)
        await open_modal(interaction, PaidBackForm.build(context.store.id, args[0], title=_("Refund"), fields=[field]))


class PaidBackForm(StoreModal, prefix="refunds.paid_back_form"):
    """Takes how staff paid it back."""

    permission = CREATE
    finishes_begun = True

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Note that it is done, and show it so."""
        refund = await context.app.get(RefundPayments).paid_back(context.actor, UUID(args[0]), fields["reference"])
        order = await context.app.get(OrderService).get(refund.order)
        with use_locale(context.store.language):
            shown = views.pay_back_notice(refund, order, refund_page(context.app, refund))
        await _show(interaction, shown)


class Retry(StoreButton, prefix=views.RETRY):
    """Has a processor asked again, now."""

    permission = CREATE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Have it asked."""
        await context.app.get(RefundPayments).retry(context.actor, UUID(args[0]))
        await succeed(interaction, _("The processor is being asked again."))


COMMANDS: list[Any] = [refund_command]
ITEMS: list[Any] = [Confirm, Note, NoteForm, ToCredit, Discard, PaidBack, PaidBackForm, Retry]


async def _confirm(interaction: discord.Interaction[Bot], context: Context, key: UUID, note: str) -> None:
    """Carry out what was shown; where it would be anything else by now, show it anew."""
    refunds = context.app.get(RefundService)
    try:
        shown = views.refund_done(await refunds.confirm(context.actor, key, note=note))
    except ProposalOver as over:
        made = await refunds.again_shown(context.actor, key)
        shown = views.proposal_shown(made, context.store.id, warning=over.message)
    await _show(interaction, shown)


async def _show(interaction: discord.Interaction[Bot], shown: views.Shown) -> None:
    await update(interaction, embed=shown.embed, view=shown.view)
