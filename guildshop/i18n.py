"""Translation: `_()` in the language of whoever is being spoken to.

The edges (an interaction, a request, a delivery) set the locale; everything below only calls `_()`.
Catalogues are gettext files in each plugin's `locales/`, read when the first text in their language is asked for; texts
that are not translated come out in English. How they are made and kept: `guildshop.translating`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from babel.support import Translations

DEFAULT_LOCALE = "en-US"
SOURCE_LANGUAGE = "en"
"""The language that the texts in the code are in."""
DOMAIN = "guildshop"
COMMAND = "command"
"""The context of the names of commands and their groups: `order` to be typed is another message than an order."""
OPTION = "option"
"""The context of the names of a command's options."""

_locale: ContextVar[str] = ContextVar("guildshop_locale", default=DEFAULT_LOCALE)
_directories: list[Path] = []
_languages: set[str] = set()
_catalogues: dict[str, NullTranslations] = {}
_NAMED_COMMAND = re.compile(r"(?<![\w/.:<])/([a-z]+(?:-[a-z]+)*)(?![\w/-])")


def add_catalogues(directory: Path) -> None:
    """Read translations from `directory/<language>/LC_MESSAGES/guildshop.mo` too; the first to know a text wins."""
    if directory not in _directories and directory.is_dir():
        _directories.append(directory)
        _forget()


def remove_catalogues(directory: Path) -> None:
    """Read no translations from the directory any more."""
    if directory in _directories:
        _directories.remove(directory)
        _forget()


def catalogue_folders() -> tuple[Path, ...]:
    """Return where translations come from at present."""
    return tuple(_directories)


def languages() -> frozenset[str]:
    """Return the languages that there are catalogues in, such as `de`; English needs none."""
    if not _languages:
        found = (path.parent.parent.name for folder in _directories for path in _compiled(folder, "*"))
        _languages.update(found, {SOURCE_LANGUAGE})
    return frozenset(_languages)


def language_of(tag: str) -> str | None:
    """Return the catalogue that serves a locale, `de` for `de-AT`, or None when texts come out in English instead."""
    for language in (tag.replace("-", "_"), re.split("[-_]", tag)[0]):
        if language in languages():
            return language
    return None


def preferred(tag: str, *others: str) -> str:
    """Return the locale if its language is spoken here, else the first of the others that is given."""
    if tag and language_of(tag) is not None:
        return tag
    return next(filter(None, others), DEFAULT_LOCALE)


def current_locale() -> str:
    """Return the locale in force, as a BCP 47 tag such as `en-US`."""
    return _locale.get()


def current_language() -> str:
    """Return the language that texts come out in at present, as a BCP 47 tag: English where nobody translated."""
    tag = current_locale()
    return tag if language_of(tag) else DEFAULT_LOCALE


def babel_locale(tag: str | None = None) -> Locale:
    """Return Babel's locale for a tag (the current one by default), American English when Babel knows no such one."""
    return _babel_locale(tag or current_locale())


@lru_cache(maxsize=256)
def _babel_locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
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
    # The empty message is where a catalogue keeps its own facts.
    return _catalogue(current_locale()).gettext(message) if message else message


def gettext_in(tag: str, message: str) -> str:
    """Return the message in the language of that tag."""
    return _catalogue(tag).gettext(message) if message else message


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the form of the message that fits the number, in the current language."""
    return _catalogue(current_locale()).ngettext(singular, plural, number)


def pgettext(context: str, message: str) -> str:
    """Return the message as it reads in that context, in the current language."""
    return _catalogue(current_locale()).pgettext(context, message)


def pgettext_in(tag: str, context: str, message: str) -> str:
    """Return the message as it reads in that context, in the language of that tag."""
    return _catalogue(tag).pgettext(context, message)


def grouped(number: int) -> str:
    """Write a whole number as the current reader expects it: 10,000 or 10.000."""
    return format_decimal(number, locale=babel_locale())


def percent(share: float | Decimal, *, least: int = 0, most: int = 1) -> str:
    """Write a share (0.05) as the current reader expects it, 5% or 5 %, with that many decimals."""
    pattern = copy(babel_locale().percent_formats[None])
    pattern.frac_prec = (least, most)
    return str(pattern.apply(share, babel_locale()))


def lazy(message: str) -> str:
    """Mark a text for translation where it is written down once and shown later through `_()`."""
    return message


_ = gettext


def _catalogue(tag: str) -> NullTranslations:
    found = _catalogues.get(tag)
    if found is None:
        language = language_of(tag)
        if language is None or language == SOURCE_LANGUAGE:
            found = NullTranslations()
        elif tag == language:
            found = _read(language)
        else:
            found = _catalogue(language)
        _catalogues[tag] = found
    return found


def _read(language: str) -> NullTranslations:
    merged = Translations(domain=DOMAIN)
    base = language.split("_")[0]
    for name in dict.fromkeys((base, language)):
        for folder in reversed(_directories):
            for path in _compiled(folder, name):
                with path.open("rb") as file:
                    read = Translations(file, DOMAIN)
                merged.merge(read)
                merged.plural = read.plural
    _name_commands(merged._catalog)
    return merged


def _name_commands(texts: dict[Any, str]) -> None:
    """Call commands, wherever a text names one, as this language calls them."""
    start = f"{COMMAND}\x04"
    names = {key[len(start) :]: text for key, text in texts.items() if isinstance(key, str) and key.startswith(start)}
    for key, text in texts.items():
        if "/" in text:
            texts[key] = _NAMED_COMMAND.sub(lambda match: f"/{names.get(match[1], match[1])}", text)


def _compiled(folder: Path, language: str) -> Iterator[Path]:
    return folder.glob(f"{language}/LC_MESSAGES/{DOMAIN}.mo")


def _forget() -> None:
    _languages.clear()
    _catalogues.clear()
