"""Stories over the wire in a made-up language: they fail when the bot says what nobody could translate.

A story that is listed here runs as it always does. While the bot works (an interaction, a delivery, a message that it
hears), everything that goes through translation gets brackets; where texts leave for Discord, for a mailbox or
for the database, they are looked at and taken off again, so that the story reads plain English.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from gettext import NullTranslations
from typing import Any

import pytest
from babel import Locale

from guildshop import i18n
from guildshop.bot.testing import Shop
from guildshop.database.work import Work
from guildshop.mail import mailer
from guildshop.simulator.rest import core
from tests.languages.pseudo import CLOSE, OPEN, known

STORIES = (
    "catalog/test_commands.py",
    "catalog/test_selling.py",
    "conversations/test_discord.py",
    "customers/test_commands.py",
    "customers/test_emails.py",
    "customers/test_lookup.py",
    "customers/test_personal.py",
    "entitlements/test_goods.py",
    "entitlements/test_granting.py",
    "entitlements/test_retrying.py",
    "entitlements/test_terms.py",
    "loyalty/test_entrances.py",
    "notifications/test_announcements.py",
    "notifications/test_emails.py",
    "notifications/test_messages.py",
    "orders/test_flow.py",
    "orders/test_shipping_commands.py",
    "payments/test_commands.py",
    "payments/test_online.py",
    "refunds/test_discord.py",
    "reports/test_entrances.py",
    "shopify_link/test_commands.py",
    "shopify_link/test_following.py",
    "shopify_link/test_verifying.py",
    "staff/test_help.py",
    "staff/test_settings_panel.py",
    "store_credit/test_entrances.py",
    "taxjar/test_story.py",
)
"""Below `tests/plugins`, on SQLite: what is said does not depend on the database."""
WORKING = ("CommandTree-invoker", "delivery-", "discord-ui-", "discord.py: ", "guildshop-modal")
"""The names of the tasks in which the bot works."""
OF_A_GUARD = frozenset({"conflict", "refusal", "rows", "set", "where"})
UNMARKED = str.maketrans({OPEN: None, CLOSE: None})
READ = frozenset({"content", "description", "label", "name", "placeholder", "text", "title", "topic", "value"})
"""The fields of Discord's messages, forms and suggestions that people read."""
NAMES = (
    "BTCPay", "Cash App", "Discord", "FedEx", "Guildshop", "PayPal", "Shopify", "Stripe", "TaxJar", "UPS", "USPS",
    "Venmo", "Zelle", "Admin", "Fulfilment", "Manager", "Owner", "Read only", "Support",
    "Standard",
)  # fmt: skip
"""Products, companies, role templates, and the type of shipping that a shop has until it names its own."""
NOISE = re.compile(
    r"\S+@\S+|https?://\S+|<[@#:/t][^>]*>|[@#]\w+|`[^`]*`|</?[a-z][^>]*>|&\w+;"  # addresses, mentions, code, markup
    r"|\b[a-z_]+\.[a-z_]+\b|\b[A-Z]\w+/[A-Z]\w+"  # permissions, time zones
    r"|\b[A-Z0-9-]{2,}\b|\b[0-9a-f-]{12,}\b"  # currencies, SKUs, numbers of orders, keys
)
LONG = 100
"""Longer texts may be a part of what somebody wrote, which did not fit into one message."""
KEPT = frozenset(
    {
        # For as long as an order is being made; what it calls its amounts then stays with it.
        "order_adjustment.label", "order_draft.answers", "order_draft.quote", "refund_proposal.request",
        # Why something failed and what to do, in the words of that moment and for staff.
        "announcement_receiver.reason", "conversation_message.reason", "conversation_message.remedy",
        "entitlement.reason", "entitlement.remedy", "message_delivery.reason", "message_delivery.remedy",
        "panel.problem", "shopify_bulk_row.message", "shopify_link.problem", "shopify_link.remedy",
        # What staff did, in their language.
        "audit_entry.note", "event.payload", "order_history.text", "refund.reason", "shopify_link_log.note",
    }
)  # fmt: skip
"""Columns that keep a text in the language in which it was written; all others are read in the reader's."""


