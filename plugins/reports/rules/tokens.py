"""The token of a shared report: HMAC-SHA256 over what it is for, the store, the link and until when it is good."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

PURPOSE = "report-share"

_TOKEN = re.compile(
    r"(?P<store>[1-9][0-9]{0,17})-(?P<share>[0-9a-f]{32})-(?P<expires>[1-9][0-9]{0,11})-(?P<mac>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a token stands for."""

    store: int
    share: UUID
    expires: datetime


def share_token(secret: str, opened: Opened) -> str:
    """Return the token of a link; parts of a second are cut off."""
    expires = int(opened.expires.timestamp())
    return f"{opened.store}-{opened.share.hex}-{expires}-{_mac(secret, opened.store, opened.share, expires)}"


def read_token(secrets: Sequence[str], token: str) -> Opened | None:
    """Return what a token stands for, expired or not; None for one that we did not sign."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    store, share, expires = int(found["store"]), UUID(found["share"]), int(found["expires"])
    # Every secret is tried, so that the time taken does not tell which one it was.
    matches = [hmac.compare_digest(_mac(secret, store, share, expires), found["mac"]) for secret in secrets]
    return Opened(store, share, datetime.fromtimestamp(expires, UTC)) if any(matches) else None


def _mac(secret: str, store: int, share: UUID, expires: int) -> str:
    message = "\0".join((PURPOSE, str(store), share.hex, str(expires)))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
