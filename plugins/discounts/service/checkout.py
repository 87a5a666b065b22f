"""The checkout step: the best discount that an order may have, or the one whose code was typed if it takes off more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from guildshop.errors import FieldError
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import Product
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.discounts import rules
from guildshop.plugins.discounts.api import Assignment, CodeRefused, Discount, DiscountScope
from guildshop.plugins.discounts.rules import Item, Obstacle, Offer, Shopper
from guildshop.plugins.discounts.service.attempts import Attempts
from guildshop.plugins.discounts.service.records import (
    ASSIGNMENT_COLUMNS,
    DISCOUNT_COLUMNS,
    assignment_of,
    discount_of,
)
from guildshop.plugins.discounts.service.targets import GROUPS_OF
from guildshop.plugins.discounts.service.uses import PLUGIN, Uses
from guildshop.plugins.orders.api import Adjustment, Choice, Draft, FormField, Phase, Question, Quote, Totals
from guildshop.plugins.organization.service import OrganizationService

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

Hindered = tuple[Discount, Obstacle]
Counted = TypeVar("Counted", Discount, Assignment)

CODE = "code"
ENTER = "discount_code"
REMOVE = "discount_code_off"


class DiscountStep:
    """Finds the discount of an order."""

    name = PLUGIN
    phase = Phase.DISCOUNT
    position = 0

    def __init__(self, app: App, uses: Uses) -> None:
        """Look for discounts in this application."""
        self.app = app
        self._uses = uses
        self._attempts = Attempts(app)

    async def ask(self, draft: Draft) -> Question | None:
        """Ask nothing: a code can be typed in at the summary."""
        return None

    async def summary_actions(self, draft: Draft, quote: Quote) -> Sequence[Question]:
        """Offer to type a code in, or to take the one typed off again, where the store has discounts with codes."""
        typed = draft.answer(self.name).get(CODE, "")
        if typed:
            applies = any(one.plugin == PLUGIN and one.code == typed for one in quote.adjustments)
            text = _("Remove code {code}") if applies else _("Remove code {code}, which does not apply now")
            text = text.format(code=typed)
            return (Question(self.name, REMOVE, _("Discount code"), "", buttons=(Choice("remove", text),)),)
        row = await self.app.database.fetch_one(
            "SELECT id FROM discount WHERE store = :store AND active AND code_key IS NOT NULL LIMIT 1",
            store=draft.store,
        )
        if row is None:
            return ()
        form = (FormField(CODE, _("Discount code"), max_length=40, placeholder="WELCOME10"),)
        return (Question(self.name, ENTER, _("Discount code"), "", form=form, form_label=_("Enter a discount code")),)

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Take a code, unless it cannot be used or something better applies already; or take it off again."""
        if question == REMOVE:
            return {}
        typed = rules.code_key(values.get(CODE, ""))
        if not typed:
            return {}
        # Staff who enter an order are no guessers.
        counted = actor.discord_id is not None and actor.discord_id == draft.member
        if counted:
            await self._attempts.claim(actor, draft.customer)
        offers, hindered = await self._offers(draft, typed)
        mine = next((one for one in offers if rules.code_key(one.discount.code) == typed), None)
        if mine is None:
            raise _refused(typed, hindered, draft.currency)
        if counted:
            await self._attempts.give_back(actor, draft.customer)
        found = rules.best(offers, mine.discount.id)
        if found is not None and found.discount.id != mine.discount.id:
            raise CodeRefused.field(
                CODE,
                _("“{code}” would take {less} off, but “{name}” takes {more} off already, so it stays.").format(
                    code=mine.discount.code,
                    less=format_money(mine.amount, draft.currency),
                    name=found.discount.name,
                    more=format_money(found.amount, draft.currency),
                ),
            )
        return {CODE: mine.discount.code}

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        """Return what the best discount takes off."""
        typed = rules.code_key(draft.answer(self.name).get(CODE, ""))
        offers, _hindered = await self._offers(draft, typed)
        if not offers:
            return ()
        mine = next((one.discount.id for one in offers if typed and rules.code_key(one.discount.code) == typed), None)
        found = rules.best(offers, mine)
        if found is None:
            return ()
        await self._uses.open_counter(Actor.system(draft.store, PLUGIN), found.discount.id, draft.customer)
        return (self._uses.adjustment(found, draft.customer),)

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Take one use for the order."""
        self._uses.claim(quote, order, work)

    def release(self, order: UUID, work: Work) -> None:
        """Give back what the order claimed, before it claims anew."""
        self._uses.release(order, work)

    # Within

    async def _offers(self, draft: Draft, typed: str) -> tuple[list[Offer], Hindered | None]:
        """Return every discount that the draft may have, and what stands in the way of the one that was typed."""
        held = await self._held(draft)
        found = [_without(discount, held) for discount in await self._candidates(draft, typed, held)]
        if not found:
            return [], None
        assignments = await self._assignments(draft, held)
        shopper = await self._shopper(draft, found, held)
        items = await self._items(draft, found)
        offers: list[Offer] = []
        hindered = None
        for discount in found:
            is_typed = bool(typed) and rules.code_key(discount.code) == typed
            made = rules.offer(
                discount,
                _assignment(assignments, discount, held),
                shopper,
                items,
                currency=draft.currency,
                typed=is_typed,
                now=self.app.now(),
                kept=discount.id in held,
            )
            if isinstance(made, Offer):
                offers.append(made)
            elif is_typed:
                hindered = (discount, made)
        return offers, hindered

    async def _candidates(self, draft: Draft, typed: str, held: frozenset[UUID]) -> list[Discount]:
        """Return the discounts that apply by themselves, are assigned, have the code typed, or are had already.

        What an order got when it was placed was promised: it stays while its lines are edited, also when it is over.
        """
        columns = ", ".join(f"d.{name.strip()}" for name in DISCOUNT_COLUMNS.split(","))
        rows = await self.app.database.fetch(
            f"SELECT {columns} FROM discount AS d WHERE d.store = :store AND ((d.active AND d.starts <= :now"
            " AND ((d.code_key IS NULL AND (d.ends IS NULL OR d.ends > :now)) OR d.code_key = :typed OR d.id IN"
            " (SELECT a.discount FROM discount_assignment AS a WHERE a.store = :store AND a.customer = :customer"
            " AND a.active))) OR d.id IN :held)",
            held=list(held) or [draft.id],
            store=draft.store,
            now=self.app.now(),
            typed=typed,
            customer=draft.customer,
        )
        return [discount_of(row) for row in rows]

    async def _assignments(self, draft: Draft, held: frozenset[UUID]) -> dict[UUID, Assignment]:
        rows = await self.app.database.fetch(
            f"SELECT {ASSIGNMENT_COLUMNS} FROM discount_assignment"
            " WHERE store = :store AND customer = :customer AND (active OR id IN :held)",
            store=draft.store,
            customer=draft.customer,
            held=list(held) or [draft.id],
        )
        found = [_without(assignment_of(row), held) for row in rows]
        # The one that the order has last, so that it counts rather than one made since.
        return {one.discount: one for one in sorted(found, key=lambda one: one.id in held)}

    async def _held(self, draft: Draft) -> frozenset[UUID]:
        """Return discount and assignment that an order holds whose lines are edited: its own use is not in its way."""
        if draft.order is None:
            return frozenset()
        row = await self.app.database.fetch_one(
            "SELECT discount, assignment FROM discount_use"
            " WHERE store = :store AND order_id = :order AND given_back IS NULL",
            store=draft.store,
            order=draft.order,
        )
        return frozenset() if row is None else frozenset(key for key in row.values() if key is not None)

    async def _shopper(self, draft: Draft, found: Sequence[Discount], held: frozenset[UUID]) -> Shopper:
        tags: frozenset[str] = frozenset()
        if any(discount.scope is DiscountScope.TAGS for discount in found):
            customer = await self.app.get(CustomerService).get(draft.customer)
            tags = frozenset(fold(tag) for tag in customer.tags)
        used: dict[UUID, int] = {}
        if any(discount.limit_per_customer is not None for discount in found):
            rows: list[dict[str, Any]] = await self.app.database.fetch(
                "SELECT discount, used FROM discount_customer WHERE store = :store AND customer = :customer",
                store=draft.store,
                customer=draft.customer,
            )
            used = {row["discount"]: row["used"] - (row["discount"] in held) for row in rows}
        group = None
        if any(discount.scope is DiscountScope.GROUPS for discount in found) and self._grouped(draft.store):
            group = (await self.app.get(OrganizationService).membership(draft.customer)).group
        return Shopper(draft.customer, tags, draft.roles, used, group)

    def _grouped(self, store: int) -> bool:
        """Tell whether the store has discount groups: discounts do without the plugin that keeps them."""
        return GROUPS_OF in self.app.plugins and self.app.stores.enabled(store, GROUPS_OF)

    async def _items(self, draft: Draft, found: Sequence[Discount]) -> list[Item]:
        products: Mapping[UUID, Product] = {}
        if any(discount.scope in {DiscountScope.PRODUCTS, DiscountScope.CATEGORIES} for discount in found):
            products = await self.app.get(CatalogService).get_many([line.product for line in draft.lines])
        items = []
        for line in draft.lines:
            product = products.get(line.product)
            category, parent = (None, None) if product is None else (product.category, product.parent)
            items.append(Item(line.product, category, line.quantity * line.unit_price, parent))
        return items


def _refused(typed: str, hindered: Hindered | None, currency: str) -> CodeRefused:
    """Say why the code cannot be used; of codes for other people, nothing more than of those that do not exist."""
    sentence = _("There is no discount code “{code}” for you. Look at how it is written, then try again.")
    minimum = ""
    if hindered is not None and hindered[1] is not Obstacle.UNKNOWN:
        discount, obstacle = hindered
        minimum = format_money(discount.minimum, discount.currency)
        sentence = {
            Obstacle.ENDED: _("The discount “{code}” is over."),
            Obstacle.USED_UP: _("The discount “{code}” was used as often as it may be."),
            Obstacle.USED_BY_CUSTOMER: _("You have used “{code}” as often as you may."),
            Obstacle.CURRENCY: _("“{code}” is not for orders in {currency}."),
            Obstacle.MINIMUM: _("“{code}” needs an order of at least {minimum}. Add something, then enter it again."),
            Obstacle.NOTHING: _("“{code}” is for other products than those in your order."),
        }[obstacle]
    message = sentence.format(code=typed[:40], currency=currency, minimum=minimum)
    return CodeRefused(message, errors=[FieldError(CODE, message)])


def _assignment(assignments: Mapping[UUID, Assignment], discount: Discount, held: frozenset[UUID]) -> Assignment | None:
    """Return the customer's assignment of a discount; of one that the order has, the one by which it has it."""
    found = assignments.get(discount.id)
    return None if found is not None and discount.id in held and found.id not in held else found


def _without(counted: Counted, held: frozenset[UUID]) -> Counted:
    """Return a discount or assignment as if the order that holds it had not used it."""
    return replace(counted, used=counted.used - 1) if counted.id in held else counted
