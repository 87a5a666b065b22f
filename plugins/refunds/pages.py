"""The pages of refunds and returns: lists, one of each, and the confirmation of a refund."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from aiohttp import web
from yarl import URL

from guildshop.errors import NotFound, Refusal
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy
from guildshop.plugins.orders.api import status_label
from guildshop.plugins.orders.api.reasons import reason_text
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.refunds import labels
from guildshop.plugins.refunds.api import (
    CREATE,
    DECIDE,
    READ,
    ProposalOver,
    RefundFilter,
    RefundState,
    ReturnStatus,
)
from guildshop.plugins.refunds.order_page import said
from guildshop.plugins.refunds.service import RefundPayments, RefundService, ReturnService, SurplusRefunds
from guildshop.web.again import show_again
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, page_url, read_form, redirect, render

PAGE_SIZE = 50
Choice = TypeVar("Choice", RefundState, ReturnStatus)


async def refund_list(request: web.Request) -> web.StreamResponse:
    """Show the refunds, newest first."""
    state = _choice(RefundState, request.query.get("state", ""))
    cursor = request.query.get("cursor", "")
    found = (
        await app_of(request)
        .get(RefundService)
        .list(actor_of(request), RefundFilter(state), cursor=cursor, limit=PAGE_SIZE)
    )
    query = {"state": state.value} if state else {}
    return render(
        request,
        "refunds/list.html",
        {
            "refunds": found.items,
            "surplus": [] if cursor else await app_of(request).get(SurplusRefunds).all(actor_of(request)),
            "labels": labels,
            "reason_text": reason_text,
            "state": state.value if state else "",
            "states": [("", _("All states")), *((one.value, labels.state_label(one)) for one in RefundState)],
            **_paging(request, "refund", query, found.cursor),
        },
    )


async def refund_page(request: web.Request) -> web.StreamResponse:
    """Show one refund: what came back, which way the money goes, and how far that is."""
    refund = await app_of(request).get(RefundService).get(_key(request, "refund"))
    waits = any(part.state is RefundState.PENDING and part.kind.value == "PROCESSOR" for part in refund.parts)
    return render(
        request,
        "refunds/refund.html",
        {
            "refund": refund,
            "labels": labels,
            "reason_text": reason_text,
            "deleted": await _is_deleted(request, refund.order),
            "retriable": waits,
            "by_hand": bool(refund.by_hand) or any(part.refused for part in refund.parts if part.state == "PENDING"),
        },
    )


async def _is_deleted(request: web.Request, order: UUID) -> bool:
    try:
        await app_of(request).get(OrderService).get(order)
    except NotFound:
        return True
    return False


async def refund_retry(request: web.Request) -> web.StreamResponse:
    """Ask the processor again, now."""
    key = _key(request, "refund")
    await app_of(request).get(RefundPayments).retry(actor_of(request), key)
    flash(request, _("The processor is being asked again. Reload the page in a moment."))
    raise redirect(request, f"refund/{key}")


async def surplus_act(request: web.Request) -> web.StreamResponse:
    """Give back what of a payment belongs to no order."""
    form = await read_form(request)
    surplus, actor = app_of(request).get(SurplusRefunds), actor_of(request)
    try:
        refund = await surplus.refund(actor, _key(request, "payment"), note=form.get("note", ""))
    except Refusal as refusal:
        return await show_again(request, refund_list, refusal)
    flash(request, said(refund))
    raise redirect(request, f"refund/{refund.id}")


async def refund_paid_back(request: web.Request) -> web.StreamResponse:
    """Take the staff's word that they paid it back themselves."""
    key = _key(request, "refund")
    form = await read_form(request)
    refund = await app_of(request).get(RefundPayments).paid_back(actor_of(request), key, form.get("reference", ""))
    flash(request, said(refund))
    raise redirect(request, f"refund/{key}")


async def proposal_page(request: web.Request) -> web.StreamResponse:
    """Show exactly what a refund will do, before it does."""
    proposal = await app_of(request).get(RefundService).shown(actor_of(request), _key(request, "refund"))
    return render(
        request,
        "refunds/proposal.html",
        {
            "proposal": proposal,
            "plan": proposal.plan,
            "labels": labels,
            "reason_text": reason_text,
            "status_label": status_label,
        },
    )


