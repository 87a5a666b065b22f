"""The order flow: from the first item to Confirm, one small step at a time, all of it kept in the draft's row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID
from weakref import WeakValueDictionary

from guildshop.errors import Forbidden, Invalid, Refusal, Stale
from guildshop.i18n import _, grouped, ngettext
from guildshop.isolation import isolated
from guildshop.permissions import Actor
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    SHIPPING_STEP,
    Changeable,
    Choice,
    Draft,
    FlowExpired,
    Order,
    OrdersSettings,
    Question,
    Screen,
    ShopClosed,
    Stage,
    TooManyUnpaid,
    forgotten,
)
from guildshop.plugins.orders.service.availability import check_line, freshen, own_limits
from guildshop.plugins.orders.service.drafts import Drafts
from guildshop.plugins.orders.service.lines import repeated, with_line, without_line
from guildshop.plugins.orders.service.offering import Offering
from guildshop.plugins.orders.service.orders import OrderService
from guildshop.plugins.orders.service.placing import Placing
from guildshop.plugins.orders.service.quoting import Checkout
from guildshop.plugins.orders.service.shipping import without_type

if TYPE_CHECKING:
    from guildshop.app import App

ATTEMPTS = 4

ITEMS, PAYMENT, GIFT, SHIPPING_TYPE = "items", "payment", "gift", "type"
"""What can be changed at the summary, besides the answers of steps."""


class CheckoutService(Offering):
    """The order flow of the acting member. `roles` are the Discord roles that they have in the store's server."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        super().__init__(app)
        self.drafts = Drafts(app)
        self.checkout = Checkout(app)
        self.placing = Placing(app, self.checkout)
        self._answering: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def start(
        self,
        actor: Actor,
        roles: Collection[int],
        username: str,
        display_name: str,
        *,
        recipient: int | None = None,
    ) -> Screen:
        """Begin an order flow, or go on with the one begun; the member becomes a customer at the first one."""
        self.check_open(actor.store)
        customers = self.app.get(CustomerService)
        customer = await customers.register(actor, username, display_name)
        customers.ensure_can_order(customer)
        mine = recipient == actor.discord_id
        recipient = None if mine else recipient
        await self._check_recipient(recipient)
        draft = await self.drafts.of_member(int(actor.id))
        if draft is None:
            await self._check_unpaid(actor, customer.id)
            self._check_payable(actor.store)
            currency = self.app.stores.get(actor.store).currency
            draft = await self._create(actor, customer.id, currency, recipient)
        elif recipient != draft.recipient and (mine or recipient is not None):
            draft = await self.drafts.save(actor, replace(draft, recipient=recipient))
        return await self.screen(actor, roles, draft.id)

    async def screen(self, actor: Actor, roles: Collection[int], draft_id: UUID, notice: str = "") -> Screen:
        """Return what to show now: products that are gone are taken out, prices follow, a summary gets its quote."""
        return await self._change(actor, roles, draft_id, lambda draft: draft, notice)

    async def set_item(self, actor: Actor, roles: Collection[int], draft_id: UUID, product: str, typed: str) -> Screen:
        """Put as many pieces of a product into the order as were typed; again, replace the quantity, 0 takes it out."""
        draft, _quote = await self.drafts.get(actor, draft_id)
        known = {line.product.hex: line.product for line in draft.lines}
        if product in known and typed.strip() == "0":
            return await self.remove_item(actor, roles, draft_id, known[product])
        quantity = rules.check_quantity(typed)
        found = await self.app.get(CatalogService).find(product, roles, member=draft.member, customer=draft.customer)
        already = await own_limits(self.app.get(OrderService), draft, [found])
        check_line(found, quantity, already.get(found.id, 0))
        return await self._change(actor, roles, draft_id, lambda draft: with_line(draft, found, quantity))

    async def remove_item(self, actor: Actor, roles: Collection[int], draft_id: UUID, product: UUID) -> Screen:
        """Take a product out of the order; one that is not in it is no error."""
        return await self._change(actor, roles, draft_id, lambda draft: without_line(draft, product))

    async def line(self, actor: Actor, draft_id: UUID, product: str) -> Choice | None:
        """Return what the order holds of a product, named by its ID; None when it holds none."""
        draft, _quote = await self.drafts.get(actor, draft_id)
        return next((Choice(product, line.name) for line in draft.lines if line.product.hex == product), None)

    async def quantity(self, actor: Actor, draft_id: UUID, product: str) -> int:
        """Return how many pieces of a product, named by its ID, the order holds so far."""
        draft, _quote = await self.drafts.get(actor, draft_id)
        return next((line.quantity for line in draft.lines if line.product.hex == product), 0)

    async def repeat(
        self, actor: Actor, roles: Collection[int], username: str, display_name: str, order_id: UUID
    ) -> Screen:
        """Put what an earlier order of the member's held into an order flow; what is gone or dearer is said."""
        orders = self.app.get(OrderService)
        order = await orders.get_for(actor, order_id)
        if not orders.owns(actor, order):
            raise Forbidden(_("Order {number} is somebody else's.").format(number=order.number))
        screen = await self.start(actor, roles, username, display_name)
        wanted = [line.product for line in order.lines if line.product is not None]
        products = await self.app.get(CatalogService).get_many(
            wanted, member=screen.draft.member, customer=screen.draft.customer
        )
        already = await own_limits(orders, screen.draft, list(products.values()))
        _draft, said = repeated(screen.draft, order, products, roles, already)
        return await self._change(
            actor, roles, screen.draft.id, lambda draft: repeated(draft, order, products, roles, already)[0], said
        )

    async def finish_items(self, actor: Actor, roles: Collection[int], draft_id: UUID) -> Screen:
        """Go on from the items; refused while there are none."""

        def finish(draft: Draft) -> Draft:
            if not draft.lines:
                raise Invalid(_("Your order is empty. Choose at least one product first."))
            return replace(draft, items_done=True)

        return await self._change(actor, roles, draft_id, finish)

    async def back_to_items(self, actor: Actor, roles: Collection[int], draft_id: UUID) -> Screen:
        """Go back to the items; what was answered since is kept."""
        return await self._change(actor, roles, draft_id, lambda draft: replace(draft, items_done=False))

    async def revise(self, actor: Actor, roles: Collection[int], draft_id: UUID, what: str) -> Screen:
        """Change one thing of the summary: what of `Screen.changes` it is says the value."""

        def forget(draft: Draft) -> Draft:
            if what == ITEMS:
                return replace(draft, items_done=False)
            if what == PAYMENT:
                return replace(draft, payment_method="")
            if what == GIFT:
                return replace(draft, recipient=None)
            if what == SHIPPING_TYPE:
                return replace(draft, answers={**draft.answers, SHIPPING_STEP: without_type(draft)})
            answers = {name: answer for name, answer in draft.answers.items() if name != what}
            return replace(draft, answers=answers)

        return await self._change(actor, roles, draft_id, forget)

    async def answer(
        self, actor: Actor, roles: Collection[int], draft_id: UUID, question: str, values: Mapping[str, str]
    ) -> Screen:
        """Answer the question that is open now, or do what a step offers at the summary.

        An answer to anything else only shows what is asked now.
        """
        # Pressed twice at once, the second press finds what the first one left, and does nothing a second time.
        async with self._answering.setdefault(draft_id, asyncio.Lock()):
            draft, asked = await self._open(actor, roles, draft_id, question)
            step = None if asked is None else self.checkout.step(draft.store, asked.step)
            if asked is None or step is None:
                return await self.screen(actor, roles, draft_id)
            with isolated(asked.step.split(".")[0], f"checkout step {asked.step}: answer"):
                kept = await step.answer(actor, draft, question, values)
            return await self._change(
                actor, roles, draft_id, lambda draft: replace(draft, answers={**draft.answers, asked.step: dict(kept)})
            )

    async def question(self, actor: Actor, roles: Collection[int], draft_id: UUID, name: str) -> Question | None:
        """Return the question of that name, if it is open now or offered at the summary."""
        _draft, asked = await self._open(actor, roles, draft_id, name)
        return asked

    async def choose_payment(self, actor: Actor, roles: Collection[int], draft_id: UUID, code: str) -> Screen:
        """Choose one of the enabled ways to pay."""
        method = self.app.get(OrderService).methods.choose(actor.store, code)
        return await self._change(actor, roles, draft_id, lambda draft: replace(draft, payment_method=method.code))

    async def cancel(self, actor: Actor, draft_id: UUID) -> None:
        """End the flow without an order."""
        draft, _quote = await self.drafts.get(actor, draft_id)
        await self.drafts.delete(actor, draft)

    async def confirm(
        self, actor: Actor, roles: Collection[int], draft_id: UUID, *, version: int | None = None
    ) -> Order:
        """Make the order of the summary that was shown. Again for the same draft, return the same order.

        `version` is that of the draft in the summary that the member saw: a later one may hold something else.
        Refusals that a new summary answers: `QuoteExpired`, `PriceRose`, `ProductGone`, `OutOfStock`.
        """
        orders = self.app.get(OrderService)
        try:
            draft, quote = await self.drafts.get(actor, draft_id)
        except FlowExpired:
            placed = await orders.find_by_draft(draft_id)
            if placed is not None and orders.owns(actor, placed):
                return placed
            raise
        self.check_open(actor.store)
        if quote is None or version not in (None, draft.version):
            raise Stale(_("This summary is not the latest one. Look at the new one and confirm it."))
        draft = replace(draft, roles=frozenset(roles))
        if not draft.items_done or await self.checkout.asks_anew(draft):
            raise Stale(_("The shop asks something new before it takes this order. Answer that first."))
        await self._check_unpaid(actor, draft.customer)
        await self._check_recipient(draft.recipient)
        return await self.placing.place(actor, roles, draft, quote)

    # Within

    async def _open(
        self, actor: Actor, roles: Collection[int], draft_id: UUID, name: str
    ) -> tuple[Draft, Question | None]:
        stored, quote = await self.drafts.get(actor, draft_id)
        draft = replace(stored, roles=frozenset(roles))
        if not draft.items_done:
            return draft, None
        asked = await self.checkout.next_question(draft)
        if asked is not None or quote is None:
            return draft, asked if asked is not None and asked.name == name else None
        offered = await self.checkout.summary_actions(draft, quote)
        return draft, next((one for one in offered if one.name == name), None)

    async def _stage(self, draft: Draft, notice: str) -> Screen:
        if not draft.items_done or not draft.lines:
            return Screen(Stage.ITEMS, replace(draft, items_done=False), notice)
        try:
            question = await self.checkout.next_question(draft)
            if question is not None:
                return Screen(Stage.QUESTION, draft, notice, question=question)
            quote = await self.checkout.quote(draft)
        except Refusal as refusal:
            told = " ".join(part for part in (notice, refusal.message) if part)
            kept = {step: known for step, known in draft.answers.items() if step not in forgotten(refusal)}
            if len(kept) < len(draft.answers):
                return await self._stage(replace(draft, answers=kept), told)
            return Screen(Stage.ITEMS, replace(draft, items_done=False), told)
        methods = self.app.get(OrderService).methods
        offered = methods.enabled(draft.store)
        known = {method.code: method.label for method in offered}
        if len(offered) == 1 and quote.totals.due:
            draft = replace(draft, payment_method=offered[0].code)
            quote = replace(quote, payment_method=draft.payment_method)
        if quote.totals.due and draft.payment_method not in known:
            if not offered:
                raise methods.none_offered()
            return Screen(Stage.PAYMENT, replace(draft, payment_method=""), notice, methods=offered)
        return Screen(
            Stage.SUMMARY,
            draft,
            notice,
            quote=quote,
            payment_label=known.get(draft.payment_method, "") if quote.totals.due else "",
            actions=tuple(await self.checkout.summary_actions(draft, quote)),
            changes=self._changes(draft, payable=bool(quote.totals.due) and len(offered) > 1),
        )

    def _changes(self, draft: Draft, *, payable: bool) -> tuple[Choice, ...]:
        """Return what the member can change before confirming."""
        changes = [Choice(ITEMS, _("Items and quantities"))]
        for _plugin, step in self.checkout.steps(draft.store):
            if isinstance(step, Changeable) and draft.answer(step.name):
                changes.append(Choice(step.name, _(step.change_label)))
        if self.checkout.shipping.several_ways(draft):
            changes.append(Choice(SHIPPING_TYPE, _("How it is sent")))
        if payable:
            changes.append(Choice(PAYMENT, _("Payment method")))
        if draft.recipient is not None:
            changes.append(Choice(GIFT, _("Not a gift: it is for me")))
        return tuple(changes[:25])

    async def _change(
        self,
        actor: Actor,
        roles: Collection[int],
        draft_id: UUID,
        change: Callable[[Draft], Draft],
        notice: str = "",
    ) -> Screen:
        """Read, change, compare with the catalog, quote, write; when pressed twice at once, one after the other."""
        for left in reversed(range(ATTEMPTS)):
            draft, _quote = await self.drafts.get(actor, draft_id)
            changed = replace(change(draft), roles=frozenset(roles))
            products = await self.app.get(CatalogService).get_many(
                [line.product for line in changed.lines], member=changed.member, customer=changed.customer
            )
            fresh, said = freshen(changed, products, roles)
            screen = await self._stage(fresh, " ".join(part for part in (notice, said) if part))
            try:
                return replace(screen, draft=await self.drafts.save(actor, screen.draft, screen.quote))
            except Stale:
                if not left:
                    raise
        raise AssertionError(ATTEMPTS)

    async def _create(self, actor: Actor, customer: UUID, currency: str, recipient: int | None) -> Draft:
        try:
            return await self.drafts.create(actor, customer, currency, recipient)
        except Stale:
            draft = await self.drafts.of_member(int(actor.id))
            if draft is None:
                raise
            return draft

    def check_open(self, store: int) -> None:
        """Refuse new orders while the shop is closed."""
        if not self.app.stores.enabled(store, "orders"):
            raise ShopClosed(_("This shop takes no orders at the moment."))
        settings = self.app.stores.settings(store, OrdersSettings)
        if not settings.open:
            raise ShopClosed(settings.closed_message or _("The shop is closed at the moment. Come back later."))

    async def _check_recipient(self, recipient: int | None) -> None:
        """Refuse to give something to a member whom the shop has blocked or deactivated."""
        found = None if recipient is None else await self.app.get(CustomerService).by_discord_id(recipient)
        if found is not None and (found.blocked or not found.active):
            raise Invalid.field(
                "gift_to",
                _("{name} cannot be given anything in this shop. Choose somebody else, or buy for yourself.").format(
                    name=found.display_name or found.username
                ),
            )

    def _check_payable(self, store: int) -> None:
        methods = self.app.get(OrderService).methods
        if not methods.enabled(store):
            raise methods.none_offered()

    async def _check_unpaid(self, actor: Actor, customer: UUID) -> None:
        limit = self.app.stores.settings(actor.store, OrdersSettings).max_unpaid_per_member
        unpaid = await self.app.get(OrderService).count_unpaid(customer)
        if unpaid >= limit:
            raise TooManyUnpaid(
                ngettext(
                    "You have {unpaid} unpaid order; this shop allows {limit}. Pay or cancel it first: see /orders.",
                    "You have {unpaid} unpaid orders; this shop allows {limit}. Pay or cancel one first: see /orders.",
                    unpaid,
                ).format(unpaid=grouped(unpaid), limit=grouped(limit))
            )
