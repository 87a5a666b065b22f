"""Which language customers are spoken to in while they do not speak to us: that of their Discord, as last seen."""

from __future__ import annotations

from contextvars import ContextVar
from uuid import UUID

from guildshop.i18n import preferred
from guildshop.permissions import Actor
from guildshop.plugins.customers.rules.people import LOCALE_LIMIT
from guildshop.plugins.customers.service.reading import SEEN_EVERY, Reading
from guildshop.plugins.customers.tables import Customer as CustomerTable
from guildshop.tenancy import current_store

_heard: ContextVar[str] = ContextVar("guildshop_customers_heard", default="")


def heard_locale() -> str:
    """Return the language of the interaction that is answered at present, empty outside of any."""
    return _heard.get()


class Speaking(Reading):
    """The language of a customer's Discord: kept when they use the bot, spoken in what is sent later."""

    async def note_language(self, discord_id: int, locale: str) -> None:
        """Keep the language of whoever uses the bot, and that they do: whatever they use there, they use the shop.

        One read, and a write only when the language is another than last time, or an hour has passed.
        """
        store, locale = current_store(), locale[:LOCALE_LIMIT]
        _heard.set(locale)
        row = await self.app.database.fetch_one(
            "SELECT id FROM customer WHERE store = :store AND discord_id = :member"
            " AND (locale <> :locale OR last_seen IS NULL OR last_seen <= :before)",
            store=store,
            member=discord_id,
            locale=locale,
            before=self.app.now() - SEEN_EVERY,
        )
        if row is None:
            return
        async with self.app.work(Actor.system(store, "customers.language")) as work:
            # Without a new version: nobody who changes the customer at this moment has to start again for it.
            work.guard(
                CustomerTable,
                set="locale = :locale, last_seen = :now",
                where="id = :id AND discord_id = :member",
                rows=None,
                id=row["id"],
                member=discord_id,
                locale=locale,
            )

    async def language(self, customer: UUID, about: str = "") -> str:
        """Return what to speak to a customer: see `spoken`; `about` is the language of what the message tells of."""
        row = await self.app.database.fetch_one(
            "SELECT locale FROM customer WHERE store = :store AND id = :id", store=current_store(), id=customer
        )
        return self.spoken(row["locale"] if row else "", about)

    async def recall_language(self, discord_id: int) -> str:
        """Return the language that a Discord member was last heard in, empty for whoever is no customer."""
        row = await self.app.database.fetch_one(
            "SELECT locale FROM customer WHERE store = :store AND discord_id = :member",
            store=current_store(),
            member=discord_id,
        )
        return str(row["locale"]) if row else ""

    def spoken(self, locale: str, about: str = "") -> str:
        """Return the language of the customer's Discord if we speak it, else of what it is about, else the store's."""
        return preferred(locale, about, self.app.stores.get(current_store()).language)