class Marking(NullTranslations):
    """Marks what translators know, as long as it is the bot who speaks."""

    def __init__(self, language: NullTranslations) -> None:
        super().__init__()
        self._language = language

    def gettext(self, message: str) -> str:
        return self._marked(message, self._language.gettext(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._marked(msgid1, self._language.ngettext(msgid1, msgid2, n))

    def pgettext(self, context: str, message: str) -> str:
        text = self._language.pgettext(context, message)
        return text if context in (i18n.COMMAND, i18n.OPTION) else self._marked(message, text)

    def _marked(self, message: str, text: str) -> str:
        return f"{OPEN}{text}{CLOSE}" if message in known() and _working() else text


@lru_cache(maxsize=1)
def _written_by_babel() -> frozenset[str]:
    """Return what stands in dates, addresses and choices in the reader's language without being a text of ours."""
    locale = Locale("en")
    months = (name for form in ("abbreviated", "wide") for name in locale.months["format"][form].values())
    named = (locale.currencies, locale.languages, locale.territories)
    return frozenset({*NAMES, *months, *(name for names in named for name in names.values())})


def _working() -> bool:
    try:
        task = asyncio.current_task()
    except RuntimeError:  # a thread that works for a task: what it says is looked at where the task says it
        return True
    return task is not None and task.get_name().startswith(WORKING)


@dataclass
class Heard:
    """What was said and kept during a story."""

    said: dict[str, str] = field(default_factory=dict)
    """Texts that are not marked in full, without what is, and where they went."""
    data: set[str] = field(default_factory=lambda: set(_written_by_babel()))
    kept: dict[str, str] = field(default_factory=dict)

    def say(self, where: str, text: str) -> None:
        left = NOISE.sub(" ", _outside(text).replace("\\", "").replace("\u200b", ""))
        if re.search("[A-Za-z]{2}", left):
            self.said.setdefault(left, f"{where}: {text.translate(UNMARKED)[:200]}")

    def keep(self, table: Any, values: Mapping[str, Any]) -> dict[str, Any]:
        """Note what goes into the database, and return it without marks."""
        for name, value in values.items():
            for text in _texts(value):
                plain = text.translate(UNMARKED)
                self.data.update((plain, *re.split("[\n=|]", plain)))
                if text != plain:
                    self.kept.setdefault(f"{table._meta.tablename}.{name}", plain)
        return {name: _plain(value) for name, value in values.items()}

    def unmarked(self) -> list[str]:
        """Return what nobody could translate: no data of the story, nor a cut piece of it."""
        known = sorted((re.escape(_spaced(one)) for one in self.data if len(one) > 1), key=len, reverse=True)
        data = re.compile("|".join(known))
        found = []
        for text, where in self.said.items():
            left = data.sub(" ", _spaced(text))
            pieces = [piece.strip(' *_~:·×()<>,.-–"“”&!?') for piece in re.split("[\n·]|…", left)]
            if any(re.search("[A-Za-z]{2}", one) and not self._is_cut(one, text) for one in pieces):
                found.append(where)
        return found

    def _is_cut(self, piece: str, text: str) -> bool:
        return ("…" in text or len(piece) > LONG) and any(piece in _spaced(one) for one in self.data)


def _outside(text: str) -> str:
    """Return what of a text stands outside of the marks; one that a cut took away closes at the end."""
    depth, kept = 0, list[str]()
    for character in text:
        depth += (character == OPEN) - (character == CLOSE)
        if depth <= 0 and character not in (OPEN, CLOSE):
            depth = 0
            kept.append(character)
    return "".join(kept)


def _spaced(text: str) -> str:
    return " ".join(re.sub(r"[^\S\n]+", " ", NOISE.sub(" ", text)).split(" "))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if value[:1] in "[{" and value[-1:] in "]}":
            try:
                yield from _texts(json.loads(value))
            except ValueError:
                return
    elif isinstance(value, Mapping):
        yield from (text for one in (*value, *value.values()) for text in _texts(one))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (text for one in value for text in _texts(one))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(UNMARKED)
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def _read(body: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(body, list):
        for one in body:
            yield from _read(one, where)
    elif isinstance(body, dict):
        for key, value in body.items():
            coded = key == "value" and ("label" in body or where.endswith("choices"))
            if isinstance(value, str) and key in READ and not coded:
                yield f"{where}.{key}", value
            elif isinstance(value, dict | list):
                yield from _read(value, f"{where}.{key}")


@pytest.fixture
def translated(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """Fail the story when the bot says something that nobody could translate, or keeps it in one language."""
    heard = Heard()
    catalogue, read, compose, stop = i18n._catalogue, core._read, mailer.compose, Shop.stop
    insert_many, update, guard = Work.insert_many, Work.update, Work.guard

    async def listening(request: Any) -> Any:
        body, files = await read(request)
        if not request.path.endswith("/commands"):
            for where, text in _read(body, request.method):
                heard.say(where, text)
        return _plain(body), files

    def composing(sender: Any, to: Any, content: Any, *given: Any) -> bytes:
        html = re.sub(r"<(style|head)\b.*?</\1>|<[^>]*>", "\n", content.html, flags=re.DOTALL)
        for line in (content.subject, *content.text.splitlines(), *html.splitlines()):
            heard.say("email", line)
        plain = {name: _plain(getattr(content, name)) for name in ("subject", "text", "html")}
        return compose(sender, to, replace(content, **plain), *given)

    def inserting(work: Work, table: Any, rows: Iterable[Mapping[str, Any]], conflict: Any = None) -> None:
        insert_many(work, table, [heard.keep(table, row) for row in rows], conflict)

    def updating(work: Work, table: Any, key: Any, refusal: Any = None, conflict: Any = None, **columns: Any) -> None:
        update(work, table, key, refusal, conflict, **heard.keep(table, columns))

    def guarding(work: Work, table: Any, **given: Any) -> None:
        values = {name: value for name, value in given.items() if name not in OF_A_GUARD}
        guard(work, table, **{**given, **heard.keep(table, values)})

    async def stopping(shop: Shop) -> None:
        state = shop.sim.state
        guilds = state.guilds.values()
        heard.data.update(_texts([state.users, [guild.roles for guild in guilds], state.channels, shop.settings]))
        heard.data.update(guild.name for guild in guilds)
        if shop._app is not None:
            heard.data.update(store.name for store in shop.app.stores.all())
        await stop(shop)

    monkeypatch.setattr(i18n, "_catalogue", lambda tag: Marking(catalogue(tag)))
    monkeypatch.setattr(core, "_read", listening)
    monkeypatch.setattr(mailer, "compose", composing)
    monkeypatch.setattr(Shop, "stop", stopping)
    monkeypatch.setattr(Work, "insert_many", inserting)
    monkeypatch.setattr(Work, "update", updating)
    monkeypatch.setattr(Work, "guard", guarding)
    yield heard
    assert heard.unmarked() == []
    assert {place: text for place, text in heard.kept.items() if place not in KEPT} == {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the listed stories checked."""
    for item in items:
        if item.path.as_posix().endswith(STORIES) and "[sqlite" in item.name and isinstance(item, pytest.Function):
            item.fixturenames.insert(0, "translated")
