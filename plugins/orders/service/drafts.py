"""The rows of order flows: one a member and store, changed only by whoever saw its latest version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Forbidden, Stale
from guildshop.events import Delivery, DeliveryPostponed
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders import rules, tables
from guildshop.plugins.orders.api import Draft, FlowExpired, OrderFlowExpiryDue, Quote
from guildshop.plugins.orders.service import rows
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App


class Drafts:
    """Reading and writing order flows of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def of_member(self, member: int) -> Draft | None:
        """Return the member's flow, unless it has expired."""
        row = await self.app.database.fetch_one(
            "SELECT * FROM order_draft WHERE store = :store AND member = :member", store=current_store(), member=member
        )
        draft = None if row is None else rows.to_draft(row)
        return draft if draft is not None and draft.expires > self.app.now() else None

    async def get(self, actor: Actor, draft_id: UUID) -> tuple[Draft, Quote | None]:
        """Return the acting member's flow with its quote; refuse somebody else's, and one that has ended."""
        row = await self.app.database.fetch_one(
            "SELECT * FROM order_draft WHERE store = :store AND id = :id", store=current_store(), id=draft_id
        )
        if row is None:
            raise ended()
        draft = rows.to_draft(row)
        if draft.member != actor.discord_id:
            raise Forbidden(_("This is somebody else's order. Start your own with /order."))
        if draft.expires <= self.app.now():
            raise ended()
        return draft, rows.to_quote(row["quote"])

    async def create(self, actor: Actor, customer: UUID, currency: str, recipient: int | None) -> Draft:
        """Begin a flow for the acting member, in place of one that has expired; `Stale` when one was begun at once."""
        member = actor.discord_id
        if member is None:
            raise Forbidden(_("Only a Discord member can order here."))
        now = self.app.now()
        draft = Draft(
            id=new_id(),
            store=actor.store,
            member=member,
            customer=customer,
            currency=currency,
            lines=(),
            answers={},
            payment_method="",
            recipient=recipient,
            items_done=False,
            updated=now,
            expires=now + rules.FLOW_LIFE,
            version=1,
        )
        async with self.app.work(actor) as work:
            work.delete(tables.OrderDraft, where="member = :member AND expires <= :now", member=member, now=work.now)
            work.insert(
                tables.OrderDraft,
                conflict=Stale(_("You pressed twice. Use /order again to go on.")),
                id=draft.id,
                member=member,
                customer=customer,
                quote=None,
                **_columns(draft),
            )
            work.record(OrderFlowExpiryDue(draft.id), due=draft.expires)
        return draft

    async def save(self, actor: Actor, draft: Draft, quote: Quote | None = None) -> Draft:
        """Write the flow as it is now and give it another 30 minutes; `Stale` when it changed since it was read."""
        now = self.app.now()
        saved = replace(draft, updated=now, expires=now + rules.FLOW_LIFE, version=draft.version + 1)
        columns = {**_columns(saved), "quote": None if quote is None else rows.quote_json(quote)}
        assignments = ", ".join(f"{name} = :{name}" for name in columns)
        async with self.app.work(actor) as work:
            work.guard(
                tables.OrderDraft,
                set=assignments,
                where="id = :id AND version = :seen",
                refusal=Stale(_("You pressed twice. Use /order to go on with your order.")),
                id=draft.id,
                seen=draft.version,
                **columns,
            )
        return saved

    async def delete(self, actor: Actor, draft: Draft) -> None:
        """End the flow."""
        async with self.app.work(actor) as work:
            work.delete(tables.OrderDraft, where="id = :id", rows=1, refusal=ended(), id=draft.id)

    async def expire(self, event: OrderFlowExpiryDue, delivery: Delivery) -> None:
        """Drop the flow if nobody touched it for 30 minutes, else come again when that is so."""
        row = await self.app.database.fetch_one(
            "SELECT * FROM order_draft WHERE store = :store AND id = :id", store=current_store(), id=event.draft
        )
        expires = None if row is None else rows.to_draft(row).expires
        if expires is not None and expires > self.app.now():
            raise DeliveryPostponed(expires)
        async with delivery.work() as work:
            work.delete(tables.OrderDraft, where="id = :id AND expires <= :now", id=event.draft, now=work.now)


def ended() -> FlowExpired:
    """Return the refusal of a flow that is over."""
    return FlowExpired(
        _("This order flow has ended: submitted, cancelled, begun anew, or idle for 30 minutes. Start with /order.")
    )


def _columns(draft: Draft) -> dict[str, Any]:
    return {
        "currency": draft.currency,
        "lines": rows.lines_json(draft.lines),
        "answers": {step: dict(answer) for step, answer in draft.answers.items()},
        "payment_method": draft.payment_method,
        "recipient": draft.recipient,
        "items_done": draft.items_done,
        "updated": draft.updated,
        "expires": draft.expires,
        "version": draft.version,
    }