async def proposal_act(request: web.Request) -> web.StreamResponse:
    """Do what was shown, drop it, or show it with the money going to store credit."""
    refunds, actor, key = app_of(request).get(RefundService), actor_of(request), _key(request, "refund")
    step = request.match_info["step"]
    form = await read_form(request)
    if step == "discard":
        await refunds.discard(actor, key)
        flash(request, _("Nothing was refunded."), "info")
        raise redirect(request, "refund")
    if step == "credit":
        made = await refunds.again_shown(actor, key, to_credit=True)
        raise redirect(request, f"refund/confirm/{made.id}")
    if step != "confirm":
        raise NotFound(_("There is nothing called “{name}” to do with a refund.").format(name=step[:40]))
    try:
        refund = await refunds.confirm(actor, key, note=form.get("note", ""))
    except ProposalOver as over:
        flash(request, over.message, "error")
        made = await refunds.again_shown(actor, key)
        raise redirect(request, f"refund/confirm/{made.id}") from over
    flash(request, said(refund))
    raise redirect(request, f"refund/{refund.id}")


async def return_list(request: web.Request) -> web.StreamResponse:
    """Show the returns, newest first."""
    status = _choice(ReturnStatus, request.query.get("status", ""))
    cursor = request.query.get("cursor", "")
    found = await app_of(request).get(ReturnService).list(actor_of(request), status, cursor=cursor, limit=PAGE_SIZE)
    query = {"status": status.value} if status else {}
    return render(
        request,
        "refunds/returns.html",
        {
            "returns": found.items,
            "labels": labels,
            "status": status.value if status else "",
            "statuses": [("", _("All statuses")), *((one.value, labels.return_label(one)) for one in ReturnStatus)],
            **_paging(request, "return", query, found.cursor),
        },
    )


async def return_page(request: web.Request) -> web.StreamResponse:
    """Show one return with what can be done now."""
    found = await app_of(request).get(ReturnService).get(_key(request, "return"))
    return render(request, "refunds/return.html", {"found": found, "labels": labels})


async def return_act(request: web.Request) -> web.StreamResponse:
    """Approve, decline or receive a return."""
    returns, actor, key = app_of(request).get(ReturnService), actor_of(request), _key(request, "return")
    step = request.match_info["step"]
    form = await read_form(request)
    try:
        if step == "approve":
            await returns.approve(actor, key)
        elif step == "receive":
            await returns.receive(actor, key)
        elif step == "decline":
            await returns.decline(actor, key, form.get("reason", ""))
        else:
            raise NotFound(_("There is nothing called “{name}” to do with a return.").format(name=step[:40]))
    except NotFound:
        raise
    except Refusal as refusal:
        return await show_again(request, return_page, refusal)
    flash(request, _("The return is saved; the customer is told."))
    raise redirect(request, f"return/{key}")


async def return_refund(request: web.Request) -> web.StreamResponse:
    """Show the refund of a received return, to be confirmed."""
    key = _key(request, "return")
    try:
        made = await app_of(request).get(ReturnService).propose_refund(actor_of(request), key)
    except Refusal as refusal:
        flash(request, refusal.message, "error")
        raise redirect(request, f"return/{key}") from refusal
    raise redirect(request, f"refund/confirm/{made.id}")


def _key(request: web.Request, kind: str) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        if kind == "payment":
            raise NotFound(_("There is no such payment in this store.")) from None
        if kind == "return":
            raise NotFound(_("There is no such return in this store.")) from None
        raise NotFound(_("There is no such refund in this store.")) from None


def _choice(kind: type[Choice], text: str) -> Choice | None:
    return kind(text) if text in set(kind) else None


def _paging(request: web.Request, path: str, query: dict[str, str], cursor: str) -> dict[str, Any]:
    base = URL(page_url(request, path))
    return {
        "next_url": str(base.with_query({**query, "cursor": cursor})) if cursor else "",
        "first_url": str(base.with_query(query)) if "cursor" in request.query else "",
    }


PAGES = [
    Page("refund", refund_list, READ, label=lazy("Refunds"), position=12, icon="refunds", shortcut="r"),
    Page("refund/{id}", refund_page, READ),
    Page("refund/{id}/retry", refund_retry, CREATE, methods=("POST",)),
    Page("refund/{id}/paid-back", refund_paid_back, CREATE, methods=("POST",)),
    Page("refund/surplus/{id}", surplus_act, CREATE, methods=("POST",)),
    Page("refund/confirm/{id}", proposal_page, CREATE),
    Page("refund/confirm/{id}/{step}", proposal_act, CREATE, methods=("POST",)),
    Page("return", return_list, READ, label=lazy("Returns"), position=14, icon="returns", shortcut="t"),
    Page("return/{id}", return_page, READ),
    Page("return/{id}/refund", return_refund, CREATE, methods=("POST",)),
    Page("return/{id}/decide/{step}", return_act, DECIDE, methods=("POST",)),
]
