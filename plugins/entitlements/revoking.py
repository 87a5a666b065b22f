"""Asking staff what becomes of roles when all money went back by amounts alone, and the button that takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import discord

from guildshop.bot import Context, StoreButton, update
from guildshop.bot.rendering import attention_embed, member, success_embed
from guildshop.bot.sending import Message
from guildshop.events import Delivery
from guildshop.i18n import _, lazy, ngettext, use_locale
from guildshop.permissions import Actor
from guildshop.plugins.entitlements.service import EntitlementService, RefundedEntitlements
from guildshop.plugins.entitlements.views import target
from guildshop.plugins.orders.api import Order, OrderAction, OrderRefunded, OrderStatus, RefundMode
from guildshop.plugins.orders.service import OrderService

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.bot.client import Bot

UPDATE = "order.update"


class RevokeButton(StoreButton, prefix="entitlements.revoke"):
    """Takes back what a refunded order gave."""

    permission = UPDATE
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Take it, and show that it is done."""
        order = await context.app.get(OrderService).get(UUID(args[0]))
        ended = await context.app.get(EntitlementService).revoke(context.actor, order.id)
        with use_locale(context.store.language):
            await update(interaction, embed=success_embed(revoked_text(order, ended)), view=None)


async def ask_revoke(event: OrderRefunded, delivery: Delivery) -> None:
    """Ask staff whether the customer keeps what came with an order of which all money went back by amounts."""
    if event.mode is not RefundMode.AMOUNT or not event.complete:
        return
    app = delivery.app
    held = await app.get(RefundedEntitlements).held(event.order)
    if not held:
        return
    order = await app.get(OrderService).get(event.order)
    store = app.stores.get(delivery.store)
    what = ", ".join(dict.fromkeys(target(one) for one in held))
    if order.receiver_discord_id is None:
        text = _("All of order {number} was refunded, and the customer still has this: {what}.")
        text = text.format(number=order.number, what=what)
    else:
        text = _("All of order {number} was refunded, and {member} still has this: {what}.")
        text = text.format(number=order.number, member=member(order.receiver_discord_id), what=what)
    button = RevokeButton(store.id, order.id, label=_("Revoke"), style=discord.ButtonStyle.danger)
    message = Message(embeds=[attention_embed(text, _("Digital goods"))], items=[button], nonce=delivery.id)
    await app.messenger.channel(store, "orders", message)


def revoke_action(app: App) -> OrderAction:
    """Return the action of a refunded order's page that takes back what it gave."""

    async def run(actor: Actor, order: Order, _values: Mapping[str, str]) -> str:
        return revoked_text(order, await app.get(EntitlementService).revoke(actor, order.id))

    return OrderAction(
        "revoke",
        lazy("Revoke digital goods"),
        UPDATE,
        lambda order: order.status is OrderStatus.REFUNDED,
        run,
        danger=True,
        position=65,
    )


def revoked_text(order: Order, ended: int) -> str:
    """Return what was taken back, as a sentence."""
    if not ended:
        return _("Nothing of order {number} was left to take back.").format(number=order.number)
    return ngettext(
        "{count} role, channel or file of order {number} was taken back.",
        "{count} roles, channels and files of order {number} were taken back.",
        ended,
    ).format(count=ended, number=order.number)
