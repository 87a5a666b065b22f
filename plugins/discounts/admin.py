"""Discounts in Piccolo Admin: every write goes through the service; assignments and uses are to look at."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.hookspecs import AdminSection
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.plugins.discounts.admin_labels import LABELS
from guildshop.plugins.discounts.api import DISCOUNT_READ, DiscountInput, DiscountKind, DiscountScope
from guildshop.plugins.discounts.service import DiscountService
from guildshop.plugins.discounts.tables import Discount, DiscountAssignment, DiscountUse
from guildshop.web.admin import ServiceTable, service_table
from guildshop.web.admin_tables import chosen

if TYPE_CHECKING:
    from guildshop.app import App

_EDITABLE = tuple(DiscountInput.__slots__)
_TEXTS = ("name", "code", "currency")


def admin_section(app: App) -> AdminSection:
    """Return the section of discounts."""
    assignments = service_table(
        DiscountAssignment,
        read=DISCOUNT_READ,
        visible=[
            DiscountAssignment.discount,
            DiscountAssignment.customer,
            DiscountAssignment.rule,
            DiscountAssignment.used,
            DiscountAssignment.total_allowed,
            DiscountAssignment.expires,
            DiscountAssignment.active,
        ],
        link=DiscountAssignment.rule,
        order_by=[DiscountAssignment.created],
        newest_first=True,
    )
    uses = service_table(
        DiscountUse,
        read=DISCOUNT_READ,
        visible=[
            DiscountUse.created,
            DiscountUse.discount,
            DiscountUse.order_id,
            DiscountUse.customer,
            DiscountUse.amount,
            DiscountUse.currency,
            DiscountUse.given_back,
        ],
        order_by=[DiscountUse.created],
        newest_first=True,
    )
    return AdminSection(lazy("Discounts"), [_discounts(app.get(DiscountService)), assignments, uses], labels=LABELS)


def _discounts(service: DiscountService) -> ServiceTable:
    async def patch(actor: Actor, key: UUID, changes: dict[str, Any], version: int | None) -> None:
        before = await service.get(key)
        await service.change(actor, key, replace(before.as_input, **_given(changes)), version=version)

    async def post(actor: Actor, values: dict[str, Any]) -> UUID:
        given = _given({name: values[name] for name in _EDITABLE if name in values})
        return (await service.create(actor, DiscountInput(**{"name": "", **given}))).id

    async def delete(actor: Actor, key: UUID) -> str:
        discount = await service.get(key)
        if await service.remove(actor, key):
            return _("“{name}” was deleted.").format(name=discount.name)
        return _("“{name}” was switched off. It was not deleted, since orders used it or members have it.").format(
            name=discount.name
        )

    return service_table(
        Discount,
        read=DISCOUNT_READ,
        visible=[
            Discount.name,
            Discount.code,
            Discount.kind,
            Discount.percent,
            Discount.amount,
            Discount.currency,
            Discount.scope,
            Discount.starts,
            Discount.ends,
            Discount.used,
            Discount.limit_total,
            Discount.active,
        ],
        editable=[getattr(Discount, name) for name in _EDITABLE],
        volatile=[Discount.used],
        on_patch=patch,
        on_post=post,
        on_delete=delete,
        order_by=[Discount.created],
        newest_first=True,
        link=Discount.name,
    )


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Return values of the form as the service takes them."""
    given = {name: "" if value is None and name in _TEXTS else value for name, value in values.items()}
    if "kind" in given:
        given["kind"] = chosen(DiscountKind, "kind", given["kind"])
    if "scope" in given:
        given["scope"] = chosen(DiscountScope, "scope", given["scope"])
    if "targets" in given:
        given["targets"] = _targets(given["targets"])
    for name in ("starts", "ends"):
        if given.get(name):
            given[name] = _moment(name, given[name])
    for name, nothing in (("minimum", 0), ("active", False)):
        if name in given and given[name] is None:
            given[name] = nothing
    return given


def _moment(name: str, value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise Invalid.field(
            name, _("“{text}” is no time. Write it like 2026-01-31T12:00:00Z.").format(text=str(value)[:40])
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _targets(value: Any) -> tuple[str, ...]:
    try:
        found = json.loads(value) if isinstance(value, str) and value.strip() else value or []
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Invalid.field(
            "targets", _('Write the targets as a JSON list of texts, such as ["VIP"], or use the page of discounts.')
        )
    return tuple(found)
