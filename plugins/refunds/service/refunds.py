"""Refunds that are shown first: what was shown is kept, and its confirmation does exactly that, once, or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Order
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.refunds import tables
from guildshop.plugins.refunds.api import CREATE, Proposal, ProposalOver, Refund, RefundPlan, RefundRequest, RefundState
from guildshop.plugins.refunds.service import records
from guildshop.plugins.refunds.service.making import RefundMaking, limited_note, limited_request
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

PROPOSAL_LIFE = timedelta(hours=1)


class RefundService(RefundMaking):
    """Refunds of the store in scope."""

    async def propose(
        self, actor: Actor, reference: UUID | str, request: RefundRequest, *, of_return: UUID | None = None
    ) -> Proposal:
        """Plan a refund and keep it for its confirmation, which must find everything as it was shown."""
        actor.require(CREATE)
        request = limited_request(request)
        order = await self.app.get(OrderService).get(reference)
        planned = await self.plan(order, request)
        proposal_id = new_id()
        async with self.app.work(actor) as work:
            work.delete(
                tables.RefundProposal,
                where="actor = :actor AND created < :limit",
                actor=_who(actor),
                limit=work.now - PROPOSAL_LIFE,
            )
            work.insert(
                tables.RefundProposal,
                id=proposal_id,
                order_id=order.id,
                actor=_who(actor),
                request=records.request_json(request),
                shown=records.shown_json(planned),
                created=work.now,
                return_id=of_return,
            )
        return await self._proposed(order, proposal_id, request, planned)

    async def shown(self, actor: Actor, proposal_id: UUID) -> Proposal:
        """Return a proposal of the actor's as it would be carried out now."""
        actor.require(CREATE)
        row = await self._proposal(actor, proposal_id)
        order = await self.app.get(OrderService).get(records.as_uuid(row["order_id"]))
        request = records.to_request(row["request"])
        return await self._proposed(order, proposal_id, request, await self.plan(order, request))

    async def confirm(self, actor: Actor, proposal_id: UUID, *, note: str = "") -> Refund:
        """Do what was shown, once: refused when it would be anything else by now."""
        actor.require(CREATE)
        note = limited_note(note)
        if (done := await self.find(proposal_id)) is not None:
            return done
        row = await self._proposal(actor, proposal_id)
        request = records.to_request(row["request"])
        of_return = None if row["return_id"] is None else records.as_uuid(row["return_id"])

        async def attempt(order: Order) -> None:
            if await self.find(proposal_id) is not None:
                return
            free_of = None if of_return is None else await self.failed_of_return(of_return)
            planned = await self.plan(order, request)
            if records.shown_json(planned) != records.as_json(row["shown"]):
                raise ProposalOver(
                    _("Order {number} has changed since this was shown, so nothing was refunded.").format(
                        number=order.number
                    )
                )
            async with self.app.work(actor) as work:
                work.delete(tables.RefundProposal, where="id = :id", rows=1, refusal=Stale(""), id=proposal_id)
                self.begin_in(work, order, planned, proposal_id, note=note, of_return=of_return)
                if of_return is not None:
                    tie_return(work, of_return, proposal_id, free_of)

        await self.again(records.as_uuid(row["order_id"]), attempt)
        return await self.get(proposal_id)

    async def again_shown(self, actor: Actor, proposal_id: UUID, *, to_credit: bool | None = None) -> Proposal:
        """Plan a shown refund anew, or with its money going to store credit instead; the old proposal is over."""
        row = await self._proposal(actor, proposal_id)
        request = records.to_request(row["request"])
        if to_credit is not None:
            request = replace(request, to_credit=to_credit)
        of_return = None if row["return_id"] is None else records.as_uuid(row["return_id"])
        await self.discard(actor, proposal_id)
        return await self.propose(actor, records.as_uuid(row["order_id"]), request, of_return=of_return)

    async def discard(self, actor: Actor, proposal_id: UUID) -> None:
        """Drop a proposal; when it is gone already, that is fine."""
        actor.require(CREATE)
        async with self.app.work(actor) as work:
            work.delete(tables.RefundProposal, where="id = :id AND actor = :actor", id=proposal_id, actor=_who(actor))

    async def failed_of_return(self, return_id: UUID) -> UUID | None:
        """Return the refund that a return was to end in and that failed; refuse where one is made or done."""
        row = await self.app.database.fetch_one(
            "SELECT q.refund, r.state, q.order_number FROM return_request q"
            " LEFT JOIN refund r ON r.store = q.store AND r.id = q.refund WHERE q.store = :store AND q.id = :id",
            store=current_store(),
            id=return_id,
        )
        if row is None or row["refund"] is None:
            return None
        if row["state"] != RefundState.FAILED.value:
            raise ProposalOver(
                _("The return of order {number} is being refunded already.").format(number=row["order_number"])
            )
        return records.as_uuid(row["refund"])

    async def _proposed(self, order: Order, proposal_id: UUID, request: RefundRequest, planned: RefundPlan) -> Proposal:
        endings: list[str] = []
        for _plugin, effects in self.app.hooks("register_refund_effects"):
            for effect in effects:
                endings += await effect(planned)
        possible = self.credit_possible(order.store) and planned.credit < planned.amount
        return Proposal(proposal_id, request, planned, possible, tuple(endings))

    async def _proposal(self, actor: Actor, proposal_id: UUID) -> dict[str, Any]:
        row = await self.app.database.fetch_one(
            "SELECT * FROM refund_proposal WHERE store = :store AND id = :id AND actor = :actor",
            store=current_store(),
            id=proposal_id,
            actor=_who(actor),
        )
        if row is None or row["created"] + PROPOSAL_LIFE < self.app.now():
            raise ProposalOver(
                _("This confirmation was used, cancelled, or is over an hour old. Ask for the refund anew.")
            )
        return row


def tie_return(work: Work, return_id: UUID, refund_id: UUID, failed: UUID | None) -> None:
    """Make a refund the one that a received return ends in; `failed` is the one that it had before."""
    work.guard(
        tables.ReturnRequest,
        set="refund = :refund, updated = :now, version = version + 1",
        where="id = :id AND status = 'RECEIVED' AND (refund IS NULL OR refund = :failed)",
        refusal=ProposalOver(_("This return changed at the same moment. Look at it again.")),
        id=return_id,
        refund=refund_id,
        failed=failed or refund_id,
    )


def _who(actor: Actor) -> str:
    return f"{actor.kind.value}:{actor.id}"[:120]
