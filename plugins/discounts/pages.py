"""The pages of the workspace: the list of discounts, and one with its uses and assignments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web
from yarl import URL

from guildshop.errors import FieldError, Invalid, NotFound, Refusal, Stale
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy
from guildshop.money import format_money, parse_money, to_decimal
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, CustomerTab
from guildshop.plugins.discounts.api import (
    DISCOUNT_CREATE,
    DISCOUNT_READ,
    DISCOUNT_UPDATE,
    AssignmentRule,
    Discount,
    DiscountInput,
    DiscountKind,
    DiscountScope,
    DiscountState,
)
from guildshop.plugins.discounts.service import DiscountService
from guildshop.web.again import show_again
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, form_version, page_url, read_form, redirect, render

if TYPE_CHECKING:
    from guildshop.app import App

PAGE_SIZE = 50

STATES: Mapping[DiscountState, tuple[str, str]] = {
    DiscountState.RUNNING: (lazy("Running"), "good"),
    DiscountState.PLANNED: (lazy("Planned"), "info"),
    DiscountState.ENDED: (lazy("Ended"), "neutral"),
    DiscountState.USED_UP: (lazy("Used up"), "neutral"),
    DiscountState.INACTIVE: (lazy("Switched off"), "bad"),
}
SCOPES: Mapping[DiscountScope, str] = {
    DiscountScope.ALL: lazy("Everything, for everybody"),
    DiscountScope.PRODUCTS: lazy("Products"),
    DiscountScope.CATEGORIES: lazy("Categories"),
    DiscountScope.ROLES: lazy("Discord roles"),
    DiscountScope.TAGS: lazy("Customers with a tag"),
    DiscountScope.GROUPS: lazy("Customers of a discount group"),
    DiscountScope.CUSTOMERS: lazy("Single customers"),
}
KINDS: Mapping[DiscountKind, str] = {
    DiscountKind.PERCENT: lazy("Percentage"),
    DiscountKind.FIXED: lazy("Amount"),
}
RULES: Mapping[AssignmentRule, str] = {
    AssignmentRule.ONE_TIME: lazy("Once"),
    AssignmentRule.NEXT_N: lazy("For the next orders"),
    AssignmentRule.FOREVER: lazy("For every order"),
}
CHOSEN = {DiscountScope.CATEGORIES: "categories", DiscountScope.ROLES: "roles", DiscountScope.GROUPS: "groups"}
"""Targets that are chosen from a list; all others are written, one on each line."""


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show the discounts, newest first."""
    app, actor = app_of(request), actor_of(request)
    text = request.query.get("text", "").strip()[:100]
    found = await app.get(DiscountService).list_discounts(
        actor, text=text, cursor=request.query.get("cursor", ""), limit=PAGE_SIZE
    )
    here = URL(page_url(request, "discount"))
    query = {"text": text} if text else {}
    return render(
        request,
        "discounts/list.html",
        {
            "discounts": found.items,
            "text": text,
            "next_url": str(here.with_query({**query, "cursor": found.cursor})) if found.cursor else "",
            "first_url": str(here.with_query(query)) if "cursor" in request.query else "",
            **_words(app),
        },
    )


async def new_page(request: web.Request) -> web.StreamResponse:
    """Show an empty form."""
    return await _form(request, None, {"kind": "PERCENT", "scope": "ALL", "active": "1"})


async def create(request: web.Request) -> web.StreamResponse:
    """Make a discount; show the form again, as it was typed, where something is wrong."""
    service, actor = app_of(request).get(DiscountService), actor_of(request)
    typed = await _typed(request)
    try:
        discount = await service.create(actor, await _input(request, typed))
    except (Invalid, NotFound) as refusal:
        return await _form(request, None, typed, refusal)
    except Refusal as refusal:
        return await _form(request, None, typed, Invalid.field("code", refusal.message))
    flash(request, _("“{name}” was created.").format(name=discount.name))
    raise redirect(request, f"discount/{discount.id}")


async def show(request: web.Request) -> web.StreamResponse:
    """Show a discount with its uses and assignments."""
    discount = await _discount(request)
    return await _form(request, discount, await _values(request, discount))


async def change(request: web.Request) -> web.StreamResponse:
    """Change a discount; show the form again, as it was typed, where something is wrong."""
    service, actor = app_of(request).get(DiscountService), actor_of(request)
    discount = await _discount(request)
    typed = await _typed(request)
    try:
        given = await _input(request, typed)
        await service.change(actor, discount.id, given, version=form_version(typed) or 0)
    except Refusal as refusal:
        return await _form(request, discount, typed, refusal)
    flash(request, _("Saved. It applies at once."))
    raise redirect(request, f"discount/{discount.id}")


