"""Signed texts: the token of an invoice link, and that of the form on its page.

Both are HMAC-SHA256 over what they are for, the store, the order and the time until which they are good, in
hexadecimal: one text for one meaning, compared in constant time. The first secret signs, each of them is accepted.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from guildshop.errors import NotFound, Refusal
from guildshop.i18n import _

LINK = "invoice-link"
FORM = "invoice-form"
FORM_LIFE = timedelta(hours=24)

_TOKEN = re.compile(
    r"(?P<store>[1-9][0-9]{0,17})-(?P<order>[0-9a-f]{32})-(?P<expires>[1-9][0-9]{0,11})-(?P<mac>[0-9a-f]{64})"
)
_FORM_TOKEN = re.compile(r"(?P<expires>[1-9][0-9]{0,11})-(?P<mac>[0-9a-f]{64})")


class LinkUnknown(NotFound):
    """The link was not made by us, or its order is gone: both look the same."""

    code = "invoice-link-unknown"


class LinkExpired(Refusal):
    """The link was good once."""

    code = "invoice-link-expired"
    status = HTTPStatus.GONE


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for."""

    store: int
    order: UUID
    expires: datetime


def invoice_token(secret: str, link: Link) -> str:
    """Return the token of a link; parts of a second are cut off."""
    expires = int(link.expires.timestamp())
    return f"{link.store}-{link.order.hex}-{expires}-{_mac(secret, LINK, link.store, link.order, expires)}"


def read_invoice_token(secrets: Sequence[str], token: str, now: datetime) -> Link:
    """Return what a token stands for; `LinkUnknown` for one that we did not sign, `LinkExpired` for one too old."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise _unknown()
    store, order, expires = int(found["store"]), UUID(found["order"]), int(found["expires"])
    if not _is_signed(secrets, found["mac"], LINK, store, order, expires):
        raise _unknown()
    link = Link(store, order, datetime.fromtimestamp(expires, UTC))
    if link.expires <= now:
        raise LinkExpired(_("This invoice link has expired. Ask the shop for a new one."))
    return link


def form_token(secret: str, link: Link, now: datetime) -> str:
    """Return what the form of a link's page carries, so that no other site's form can stand in for it."""
    expires = int((now + FORM_LIFE).timestamp())
    return f"{expires}-{_mac(secret, FORM, link.store, link.order, expires)}"


def is_form_token(secrets: Sequence[str], text: str, link: Link, now: datetime) -> bool:
    """Tell whether a form came from the page of that link, within a day."""
    found = _FORM_TOKEN.fullmatch(text)
    if found is None or int(found["expires"]) <= now.timestamp():
        return False
    return _is_signed(secrets, found["mac"], FORM, link.store, link.order, int(found["expires"]))


def _mac(secret: str, purpose: str, store: int, order: UUID, expires: int) -> str:
    message = "\0".join((purpose, str(store), order.hex, str(expires)))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def _is_signed(secrets: Sequence[str], mac: str, purpose: str, store: int, order: UUID, expires: int) -> bool:
    # Every secret is tried, so that the time taken does not tell which one it was.
    matches = [hmac.compare_digest(_mac(secret, purpose, store, order, expires), mac) for secret in secrets]
    return any(matches)


def _unknown() -> LinkUnknown:
    return LinkUnknown(_("There is no invoice at this address. Check that the whole link was copied."))


def is_page(url: str) -> bool:
    """Tell whether an address that a processor gave is that of a web page, to which payers may be sent."""
    return url.startswith(("https://", "http://"))
