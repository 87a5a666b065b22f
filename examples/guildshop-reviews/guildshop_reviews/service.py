"""Writing reviews, asking for them, and what staff do with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.bot import Message
from guildshop.bot.rendering import embed, escape
from guildshop.database import new_id
from guildshop.errors import Invalid, NotFound, Stale
from guildshop.events import Delivery
from guildshop.i18n import _, use_locale
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import Order, OrderStatus, OrderStatusChanged
from guildshop.plugins.orders.service import OrderService
from guildshop.tenancy import current_store

from guildshop_reviews import tables
from guildshop_reviews.api import (
    PLUGIN,
    READ,
    TEXT_LENGTH,
    TOPIC,
    UPDATE,
    NotBought,
    ProductReviewed,
    Review,
    ReviewsSettings,
)

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

ATTEMPTS = 3
LIMIT = 200


class ReviewService:
    """Reviews of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    # Members

    async def bought(self, actor: Actor, text: str = "") -> dict[UUID, str]:
        """Return the products that the acting member may review, by ID, those with the text in their name."""
        if actor.discord_id is None:
            return {}
        customer = await self.app.get(CustomerService).by_discord_id(actor.discord_id)
        if customer is None:
            return {}
        found = await self.app.get(OrderService).bought(customer.id)
        return {product: name for product, name in found.items() if text.casefold() in name.casefold()}

    async def write(self, actor: Actor, product: str, rating: int, text: str) -> Review:
        """Keep the acting member's review of a product that they bought, in place of an earlier one."""
        customer = await self.app.get(CustomerService).of_member(actor)
        self.app.get(CustomerService).ensure_can_order(customer)
        if not 1 <= rating <= 5:
            raise Invalid.field("rating", _("{rating} stars cannot be given. Give 1 to 5.").format(rating=rating))
        text = text.strip()
        if len(text) > TEXT_LENGTH:
            raise Invalid.field(
                "text",
                _("The text has {given} characters; at most {length} fit. Shorten it.").format(
                    given=len(text), length=TEXT_LENGTH
                ),
            )
        product_id, name = await self._product(customer, product)
        for _attempt in range(ATTEMPTS):
            known = await self._one(
                "customer = :customer AND product = :product", customer=customer.id, product=product_id
            )
            key = new_id() if known is None else known.id
            try:
                async with self.app.work(actor) as work:
                    if known is None:
                        self._insert(work, key, customer, product_id, name, rating, text)
                    else:
                        self._change(work, known, "rating = :rating, text = :text", rating=rating, text=text)
                    work.record(ProductReviewed(key, product_id))
            except Stale:
                continue
            return await self.get(key)
        raise Stale(_("Your review changed at the same moment. Please send it again."))

    # Staff

    async def get(self, review: UUID) -> Review:
        """Return a review; NotFound when there is none in this store."""
        found = await self._one("id = :id", id=review)
        if found is None:
            raise NotFound(_("There is no such review in this store."))
        return found

    async def latest(self, actor: Actor) -> Sequence[Review]:
        """Return the store's latest reviews, newest first."""
        actor.require(READ)
        return await self._list("1 = 1")

    async def of_customer(self, actor: Actor, customer: Customer) -> Sequence[Review]:
        """Return a customer's reviews, newest first."""
        actor.require(READ)
        return await self._list("customer = :customer", customer=customer.id)

    async def hide(self, actor: Actor, review: UUID, hidden: bool, *, version: int | None = None) -> Review:
        """Hide a review, or show it again; `version` is the one that the actor saw."""
        actor.require(UPDATE)
        known = await self.get(review)
        if version is not None and version != known.version:
            raise _changed()
        if known.hidden != hidden:
            async with self.app.work(actor) as work:
                self._change(work, known, "hidden = :hidden", hidden=hidden)
                work.audit(
                    UPDATE,
                    subject="review",
                    subject_id=review,
                    before={"hidden": known.hidden},
                    after={"hidden": hidden},
                )
        return await self.get(review)

    async def average(self) -> str:
        """Return the average of the stars that are shown, "—" where there is none."""
        row = await self.app.database.fetch_one(
            "SELECT COUNT(*) AS number, COALESCE(SUM(rating), 0) AS stars FROM review"
            " WHERE store = :store AND NOT hidden",
            store=current_store(),
        )
        if row is None or not row["number"]:
            return "—"
        return _("{stars} ★ of {number}").format(
            stars=f"{int(row['stars']) / int(row['number']):.1f}", number=row["number"]
        )

    # Asking

    async def remember(self, event: OrderStatusChanged, delivery: Delivery) -> None:
        """Keep that an order is complete."""
        if event.after != OrderStatus.COMPLETE.value:
            return
        known = await self.app.database.fetch_one(
            "SELECT id FROM review_request WHERE store = :store AND order_id = :order_id",
            store=current_store(),
            order_id=event.order,
        )
        if known is None:
            async with delivery.work() as work:
                work.insert(
                    tables.ReviewRequest, id=new_id(), order_id=event.order, completed=delivery.occurred_at, asked=None
                )

    async def ask(self, store: int) -> None:
        """Ask for a review of every order that has been complete for some days, once each."""
        days = self.app.stores.settings(store, ReviewsSettings).ask_after_days
        if not days:
            return
        rows = await self.app.database.fetch(
            "SELECT id, order_id FROM review_request WHERE store = :store AND asked IS NULL AND completed <= :before"
            " ORDER BY completed LIMIT 50",
            store=store,
            before=self.app.now() - timedelta(days=days),
        )
        for row in rows:
            await self._ask(await self.app.get(OrderService).get(row["order_id"]), row["id"])

    # Personal data

    async def export(self, customer: Customer) -> object:
        """Return the customer's reviews."""
        return [
            {"product": one.product_name, "rating": one.rating, "text": one.text, "created": one.created}
            for one in await self._list("customer = :customer", customer=customer.id)
        ]

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what takes the words and the name off the customer's reviews; the stars stay."""

        def join(work: Work) -> None:
            work.guard(
                tables.Review,
                set="customer = NULL, text = '', version = version + 1",
                where="customer = :customer",
                rows=None,
                customer=customer.id,
            )

        return join

    # Within

    async def _product(self, customer: Customer, reference: str) -> tuple[UUID, str]:
        """Return the bought product of that ID (as suggested) or name (as typed)."""
        bought = await self.app.get(OrderService).bought(customer.id)
        for product, name in bought.items():
            if reference.strip().casefold() in {str(product), name.casefold()}:
                return product, name
        raise NotBought(
            _("You have not bought “{product}” here. Choose one of the products that are suggested.").format(
                product=reference.strip()[:60]
            )
        )

    def _insert(
        self, work: Work, key: UUID, customer: Customer, product: UUID, name: str, rating: int, text: str
    ) -> None:
        work.insert(
            tables.Review,
            conflict=_changed(),
            id=key,
            customer=customer.id,
            product=product,
            product_name=name,
            rating=rating,
            text=text,
            hidden=False,
            created=work.now,
            updated=work.now,
            version=1,
        )

    def _change(self, work: Work, known: Review, assignments: str, **values: Any) -> None:
        work.guard(
            tables.Review,
            set=f"{assignments}, updated = :now, version = version + 1",
            where="id = :id AND version = :seen",
            refusal=_changed(),
            id=known.id,
            seen=known.version,
            **values,
        )

    async def _ask(self, order: Order, request: UUID) -> None:
        """Mark first, then send: rather never asked than asked twice."""
        system = Actor.system(order.store, PLUGIN)
        customers = self.app.get(CustomerService)
        wanted = await customers.wants_message(order.customer, TOPIC.name)
        async with self.app.work(system) as work:
            work.guard(
                tables.ReviewRequest,
                set="asked = :now",
                where="id = :id AND asked IS NULL",
                refusal=_changed(),
                id=request,
            )
            if not wanted:
                customers.note_unwanted(work, order.customer, TOPIC.name, order.number)
        if not wanted or order.customer_discord_id is None or order.status is not OrderStatus.COMPLETE:
            return
        store = self.app.stores.get(order.store)
        with use_locale(order.locale or store.language):
            command = self.app.messenger.command_mention(store, "review")
            names = ", ".join(dict.fromkeys(line.name for line in order.lines))
            text = _("How do you like {products}? Tell us with {command}.").format(
                products=escape(names), command=command
            )
            message = Message(embeds=[embed(_("Your opinion"), text, footer=store.name)])
        await self.app.messenger.dm(store, order.customer_discord_id, message, fallback=False)

    async def _one(self, where: str, **values: Any) -> Review | None:
        row = await self.app.database.fetch_one(
            f"SELECT * FROM review WHERE store = :store AND {where}", store=current_store(), **values
        )
        return None if row is None else _review(row)

    async def _list(self, where: str, **values: Any) -> Sequence[Review]:
        rows = await self.app.database.fetch(
            f"SELECT * FROM review WHERE store = :store AND {where} ORDER BY created DESC, id DESC LIMIT {LIMIT}",
            store=current_store(),
            **values,
        )
        return [_review(row) for row in rows]


def _changed() -> Stale:
    return Stale(_("This review changed since you opened it. Open it again, then repeat your change."))


def _review(row: dict[str, Any]) -> Review:
    return Review(
        id=row["id"],
        store=row["store"],
        customer=row["customer"],
        product=row["product"],
        product_name=row["product_name"],
        rating=row["rating"],
        text=row["text"],
        hidden=bool(row["hidden"]),
        created=row["created"],
        updated=row["updated"],
        version=row["version"],
    )
