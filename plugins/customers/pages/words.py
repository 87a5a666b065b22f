"""The words and colours of customers on pages."""

from __future__ import annotations

from collections.abc import Mapping

from guildshop.i18n import _, babel_locale, lazy
from guildshop.plugins.customers.api import CustomerSort, CustomerStatus, CustomerType, Source

STATUS_LABELS: Mapping[CustomerStatus, str] = {
    CustomerStatus.ACTIVE: lazy("Active"),
    CustomerStatus.INACTIVE: lazy("Inactive"),
    CustomerStatus.BLOCKED: lazy("Blocked"),
}
TONES: Mapping[CustomerStatus, str] = {
    CustomerStatus.ACTIVE: "good",
    CustomerStatus.INACTIVE: "neutral",
    CustomerStatus.BLOCKED: "bad",
}
TYPE_LABELS: Mapping[CustomerType, str] = {
    CustomerType.REGISTERED: lazy("Registered"),
    CustomerType.GUEST: lazy("Guest"),
}
SOURCE_LABELS: Mapping[Source, str] = {
    Source.DISCORD: lazy("Discord"),
    Source.EMAIL: lazy("Email"),
    Source.MANUAL: lazy("Manual"),
}
SORT_LABELS: Mapping[CustomerSort, str] = {
    CustomerSort.CREATED: lazy("Newest customers first"),
    CustomerSort.SPEND: lazy("Highest spend first"),
    CustomerSort.LAST_ORDER: lazy("Last order first"),
}


def language_name(tag: str) -> str:
    """Return what readers call a language, empty for none."""
    return (babel_locale(tag).get_display_name(babel_locale()) or tag) if tag else ""


def words() -> dict[str, object]:
    """Return what the templates call statuses and types."""
    return {
        "status_labels": {one: _(label) for one, label in STATUS_LABELS.items()},
        "source_labels": {one: _(label) for one, label in SOURCE_LABELS.items()},
        "type_labels": {one: _(label) for one, label in TYPE_LABELS.items()},
        "status_tones": TONES,
    }
