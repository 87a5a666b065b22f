"""Between our amounts and TaxJar's: what is asked, how its answer falls on the lines, what is told back. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from guildshop.money import allocate, precision, to_decimal
from guildshop.plugins.orders.api import Order, OrderRefunded, Phase, ShippingAddress, net_lines, shares_of
from guildshop.plugins.taxjar.api import TaxAddress, TaxJarFailure, TaxResult

FINE = 10_000
"""Parts of a minor unit that shares are weighed in."""

_CODE = re.compile(r"[0-9A-Z]{1,20}")


class WrongAnswer(TaxJarFailure):
    """TaxJar's answer is none to what was asked."""


def clean_code(text: str) -> str:
    """Return a product tax code; an empty text where it is none."""
    code = text.strip().upper()
    return code if _CODE.fullmatch(code) else ""


def place_fields(place: ShippingAddress) -> dict[str, str]:
    """Return where the goods go, in TaxJar's words."""
    return {
        "to_country": place.country,
        "to_zip": place.postal_code,
        "to_state": place.region,
        "to_city": place.city,
        "to_street": place.street,
    }


def shop_fields(address: TaxAddress) -> dict[str, str]:
    """Return where the shop sends from, in TaxJar's words."""
    return {
        "from_country": address.country,
        "from_zip": address.postal_code,
        "from_state": address.state,
        "from_city": address.city,
        "from_street": address.street,
    }


