"""The checkout step that asks where an order goes and how, and adds what that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.i18n import _, babel_locale
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Address, AddressInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    Adjustment,
    Choice,
    Draft,
    FormField,
    OrdersSettings,
    Phase,
    Question,
    ShippingAddress,
    ShippingType,
    Totals,
)
from guildshop.plugins.orders.api.checkout import Quote

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

STEP = "orders.shipping"
ADDRESS = "address"
TYPE = "type"
_FIELDS = ("recipient", "street", "city", "postal_code", "country", "street2", "region", "company", "phone")


class ShippingStep:
    """Asks for address and shipping type where something ships."""

    name = STEP
    phase = Phase.SHIPPING
    position = 0

    def __init__(self, app: App) -> None:
        """Ask the customers' service of this application for addresses."""
        self.app = app

    async def ask(self, draft: Draft) -> Question | None:
        """Return the question for the address, then for the shipping type unless there is only one."""
        if not draft.ships:
            return None
        address = address_of(draft.answer(STEP))
        if address is None:
            return await self._ask_address(draft)
        choices = self._choices(draft, address.country)
        if not choices:
            return await self._ask_address(draft, self._no_way_to(address.country))
        known = draft.answer(STEP).get(TYPE, "")
        if len(choices) == 1 or known in {kind.code for kind, _cost in choices}:
            return None
        return Question(
            step=STEP,
            name=TYPE,
            title=_("Shipping"),
            text=_("How shall we send it?"),
            choices=[
                Choice(kind.code, kind.label, _describe(kind, cost, draft.currency)) for kind, cost in choices[:25]
            ],
        )

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Keep the chosen or newly written address, or the chosen shipping type."""
        if question == ADDRESS:
            address = await self._address(actor, draft, values)
            if not self._choices(draft, address.country):
                raise Invalid.field("country", self._no_way_to(address.country))
            return {name: value for name, value in asdict(address).items() if value}
        known = draft.answer(STEP)
        codes = {kind.code for kind, _cost in self._choices(draft, known.get("country", ""))}
        if values.get("value") not in codes:
            raise Invalid.field(TYPE, _("That way of shipping is not offered any more. Choose another one."))
        return {**known, TYPE: values["value"]}

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
        address = address_of(draft.answer(STEP)) if draft.ships else None
        if address is None:
            return None
        choices = self._choices(draft, address.country, goods)
        if len(choices) == 1:
            return choices[0]
        code = draft.answer(STEP).get(TYPE)
        return next((choice for choice in choices if choice[0].code == code), None)

    def _choices(self, draft: Draft, country: str, goods: int | None = None) -> tuple[tuple[ShippingType, int], ...]:
        settings = self.app.stores.settings(draft.store, OrdersSettings)
        value = sum(line.quantity * line.unit_price for line in draft.lines) if goods is None else goods
        return rules.shipping_choices(settings.shipping_types, country, value)

    def _no_way_to(self, country: str) -> str:
        name = babel_locale().territories.get(country.upper(), country)
        return _("We don't ship to {country}. Choose or add another address.").format(country=name)

    async def _ask_address(self, draft: Draft, text: str = "") -> Question:
        saved = await self.app.get(CustomerService).addresses(draft.customer)
        return Question(
            step=STEP,
            name=ADDRESS,
            title=_("Shipping address"),
            text=text or (_("Where shall we send it?") if saved else _("Where shall we send it? Add an address.")),
            choices=[
                Choice(str(address.id), address.recipient, ", ".join(_copy(address).lines[1:]))
                for address in saved[:25]
            ],
            form=(
                FormField("recipient", _("Recipient"), placeholder="Ada Lovelace"),
                FormField("street", _("Street and house number"), max_length=200, placeholder="12 Main Street"),
                FormField("city", _("City, state or region"), placeholder="San Francisco, CA"),
                FormField("postal_code", _("Postal code"), required=False, max_length=20, placeholder="94111"),
                FormField("country", _("Country code, two letters"), max_length=2, placeholder="US"),
            ),
            form_label=_("Add an address"),
        )

    async def _address(self, actor: Actor, draft: Draft, values: Mapping[str, str]) -> ShippingAddress:
        customers = self.app.get(CustomerService)
        if values.get("value"):
            saved = await customers.addresses(draft.customer)
            for address in saved:
                if str(address.id) == values["value"]:
                    return _copy(address)
            raise Invalid.field(ADDRESS, _("That address was deleted. Choose or add another one."))
        city, _comma, region = values.get("city", "").rpartition(",")
        if not city:
            city, region = region, ""
        given = AddressInput(
            recipient=values.get("recipient", "").strip(),
            street=values.get("street", "").strip(),
            city=city.strip(),
            region=region.strip(),
            postal_code=values.get("postal_code", "").strip(),
            country=values.get("country", "").strip().upper(),
        )
        if not self._choices(draft, given.country):
            raise Invalid.field("country", self._no_way_to(given.country))
        return _copy(await customers.add_address(actor, draft.customer, given))


def address_of(answer: Mapping[str, str]) -> ShippingAddress | None:
    """Return the address that an answer holds, if it holds one."""
    if not answer.get("street"):
        return None
    return ShippingAddress(**{name: answer.get(name, "") for name in _FIELDS})


def _copy(address: Address) -> ShippingAddress:
    return ShippingAddress(**{name: getattr(address, name) for name in _FIELDS})


def _describe(kind: ShippingType, cost: int, currency: str) -> str:
    price = format_money(cost, currency) if cost else _("Free")
    if kind.days is None:
        return price
    return _("{price}, about {days} days").format(price=price, days=kind.days)
