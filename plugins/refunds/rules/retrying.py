"""When a processor is asked again."""

from __future__ import annotations

from datetime import timedelta

SHORTEST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
SOONEST_LOOK, DOUBTED = timedelta(days=1), timedelta(days=30)
"""A refund may fail for weeks after it succeeded, and the message that says so may get lost."""
AFTER_REFUSAL = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))


def wait_for_processor(age: timedelta) -> timedelta:
    """Return how long to wait until a processor is asked about a refund of that age again: a minute to an hour."""
    return min(max(age, SHORTEST_WAIT), LONGEST_WAIT)


def wait_after_refusal(attempts: int) -> timedelta:
    """Return how long to wait after a processor said no to the refund of a cancelled order, after so many attempts."""
    return AFTER_REFUSAL[min(attempts, len(AFTER_REFUSAL) - 1)]


def wait_to_look_again(age: timedelta) -> timedelta | None:
    """Return how long to wait until a processor is asked whether a refund made that long ago stands; None: no more."""
    return None if age >= DOUBTED else max(age, SOONEST_LOOK)
