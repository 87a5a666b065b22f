"""The buttons, selects and modals of the order flow. All they need is in the draft's row."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import discord

from guildshop.bot import (
    Context,
    Fields,
    SelectField,
    StoreButton,
    StoreModal,
    StoreSelect,
    TextField,
    answer,
    open_modal,
    update,
)
from guildshop.bot.rendering import member
from guildshop.errors import Refusal, Stale
from guildshop.i18n import _
from guildshop.plugins.catalog.api import OutOfStock
from guildshop.plugins.orders.api import (
    FormField,
    Order,
    OrderStatus,
    PriceRose,
    ProductGone,
    Question,
    QuoteExpired,
    Screen,
    Stage,
)
from guildshop.plugins.orders.commands.shelf import shelf_of
from guildshop.plugins.orders.service import CheckoutService, OrderService
from guildshop.plugins.orders.views import prefixes
from guildshop.plugins.orders.views.flow import Shelf, Shown, show
from guildshop.plugins.orders.views.orders import receipt

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

ASK_AGAIN = (QuoteExpired, PriceRose, ProductGone, OutOfStock, Stale)
"""Refusals of Confirm after which the member is shown what changed, to decide anew."""


def checkout_of(context: Context) -> CheckoutService:
    """Return the service of the order flow."""
    return context.app.get(CheckoutService)


async def shown(context: Context, screen: Screen, shelf: Shelf | None = None) -> Shown:
    """Return a screen as Discord shows it, the items screen with its products."""
    if screen.stage is Stage.ITEMS and shelf is None:
        shelf = await shelf_of(context)
    recipient = screen.draft.recipient
    return show(screen, shelf, recipient=member(recipient) if recipient else "")


async def go_on(interaction: discord.Interaction[Bot], context: Context, coming: Awaitable[Screen]) -> None:
    """Show the next screen in place of the one that was used."""
    made = await shown(context, await coming)
    await update(interaction, embed=made.embed, view=made.view)


async def begin(interaction: discord.Interaction[Bot], context: Context, recipient: int | None = None) -> None:
    """Begin an order flow or go on with the one begun, in a private message of its own."""
    screen = await start(interaction, context, recipient)
    made = await shown(context, screen)
    await answer(interaction, embed=made.embed, view=made.view)


async def start(interaction: discord.Interaction[Bot], context: Context, recipient: int | None = None) -> Screen:
    """Return the first screen, or the one where the member left off."""
    user = interaction.user
    return await checkout_of(context).start(
        context.actor, context.roles, user.name, user.display_name, recipient=recipient
    )


async def show_receipt(interaction: discord.Interaction[Bot], context: Context, order: Order) -> None:
    """Show the receipt in place of the summary."""
    method = context.app.get(OrderService).methods.find(order.store, order.payment_method)
    link = await payment_link(context, order)
    made = receipt(order, method, reporting=can_report(context), link=link)
    await update(interaction, embed=made.embed, view=made.view)


async def payment_link(context: Context, order: Order) -> str:
    """Return where an unpaid order is paid; nothing for manual methods, and while its processor does not answer."""
    methods = context.app.get(OrderService).methods
    method = methods.find(order.store, order.payment_method)
    if method is None or method.begin is None or order.status is not OrderStatus.PENDING_PAYMENT:
        return ""
    try:
        return await methods.begin(order)
    except Refusal:
        return ""


async def repeat(interaction: discord.Interaction[Bot], context: Context, order: UUID) -> None:
    """Begin an order flow with what an earlier order held, in a private message of its own."""
    user = interaction.user
    screen = await checkout_of(context).repeat(context.actor, context.roles, user.name, user.display_name, order)
    made = await shown(context, screen)
    await answer(interaction, embed=made.embed, view=made.view)


def can_report(context: Context) -> bool:
    """Tell whether somebody answers the I've paid button."""
    return context.app.stores.enabled(context.store.id, "payments")


class Start(StoreButton, prefix=prefixes.START):
    """Begins an order flow; shown by whoever wants to invite to it."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Begin, or go on."""
        await begin(interaction, context)


