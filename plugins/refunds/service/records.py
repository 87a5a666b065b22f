"""Between rows of the database and what the API shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from guildshop.plugins.orders.api import RefundMode
from guildshop.plugins.refunds.api import (
    PartKind,
    Refund,
    RefundItem,
    RefundPart,
    RefundPlan,
    RefundRequest,
    RefundState,
    Return,
    ReturnItem,
    ReturnStatus,
)

_requests: TypeAdapter[RefundRequest] = TypeAdapter(RefundRequest)


def to_refund(row: Mapping[str, Any], items: Sequence[RefundItem], parts: Sequence[RefundPart]) -> Refund:
    """Return a row of `refund` as a refund."""
    return Refund(
        id=as_uuid(row["id"]),
        store=row["store"],
        order=as_uuid(row["order_id"]),
        order_number=row["order_number"],
        mode=RefundMode(row["mode"]),
        amount=row["amount"],
        asked=row["asked"],
        currency=row["currency"],
        state=RefundState(row["state"]),
        reason=row["reason"],
        note=row["note"],
        by=row["made_by"],
        request=_optional(row["return_id"]),
        surplus=bool(row["surplus"]),
        created=row["created"],
        settled_at=row["settled_at"],
        version=row["version"],
        items=tuple(items),
        parts=tuple(parts),
    )


def to_item(row: Mapping[str, Any]) -> RefundItem:
    """Return a row of `refund_item` as pieces that came back."""
    return RefundItem(
        line=as_uuid(row["line"]),
        product=_optional(row["product"]),
        sku=row["sku"],
        name=row["name"],
        quantity=row["quantity"],
        unit_price=row["unit_price"],
        amount=row["amount"],
    )


def to_part(row: Mapping[str, Any], label: str) -> RefundPart:
    """Return a row of `refund_part` as a part; `label` is what its method is called."""
    return RefundPart(
        id=as_uuid(row["id"]),
        kind=PartKind(row["kind"]),
        method=row["method"],
        amount=row["amount"],
        payment=_optional(row["payment"]),
        state=RefundState(row["state"]),
        key=as_uuid(row["key"]),
        reference=row["reference"],
        problem=row["problem"],
        refused=bool(row["refused"]),
        url=row["url"],
        attempts=row["attempts"],
        next_attempt=row["next_attempt"],
        asked_until=row["asked_until"],
        label=label,
    )


def to_return(row: Mapping[str, Any], items: Sequence[ReturnItem]) -> Return:
    """Return a row of `return_request` as a return."""
    return Return(
        id=as_uuid(row["id"]),
        store=row["store"],
        order=as_uuid(row["order_id"]),
        order_number=row["order_number"],
        customer=as_uuid(row["customer"]),
        status=ReturnStatus(row["status"]),
        reason=row["reason"],
        decision=row["decision"],
        refund=_optional(row["refund"]),
        created=row["created"],
        updated=row["updated"],
        version=row["version"],
        items=tuple(items),
    )


def to_return_item(row: Mapping[str, Any]) -> ReturnItem:
    """Return a row of `return_item` as pieces."""
    return ReturnItem(as_uuid(row["line"]), _optional(row["product"]), row["sku"], row["name"], row["quantity"])


def request_json(request: RefundRequest) -> dict[str, Any]:
    """Return a request as the column of a proposal keeps it."""
    dumped: dict[str, Any] = _requests.dump_python(request, mode="json")
    return dumped


def to_request(value: Any) -> RefundRequest:
    """Return the request that a proposal's column holds."""
    return _requests.validate_python(as_json(value))


def shown_json(plan: RefundPlan) -> dict[str, Any]:
    """Return what somebody was shown and confirms: if it would be anything else by now, it is asked anew."""
    return {
        "amount": plan.amount,
        "items": [[str(item.line), item.quantity] for item in plan.items],
        "parts": [[part.kind.value, part.method, part.amount] for part in plan.parts],
        "status": plan.status.value,
        "left": plan.left,
    }


def as_json(value: Any) -> Any:
    """Return the value of a JSON column, which SQLite gives as text."""
    return json.loads(value) if isinstance(value, str) else value


def as_uuid(value: Any) -> UUID:
    """Return the value of a UUID column."""
    return value if isinstance(value, UUID) else UUID(str(value))


def _optional(value: Any) -> UUID | None:
    return None if value is None else as_uuid(value)
