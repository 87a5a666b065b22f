"""What people read for each kind of entry."""

from __future__ import annotations

from guildshop.i18n import _
from guildshop.plugins.store_credit.api import EntryKind


def kind_label(kind: EntryKind) -> str:
    """Return why a balance changed, in the current language."""
    return {
        EntryKind.TOP_UP: _("Top Up"),
        EntryKind.REDUCE: _("Reduce"),
        EntryKind.ORDER: _("Used for an order"),
        EntryKind.RETURN: _("Given back"),
        EntryKind.REFUND: _("Refund"),
    }[kind]
