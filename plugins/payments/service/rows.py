"""Rows of the database as the types of `api`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from guildshop.plugins.payments.api import Attempt, AttemptState, Payment, PaymentCode, PaymentState


def to_payment(row: Mapping[str, Any]) -> Payment:
    """Return a row of `payment` as a payment."""
    return Payment(
        id=row["id"],
        store=row["store"],
        order=row["order_id"],
        method=row["method"],
        amount=row["amount"],
        currency=row["currency"],
        state=PaymentState(row["state"]),
        reference=row["reference"],
        note=row["note"],
        picture=row["picture"],
        created=row["created"],
        reported_at=row["reported_at"],
        settled_at=row["settled_at"],
        settled_by=row["settled_by"],
        version=row["version"],
        order_number=row["order_number"],
        processor_id=row["processor_id"] or "",
        attempt=row["attempt"],
        refunded=row["refunded"],
    )


def to_attempt(row: Mapping[str, Any]) -> Attempt:
    """Return a row of `payment_attempt` as an attempt."""
    return Attempt(
        id=row["id"],
        store=row["store"],
        order=row["order_id"],
        order_number=row["order_number"],
        method=row["method"],
        processor_id=row["processor_id"] or "",
        url=row["url"],
        amount=row["amount"],
        currency=row["currency"],
        state=AttemptState(row["state"]),
        created=row["created"],
        expires=row["expires"],
    )


def codes_of(value: Any) -> tuple[PaymentCode, ...]:
    """Return what the column `codes` holds."""
    found = json.loads(value) if isinstance(value, str | bytes) else value
    return tuple(PaymentCode(*parts) for parts in found or ())
