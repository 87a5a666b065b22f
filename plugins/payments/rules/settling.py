"""When a processor is asked again, and where its books differ from ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from guildshop.plugins.payments.api import DifferenceKind, Figures, Payment, Standing

PART = "#"
"""Stands between a processor's ID and what was taken altogether, in the IDs of money that came in parts."""

SOONEST_OPEN, LATEST_OPEN = timedelta(minutes=10), timedelta(hours=6)
SOONEST_DONE, LATEST_DONE = timedelta(hours=6), timedelta(days=7)
LAST = timedelta(days=120)
"""After that long nothing is awaited any more: disputes are over."""


def next_ask(created: datetime, now: datetime, *, open: bool) -> datetime | None:
    """Return when the processor is asked about an attempt again: the older it is, the more rarely."""
    age = now - created
    if age > LAST:
        return None
    soonest, latest = (SOONEST_OPEN, LATEST_OPEN) if open else (SOONEST_DONE, LATEST_DONE)
    return now + min(max(age / 3, soonest), latest)


def differences(known: Sequence[Payment], standing: Standing) -> list[Figures]:
    """Return where a processor says something else of an attempt than our ledger, which `known` is.

    Money of theirs that we do not have is no difference: it is entered.
    """
    currency = standing.currency or (known[0].currency if known else "")
    ours = sum(payment.amount for payment in known)
    refunded = sum(payment.refunded for payment in known)
    found = []
    if not standing.live and standing.taken:
        found.append(Figures(DifferenceKind.TEST_MODE, ours, standing.taken, currency, standing.detail))
    elif standing.taken < ours:
        found.append(Figures(DifferenceKind.MISSING, ours, standing.taken, currency, standing.detail))
    if standing.refunded > refunded:
        found.append(Figures(DifferenceKind.REFUNDED, refunded, standing.refunded, currency, standing.detail))
    if standing.disputed:
        found.append(Figures(DifferenceKind.DISPUTED, ours, standing.taken, currency, standing.detail))
    return found
