"""Translation: `_()` in the language of whoever is being spoken to.

The edges (an interaction, a request, a delivery) set the locale; everything below only calls `_()`.
Catalogues are gettext files in each plugin's `locales/`; texts that are not translated come out in English.
"""

from __future__ import annotations

import gettext as gettext_module
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

DEFAULT_LOCALE = "en-US"
DOMAIN = "guildshop"

_locale: ContextVar[str] = ContextVar("guildshop_locale", default=DEFAULT_LOCALE)
_directories: list[Path] = []
_catalogues: dict[str, gettext_module.NullTranslations] = {}


def add_catalogues(directory: Path) -> None:
    """Read translations from `directory/<language>/LC_MESSAGES/guildshop.mo` too."""
    if directory.is_dir() and directory not in _directories:
        _directories.append(directory)
        _catalogues.clear()


def catalogue_folders() -> tuple[Path, ...]:
    """Return where translations come from at present."""
    return tuple(_directories)


def current_locale() -> str:
    """Return the locale in force, as a BCP 47 tag such as `en-US`."""
    return _locale.get()


def babel_locale(tag: str | None = None) -> Locale:
    """Return Babel's locale for a tag (the current one by default), American English when Babel knows no such one."""
    try:
        return Locale.parse(tag or current_locale(), sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(DEFAULT_LOCALE, sep="-")


@contextmanager
def use_locale(tag: str | None) -> Iterator[None]:
    """Speak another language inside the block; `None` changes nothing."""
    if tag is None:
        yield
        return
    token = _locale.set(tag)
    try:
        yield
    finally:
        _locale.reset(token)


def set_locale(tag: str) -> None:
    """Speak this language for the rest of the current task."""
    _locale.set(tag)


def gettext(message: str) -> str:
    """Return the message in the current language; also imported as `_`."""
    return _catalogue(current_locale()).gettext(message)


def gettext_in(tag: str, message: str) -> str:
    """Return the message in the language of that tag."""
    return _catalogue(tag).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the form of the message that fits the number, in the current language."""
    return _catalogue(current_locale()).ngettext(singular, plural, number)


def pgettext(context: str, message: str) -> str:
    """Return the message as it reads in that context, in the current language."""
    return _catalogue(current_locale()).pgettext(context, message)


def grouped(number: int) -> str:
    """Write a whole number as the current reader expects it: 10,000 or 10.000."""
    return format_decimal(number, locale=babel_locale())


def lazy(message: str) -> str:
    """Mark a text for translation where it is written down once and shown later through `_()`."""
    return message


_ = gettext


def _catalogue(tag: str) -> gettext_module.NullTranslations:
    found = _catalogues.get(tag)
    if found is None:
        found = gettext_module.NullTranslations()
        languages = [tag.replace("-", "_"), tag.split("-")[0]]
        for directory in _directories:
            translation = gettext_module.translation(DOMAIN, str(directory), languages, fallback=True)
            translation.add_fallback(found)
            found = translation
        _catalogues[tag] = found
    return found
