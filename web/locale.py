"""Which language to speak to whom: their own choice, then their browser's, then the store's."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from babel import Locale, UnknownLocaleError

from guildshop.i18n import DEFAULT_LOCALE, babel_locale, language_of, languages, set_locale, use_locale

LANGUAGE_COOKIE = "guildshop_language"
MOST_LANGUAGES = 20


@web.middleware
async def speak(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer, errors too, in the language that the request asks for; a store may be the one to say, see below."""
    with use_locale(wished_locale(request) or DEFAULT_LOCALE):
        return await handler(request)


def speak_as(request: web.Request, language: str) -> None:
    """Speak this language from here on, unless the request asks for another one."""
    if wished_locale(request) is None:
        set_locale(language)


def wished_locale(request: web.Request) -> str | None:
    """Return what was chosen in this browser, else what the browser asks for, or None when that is nothing we speak."""
    asked = preferred_locale(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    chosen = chosen_language(request)
    if not chosen or (asked is not None and language_of(asked) == chosen):
        return asked
    return chosen


def chosen_language(request: web.Request) -> str:
    """Return the language that was chosen in this browser, empty for none."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in languages() else ""


def language_choices() -> Sequence[tuple[str, str]]:
    """Return the languages there are, each with its own name for itself."""
    named = ((language, babel_locale(language.replace("_", "-"))) for language in languages())
    shown = ((language, locale.get_display_name(locale) or language) for language, locale in named)
    return sorted(((language, f"{name[:1].upper()}{name[1:]}") for language, name in shown), key=lambda one: one[1])


def preferred_locale(header: str) -> str | None:
    """Return the locale that an Accept-Language header asks for first and whose language we speak, or None."""
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
        if language_of(tag) is not None:
            return tag
    return None
