"""The checkout step, and the wraps of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from guildshop.database import new_id
from guildshop.errors import Invalid, Stale
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import (
    Adjustment,
    Choice,
    Draft,
    FormField,
    Order,
    OrderCancelled,
    Phase,
    Question,
    Quote,
    Totals,
)
from guildshop.tenancy import current_store

from guildshop_giftwrap import tables
from guildshop_giftwrap.api import PLUGIN, GiftwrapSettings, WrapsTaken

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

WRAP = "wrap"
CARD = "card"
YES, NO = "yes", "no"
CARD_LENGTH = 200


class GiftwrapService:
    """Gift wraps of the store in scope; it is the checkout step itself."""

    name = PLUGIN
    phase = Phase.SHIPPING
    position = 50

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    # The checkout step

    async def ask(self, draft: Draft) -> Question | None:
        """Ask whether to wrap what ships, then for the card; again without Yes where the day became full."""
        settings = self._settings(draft.store)
        if not draft.ships or not settings.capacity:
            return None
        answer = draft.answer(self.name)
        wanted = answer.get(WRAP)
        if wanted == NO:
            return None
        if not await self._left(draft.store):
            if wanted is None:
                return None
            text = _("All gift wraps of today are taken. Go on without, or come back tomorrow.")
            return Question(self.name, WRAP, _("Gift wrap?"), text, [Choice(NO, _("No gift wrap"))])
        if wanted is None:
            price = format_money(settings.price, draft.currency)
            choices = [Choice(YES, _("Yes, wrap it"), price), Choice(NO, _("No gift wrap"))]
            return Question(self.name, WRAP, _("Gift wrap?"), _("Shall we wrap it as a gift?"), choices)
        if CARD in answer:
            return None
        field = FormField("message", _("Text on the card"), max_length=CARD_LENGTH)
        text = _("What shall we write on the card?")
        return Question(
            self.name, CARD, _("A card?"), text, form=[field], form_label=_("Write a card"), skip=_("No card")
        )

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Keep whether to wrap, or the card's text."""
        known = draft.answer(self.name)
        if question == CARD:
            return {**known, CARD: values.get("message", "").strip()[:CARD_LENGTH]}
        if values.get("value") not in {YES, NO}:
            raise Invalid.field(WRAP, _("Choose whether we shall wrap it."))
        return {WRAP: values["value"]}

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        """Return what the wrap costs; the day's row is made here, since `claim` can only count it up."""
        if not draft.ships or draft.answer(self.name).get(WRAP) != YES:
            return ()
        today = self._today(draft.store)
        # The quote may be made after midnight.
        for day in (today, today + timedelta(days=1)):
            await self._open_day(draft.store, day)
        price, card = self._settings(draft.store).price, draft.answer(self.name).get(CARD, "")
        return (Adjustment(Phase.SHIPPING, PLUGIN, WRAP, _("Gift wrap"), price, reference=card),)

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Take one wrap of the day on which the price was promised, or refuse the order."""
        for adjustment in quote.adjustments:
            if adjustment.plugin != PLUGIN:
                continue
            day = self._day(work.store, quote.made)
            work.guard(
                tables.GiftwrapDay,
                set="taken = taken + 1",
                where="day = :day AND taken < :capacity",
                refusal=WrapsTaken(_("Somebody took the last gift wrap of the day just now.")),
                day=day,
                capacity=self._settings(work.store).capacity,
            )
            work.insert(
                tables.Giftwrap, id=new_id(), order_id=order, day=day, message=adjustment.reference, returned=False
            )

    # What follows

    async def give_back(self, event: OrderCancelled, delivery: Delivery) -> None:
        """Let somebody else have the wrap of a cancelled order."""
        row = await self.app.database.fetch_one(
            "SELECT id, day FROM giftwrap WHERE store = :store AND order_id = :order_id AND NOT returned",
            store=current_store(),
            order_id=event.order,
        )
        if row is None:
            return
        async with delivery.work() as work:
            work.update(tables.Giftwrap, row["id"], returned=True)
            work.guard(tables.GiftwrapDay, set="taken = taken - 1", where="day = :day", day=row["day"])

    async def of_order(self, order: Order) -> Sequence[Sequence[str]]:
        """Return what the staff must know to wrap an order."""
        row = await self.app.database.fetch_one(
            "SELECT day, message, returned FROM giftwrap WHERE store = :store AND order_id = :order_id",
            store=order.store,
            order_id=order.id,
        )
        if row is None:
            return ()
        return (
            (str(row["day"]), row["message"] or _("No card"), _("given back") if row["returned"] else _("to wrap")),
        )

    async def taken_today(self, store: int) -> int:
        """Return how many wraps of today are taken."""
        row = await self.app.database.fetch_one(
            "SELECT taken FROM giftwrap_day WHERE store = :store AND day = :day", store=store, day=self._today(store)
        )
        return 0 if row is None else int(row["taken"])

    # Within

    def _settings(self, store: int) -> GiftwrapSettings:
        return self.app.stores.settings(store, GiftwrapSettings)

    def _day(self, store: int, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.app.stores.get(store).time_zone)).date()

    def _today(self, store: int) -> date:
        return self._day(store, self.app.now())

    async def _left(self, store: int) -> bool:
        return await self.taken_today(store) < self._settings(store).capacity

    async def _open_day(self, store: int, day: date) -> None:
        known = await self.app.database.fetch_one(
            "SELECT id FROM giftwrap_day WHERE store = :store AND day = :day", store=store, day=day
        )
        if known is None:
            # Somebody else may be making it.
            with suppress(Stale):
                async with self.app.work(Actor.system(store, PLUGIN)) as work:
                    work.insert(tables.GiftwrapDay, conflict=Stale(str(day)), id=new_id(), day=day, taken=0)
