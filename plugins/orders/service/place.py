"""The checkout step that asks which place the tax on digital goods depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.countries import country_name, town_line
from guildshop.errors import Invalid
from guildshop.i18n import _, current_locale, lazy
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import AddressInput, address_labels
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import (
    PLACE_STEP,
    Adjustment,
    Choice,
    Draft,
    FormField,
    Phase,
    Question,
    Totals,
    address_in,
)
from guildshop.plugins.orders.api.checkout import Quote
from guildshop.plugins.orders.service.rows import as_json
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

PLACE = "tax_place"
LAST = "last"
_WRITTEN = ("country", "region", "postal_code")


class PlaceStep:
    """Asks for country, state and postal code where nothing ships and a step decides the tax."""

    name = PLACE_STEP
    phase = Phase.SHIPPING
    position = 1000
    change_label = lazy("Country and postal code")

    def __init__(self, app: App, decided: Callable[[int], bool]) -> None:
        """Ask in the stores where `decided(store)` says that a step works out the tax."""
        self.app = app
        self._decided = decided

    async def ask(self, draft: Draft) -> Question | None:
        """Return the question, with the place of the last order and the saved addresses to choose from."""
        known = draft.answer(PLACE_STEP)
        if draft.ships or address_in(known) is not None or not self._decided(draft.store):
            return None
        labels, problem = address_labels(), known.get("problem", "")
        home = current_locale().partition("-")[2]
        country = known.get("given.country", "") or (country_name(home) if home else "")
        return Question(
            step=PLACE_STEP,
            name=PLACE,
            title=_("Sales tax"),
            text=problem or _("Where are you? The sales tax depends on it."),
            choices=await self._choices(draft),
            form=(
                FormField("country", labels["country"], max_length=60, value=country),
                FormField("region", labels["region"], required=False, value=known.get("given.region", "")),
                FormField(
                    "postal_code",
                    labels["postal_code"],
                    required=False,
                    max_length=20,
                    value=known.get("given.postal_code", ""),
                ),
            ),
            form_label=_("Correct it") if problem else _("Enter the place"),
        )

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Keep the place; one that cannot be is kept to be corrected."""
        customers, value = self.app.get(CustomerService), values.get("value", "")
        if value:
            if value == LAST:
                found = await self._last(draft)
            else:
                saved = await customers.addresses(draft.customer)
                found = next((one.as_input for one in saved if str(one.id) == value), None)
            if found is None:
                raise Invalid.field(PLACE, _("That address was deleted. Choose another one, or enter the place."))
            return _answer(found)
        given = {name: values.get(name, "").strip() for name in _WRITTEN}
        try:
            return _answer(customers.check_place(**given))
        except Invalid as refusal:
            return {"problem": refusal.message, **{f"given.{name}": text for name, text in given.items() if text}}

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        """Return nothing: the place alone costs nothing."""
        return ()

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Claim nothing: the place is in the order."""

    async def _choices(self, draft: Draft) -> list[Choice]:
        last = await self._last(draft)
        saved = await self.app.get(CustomerService).addresses(draft.customer)
        choices = [] if last is None else [Choice(LAST, _place(last), _("As with your last order"))]
        return choices + [
            Choice(str(one.id), _place(one.as_input), ", ".join((one.recipient, one.street))) for one in saved[:24]
        ]

    async def _last(self, draft: Draft) -> AddressInput | None:
        """Return the place of the customer's last digital order that had one."""
        row = await self.app.database.fetch_one(
            "SELECT tax_place FROM orders WHERE store = :store AND customer = :customer AND address IS NULL"
            " AND tax_place IS NOT NULL ORDER BY created DESC, id DESC LIMIT 1",
            store=current_store(),
            customer=draft.customer,
        )
        place = as_json(row["tax_place"]) if row else None
        return AddressInput(**place) if place and place.get("country") else None


def _place(place: AddressInput) -> str:
    town = town_line(place.country, place.city, place.region, place.postal_code)
    return ", ".join(part for part in (town, country_name(place.country)) if part)


def _answer(place: AddressInput) -> dict[str, str]:
    return {name: value for name, value in asdict(place).items() if value}
