"""What needs neither a network nor a database: emails, Shopify's IDs and amounts, signatures, and what webhooks say."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

from email_validator import EmailNotValidError, validate_email

from guildshop.errors import Forbidden, Invalid
from guildshop.i18n import _
from guildshop.money import MAXIMUM, precision
from guildshop.plugins.shopify_link.api import InvalidEmail, Link, ShopifyCustomer

EMAIL_LENGTH = 254
NAME_LENGTH = 255
CUSTOMER, ORDER = "Customer", "Order"
_GID = re.compile(r"gid://shopify/(\w+)/([0-9]{1,20})")
_DIGITS = re.compile(r"[0-9]{1,20}")
_MEMBER = re.compile(r"(?:<@!?)?([0-9]{15,20})>?")

CUSTOMERS_UPDATE = "customers/update"
CUSTOMERS_MERGE = "customers/merge"
PURCHASING_SUMMARY = "customers/purchasing_summary"
ORDERS_PAID = "orders/paid"
REFUNDS_CREATE = "refunds/create"
CUSTOMERS_REDACT = "customers/redact"
DATA_REQUEST = "customers/data_request"
SHOP_REDACT = "shop/redact"


# Emails


def clean_email(text: str) -> str:
    """Return the email address without spaces around it; InvalidEmail for anything that is no plain address."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, strict=True, test_environment=True)
    except EmailNotValidError:
        raise InvalidEmail.field("email", _("Invalid email address format.")) from None
    return found.normalized


def email_key(email: str) -> str:
    """Return what two spellings of one address have in common."""
    local, _at, domain = email.strip().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    return f"{local}@{domain}".casefold()


def search_by_email(email: str) -> str:
    """Return Shopify's search for exactly this address: unquoted, its words would be looked for one by one."""
    quoted = email.replace("\\", "\\\\").replace('"', '\\"')
    return f'email:"{quoted}"'


def member_id(text: str) -> int:
    """Return the Discord ID that a text is, as digits or as a mention."""
    found = _MEMBER.fullmatch(text.strip())
    if found is None or int(found[1]) >= 2**63:
        raise Invalid.field(
            "member", _("“{text}” is no Discord ID. Copy the member's ID, 17 to 20 digits.").format(text=text[:40])
        )
    return int(found[1])


# What Shopify answers


def gid(kind: str, digits: str) -> str:
    """Return Shopify's global ID of a thing."""
    return f"gid://shopify/{kind}/{digits}"


def digits_of(value: object, kind: str = CUSTOMER) -> str:
    """Return the digits of a global ID or of a numeric one; empty for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        value = str(value)
    if not isinstance(value, str):
        return ""
    found = _GID.fullmatch(value)
    if found is not None:
        return found[2] if found[1] == kind else ""
    return value if _DIGITS.fullmatch(value) else ""


def customer_of(node: Mapping[str, Any]) -> ShopifyCustomer:
    """Return a customer from Shopify's answer; ValueError where it is no such thing."""
    try:
        email = node.get("defaultEmailAddress") or {}
        spent = node["amountSpent"]
        found = ShopifyCustomer(
            id=digits_of(node["id"]),
            name=str(node["displayName"])[:NAME_LENGTH],
            email=str(email.get("emailAddress") or "")[:EMAIL_LENGTH],
            orders=min(max(int(node["numberOfOrders"]), 0), MAXIMUM),
            spent=minor_units(str(spent["amount"]), str(spent["currencyCode"])),
            currency=str(spent["currencyCode"])[:3],
        )
    except (KeyError, TypeError, AttributeError) as error:
        message = f"this is no customer of Shopify: {type(error).__name__}"
        raise ValueError(message) from error
    if not found.id:
        message = "a customer of Shopify has no ID"
        raise ValueError(message)
    return found


def minor_units(amount: str, currency: str) -> int:
    """Return a decimal of Shopify in minor units, rounded, and never more than we take."""
    try:
        value = Decimal(amount)
        if not value.is_finite() or value.adjusted() > 20:
            raise InvalidOperation
        return max(min(round(value.scaleb(precision(currency))), MAXIMUM), -MAXIMUM)
    except ArithmeticError as error:
        message = f"{amount[:40]!r} is no amount"
        raise ValueError(message) from error