class Flow(StoreButton, prefix=prefixes.FLOW):
    """Continue, back, skip, confirm and cancel."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Do what the last argument says."""
        checkout, draft = checkout_of(context), UUID(args[0])
        who, roles, action = context.actor, context.roles, args[1]
        if action == prefixes.NEXT:
            await go_on(interaction, context, checkout.finish_items(who, roles, draft))
        elif action == prefixes.BACK:
            await go_on(interaction, context, checkout.back_to_items(who, roles, draft))
        elif action == prefixes.SKIP:
            await go_on(interaction, context, checkout.answer(who, roles, draft, args[2], {}))
        elif action == prefixes.STOP:
            await checkout.cancel(who, draft)
            await update(interaction, content=_("Cancelled. Nothing was ordered. Start again with /order."))
        elif action == prefixes.CONFIRM:
            await self._confirm(interaction, context, draft, int(args[2]))

    async def _confirm(
        self, interaction: discord.Interaction[Bot], context: Context, draft: UUID, version: int
    ) -> None:
        checkout = checkout_of(context)
        try:
            order = await checkout.confirm(context.actor, context.roles, draft, version=version)
        except ASK_AGAIN as refusal:
            # The catalog says what changed; where it changed back meanwhile, the refusal does.
            notice = refusal.message if isinstance(refusal, QuoteExpired | Stale) else ""
            screen = await checkout.screen(context.actor, context.roles, draft, notice)
            made = await shown(context, replace(screen, notice=screen.notice or refusal.message))
            await update(interaction, embed=made.embed, view=made.view)
            return
        await show_receipt(interaction, context, order)


class Answer(StoreSelect, prefix=prefixes.ANSWER):
    """Answers a step's question by a choice."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Keep the answer and go on."""
        checkout, draft, given = checkout_of(context), UUID(args[0]), {"value": values[0]}
        asked = await checkout.question(context.actor, context.roles, draft, args[1])
        choice = next((one for one in asked.choices if one.value == values[0]), None) if asked else None
        if asked is not None and choice is not None and choice.form:
            await open_modal(interaction, _form(context, args[0], asked, choice.form, choice.value))
            return
        await go_on(interaction, context, checkout.answer(context.actor, context.roles, draft, args[1], given))


class Pick(StoreButton, prefix=prefixes.PICK):
    """Answers a question by a button, or does at once what a step offers at the summary."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Keep the answer and go on."""
        checkout, given = checkout_of(context), {"value": args[2]}
        await go_on(interaction, context, checkout.answer(context.actor, context.roles, UUID(args[0]), args[1], given))


class Revise(StoreSelect, prefix=prefixes.REVISE):
    """Changes something of the summary."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Ask that anew."""
        checkout = checkout_of(context)
        await go_on(interaction, context, checkout.revise(context.actor, context.roles, UUID(args[0]), values[0]))


class Form(StoreButton, prefix=prefixes.FORM):
    """Opens the form of a step's question."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Show the form, unless the question is no longer open."""
        question = await checkout_of(context).question(context.actor, context.roles, UUID(args[0]), args[1])
        if question is None:
            coming = checkout_of(context).screen(context.actor, context.roles, UUID(args[0]))
            await go_on(interaction, context, coming)
            return
        await open_modal(interaction, _form(context, args[0], question, question.form))


class FormModal(StoreModal, prefix=prefixes.FORM_SENT):
    """The form of a step's question."""

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Keep the answer and go on."""
        checkout = checkout_of(context)
        await go_on(
            interaction,
            context,
            checkout.answer(context.actor, context.roles, UUID(args[0]), args[1], _values(fields, *args[2:])),
        )


class Method(StoreSelect, prefix=prefixes.METHOD):
    """Chooses how to pay."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Keep the method and show the summary."""
        checkout = checkout_of(context)
        await go_on(
            interaction, context, checkout.choose_payment(context.actor, context.roles, UUID(args[0]), values[0])
        )


FLOW_ITEMS = [Start, Flow, Answer, Pick, Revise, Form, FormModal, Method]


def _values(fields: Fields, *chosen: str) -> dict[str, str]:
    values = {**fields.texts, **{name: values[0] for name, values in fields.choices.items() if values}}
    return {**values, "value": chosen[0]} if chosen else values


def _form(
    context: Context, draft: str, question: Question, form: Sequence[FormField], *chosen: str
) -> discord.ui.Modal:
    fields = [
        SelectField(
            one.name,
            one.label,
            [discord.SelectOption(label=choice.label[:100], value=choice.value) for choice in one.choices],
            required=one.required,
            description=one.description,
        )
        if one.choices
        else TextField(
            one.name,
            one.label,
            long=one.long,
            required=one.required,
            default=one.value,
            placeholder=one.placeholder,
            description=one.description,
            maximum=one.max_length,
        )
        for one in form
    ]
    return FormModal.build(context.store.id, draft, question.name, *chosen, title=question.title, fields=fields)