async def remove(request: web.Request) -> web.StreamResponse:
    """Delete a discount that nobody used, else switch it off."""
    discount = await _discount(request)
    if await app_of(request).get(DiscountService).remove(actor_of(request), discount.id):
        flash(request, _("“{name}” was deleted.").format(name=discount.name))
        raise redirect(request, "discount")
    flash(request, _("“{name}” was switched off. Its uses and assignments stay.").format(name=discount.name))
    raise redirect(request, f"discount/{discount.id}")


async def assign(request: web.Request) -> web.StreamResponse:
    """Let a customer use the discount."""
    service, actor = app_of(request).get(DiscountService), actor_of(request)
    discount, form = await _discount(request), await read_form(request)
    zone = ZoneInfo(store_of(request).time_zone)
    try:
        (customer,) = await service.read(actor, DiscountScope.CUSTOMERS, [form.get("customer", "")]) or ("",)
        if not customer:
            raise Invalid.field("customer", _("Say whom: an account number, @username or email."))
        total = _whole("total_allowed", form.get("total_allowed", ""))
        expires = _day(form.get("expires", ""), zone)
        chosen = form.get("rule", "")
        if chosen not in {rule.value for rule in AssignmentRule}:
            raise Invalid.field("rule", _("Choose how often the discount may be used."))
        await service.assign(
            actor, discount.id, UUID(customer), rule=AssignmentRule(chosen), total_allowed=total, expires=expires
        )
    except Refusal as refusal:
        return await show_again(request, show, refusal)
    flash(request, _("“{name}” was assigned.").format(name=discount.name))
    raise redirect(request, f"discount/{discount.id}")


async def revoke(request: web.Request) -> web.StreamResponse:
    """End an assignment."""
    service = app_of(request).get(DiscountService)
    form = await read_form(request)
    found = await service.find_assignment(form.get("assignment", ""))
    await service.revoke(actor_of(request), found.assignment.id)
    flash(request, _("The assignment was ended."))
    raise redirect(request, f"discount/{found.discount.id}")


def customer_tab(app: App) -> CustomerTab:
    """Return the tab of a customer's page with the discounts assigned to them."""

    async def load(actor: Actor, customer: Customer) -> Mapping[str, Any]:
        rows = await app.get(DiscountService).assignments(actor, customer=customer.id)
        return {"rows": rows, "now": app.now(), "rules": {rule: _(label) for rule, label in RULES.items()}}

    return CustomerTab("discounts", lazy("Discounts"), DISCOUNT_READ, "discounts/customer_tab.html", load, position=40)


# Within


class _Form(dict[str, Any]):
    """The fields of a form; one that was left out is empty."""

    def __missing__(self, name: str) -> str:
        return ""


async def _discount(request: web.Request) -> Discount:
    try:
        key = UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(_("There is no such discount in this shop.")) from None
    return await app_of(request).get(DiscountService).get(key)


async def _form(
    request: web.Request, discount: Discount | None, values: Mapping[str, Any], refusal: Refusal | None = None
) -> web.StreamResponse:
    app, actor = app_of(request), actor_of(request)
    service = app.get(DiscountService)
    wrong = refusal.errors if isinstance(refusal, Invalid) else ()
    errors = _Form({error.field: error.message for error in wrong})
    details: dict[str, Any] = {"uses": [], "assignments": []}
    if discount is not None:
        details = {
            "uses": await service.uses(actor, discount.id),
            "assignments": await service.assignments(actor, discount=discount.id),
        }
    choices = await service.choices()
    return render(
        request,
        "discounts/discount.html",
        {
            "discount": discount,
            "values": _Form(values),
            "errors": errors,
            "problem": refusal.message if refusal is not None and not errors else "",
            "may_save": actor.may(DISCOUNT_UPDATE if discount is not None else DISCOUNT_CREATE),
            "kinds": [(kind.value, _(label)) for kind, label in KINDS.items()],
            "scopes": [(scope.value, _(label)) for scope, label in SCOPES.items()],
            "rules": [(rule.value, _(label)) for rule, label in RULES.items()],
            "rule_labels": {rule: _(label) for rule, label in RULES.items()},
            "categories": choices[DiscountScope.CATEGORIES],
            "roles": choices[DiscountScope.ROLES],
            "groups": choices[DiscountScope.GROUPS],
            **details,
            **_words(app),
        },
        status=200 if refusal is None else refusal.status if isinstance(refusal, Stale) else 422,
    )


def _words(app: App) -> dict[str, Any]:
    now = app.now()

    def value_of(discount: Discount) -> str:
        if discount.kind is DiscountKind.PERCENT:
            return _("{percent} %").format(percent=discount.percent)
        return format_money(discount.amount or 0, discount.currency)

    return {
        "state_of": lambda discount: discount.state(now),
        "states": {state: (_(label), tone) for state, (label, tone) in STATES.items()},
        "scope_labels": {scope: _(label) for scope, label in SCOPES.items()},
        "value_of": value_of,
        "now": now,
    }


