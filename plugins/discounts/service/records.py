"""Rows of the database as the types of `api`, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from guildshop.plugins.discounts import rules
from guildshop.plugins.discounts.api import (
    Assignment,
    AssignmentRule,
    Discount,
    DiscountInput,
    DiscountKind,
    DiscountScope,
)

DISCOUNT_COLUMNS = """id, store, name, kind, percent, amount, currency, code, scope, targets, starts, ends, limit_total,
    limit_per_customer, minimum, active, used, created, version"""

ASSIGNMENT_COLUMNS = "id, store, discount, customer, rule, total_allowed, used, expires, active, created, version"


def discount_of(row: Mapping[str, Any]) -> Discount:
    """Return a row of `DISCOUNT_COLUMNS` as a discount."""
    same = (
        "id", "store", "name", "percent", "amount", "currency", "code", "starts", "ends", "limit_total",
        "limit_per_customer", "minimum", "used", "created", "version",
    )  # fmt: skip
    targets = row["targets"]
    return Discount(
        **{name: row[name] for name in same},
        kind=DiscountKind(row["kind"]),
        scope=DiscountScope(row["scope"]),
        targets=tuple(json.loads(targets) if isinstance(targets, str | bytes) else targets),
        active=bool(row["active"]),
    )


def columns_of(given: DiscountInput) -> dict[str, Any]:
    """Return a checked discount as columns of its table."""
    return {
        "name": given.name,
        "kind": given.kind.value,
        "percent": given.percent,
        "amount": given.amount,
        "currency": given.currency,
        "code": given.code,
        "code_key": rules.code_key(given.code) or None,
        "scope": given.scope.value,
        "targets": list(given.targets),
        "starts": given.starts,
        "ends": given.ends,
        "limit_total": given.limit_total,
        "limit_per_customer": given.limit_per_customer,
        "minimum": given.minimum,
        "active": given.active,
    }


def told_of(given: DiscountInput | Discount) -> dict[str, object]:
    """Return what the audit log keeps of a discount."""
    kept: dict[str, object] = {}
    for name in DiscountInput.__slots__:
        value = getattr(given, name)
        if isinstance(value, tuple):
            value = ", ".join(value)
        kept[name] = value.isoformat() if isinstance(value, datetime) else value
    return kept


def assignment_of(row: Mapping[str, Any], prefix: str = "") -> Assignment:
    """Return a row of `ASSIGNMENT_COLUMNS` as an assignment."""
    same = ("id", "store", "discount", "customer", "total_allowed", "used", "expires", "created", "version")
    return Assignment(
        **{name: row[prefix + name] for name in same},
        rule=AssignmentRule(row[prefix + "rule"]),
        active=bool(row[prefix + "active"]),
    )


def key_in(text: str) -> UUID | None:
    """Return the ID that somebody typed or chose, if it is one."""
    try:
        return UUID(text.strip()) if len(text.strip()) in {32, 36} else None
    except ValueError:
        return None
