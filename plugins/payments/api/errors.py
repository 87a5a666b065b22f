"""The refusals of the payments plugin that callers tell apart."""

from __future__ import annotations

from http import HTTPStatus

from guildshop.errors import Refusal, Unavailable


class NothingToPay(Refusal):
    """The order does not wait for a payment."""

    code = "nothing-to-pay"


class BadSignature(Refusal):
    """A webhook was not signed by its processor, or not now."""

    code = "bad-signature"
    status = HTTPStatus.UNAUTHORIZED


class BeingEntered(Refusal):
    """Money is on its way or has come and is about to be entered, so nothing else may be begun."""

    code = "being-entered"


class KeySpent(Unavailable):
    """A processor answered a fault to a key and would repeat it: the next try needs another key."""

    code = "unavailable"
