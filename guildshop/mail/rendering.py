"""From templates to the text and the HTML of an email, in the current language."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_datetime

from guildshop.i18n import _, babel_locale, current_locale, ngettext, pgettext
from guildshop.mail.addresses import one_line
from guildshop.money import format_money

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.stores import Store

LETTER = "mail/letter"
"""The kernel's own template, for all that is made of paragraphs, facts and a button; its values are a `Letter`."""
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Content:
    """An email without an address."""

    subject: str
    text: str
    html: str
    unsubscribe: str = ""
    """An address at which one POST ends such emails."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What the kernel's own template shows, from top to bottom; what is empty is left out."""

    heading: str
    paragraphs: Sequence[str] = ()
    rows: Sequence[tuple[str, str]] = ()
    """What and how much, one line each."""
    totals: Sequence[tuple[str, str]] = ()
    """Figures below the rows; the last one stands out."""
    facts: Sequence[tuple[str, str]] = ()
    button: str = ""
    link: str = ""
    """Where the button leads."""
    closing: Sequence[str] = ()


class MailTemplates:
    """Templates of the kernel (`mail/…`) and of the plugins (`<plugin>/mail/…`)."""

    def __init__(self, app: App) -> None:
        """Find the folders of the application's plugins."""
        folders = {"mail": Path(__file__).parent / "templates"}
        for plugin in app.plugins:
            folder = Path(inspect.getfile(type(plugin))).parent / "templates"
            if folder.is_dir():
                folders[plugin.name] = folder
        self._environment = jinja2.Environment(
            loader=jinja2.PrefixLoader({name: jinja2.FileSystemLoader(folder) for name, folder in folders.items()}),
            autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(money=format_money, moment=moment)
        self._environment.globals.update(_=_, ngettext=ngettext, pgettext=pgettext)

    def render(
        self, store: Store | None, template: str, subject: str, values: Mapping[str, Any], unsubscribe: str
    ) -> Content:
        """Return the email; both files of the template see the values, `store` and `subject`."""
        subject = one_line(subject, LONGEST_SUBJECT)
        context = {"store": store, "subject": subject, "locale": current_locale(), "unsubscribe": unsubscribe, **values}
        text = self._environment.get_template(f"{template}.txt").render(context)
        html = self._environment.get_template(f"{template}.html").render(context)
        return Content(subject, _tidy(text), html, unsubscribe)


def letter_values(letter: Letter) -> dict[str, Any]:
    """Return the letter as values of its template."""
    return {field.name: getattr(letter, field.name) for field in fields(letter)}


@jinja2.pass_context
def moment(context: jinja2.runtime.Context, value: datetime) -> str:
    """Write a time in the store's time zone, with the zone."""
    return written_moment(value, context.get("store"))


def written_moment(value: datetime, store: Store | None) -> str:
    """Return a time as people write it, in the store's time zone, named."""
    zone = ZoneInfo(store.time_zone if store is not None else "UTC")
    return f"{format_datetime(value.astimezone(zone), 'medium', locale=babel_locale())} ({zone.key})"


def _tidy(text: str) -> str:
    """Return the text with at most one empty line in a row."""
    lines: list[str] = []
    for line in (line.rstrip() for line in text.replace("\0", "").splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip() + "\n"
