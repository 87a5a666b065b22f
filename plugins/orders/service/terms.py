"""The checkout step by which a customer accepts the store's terms and refund policy, where it has them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from guildshop.database import new_id
from guildshop.errors import Invalid, Stale
from guildshop.i18n import _, babel_locale, lazy
from guildshop.permissions import Actor
from guildshop.plugins.orders import tables
from guildshop.plugins.orders.api import Adjustment, Choice, Draft, Order, OrdersSettings, Phase, Question, Totals
from guildshop.plugins.orders.api.checkout import Quote
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

STEP = "orders.terms"
TITLES = {"terms": lazy("Terms"), "refund_policy": lazy("Refund policy")}
"""What is accepted, in the order in which it is asked; the names are those of the settings too."""


class TermsStep:
    """Asks first of all, each text for itself, and anew when the store changed it."""

    name = STEP
    phase = Phase.DISCOUNT
    position = -1000

    def __init__(self, app: App) -> None:
        """Read the texts from the settings of this application's stores."""
        self.app = app

    async def ask(self, draft: Draft) -> Question | None:
        """Return the first text that the customer has not accepted as it is now."""
        for kind, text in self._texts(draft.store).items():
            version = version_of(text)
            if draft.answer(STEP).get(kind) != version:
                title = _(TITLES[kind])
                accept = Choice(version, _("I accept"))
                return Question(STEP, kind, title, text, buttons=(accept,), formatted=True)
        return None

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Keep which version was accepted, and that version's text."""
        text = self._texts(draft.store).get(question, "")
        version = version_of(text)
        if not text or values.get("value") != version:
            raise Invalid.field(question, _("This text changed just now. Read the new one, then accept it."))
        with suppress(Stale):
            async with self.app.work(actor) as work:
                work.insert(
                    tables.TermsText,
                    conflict=Stale(_("This text is known already.")),
                    id=new_id(),
                    kind=question,
                    version=version,
                    text=text,
                    created=work.now,
                )
        return {**draft.answer(STEP), question: version, "at": self.app.now().isoformat()}

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        """Return nothing: accepting costs nothing."""
        return ()

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Claim nothing: what was accepted is in the order."""

    async def accepted_texts(self, accepted: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return what an order's customer accepted: each text with its title."""
        found = await self.app.database.fetch(
            "SELECT kind, version, text FROM terms_text WHERE store = :store AND version IN :versions",
            store=current_store(),
            versions=[version for kind, version in accepted.items() if kind in TITLES] or [""],
        )
        texts = {(row["kind"], row["version"]): str(row["text"]) for row in found}
        return [
            (_(title), texts[kind, accepted[kind]])
            for kind, title in TITLES.items()
            if (kind, accepted.get(kind, "")) in texts
        ]

    async def rows(self, order: Order) -> Sequence[Sequence[str]]:
        """Return what the order's customer accepted, and when, for the order's page."""
        at = order.accepted.get("at", "")
        zone = ZoneInfo(self.app.stores.get(order.store).time_zone)
        when = format_datetime(datetime.fromisoformat(at), "medium", tzinfo=zone, locale=babel_locale()) if at else ""
        return [(title, text, when) for title, text in await self.accepted_texts(order.accepted)]

    def _texts(self, store: int) -> dict[str, str]:
        settings = self.app.stores.settings(store, OrdersSettings)
        texts = {"terms": settings.terms.strip(), "refund_policy": settings.refund_policy.strip()}
        return {kind: text for kind, text in texts.items() if text}


def version_of(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]
