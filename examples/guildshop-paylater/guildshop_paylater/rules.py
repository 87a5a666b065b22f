"""Is a webhook PayLater's, and of now? Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from guildshop.i18n import _

from guildshop_paylater.api import BadSignature

TOLERANCE = timedelta(minutes=5)
"""How far the time of a signature may be from ours, before or after."""

_HEADER = re.compile(r"t=(?P<time>[0-9]{1,12}),v1=(?P<signature>[0-9a-f]{64})")


def sign(secret: str, at: int, body: bytes) -> str:
    """Return the signature of a body sent at that Unix time."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def verify(secret: str, header: str, body: bytes, now: datetime) -> None:
    """Refuse a body whose `Paylater-Signature` (`t=…,v1=…`) is missing, wrong, too old or from the future."""
    found = _HEADER.fullmatch(header)
    if found is None:
        raise BadSignature(_("The header Paylater-Signature must read t=<Unix time>,v1=<64 hexadecimal digits>."))
    at = int(found["time"])
    if not hmac.compare_digest(sign(secret, at, body), found["signature"]):
        raise BadSignature(_("The signature does not fit the body. Check the webhook secret of this store."))
    apart = now.timestamp() - at
    if abs(apart) > TOLERANCE.total_seconds():
        raise BadSignature(
            _("The signature is {seconds} seconds away from our time; at most {most} are taken.").format(
                seconds=int(apart), most=int(TOLERANCE.total_seconds())
            )
        )
