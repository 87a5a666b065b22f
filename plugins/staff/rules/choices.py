"""What may be chosen for a shop's currency, language and time zone, with names that people know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_name

from guildshop.i18n import babel_locale, current_locale

LANGUAGES = (
    "en-US", "en-GB", "bg", "cs", "da", "de", "el", "es-419", "es-ES", "fi", "fr", "hi", "hr", "hu", "id", "it", "ja",
    "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
)  # fmt: skip
"""The languages that Discord's client has."""
REGIONS = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
    "Pacific/",
)  # fmt: skip


def choices_of(name: str) -> Sequence[tuple[str, str]]:
    """Return the choices of a setting of the shop, empty where anything may be typed."""
    return _choices(name, current_locale())


@lru_cache(maxsize=64)
def _choices(name: str, locale: str) -> Sequence[tuple[str, str]]:
    if name == "currency":
        return [(code, f"{code} – {get_currency_name(code, locale=babel_locale(locale))}") for code in _currencies()]
    if name == "language":
        return [(tag, _language(tag, locale)) for tag in LANGUAGES]
    if name == "time_zone":
        zones = sorted(zone for zone in available_timezones() if zone.startswith(REGIONS))
        return [(zone, zone.replace("_", " ")) for zone in ("UTC", *zones)]
    return ()


def _currencies() -> Iterable[str]:
    """Return the currencies that are legal tender somewhere today."""
    territories = get_global("territory_currencies").values()
    return sorted({code for found in territories for code, _start, end, tender in found if end is None and tender})


def _language(tag: str, locale: str) -> str:
    named = Locale.parse(tag, sep="-").get_display_name(babel_locale(locale))
    return f"{named[:1].upper()}{named[1:]}" if named else tag
