"""The commands, button and modal of payments."""

from __future__ import annotations

from datetime import timedelta
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
    UploadField,
    context_of,
    open_modal,
    staff,
    succeed,
)
from guildshop.bot.rendering import escape, moment
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.money import format_money
from guildshop.plugins.orders.api import OrderFilter, OrderStatus
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import REPORT_ITEM
from guildshop.plugins.payments.service import CONFIRM, LINK, InvoiceLinks, PaymentService

if TYPE_CHECKING:
    from guildshop.bot.client import Bot


async def suggest_unpaid(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the numbers of unpaid orders to staff."""
    return await _unpaid(interaction, current, CONFIRM)


async def _unpaid(
    interaction: discord.Interaction[Bot], current: str, permission: str
) -> list[app_commands.Choice[str]]:
    context = context_of(interaction)
    if not (context.actor.may(permission) and context.actor.may("order.read")):
        return []
    wanted = OrderFilter(statuses=frozenset({OrderStatus.PENDING_PAYMENT}), text=current)
    found = await context.app.get(OrderService).list(context.actor, wanted, limit=25)
    return [
        app_commands.Choice(
            name=f"{order.number} · {order.customer_name} · {format_money(order.total, order.currency)}"[:100],
            value=order.number,
        )
        for order in found.items
    ]


@app_commands.command(name="payment-confirm", description=_l("Confirm that the money for an order has come."))
@app_commands.describe(order=_l("The order's number."), reference=_l("How the payment can be found again."))
@app_commands.autocomplete(order=suggest_unpaid)
@staff(CONFIRM)
async def payment_confirm_command(
    interaction: discord.Interaction[Bot], order: str, reference: str | None = None
) -> None:
    """Make an order paid."""
    context = context_of(interaction)
    paid = await context.app.get(PaymentService).confirm(context.actor, order, reference or "")
    amount = format_money(paid.due, paid.currency)
    await succeed(interaction, _("Order {number} over {amount} is paid.").format(number=paid.number, amount=amount))


async def suggest_payable(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the numbers of unpaid orders to those who may make links."""
    return await _unpaid(interaction, current, LINK)


@app_commands.command(name="invoice-link", description=_l("Make a link at which an order can be paid in a browser."))
@app_commands.describe(order=_l("The order's number."), hours=_l("For how many hours it is good."))
@app_commands.autocomplete(order=suggest_payable)
@staff(LINK)
async def invoice_link_command(
    interaction: discord.Interaction[Bot], order: str, hours: app_commands.Range[int, 1, 2160] | None = None
) -> None:
    """Make an invoice link."""
    context = context_of(interaction)
    life = None if hours is None else timedelta(hours=hours)
    made = await context.app.get(InvoiceLinks).make(context.actor, order, life)
    await succeed(
        interaction,
        _("Whoever has this link can pay order {number} until {until}: {url}").format(
            number=escape(order), until=f"{moment(made.expires)} ({moment(made.expires, 'R')})", url=made.url
        ),
    )


class Paid(StoreButton, prefix=REPORT_ITEM):
    """The I've paid button of receipts."""

    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Ask for the reference."""
        await context.app.get(PaymentService).reportable(context.actor, UUID(args[0]))
        fields: list[TextField | UploadField] = [
            TextField("reference", _("Reference"), maximum=200, description=_("How the staff find your payment")),
            TextField("note", _("Note"), long=True, required=False, maximum=1000),
            UploadField("picture", _("Picture"), description=_("Such as a screenshot of your payment")),
        ]
        title = _("I've paid")
        await open_modal(interaction, Report.build(context.store.id, args[0], title=title, fields=fields))


class Report(StoreModal, prefix="payments.report"):
    """Takes what the customer says of their payment."""

    finishes_begun = True

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Keep it and tell the staff."""
        pictures = fields.attachments.get("picture", [])
        await context.app.get(PaymentService).report(
            context.actor,
            UUID(args[0]),
            fields["reference"],
            fields["note"],
            pictures[0].url if pictures else "",
        )
        await succeed(interaction, _("Thank you! The staff were told and will confirm your payment."))


COMMANDS: list[Any] = [payment_confirm_command, invoice_link_command]
ITEMS = [Paid, Report]
