"""What people read for each kind of entry, and after an adjustment."""

from __future__ import annotations

from guildshop.i18n import _
from guildshop.plugins.loyalty.api import EntryKind, PointsAction, PointsAdjusted


def kind_label(kind: EntryKind) -> str:
    """Return why a balance changed, in the current language."""
    return {
        EntryKind.EARN: _("Earned"),
        EntryKind.REVERSE: _("Taken back after a refund"),
        EntryKind.REDEEM: _("Redeemed"),
        EntryKind.RETURN: _("Given back"),
        EntryKind.ADD: _("Added by staff"),
        EntryKind.DEDUCT: _("Deducted by staff"),
        EntryKind.EXPIRE: _("Expired"),
    }[kind]


def adjusted_text(done: PointsAdjusted) -> str:
    """Return what staff read after adding or deducting points."""
    told = (
        _("Successfully added {points} points. New balance: {balance} points.")
        if done.action is PointsAction.ADD
        else _("Successfully deducted {points} points. New balance: {balance} points.")
    )
    return told.format(points=done.points, balance=done.balance)
