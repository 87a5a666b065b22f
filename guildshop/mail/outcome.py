"""How sending an email ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MailProblem(StrEnum):
    """Why an email will never arrive."""

    OFF = "off"
    BAD_ADDRESS = "bad-address"
    REFUSED = "refused"
    TOO_LARGE = "too-large"


@dataclass(frozen=True, slots=True)
class MailOutcome:
    """What became of an email: taken by the mail server, or refused for good.

    `reason` and `remedy` are sentences for staff, empty when it was taken.
    """

    problem: MailProblem | None = None
    reason: str = ""
    remedy: str = ""
    message_id: str = ""

    @property
    def delivered(self) -> bool:
        """Whether the mail server took it."""
        return self.problem is None


class MailUnavailable(Exception):
    """The mail server cannot be used now, or not as configured: the delivery is tried again later."""

    def __init__(self, reason: str, remedy: str = "", *, uncertain: bool = False) -> None:
        """Say why, what the operator can do, and whether the message may have been taken all the same."""
        super().__init__(f"{reason} {remedy}".strip())
        self.uncertain = uncertain
        self.reason = reason
        self.remedy = remedy
