"""The checkout step that asks where an order goes and how, and adds what that costs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.countries import country_name, country_named
from guildshop.errors import Invalid, NotConfigured, Refusal
from guildshop.i18n import _, grouped, lazy, ngettext
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import AccountFunction, Address, AddressInput, FunctionBlocked
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    SHIPPING_STEP,
    Adjustment,
    Choice,
    Draft,
    OrdersSettings,
    Phase,
    Question,
    ShippingAddress,
    ShippingType,
    Totals,
    address_in,
)
from guildshop.plugins.orders.api.checkout import Quote
from guildshop.plugins.orders.service.address_forms import (
    ADDRESS,
    KEEP,
    OTHER,
    SUGGESTION,
    USE,
    ask_country,
    ask_form,
    ask_suggestion,
    copy_of,
    pack,
    read_form,
    same_place,
    unpack,
)

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

TYPE = "type"
NEW = "new"
"""What the answer holds while a new address is written: this, then `MINE` and `THEIRS` or a `PROBLEM`."""
COUNTRY_CODE = 2
"""The length of a country's code, which is chosen in place of a saved address."""
MINE, THEIRS, PROBLEM = "mine", "theirs", "problem"


class ShippingStep:
    """Asks for address and shipping type where something ships."""

    name = SHIPPING_STEP
    phase = Phase.SHIPPING
    position = 0
    change_label = lazy("Shipping address")

    def __init__(self, app: App, goods: Callable[[Draft], Awaitable[int]]) -> None:
        """Ask the customers' service of this application for addresses, and `goods` for the value after discounts."""
        self.app = app
        self._goods = goods

    async def ask(self, draft: Draft) -> Question | None:
        """Return the question for the address, then for the shipping type unless there is only one."""
        if not draft.ships:
            return None
        self._check_ships(draft)
        address = address_in(draft.answer(SHIPPING_STEP))
        if address is None:
            return await self._ask_address(draft)
        choices = self._choices(draft, address.country)
        if not choices:
            return await self._ask_saved(draft, self._no_way_to(address.country))
        known = draft.answer(SHIPPING_STEP).get(TYPE, "")
        if len(choices) == 1 or known in {kind.code for kind, _cost in choices}:
            return None
        if any(kind.free_over is not None for kind, _cost in choices):
            # As it will be charged: what is free by the full price may cost something once a discount is off.
            choices = self._choices(draft, address.country, await self._goods(draft))
        return Question(
            step=SHIPPING_STEP,
            name=TYPE,
            title=_("Shipping"),
            text=_("How shall we send it?"),
            choices=[
                Choice(kind.code, kind.label, _describe(kind, cost, draft.currency)) for kind, cost in choices[:25]
            ],
        )

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Keep the address or the shipping type; an address that cannot be is kept to be corrected."""
        known = draft.answer(SHIPPING_STEP)
        value = values.get("value", "")
        if value == OTHER and question != TYPE:
            return {} if await self._saved(draft) else {NEW: NEW}
        if question == TYPE:
            codes = {kind.code for kind, _cost in self._choices(draft, known.get("country", ""))}
            if value not in codes:
                raise Invalid.field(TYPE, _("That way of shipping is not offered any more. Choose another one."))
            return {**known, TYPE: value}
        if question == SUGGESTION:
            mine, theirs = unpack(known, MINE), unpack(known, THEIRS)
            if mine is None or theirs is None or value not in {USE, KEEP}:
                return {}
            return await self._keep(actor, draft, theirs if value == USE else mine)
        if value == NEW:
            customers = self.app.get(CustomerService)
            customer = await customers.get(draft.customer)
            await customers.require_function(actor, customer, AccountFunction.ADDRESSES)
            return {NEW: NEW}
        if len(value) > COUNTRY_CODE:
            return await self._choose(draft, value)
        return await self._written(actor, draft, values)

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        """Return what shipping costs, given the goods' value after discounts."""
        chosen = self.chosen(draft, totals.subtotal - totals.discount - totals.loyalty)
        if chosen is None:
            return ()
        kind, cost = chosen
        return (Adjustment(Phase.SHIPPING, "orders", kind.code, kind.label, cost),)

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Claim nothing: shipping costs what was quoted."""

    def chosen(self, draft: Draft, goods: int | None = None) -> tuple[ShippingType, int] | None:
        """Return the chosen shipping type and its cost, None where nothing ships or nothing is chosen yet."""
        address = draft.ship_to
        if address is None:
            return None
        choices = self._choices(draft, address.country, goods)
        if len(choices) == 1:
            return choices[0]
        code = draft.answer(SHIPPING_STEP).get(TYPE)
        return next((choice for choice in choices if choice[0].code == code), None)

    def several_ways(self, draft: Draft) -> bool:
        """Tell whether the member can choose how it is sent."""
        return draft.ship_to is not None and len(self._choices(draft, draft.ship_to.country)) > 1

    # Asking

    async def _ask_address(self, draft: Draft) -> Question:
        known = draft.answer(SHIPPING_STEP)
        saved = await self._saved(draft)
        mine, theirs = unpack(known, MINE), unpack(known, THEIRS)
        countries = self._countries(draft)
        if mine is not None and theirs is not None:
            return ask_suggestion(SHIPPING_STEP, mine, theirs)
        if mine is not None:
            back = bool(saved) or len(countries) != 1
            return ask_form(SHIPPING_STEP, mine.country, _begun(mine), known.get(PROBLEM, ""), back=back)
        if saved and NEW not in known:
            return await self._ask_saved(draft)
        if len(countries) == 1:
            return ask_form(SHIPPING_STEP, next(iter(countries)), None, "", back=bool(saved))
        return ask_country(SHIPPING_STEP, countries, back=bool(saved))

    async def _ask_saved(self, draft: Draft, problem: str = "") -> Question:
        saved = await self._saved(draft)
        return Question(
            step=SHIPPING_STEP,
            name=ADDRESS,
            title=_("Shipping address"),
            text=problem or _("Where shall we send it?"),
            choices=[
                Choice(str(one.id), one.recipient, ", ".join(copy_of(one.as_input).lines[1:])) for one in saved[:25]
            ],
            buttons=(Choice(NEW, _("Add an address")),),
        )

    async def _saved(self, draft: Draft) -> list[Address]:
        return await self.app.get(CustomerService).addresses(draft.customer)

    # Answering

    async def _choose(self, draft: Draft, value: str) -> Mapping[str, str]:
        """Return the saved address of that ID."""
        found = next((one for one in await self._saved(draft) if str(one.id) == value), None)
        if found is None:
            raise Invalid.field(ADDRESS, _("That address was deleted. Choose or add another one."))
        if not self._choices(draft, found.country):
            raise Invalid.field("country", self._no_way_to(found.country))
        return _answer(copy_of(found.as_input))

    async def _written(self, actor: Actor, draft: Draft, values: Mapping[str, str]) -> Mapping[str, str]:
        """Go on with a new address as far as it is given: nothing yet, its country, or all of it."""
        known = unpack(draft.answer(SHIPPING_STEP), MINE)
        countries = self._countries(draft)
        country = values.get("value", "") or values.get("country", "")
        if not country:
            country = known.country if known else "".join(countries) if len(countries) == 1 else ""
        if not country:
            return {NEW: NEW}
        country = country_named(country)
        if not self._choices(draft, country):
            raise Invalid.field("country", self._no_way_to(country))
        given = read_form(values, country)
        if not given.recipient and not given.street:
            return {NEW: NEW, **pack(given, MINE)}
        try:
            check = self.app.get(CustomerService).check_address(given)
        except Invalid as refusal:
            return {NEW: NEW, PROBLEM: refusal.message, **pack(given, MINE)}
        if check.suggestion is not None:
            return {NEW: NEW, **pack(check.given, MINE), **pack(check.suggestion, THEIRS)}
        return await self._keep(actor, draft, check.given)

    async def _keep(self, actor: Actor, draft: Draft, given: AddressInput) -> Mapping[str, str]:
        """Return the address, saved for next time; where it cannot be saved, it is used all the same."""
        copy = copy_of(given)
        if any(same_place(copy_of(one.as_input).lines, copy.lines) for one in await self._saved(draft)):
            return _answer(copy)
        try:
            saved = await self.app.get(CustomerService).add_address(actor, draft.customer, given)
        except (Invalid, FunctionBlocked):
            raise
        except Refusal:
            return _answer(copy)
        return _answer(copy_of(saved.as_input))

    # Ways to ship

    def _choices(self, draft: Draft, country: str, goods: int | None = None) -> tuple[tuple[ShippingType, int], ...]:
        value = sum(line.quantity * line.unit_price for line in draft.lines) if goods is None else goods
        return rules.shipping_choices(self._types(draft), country, value)

    def _types(self, draft: Draft) -> Sequence[ShippingType]:
        settings = self.app.stores.settings(draft.store, OrdersSettings)
        return rules.shipping_types_in(
            settings.shipping_types, draft.currency, self.app.stores.get(draft.store).currency
        )

    def _check_ships(self, draft: Draft) -> None:
        """Refuse what must be shipped where nothing is, or nothing for an order in this currency."""
        types = self.app.stores.settings(draft.store, OrdersSettings).shipping_types
        if not types:
            raise NotConfigured(_("This shop ships nothing at the moment. Take out what must be shipped."))
        if not self._types(draft):
            store_currency = self.app.stores.get(draft.store).currency
            raise NotConfigured(
                _(
                    "Shipping is priced in {currencies} only, this order is in {currency}. Take out what must be"
                    " shipped, or ask the shop to price shipping in {currency} too."
                ).format(
                    currencies=", ".join(sorted({kind.priced_in(store_currency) for kind in types})),
                    currency=draft.currency,
                )
            )

    def _countries(self, draft: Draft) -> frozenset[str]:
        """Return the countries that are shipped to, nothing where that is all of them."""
        types = self._types(draft)
        if any(not kind.countries for kind in types):
            return frozenset()
        return frozenset(country for kind in types for country in kind.countries)

    def _no_way_to(self, country: str) -> str:
        return _("We don't ship to {country}. Choose or add another address.").format(country=country_name(country))


def _answer(address: ShippingAddress) -> dict[str, str]:
    return {name: value for name, value in asdict(address).items() if value}


def _begun(given: AddressInput) -> AddressInput | None:
    """Return what was written, None where only the country is known."""
    return given if given.recipient or given.street else None


def _describe(kind: ShippingType, cost: int, currency: str) -> str:
    told = [format_money(cost, currency) if cost else _("Free")]
    if kind.days is not None:
        text = ngettext("about {days} day", "about {days} days", kind.days)
        told.append(text.format(days=grouped(kind.days)))
    if cost and kind.free_over is not None:
        told.append(_("free from {amount} on").format(amount=format_money(kind.free_over, currency)))
    return ", ".join(told)


def without_type(draft: Draft) -> dict[str, str]:
    """Return what is known of shipping without how it is sent, so that this is asked anew."""
    return {name: value for name, value in draft.answer(SHIPPING_STEP).items() if name != TYPE}