def nexus_fields(nexus: Sequence[TaxAddress]) -> list[dict[str, str]]:
    """Return the places where the shop must collect, in TaxJar's words."""
    return [
        {
            "id": str(number),
            "country": one.country,
            "zip": one.postal_code,
            "state": one.state,
            "city": one.city,
            "street": one.street,
        }
        for number, one in enumerate(nexus, 1)
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """A line that TaxJar is asked about: `net` is what it comes to after reductions."""

    product: UUID | None
    quantity: int
    unit_price: int
    net: int
    code: str = ""

    @property
    def discount(self) -> int:
        """What is taken off the line."""
        return self.quantity * self.unit_price - self.net


def question(
    *,
    shop: TaxAddress,
    place: ShippingAddress,
    nexus: Sequence[TaxAddress],
    lines: Sequence[Asked],
    shipping: int,
    currency: str,
    exemption: str = "",
) -> dict[str, Any]:
    """Return the question of `POST /v2/taxes`: amounts are decimals of major units, lines numbered from 1."""
    asked: dict[str, Any] = {
        **shop_fields(shop),
        **place_fields(place),
        "amount": to_decimal(sum(line.net for line in lines), currency),
        "shipping": to_decimal(shipping, currency),
        "line_items": [
            {
                "id": str(number),
                "quantity": line.quantity,
                "unit_price": to_decimal(line.unit_price, currency),
                "discount": to_decimal(line.discount, currency),
                **({"product_tax_code": line.code} if line.code else {}),
            }
            for number, line in enumerate(lines, 1)
        ],
    }
    if nexus:
        asked["nexus_addresses"] = nexus_fields(nexus)
    if exemption:
        asked["exemption_type"] = exemption
    return {name: value for name, value in asked.items() if value != ""}


def read_answer(answer: Mapping[str, Any], lines: Sequence[Asked], shipping: int, currency: str) -> TaxResult:
    """Return what TaxJar says is to be collected, split so that lines and shipping add up to it.

    TaxJar rounds each line by itself, so that its lines often differ from its total by a cent: the total is what is
    charged, and its lines are the weights by which it is split. Raises `WrongAnswer` for what cannot be one.
    """
    try:
        tax = answer["tax"]
        amount = _minor(tax["amount_to_collect"], currency)
        total = sum(line.net for line in lines) + shipping
        if not 0 <= amount <= total or (
            "order_total_amount" in tax and _minor(tax["order_total_amount"], currency) != total
        ):
            message = f"TaxJar would collect {tax['amount_to_collect']} on {to_decimal(total, currency)}"
            raise WrongAnswer(message)
        has_nexus, freight = tax.get("has_nexus", True) is True, tax.get("freight_taxable") is True
        rate = str(_decimal(tax.get("rate", 0)))
        breakdown = tax.get("breakdown") or {}
        weights = _weights(breakdown, lines, shipping, currency)
    except WrongAnswer:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        message = f"TaxJar's answer cannot be read: {type(error).__name__}: {error}"
        raise WrongAnswer(message) from error
    if not any(weights):
        weights = [line.net for line in lines] + [shipping if freight else 0]
    if amount and not any(weights):
        weights = [0] * len(lines) + [1]
    parts = allocate(amount, weights)
    return TaxResult(amount, tuple(parts[:-1]), has_nexus, freight, rate)


def _weights(breakdown: Mapping[str, Any], lines: Sequence[Asked], shipping: int, currency: str) -> list[int]:
    """Return TaxJar's tax of each line and of shipping, finely; where nothing is charged there is no tax either."""
    by_id = {str(one["id"]): one for one in breakdown.get("line_items") or ()}
    weights = []
    for number, line in enumerate(lines, 1):
        told = by_id.get(str(number), {}).get("tax_collectable", 0)
        weights.append(_fine(told, currency) if line.net else 0)
    freight = (breakdown.get("shipping") or {}).get("tax_collectable", 0)
    weights.append(_fine(freight, currency) if shipping else 0)
    if min(weights) < 0:
        message = "TaxJar's tax of a line is below zero"
        raise WrongAnswer(message)
    return weights


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        message = f"{value!r} is no number"
        raise TypeError(message)
    return Decimal(value)


def _minor(value: Any, currency: str) -> int:
    return int(_decimal(value).scaleb(precision(currency)).to_integral_value(rounding=ROUND_HALF_UP))


def _fine(value: Any, currency: str) -> int:
    return int((_decimal(value).scaleb(precision(currency)) * FINE).to_integral_value(rounding=ROUND_HALF_UP))


# What is told back


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount of money as goods, shipping and sales tax."""

    goods: int
    shipping: int
    tax: int


def order_parts(order: Order) -> Parts:
    """Return what the total of an order consists of; tax that prices contain is part of the goods."""
    return Parts(order.total - order.shipping - order.tax, order.shipping, order.tax)


def refunded_parts(order: Order, refunded: int) -> Parts:
    """Return of what the first so many minor units of an order's total consist: all of it when all is refunded.

    Refunds are the differences, so that any number of them adds up to the order, and none has a part below zero. What
    was written off of an order goes with what was paid of it, since all of it was reported.
    """
    whole = order_parts(order)
    if order.written_off and order.paid_total:
        refunded = refunded * order.total // order.paid_total
    beside = whole.shipping + whole.tax
    given = refunded * beside // order.total if order.total else 0
    tax = given * whole.tax // beside if beside else 0
    return Parts(refunded - given, given - tax, tax)


def refund_parts(order: Order, event: OrderRefunded) -> Parts:
    """Return what one refund consists of."""
    before, after = refunded_parts(order, event.refunded - event.amount), refunded_parts(order, event.refunded)
    return Parts(after.goods - before.goods, after.shipping - before.shipping, after.tax - before.tax)


def tax_shares(order: Order) -> tuple[int, ...]:
    """Return the sales tax of each line of an order."""
    nets = net_lines([line.total for line in order.lines], order.adjustments)
    shares = [0] * len(order.lines)
    for one in order.adjustments:
        if one.phase is Phase.TAX and not one.included:
            shares = [sum(pair) for pair in zip(shares, shares_of(one, nets), strict=True)]
    return tuple(shares)


def order_transaction(order: Order, shop: TaxAddress, codes: Mapping[UUID, str], exemption: str) -> dict[str, Any]:
    """Return the body of `POST /v2/transactions/orders`."""
    parts = order_parts(order)
    nets = net_lines([line.total for line in order.lines], order.adjustments)
    lines = []
    for line, net, tax in zip(order.lines, nets, tax_shares(order), strict=True):
        code = codes.get(line.product, "") if line.product is not None else ""
        lines.append(
            {
                "id": str(line.id),
                "quantity": line.quantity,
                "product_identifier": line.sku,
                "description": line.name,
                "unit_price": to_decimal(line.unit_price, order.currency),
                "discount": to_decimal(line.total - net, order.currency),
                "sales_tax": to_decimal(tax, order.currency),
                **({"product_tax_code": code} if code else {}),
            }
        )
    return {
        **_transaction(order, order.paid_at or order.created, shop, parts, exemption, 1),
        "transaction_id": transaction_id(order),
        "line_items": lines,
    }


def refund_transaction(
    order: Order, event: OrderRefunded, at: datetime, shop: TaxAddress, codes: Mapping[UUID, str], exemption: str
) -> dict[str, Any]:
    """Return the body of `POST /v2/transactions/refunds`: an ID of its own, and amounts below zero.

    It counts when the money went back (`at`), so that no month that was filed changes. Its goods fall on the lines
    whose pieces came back, else on all of them, in proportion.
    """
    parts = refund_parts(order, event)
    nets = net_lines([line.total for line in order.lines], order.adjustments)
    returned = {item.line: item.quantity for item in event.items}
    weights = [
        net * returned.get(line.id, 0) // line.quantity if returned else net
        for line, net in zip(order.lines, nets, strict=True)
    ]
    goods = allocate(parts.goods, weights)
    taxes = allocate(parts.tax, goods if any(goods) else weights)
    lines = []
    for line, amount, tax in zip(order.lines, goods, taxes, strict=True):
        if not amount and not tax:
            continue
        code = codes.get(line.product, "") if line.product is not None else ""
        lines.append(
            {
                "id": str(line.id),
                "quantity": 1,
                "product_identifier": line.sku,
                "description": line.name,
                "unit_price": to_decimal(-amount, order.currency),
                "discount": to_decimal(0, order.currency),
                "sales_tax": to_decimal(-tax, order.currency),
                **({"product_tax_code": code} if code else {}),
            }
        )
    return {
        **_transaction(order, at, shop, parts, exemption, -1),
        "transaction_id": str(event.refund),
        "transaction_reference_id": transaction_id(order),
        "line_items": lines,
    }


def transaction_id(order: Order) -> str:
    """Return the ID under which TaxJar knows an order; several stores may share an account."""
    return str(order.id)


def _transaction(
    order: Order, at: datetime, shop: TaxAddress, parts: Parts, exemption: str, sign: int
) -> dict[str, Any]:
    place = order.tax_place
    return {
        "transaction_date": at.isoformat(),
        **{name: value for name, value in shop_fields(shop).items() if value},
        **({name: value for name, value in place_fields(place).items() if value} if place else {}),
        "amount": to_decimal(sign * (parts.goods + parts.shipping), order.currency),
        "shipping": to_decimal(sign * parts.shipping, order.currency),
        "sales_tax": to_decimal(sign * parts.tax, order.currency),
        **({"exemption_type": exemption} if exemption else {}),
    }
