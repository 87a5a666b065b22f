"""Which language to speak to somebody who has not signed in."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError

MOST_LANGUAGES = 20


def preferred_locale(header: str) -> str | None:
    """Return the language that an Accept-Language header asks for first and that exists, or None."""
    wishes: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",")[:MOST_LANGUAGES]):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if tag and tag != "*" and quality > 0:
            wishes.append((-quality, position, tag))
    for _quality, _position, tag in sorted(wishes):
        try:
            Locale.parse(tag, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
        return tag
    return None
