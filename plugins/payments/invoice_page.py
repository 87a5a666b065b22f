"""The invoice page: an order to be paid by whoever has its link, in any browser, with or without scripts.

It needs no session, so it sets no cookie; its form carries a signed text of its own instead of the CSRF cookie.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import hdrs, web

from guildshop.errors import NotFound, Refusal, Unavailable
from guildshop.hookspecs import PublicRoute
from guildshop.i18n import _
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import NothingToPay
from guildshop.plugins.payments.invoice_view import Invoice, invoice_of
from guildshop.plugins.payments.rules import Link, LinkExpired
from guildshop.plugins.payments.service import AttemptService, InvoiceLinks, PaymentService, Settlement
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.web.context import app_of, context_of
from guildshop.web.locale import speak_as
from guildshop.web.pages import read_form, render

if TYPE_CHECKING:
    from guildshop.app import App

PATH = "/invoice/{token:[^/]{1,300}}"
FORM_FIELD = "form"
BEGIN_SECONDS = 12.0
HEADERS = {
    hdrs.CACHE_CONTROL: "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self';"
    " form-action 'self' https:{plain}; base-uri 'none'; frame-ancestors 'none'"
)
"""The form leads to a processor by a redirection, which browsers hold against `form-action` too."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that was found good, and the store whose invoice it shows."""

    token: str
    link: Link
    store: Store


Answer = Callable[[web.Request, Opened], Awaitable[web.Response]]


def of_link(answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the handler that reads the link, answers in its store and the payer's language, and tells refusals."""

    async def handler(request: web.Request) -> web.StreamResponse:
        app, token = app_of(request), request.match_info["token"]
        context_of(request).content_policy = _content_policy(request)
        with ExitStack() as stack:
            try:
                link = app.get(InvoiceLinks).read(token)
                store = app.stores.get(link.store)
                stack.enter_context(scope(store.id))
                speak_as(request, await _payers_language(app, link))
                response = await answer(request, Opened(token, link, store))
            except web.HTTPException as redirection:
                redirection.headers.update(HEADERS)
                raise
            except Refusal as refusal:
                response = _refused(request, refusal)
        response.headers.update(HEADERS)
        return response

    return handler


async def _payers_language(app: App, link: Link) -> str:
    """Return what the message that brought the link spoke, for whose browser asks for no language that we speak."""
    try:
        order = await app.get(OrderService).get(link.order)
    except NotFound:
        return app.stores.get(link.store).language
    return await app.get(CustomerService).language(order.customer, order.locale)


async def show(request: web.Request, opened: Opened) -> web.Response:
    """Show the invoice as it stands; who comes back from a processor has it asked at once."""
    invoice = await invoice_of(app_of(request), opened.link)
    if request.query.get("returned") and invoice.attempt is not None and invoice.payable:
        await app_of(request).get(Settlement).ask_soon(invoice.attempt)
    return _page(request, opened, invoice)


async def tell_state(request: web.Request, opened: Opened) -> web.Response:
    """Tell scripts on the page what would make it look different."""
    invoice = await invoice_of(app_of(request), opened.link)
    return web.json_response({"state": invoice.fingerprint})


async def pay(request: web.Request, opened: Opened) -> web.Response:
    """Lead the payer to the processor's page, or back to ours to scan a code."""
    app, code = app_of(request), request.match_info["processor"]
    form = await read_form(request)
    invoice = await invoice_of(app, opened.link)
    try:
        app.get(InvoiceLinks).require_payable(invoice.order)
        if not _is_meant(request, opened, form.get(FORM_FIELD, "")):
            problem = _("This page was open for too long, so nothing was done. Press the button again.")
            return _page(request, opened, invoice, problem=problem, status=HTTPStatus.FORBIDDEN)
        url = await _begin(request, opened, invoice, code)
    except NotFound:
        raise
    except Refusal as refusal:
        current = await invoice_of(app, opened.link)
        return _page(request, opened, current, problem=str(refusal), status=refusal.status)
    if form.get("show") == "codes":
        url = f"{_own(request, opened)}#codes"
    raise web.HTTPSeeOther(url)


def _is_meant(request: web.Request, opened: Opened, token: str) -> bool:
    """Tell whether a payment was asked for by our own form, or by a program that has the link.

    There is no cookie that another site could use: this keeps its visitors from starting payments unawares. A browser
    says whence a form comes; one too old for that has to bring the form's token.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    if token:
        return app_of(request).get(InvoiceLinks).is_form_token(token, opened.link)
    return site is not None or "Origin" not in request.headers


async def _begin(request: web.Request, opened: Opened, invoice: Invoice, code: str) -> str:
    app = app_of(request)
    method = next((method for method in invoice.methods if method.code == code), None)
    if method is None:
        raise NotFound(_("This shop does not take “{code}” here. Choose another way to pay.").format(code=code))
    processor = app.get(PaymentService).processors.find(code)
    try:
        async with asyncio.timeout(BEGIN_SECONDS):
            if processor is None:
                if method.begin is None or invoice.received:
                    raise NothingToPay(
                        _("The rest of this order cannot be paid through {method}.").format(method=method.label)
                    )
                return await method.begin(invoice.order)
            back = f"{app.settings.web.public_url}{_own(request, opened)}?returned={code}"
            return (await app.get(AttemptService).begin(invoice.order, processor, back)).url
    except Refusal:
        raise
    except Exception:
        # A processor's plugin at fault must not leave the payer with nothing but a reference.
        log.exception("invoice.begin_failed", method=code, order=invoice.order.number)
        raise Unavailable(
            _("{method} does not answer at the moment. Please try again in a few minutes.").format(method=method.label)
        ) from None


def _page(
    request: web.Request, opened: Opened, invoice: Invoice, *, problem: str = "", status: int = HTTPStatus.OK
) -> web.Response:
    values: dict[str, Any] = {
        "store": opened.store,
        "invoice": invoice,
        "order": invoice.order,
        "own": _own(request, opened),
        "expires": opened.link.expires,
        "form_field": FORM_FIELD,
        "form_token": app_of(request).get(InvoiceLinks).form_token(opened.link) if invoice.payable else "",
        "returned": bool(request.query.get("returned")),
        "problem": problem,
    }
    return _rendered(request, "payments/invoice.html", values, status)


def _refused(request: web.Request, refusal: Refusal) -> web.Response:
    if request.path.endswith("/state"):
        return web.json_response({"state": refusal.code}, status=refusal.status)
    title = _("This link has expired") if isinstance(refusal, LinkExpired) else _("No invoice here")
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        title = _("Not available at the moment")
    values = {"title": title, "sentence": str(refusal)}
    return _rendered(request, "payments/invoice_refused.html", values, refusal.status)


def _rendered(request: web.Request, template: str, values: Mapping[str, Any], status: int) -> web.Response:
    return render(request, template, values, status=status)


def _own(_request: web.Request, opened: Opened) -> str:
    return f"/invoice/{opened.token}"


def _content_policy(request: web.Request) -> str:
    plain = "" if app_of(request).settings.web.public_url.startswith("https://") else " http:"
    return CONTENT_POLICY.format(plain=plain)


ROUTES = [
    PublicRoute("GET", PATH, of_link(show), csrf=False),
    PublicRoute("GET", f"{PATH}/state", of_link(tell_state), csrf=False),
    PublicRoute("POST", f"{PATH}/pay/{{processor:[a-z0-9_-]{{1,32}}}}", of_link(pay), max_body=16 * 1024, csrf=False),
]
