"""Merging another record of the same person into a customer: first what would move, then the deed."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from guildshop.errors import Invalid, Refusal
from guildshop.hookspecs import Page
from guildshop.i18n import _
from guildshop.plugins.customers.pages.detail import customer_of
from guildshop.plugins.customers.service import MERGE, CustomerService, MergePlan
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, read_form, redirect, render


async def merge_page(request: web.Request) -> web.StreamResponse:
    """Ask for the other record; with one, show what moves; confirmed, move it."""
    customer = await customer_of(request)
    if request.method == "GET":
        return _show(request, {"customer": customer, "plan": None, "typed": {}})
    service, actor, typed = app_of(request).get(CustomerService), actor_of(request), await read_form(request)
    plan: MergePlan | None = None
    try:
        other = await service.find_one(actor, typed.get("other", ""))
        plan = await service.plan_merge(actor, other.id, customer.id)
        if typed.get("do") != "merge":
            return _show(request, {"customer": customer, "plan": plan, "typed": typed})
        kept = await service.merge(
            actor, other.id, customer.id, member=_number(typed.get("member", "")), versions=_versions(typed)
        )
    except Refusal as refusal:
        return _show(request, {"customer": customer, "plan": plan, "typed": typed}, refusal)
    told = _("{number} was merged into {customer}. Its pages lead here now.")
    flash(request, told.format(number=other.account_number, customer=kept.name))
    raise redirect(request, f"customer/{kept.id}")


def _show(request: web.Request, values: Mapping[str, object], refusal: Refusal | None = None) -> web.StreamResponse:
    errors = {error.field: error.message for error in refusal.errors} if isinstance(refusal, Invalid) else {}
    named = {"customer": "", "member": "", **errors}
    problem = "" if refusal is None or errors.keys() & {"customer", "member"} else refusal.message
    return render(
        request,
        "customers/merge.html",
        {**values, "errors": named, "problem": problem},
        status=refusal.status if refusal else 200,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 21 else None


def _versions(typed: Mapping[str, str]) -> tuple[int, int]:
    """Return the versions that the question was asked of; none that there is where they are missing."""
    return _number(typed.get("gone_version", "")) or 0, _number(typed.get("kept_version", "")) or 0


PAGES = [Page("customer/{id}/merge", merge_page, MERGE, methods=("GET", "POST"))]
