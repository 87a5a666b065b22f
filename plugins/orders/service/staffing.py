"""Orders that staff make for a customer, guests too: through the same steps and checks as a member's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid
from guildshop.i18n import _, use_locale
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import Buyer, Product, ProductUnknown
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    SHIPPING_STEP,
    Channel,
    Draft,
    DraftLine,
    NewOrder,
    Order,
    Question,
    Quote,
    ShippingAddress,
)
from guildshop.plugins.orders.service.checkout import CheckoutService
from guildshop.plugins.orders.service.deciding import NOTE_LENGTH, limited
from guildshop.plugins.orders.service.orders import OrderService
from guildshop.plugins.orders.service.terms import STEP as TERMS

if TYPE_CHECKING:
    from guildshop.app import App

CREATE = "order.create"
QUESTIONS = 20
"""More questions than any checkout asks: a step that never has enough is stopped there."""


class StaffOrders:
    """Making orders in the name of a customer."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def quote(self, actor: Actor, wanted: NewOrder) -> Quote:
        """Return what such an order would come to now, refusing what `create` would refuse of it."""
        actor.require(CREATE)
        _draft, quote = await self._prepare(actor, wanted)
        return quote

    async def asks(self, actor: Actor, wanted: NewOrder) -> list[Question]:
        """Return what the steps ask of such an order, answered or not, up to the first without a good answer.

        Once all is answered, what they offer at the summary is there too, such as to enter a discount code.
        """
        actor.require(CREATE)
        draft = await self._begin(actor, wanted)
        checkout, found = self.app.get(CheckoutService).checkout, list[Question]()
        for _round in range(QUESTIONS):
            question = await checkout.next_question(draft, without=TERMS)
            step = None if question is None else checkout.step(draft.store, question.step)
            if question is None or step is None:
                break
            found = [*(one for one in found if one.name != question.name), question]
            values = wanted.answers.get(question.name)
            if values is None and not question.skip:
                return found
            try:
                kept = await step.answer(actor, draft, question.name, values or {})
            except Invalid:
                return found
            if kept == draft.answer(question.step):
                return found
            draft = replace(draft, answers={**draft.answers, question.step: dict(kept)})
        offers = await checkout.summary_actions(draft, await checkout.quote(draft))
        return found + [question for question in offers if question.form]

    async def create(self, actor: Actor, wanted: NewOrder) -> Order:
        """Make the order; its stock is reserved and it waits for its payment like any other."""
        actor.require(CREATE)
        note = limited(wanted.note, NOTE_LENGTH, "note")
        draft, quote = await self._prepare(actor, wanted)
        if quote.totals.due:
            method = self.app.get(OrderService).methods.choose(actor.store, wanted.payment_method)
            draft, quote = replace(draft, payment_method=method.code), replace(quote, payment_method=method.code)
        checkout = self.app.get(CheckoutService)
        with use_locale(self.app.stores.get(actor.store).language):
            order = await checkout.placing.place(actor, draft.roles, draft, quote, channel=wanted.channel)
        if note:
            await self.app.get(OrderService).add_note(actor, order.id, note)
        return order

    async def roles_of(self, customer: Customer) -> frozenset[int]:
        """Return the Discord roles of a customer, none where they are no member or Discord cannot be asked."""
        if customer.discord_id is None or self.app.bot is None:
            return frozenset()
        store = self.app.stores.get(customer.store)
        return await self.app.messenger.member_roles(store, customer.discord_id) or frozenset()

    async def find(self, customer: UUID, text: str, roles: Collection[int]) -> Product:
        """Return the product as the customer may order it; where a plugin closes it to them, the refusal says why."""
        catalog = self.app.get(CatalogService)
        try:
            return await catalog.find(text, roles, customer=customer)
        except ProductUnknown:
            product = await catalog.look_up(text)
            why = await catalog.terms.why_closed(Buyer(customer=customer), product) if product.listed else ""
            if not why:
                raise
            raise Invalid.field("items", why) from None

    # Within

    async def _prepare(self, actor: Actor, wanted: NewOrder) -> tuple[Draft, Quote]:
        draft = await self._begin(actor, wanted)
        draft = await self._answer(actor, draft, wanted.answers)
        return await self._take_offers(actor, draft, wanted.answers)

    async def _begin(self, actor: Actor, wanted: NewOrder) -> Draft:
        """Return the order with its items and its way, as far as staff say these apart from the steps."""
        checkout, customers = self.app.get(CheckoutService), self.app.get(CustomerService)
        if wanted.channel in {Channel.DISCORD, Channel.IMPORT}:
            raise Invalid.field("channel", _("An order made by staff comes through the web or the API."))
        checkout.check_open(actor.store)
        customer = await customers.get(wanted.customer)
        customers.ensure_can_order(customer)
        draft = await self._draft(actor.store, customer, wanted)
        if draft.ships:
            kept = await self._shipping(draft, wanted)
            draft = replace(draft, answers={**draft.answers, SHIPPING_STEP: kept})
        return draft

    async def _draft(self, store: int, customer: Customer, wanted: NewOrder) -> Draft:
        roles = await self.roles_of(customer)
        lines: dict[UUID, DraftLine] = {}
        currency = ""
        for item in wanted.items:
            product = await self.find(customer.id, item.product, roles)
            if currency and product.currency != currency:
                raise Invalid.field(
                    "items",
                    _("{name} is sold in {currency}, the order is in {other}. Make two orders.").format(
                        name=product.name, currency=product.currency, other=currency
                    ),
                )
            currency = product.currency
            quantity = item.quantity + (lines[product.id].quantity if product.id in lines else 0)
            lines[product.id] = DraftLine(
                product.id, product.sku, product.name, product.ships, rules.limit_quantity(quantity), product.price
            )
        check_lines(len(lines))
        now: datetime = self.app.now()
        return Draft(
            id=new_id(),
            store=store,
            member=customer.discord_id or 0,
            customer=customer.id,
            currency=currency,
            lines=tuple(lines.values()),
            answers={},
            payment_method="",
            recipient=None,
            items_done=True,
            updated=now,
            expires=now + rules.FLOW_LIFE,
            version=1,
            roles=roles,
        )

    async def _shipping(self, draft: Draft, wanted: NewOrder) -> Mapping[str, str]:
        """Return the answer to where and how it is shipped."""
        customers = self.app.get(CustomerService)
        if wanted.address is not None:
            given = customers.check_address(wanted.address).given
        else:
            saved = await customers.addresses(draft.customer)
            chosen = [one for one in saved if wanted.address_id in (None, one.id)]
            if not chosen:
                raise Invalid.field(
                    "address", _("Something of this order ships: choose an address of the customer, or write one.")
                )
            given = chosen[0].as_input
        address = ShippingAddress(**{name: value for name, value in asdict(given).items() if value is not None})
        kept = {name: value for name, value in asdict(address).items() if value}
        return {**kept, "type": wanted.shipping_type} if wanted.shipping_type else kept

    async def _answer(self, actor: Actor, draft: Draft, given: Mapping[str, Mapping[str, str]]) -> Draft:
        """Answer what the steps ask; terms are for the customer to accept, so that they are not asked of staff."""
        checkout = self.app.get(CheckoutService).checkout
        for _round in range(QUESTIONS):
            question = await checkout.next_question(draft, without=TERMS)
            if question is None:
                return draft
            values = given.get(question.name)
            if values is None and not question.skip:
                raise Invalid.field(question.name, _asked(question))
            step = checkout.step(draft.store, question.step)
            if step is None:
                break
            kept = await step.answer(actor, draft, question.name, values or {})
            if kept == draft.answer(question.step):
                raise Invalid.field(question.name, _asked(question))
            draft = replace(draft, answers={**draft.answers, question.step: dict(kept)})
        message = _("This order asks for more than can be given here. Have the customer order it.")
        raise Invalid(message)

    async def _take_offers(
        self, actor: Actor, draft: Draft, given: Mapping[str, Mapping[str, str]]
    ) -> tuple[Draft, Quote]:
        """Quote the order with what was taken of the offers at the summary, such as a discount by its code."""
        checkout = self.app.get(CheckoutService).checkout
        quote = await checkout.quote(draft)
        for question in await checkout.summary_actions(draft, quote):
            step = checkout.step(draft.store, question.step)
            if step is None or question.name not in given:
                continue
            kept = await step.answer(actor, draft, question.name, given[question.name])
            draft = replace(draft, answers={**draft.answers, question.step: dict(kept)})
            quote = await checkout.quote(draft)
        return draft, quote


def check_lines(count: int) -> None:
    """Refuse an order without items, and one with more than fit."""
    if not count:
        raise Invalid.field("items", _("The order is empty. Give at least one item."))
    if count > rules.MAXIMUM_LINES:
        raise Invalid.field(
            "items",
            _("One order takes at most {maximum} different products; these are {count}.").format(
                maximum=rules.MAXIMUM_LINES, count=count
            ),
        )


def _asked(question: Question) -> str:
    choices = ", ".join(choice.value for choice in (*question.choices, *question.buttons))
    if not choices:
        return _("{title} is missing: {text}").format(title=question.title, text=question.text)
    return _("{title} is missing. Choose one of: {choices}.").format(title=question.title, choices=choices)
