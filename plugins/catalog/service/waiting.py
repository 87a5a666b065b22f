"""The waiting list: who wants a sold-out product, and the pieces held for them, in the order in which they came.

A product counts those who wait (`waiting`), and a sale takes only what exceeds that number. So what comes back belongs
to the list from the moment it is there, even before the holds are made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, Refusal, Stale
from guildshop.events import Delivery, DeliveryPostponed
from guildshop.i18n import _, current_locale
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import (
    PRODUCT_READ,
    Buyer,
    HoldExpiryDue,
    HoldGranted,
    MovementKind,
    Product,
    Waiting,
    WaitingState,
)
from guildshop.plugins.catalog.api.stock import HELD_FOR_THE_WAITING_LIST, HOLD_ENDED
from guildshop.plugins.catalog.service.browsing import Browsing, unknown
from guildshop.plugins.catalog.service.ledger import move
from guildshop.plugins.catalog.service.records import WAITING_COLUMNS
from guildshop.plugins.catalog.service.records import waiting_of as place_of
from guildshop.plugins.catalog.settings import CatalogSettings
from guildshop.plugins.catalog.tables import Product as ProductTable
from guildshop.plugins.catalog.tables import Waitlist as WaitTable
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

LISTS_LIMIT = 25
"""How many products a member may wait for at once."""

ATTEMPTS = 5
AT_ONCE = 200
"""Holds made in one go; the timer makes the rest."""

_SERVABLE = "(active AND published AND variants = 0 AND CASE WHEN tracked THEN available > 0 ELSE TRUE END)"


class AlreadyWaiting(Stale):
    """The member is on this list."""


class WaitingList(Browsing):
    """Joining and leaving the list, and the holds that come of it."""

    async def wait_for(self, actor: Actor, roles: Collection[int], reference: str) -> Waiting:
        """Put the acting member on the list of a sold-out product; one who is on it stays at their place."""
        member = _member(actor)
        await self._check_member(member)
        product = await self.find(reference, roles, member=member)
        waiting = await self.waiting_for(member, product.id)
        if waiting is not None:
            return waiting
        if product.in_stock:
            raise _back(product)
        await self._check_count(member)
        waiting_id = new_id()
        with suppress(AlreadyWaiting):
            async with self.app.work(actor) as work:
                work.guard(
                    ProductTable,
                    set="waiting = waiting + 1",
                    where="id = :id AND active AND published AND variants = 0 AND tracked AND available - waiting <= 0",
                    refusal=_back(product),
                    id=product.id,
                )
                work.insert(
                    WaitTable,
                    conflict=AlreadyWaiting(""),
                    id=waiting_id,
                    product=product.id,
                    member=member,
                    state=WaitingState.WAITING.value,
                    place=0,
                    locale=current_locale()[:20],
                    created=work.now,
                    held_until=None,
                    order_id=None,
                )
                # The product's row is ours now, so that nobody else gets this place.
                work.guard(
                    WaitTable,
                    set="place = (SELECT COALESCE(MAX(w.place), 0) + 1 FROM waitlist AS w"
                    " WHERE w.store = :store AND w.product = :product)",
                    where="id = :id",
                    id=waiting_id,
                    product=product.id,
                )
        # Somebody may have given a piece back while this was written.
        await self.serve(actor.store, product.id)
        found = await self.waiting_for(member, product.id)
        if found is None:
            raise Stale(_("Your place on the list ended at once. Look at the product again."))
        return found

    async def waiting_for(self, member: int, product_id: UUID) -> Waiting | None:
        """Return a member's place on a product's list, or what is held for them; None when neither is."""
        rows = await self._places(
            "l.product = :product AND l.member = :member AND l.state IN ('WAITING', 'HELD')",
            product=product_id,
            member=member,
        )
        return rows[0] if rows else None

    async def waiting(self, waiting_id: UUID) -> Waiting | None:
        """Return a place on a list, ended ones too."""
        rows = await self._places("l.id = :id", id=waiting_id)
        return rows[0] if rows else None

    async def waiting_list(self, actor: Actor, product_id: UUID, *, limit: int = 50) -> Sequence[Waiting]:
        """Return those who wait for a product or have one held, in order; for staff."""
        actor.require(PRODUCT_READ)
        found = await self._places(
            "l.product = :product AND l.state IN ('WAITING', 'HELD') ORDER BY l.state, l.place LIMIT :size",
            product=product_id,
            size=limit,
        )
        return sorted(found, key=lambda one: (one.state is not WaitingState.HELD, one.place))

    async def leave_list(self, actor: Actor, waiting_id: UUID) -> None:
        """Take the acting member off the list, and give back what is held for them; done before, it is no error."""
        waiting = await self.waiting(waiting_id)
        if waiting is None or waiting.member != _member(actor):
            raise Forbidden(_("This is somebody else's place on the list."))
        for _attempt in range(ATTEMPTS):
            if waiting is None or waiting.state not in {WaitingState.WAITING, WaitingState.HELD}:
                return
            with suppress(Stale):
                if waiting.state is WaitingState.HELD:
                    await self.end_hold(actor, waiting, WaitingState.LEFT)
                else:
                    await self._leave(actor, waiting)
                return
            waiting = await self.waiting(waiting_id)
        raise _moved_on()

    async def end_hold(self, actor: Actor, waiting: Waiting, state: WaitingState) -> None:
        """Give a held piece back, to the next on the list; `Stale` when the hold has ended meanwhile."""
        async with self.app.work(actor) as work:
            self._release(work, waiting, state)
        await self.serve(waiting.store, waiting.product)

    async def expire_hold(self, event: HoldExpiryDue, delivery: Delivery) -> None:
        """Give a held piece to the next on the list when its time is over, unless it was used."""
        waiting = await self.waiting(event.waiting)
        held = waiting is not None and waiting.state is WaitingState.HELD
        if held and waiting is not None and waiting.held_until is not None and waiting.held_until > self.app.now():
            raise DeliveryPostponed(waiting.held_until)
        with suppress(Stale):  # It was used or given back a moment ago.
            async with delivery.work() as work:
                if held and waiting is not None:
                    self._release(work, waiting, WaitingState.EXPIRED)
        if waiting is not None:
            await self.serve(waiting.store, waiting.product)

    async def waiting_of(self, member: int) -> list[Waiting]:
        """Return every place that a member has or had on a list, the oldest first."""
        return await self._places("l.member = :member ORDER BY l.created, l.id", member=member)

    async def forget_waiting(self, member: int) -> Callable[[Work], None]:
        """Return what joins the Work in which a member is forgotten: they leave every list, and no place names them."""
        places = await self.waiting_of(member)

        def join(work: Work) -> None:
            for place in places:
                if place.state is WaitingState.HELD:
                    self._release(work, place, WaitingState.LEFT)
                elif place.state is WaitingState.WAITING:
                    self._step_out(work, place)
            work.guard(WaitTable, set="member = 0, locale = ''", where="member = :member", rows=None, member=member)

        return join

    async def pass_waiting(self, ends: int, stays: int) -> tuple[int, Callable[[Work], None]]:
        """Return how many places of a member another one gets, and what joins the Work in which that happens.

        Where both are on one list, the place of the one who ends is given up.
        """
        states = {WaitingState.WAITING, WaitingState.HELD}
        taken = {place.product for place in await self.waiting_of(stays) if place.state in states}
        places = [place for place in await self.waiting_of(ends) if place.state in states]

        def join(work: Work) -> None:
            for place in places:
                if place.product in taken:
                    if place.state is WaitingState.HELD:
                        self._release(work, place, WaitingState.LEFT)
                    else:
                        self._step_out(work, place)
            work.guard(WaitTable, set="member = :stays", where="member = :ends", rows=None, ends=ends, stays=stays)

        return sum(place.product not in taken for place in places), join

    async def end_barred_holds(self, store: int) -> None:
        """Give what is held for members who may not order it any more to the next in line."""
        for held in await self._places("l.state = 'HELD'"):
            try:
                await self._check_allowed(held)
            except Refusal:
                with suppress(Stale):  # It was used or given back a moment ago.
                    await self.end_hold(Actor.system(store, "catalog.waiting"), held, WaitingState.LEFT)

    async def serve_all(self, store: int) -> None:
        """Make the holds of every product that came back while somebody waits for it."""
        rows = await self.app.database.fetch(
            f"SELECT id FROM product WHERE store = :store AND waiting > 0 AND {_SERVABLE}", store=store
        )
        for row in rows:
            await self.serve(store, row["id"])

    async def serve(self, store: int, product_id: UUID) -> None:
        """Hold what is there of a product for the first on its list, one piece each, until either is at its end."""
        until = timedelta(hours=self.app.stores.settings(store, CatalogSettings).hold_hours)
        for _one in range(AT_ONCE):
            first = await self._first(store, product_id)
            if first is None:
                return
            with suppress(Stale):  # Somebody else served them, or the piece is gone: look again.
                try:
                    await self._check_allowed(first)
                except Refusal:
                    # Blocked since, or the product is closed to them: the piece is for the next.
                    await self._leave(Actor.system(store, "catalog.waiting"), first)
                else:
                    await self._hold(first, until)

    async def _first(self, store: int, product_id: UUID) -> Waiting | None:
        """Return who is next on a product's list, if there is a piece for them."""
        there = await self.app.database.fetch_one(
            f"SELECT id FROM product WHERE store = :store AND id = :id AND waiting > 0 AND {_SERVABLE}",
            store=store,
            id=product_id,
        )
        row = there and await self.app.database.fetch_one(
            f"SELECT {WAITING_COLUMNS} FROM waitlist WHERE store = :store AND product = :product"
            " AND state = 'WAITING' ORDER BY place LIMIT 1",
            store=store,
            product=product_id,
        )
        return place_of(row) if row else None

    async def _hold(self, waiting: Waiting, life: timedelta) -> None:
        stale = _moved_on()
        async with self.app.work(Actor.system(waiting.store, "catalog.waiting")) as work:
            work.guard(
                ProductTable,
                set="available = available - 1, reserved = reserved + 1, waiting = waiting - 1",
                where=f"id = :id AND waiting > 0 AND {_SERVABLE}",
                refusal=stale,
                id=waiting.product,
            )
            work.guard(
                WaitTable,
                set="state = 'HELD', held_until = :until",
                where="id = :id AND state = 'WAITING' AND NOT EXISTS (SELECT 1 FROM waitlist AS w"
                " WHERE w.store = :store AND w.product = :product AND w.state = 'WAITING' AND w.place < :place)",
                refusal=stale,
                id=waiting.id,
                product=waiting.product,
                place=waiting.place,
                until=work.now + life,
            )
            move(work, waiting.product, MovementKind.RESERVE, -1, 1, None, HELD_FOR_THE_WAITING_LIST)
            work.record(HoldGranted(waiting.id))
            work.record(HoldExpiryDue(waiting.id), due=work.now + life)

    async def _leave(self, actor: Actor, waiting: Waiting) -> None:
        async with self.app.work(actor) as work:
            self._step_out(work, waiting)

    def _step_out(self, work: Work, waiting: Waiting) -> None:
        stale = _moved_on()
        work.guard(
            ProductTable,
            set="waiting = waiting - 1",
            where="id = :id AND waiting > 0",
            refusal=stale,
            id=waiting.product,
        )
        work.guard(
            WaitTable, set="state = 'LEFT'", where="id = :id AND state = 'WAITING'", refusal=stale, id=waiting.id
        )

    def _release(self, work: Work, waiting: Waiting, state: WaitingState) -> None:
        stale = _moved_on()
        work.guard(
            ProductTable,
            set="available = available + 1, reserved = reserved - 1",
            where="id = :id AND reserved > 0",
            refusal=stale,
            id=waiting.product,
        )
        work.guard(
            WaitTable,
            set="state = :state",
            where="id = :id AND state = 'HELD'",
            refusal=stale,
            id=waiting.id,
            state=state.value,
        )
        move(work, waiting.product, MovementKind.RELEASE, 1, -1, None, HOLD_ENDED)

    async def _places(self, where: str, **values: object) -> list[Waiting]:
        columns = ", ".join(f"l.{name}" for name in WAITING_COLUMNS.split(", "))
        rows = await self.app.database.fetch(
            f"SELECT {columns}, (SELECT COUNT(*) FROM waitlist AS w WHERE w.store = :store AND w.product = l.product"
            f" AND w.state = 'WAITING' AND w.place < l.place) AS ahead FROM waitlist AS l"
            f" WHERE l.store = :store AND {where}",
            store=current_store(),
            **values,
        )
        return [place_of(row) for row in rows]

    async def _check_member(self, member: int) -> None:
        for _plugin, checks in self.app.hooks("register_waiting_checks"):
            for check in checks:
                await check(member)

    async def _check_allowed(self, waiting: Waiting) -> None:
        """Refuse whoever may not order any more, or for whom the product was closed since."""
        await self._check_member(waiting.member)
        product = await self.get(waiting.product)
        if product.family in await self.terms.closed(Buyer(waiting.member), {product.family}):
            raise unknown(product.name)

    async def _check_count(self, member: int) -> None:
        row = await self.app.database.fetch_one(
            "SELECT COUNT(*) AS found FROM waitlist WHERE store = :store AND member = :member AND state = 'WAITING'",
            store=current_store(),
            member=member,
        )
        if row is not None and int(row["found"]) >= LISTS_LIMIT:
            raise Refusal(
                _("You wait for {count} products already, and more are not possible. Leave a list first.").format(
                    count=row["found"]
                )
            )


def _member(actor: Actor) -> int:
    member = actor.discord_id
    if member is None:
        raise Forbidden(_("Only a Discord member can wait for a product."))
    return member


def _moved_on() -> Stale:
    return Stale(_("The waiting list changed just now. Try again."))


def _back(product: Product) -> Refusal:
    return Refusal(_("{product} is in stock: order it now.").format(product=product.name))
