"""The refusals of the orders plugin that callers tell apart."""

from __future__ import annotations

from http import HTTPStatus

from guildshop.errors import Refusal


class MoveRefused(Refusal):
    """The order's status does not allow that."""

    code = "move-refused"


class AlreadyPaid(Refusal):
    """Somebody else confirmed the payment first; nothing changed this time."""

    code = "already-paid"


class ProductGone(Refusal):
    """A product of the draft is no longer sold, or not to this member."""

    code = "product-gone"


class PriceRose(Refusal):
    """A product became dearer since the summary was shown: the member must be asked again."""

    code = "price-rose"


class QuoteExpired(Refusal):
    """The summary is older than its quote is valid: the member must be shown a new one."""

    code = "quote-expired"


class FlowExpired(Refusal):
    """The order flow has ended: it expired, was cancelled, was submitted, or was begun anew."""

    code = "flow-expired"
    status = HTTPStatus.GONE


class ShopClosed(Refusal):
    """The store takes no orders now."""

    code = "shop-closed"


class TooManyUnpaid(Refusal):
    """The member has as many unpaid orders as the store allows."""

    code = "too-many-unpaid"
