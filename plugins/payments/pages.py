"""The page of payments: money that does not fit its order, and where processors' books differ from ours."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from guildshop.errors import NotFound
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy
from guildshop.plugins.payments.api import PaymentState, difference_label, state_label
from guildshop.plugins.payments.service import CONFIRM, DifferenceService, PaymentService, Reconciliation
from guildshop.web.auth import actor_of, app_of, store_of
from guildshop.web.pages import flash, read_form, redirect, render

PATH = "payment"


async def show(request: web.Request) -> web.StreamResponse:
    """Show what staff should look at."""
    app, actor = app_of(request), actor_of(request)
    values = {
        "payments": await app.get(PaymentService).unusual(actor),
        "differences": await app.get(DifferenceService).recent(actor),
        "state_label": state_label,
        "kind_label": difference_label,
        "states": PaymentState,
        "method_label": lambda code: app.get(PaymentService).method_label(actor.store, code),
    }
    return render(request, "payments/payments.html", values)


async def accept(request: web.Request) -> web.StreamResponse:
    """Accept a payment that is too little."""
    order = await app_of(request).get(PaymentService).accept(actor_of(request), _id(request))
    flash(request, _("Order {number} is paid.").format(number=order.number))
    raise redirect(request, PATH)


async def use(request: web.Request) -> web.StreamResponse:
    """Use a payment that came too late for another order."""
    wanted = (await read_form(request)).get("order", "")
    order = await app_of(request).get(PaymentService).use_late(actor_of(request), _id(request), wanted)
    flash(request, _("The payment is one of order {number} now.").format(number=order.number))
    raise redirect(request, PATH)


async def settle(request: web.Request) -> web.StreamResponse:
    """Settle a difference."""
    note = (await read_form(request)).get("note", "")
    await app_of(request).get(DifferenceService).settle(actor_of(request), _id(request), note)
    flash(request, _("The difference is settled."))
    raise redirect(request, PATH)


async def compare(request: web.Request) -> web.StreamResponse:
    """Compare the books now."""
    actor = actor_of(request)
    actor.require(CONFIRM)
    await app_of(request).get(Reconciliation).compare(store_of(request).id)
    flash(request, _("The books of the last days were compared."))
    raise redirect(request, PATH)


def _id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(_("There is no such payment in this store.")) from None


PAGES = [
    Page(PATH, show, permission="order.read", label=lazy("Payments"), position=25, icon="payments", shortcut="m"),
    Page(f"{PATH}/compare", compare, permission=CONFIRM, methods=("POST",)),
    Page(f"{PATH}/{{id}}/accept", accept, permission=CONFIRM, methods=("POST",)),
    Page(f"{PATH}/{{id}}/use", use, permission=CONFIRM, methods=("POST",)),
    Page(f"{PATH}/difference/{{id}}/settle", settle, permission=CONFIRM, methods=("POST",)),
]
