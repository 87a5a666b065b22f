"""The refusals of refunds and returns."""

from __future__ import annotations

from guildshop.errors import Refusal


class NothingToRefund(Refusal):
    """Nothing of the order can be given back: it was never paid, or everything went back."""

    code = "nothing-to-refund"


class TooMuchToRefund(Refusal):
    """More is asked for than is left to give back."""

    code = "too-much-to-refund"


class ItemsNotLeft(Refusal):
    """These pieces were not bought, or came back before."""

    code = "items-not-left"


class ProposalOver(Refusal):
    """The confirmation that was pressed is used, discarded or too old."""

    code = "proposal-over"


class ReturnRefused(Refusal):
    """This return cannot be asked for, or cannot move on like that."""

    code = "return-refused"