def wants_role(link: Link | None, client_role: int | None, *, auto_assign: bool) -> bool:
    """Tell whether the member of a link gets the client role: it is set, assigned by itself, and they ordered."""
    return link is not None and client_role is not None and auto_assign and link.orders >= 1


def loses_role(link: Link | None) -> bool:
    """Tell whether the client role is taken away: no link, or no order any more. Switching off takes none away."""
    return link is None or link.orders < 1


# Webhooks


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook is about: `subject` and `other` are digits of IDs, empty where it is about nobody we can know."""

    topic: str
    subject: str = ""
    other: str = ""
    email: str = ""


def sign(secret: str, body: bytes) -> str:
    """Return the signature of a body, as `X-Shopify-Hmac-Sha256` has it."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def verify(secrets: Sequence[str], signature: str, body: bytes) -> None:
    """Refuse a body that none of the secrets signed."""
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    matches = [hmac.compare_digest(hmac.digest(secret.encode(), body, hashlib.sha256), given) for secret in secrets]
    if not any(matches):
        raise Unsigned(_("The signature does not fit the body. Check the webhook secret of this store."))


class Unsigned(Forbidden):
    """A webhook that Shopify did not sign: HTTP 401."""

    status = HTTPStatus.UNAUTHORIZED
    code = "bad-signature"


def read_webhook(topic: str, body: bytes) -> Told:
    """Return what a signed webhook is about; Invalid where its body does not fit its topic, which is not signed."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise Invalid(_("This is no webhook of Shopify: its body must be a JSON object."))
    reader = _READERS.get(topic)
    if reader is None:
        return Told(topic[:100])
    told = reader(topic, sent)
    if told is None:
        raise Invalid(_("The body is none of the topic {topic}.").format(topic=topic[:60]))
    return told


def _customer(topic: str, sent: Mapping[str, Any]) -> Told | None:
    found = digits_of(sent.get("admin_graphql_api_id")) or digits_of(sent.get("id"))
    return Told(topic, found) if found else None


def _merge(topic: str, sent: Mapping[str, Any]) -> Told | None:
    kept = digits_of(sent.get("admin_graphql_api_customer_kept_id"))
    deleted = digits_of(sent.get("admin_graphql_api_customer_deleted_id"))
    if not kept or not deleted:
        return None
    # A merge that failed changed nothing.
    failed = str(sent.get("status", "")).lower() == "failed" or kept == deleted
    return Told(topic) if failed else Told(topic, deleted, kept)


def _summary(topic: str, sent: Mapping[str, Any]) -> Told | None:
    for name in ("admin_graphql_api_customer_id", "customer_id", "admin_graphql_api_id", "id"):
        if found := digits_of(sent.get(name)):
            return Told(topic, found)
    return None


def _order(topic: str, sent: Mapping[str, Any]) -> Told | None:
    if "customer" not in sent and "line_items" not in sent:
        return None
    customer = sent.get("customer")
    if not isinstance(customer, Mapping):
        return Told(topic)
    return Told(topic, digits_of(customer.get("admin_graphql_api_id")) or digits_of(customer.get("id")))


def _refund(topic: str, sent: Mapping[str, Any]) -> Told | None:
    order = digits_of(sent.get("order_id"), ORDER)
    return Told(topic, order) if order else None


def _person(topic: str, sent: Mapping[str, Any]) -> Told | None:
    customer = sent.get("customer")
    others = {CUSTOMERS_REDACT: ("orders_requested", "data_request"), DATA_REQUEST: ("orders_to_redact",)}
    if not isinstance(customer, Mapping) or "shop_domain" not in sent or any(name in sent for name in others[topic]):
        return None
    email = customer.get("email")
    return Told(topic, digits_of(customer.get("id")), email=email if isinstance(email, str) else "")


def _shop(topic: str, sent: Mapping[str, Any]) -> Told | None:
    return Told(topic) if set(sent) <= {"shop_id", "shop_domain"} and "shop_domain" in sent else None


_READERS = {
    CUSTOMERS_UPDATE: _customer,
    CUSTOMERS_MERGE: _merge,
    PURCHASING_SUMMARY: _summary,
    ORDERS_PAID: _order,
    REFUNDS_CREATE: _refund,
    CUSTOMERS_REDACT: _person,
    DATA_REQUEST: _person,
    SHOP_REDACT: _shop,
}
TOPICS = tuple(_READERS)