async def _typed(request: web.Request) -> dict[str, Any]:
    """Return the form as it was typed; lists that were chosen from as lists."""
    form: dict[str, Any] = dict(await read_form(request))
    posted = await request.post()
    for name in CHOSEN.values():
        form[name] = [str(value) for value in posted.getall(name, ())]
    return form


async def _values(request: web.Request, discount: Discount) -> dict[str, Any]:
    """Return a discount as its form shows it."""
    zone = ZoneInfo(store_of(request).time_zone)
    written = await app_of(request).get(DiscountService).written(actor_of(request), discount)

    def local(at: datetime | None) -> str:
        return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")

    values: dict[str, Any] = {
        "name": discount.name,
        "code": discount.code,
        "kind": discount.kind.value,
        "percent": discount.percent or "",
        "amount": "" if discount.amount is None else to_decimal(discount.amount, discount.currency),
        "currency": discount.currency,
        "scope": discount.scope.value,
        "targets": "" if discount.scope in CHOSEN else "\n".join(written),
        "starts": local(discount.starts),
        "ends": local(discount.ends),
        "limit_total": discount.limit_total or "",
        "limit_per_customer": discount.limit_per_customer or "",
        "minimum": to_decimal(discount.minimum, discount.currency) if discount.minimum else "",
        "active": "1" if discount.active else "",
        "version": discount.version,
    }
    if discount.scope in CHOSEN:
        values[CHOSEN[discount.scope]] = list(discount.targets)
    return values


async def _input(request: web.Request, typed: Mapping[str, Any]) -> DiscountInput:
    """Return what the form says; refuse everything in it that cannot be read, at once."""
    store, service = store_of(request), app_of(request).get(DiscountService)
    zone, errors = ZoneInfo(store.time_zone), list[FieldError]()
    currency = typed.get("currency", "") or store.currency

    def read(name: str, how: Any) -> Any:
        text = typed.get(name, "")
        try:
            return how(name, text) if text else None
        except Invalid as refusal:
            errors.append(FieldError(name, refusal.message))
            return None

    def money(name: str, text: str) -> int:
        return parse_money(text, currency, field=name)

    def moment(name: str, text: str) -> datetime:
        return _moment(name, text, zone)

    scope = DiscountScope(typed["scope"]) if typed.get("scope") in DiscountScope.__members__ else DiscountScope.ALL
    kind = DiscountKind(typed["kind"]) if typed.get("kind") in DiscountKind.__members__ else DiscountKind.PERCENT
    texts = typed.get(CHOSEN[scope], []) if scope in CHOSEN else str(typed.get("targets", "")).splitlines()
    if scope is DiscountScope.ROLES and not texts:
        texts = str(typed.get("targets", "")).splitlines()
    try:
        targets = await service.read(actor_of(request), scope, texts)
    except (Invalid, NotFound) as refusal:
        errors.append(FieldError("targets", refusal.message))
        targets = ("",)
    given = DiscountInput(
        name=typed.get("name", ""),
        code=typed.get("code", ""),
        kind=kind,
        percent=read("percent", _whole) if kind is DiscountKind.PERCENT else None,
        amount=read("amount", money) if kind is DiscountKind.FIXED else None,
        currency=currency,
        scope=scope,
        targets=targets,
        starts=read("starts", moment),
        ends=read("ends", moment),
        limit_total=read("limit_total", _whole),
        limit_per_customer=read("limit_per_customer", _whole),
        minimum=read("minimum", money) or 0,
        active=bool(typed.get("active")),
    )
    if errors:
        raise Invalid(" ".join(error.message for error in errors), errors=errors)
    return given


def _whole(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise Invalid.field(name, _("“{text}” is no whole number.").format(text=text[:40]))
    return int(text)


def _moment(name: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.strptime(text[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid.field(
            name, _("“{text}” is no time. Write it like 2026-01-31T12:00.").format(text=text[:40])
        ) from None


def _day(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the end of a day in the store's time zone."""
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, no time
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid.field(
            "expires", _("“{text}” is no day. Write it like 2026-01-31.").format(text=text[:40])
        ) from None


PAGES = [
    Page("discount", list_page, DISCOUNT_READ, label=lazy("Discounts"), position=40, icon="discounts", shortcut="i"),
    Page("discount/new", new_page, DISCOUNT_CREATE),
    Page("discount/new", create, DISCOUNT_CREATE, methods=("POST",)),
    Page("discount/revoke", revoke, DISCOUNT_UPDATE, methods=("POST",)),
    Page("discount/{id}", show, DISCOUNT_READ),
    Page("discount/{id}", change, DISCOUNT_UPDATE, methods=("POST",)),
    Page("discount/{id}/remove", remove, DISCOUNT_UPDATE, methods=("POST",)),
    Page("discount/{id}/assign", assign, DISCOUNT_UPDATE, methods=("POST",)),
]
