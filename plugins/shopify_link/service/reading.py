"""The queries on links, all within the store in scope."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.money import Money
from guildshop.paging import Slice, from_cursor, to_cursor
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, Purchases
from guildshop.plugins.shopify_link import rules
from guildshop.plugins.shopify_link.api import (
    LINK_READ,
    Link,
    LinkAction,
    LinkLogEntry,
    LinkMethod,
    MetafieldState,
    ShopifyMissing,
    ShopifySettings,
)
from guildshop.plugins.shopify_link.client import ShopifyClient
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

LINK_COLUMNS = (
    "id, store, discord_id, username, shopify_id, name, email, orders, spent, currency, method, linked_by, created,"
    " refreshed, role_id, role_problem, role_remedy, metafields, metafields_problem, version"
)
LOG_COLUMNS = "id, type, action, actor_kind, actor_id, actor_name, discord_id, shopify_id, email, note, created"
PAGE_LIMIT = 200


class Reading:
    """Looking links up."""

    def __init__(self, app: App) -> None:
        """Belong to an application."""
        self.app = app
        self.client = ShopifyClient()

    def settings(self, store: int | None = None) -> ShopifySettings:
        """Return the account of a store, the one in scope by default."""
        return self.app.stores.settings(current_store() if store is None else store, ShopifySettings)

    def configured(self) -> ShopifySettings:
        """Return the account of the store in scope; ShopifyMissing while it is not set up."""
        settings = self.settings()
        if not settings.complete:
            raise ShopifyMissing(
                _("Shopify is not set up in this shop. An admin sets shop and access_token in its settings file.")
            )
        return settings

    async def of_member(self, discord_id: int) -> Link | None:
        """Return the link of a member, if they are linked."""
        return await self._one("discord_id = :value", discord_id)

    async def of_customer(self, shopify_id: str) -> Link | None:
        """Return the link of a Shopify customer, if they are linked."""
        return await self._one("shopify_id = :value", shopify_id)

    async def list_links(self, actor: Actor, *, text: str = "", cursor: str = "", limit: int = 50) -> Slice[Link]:
        """Return links, the newest first; `text` is looked for in names, emails and IDs."""
        actor.require(LINK_READ)
        size = min(max(limit, 1), PAGE_LIMIT)
        where, values = "", dict[str, Any]()
        if text.strip():
            where = (
                " AND (LOWER(name) LIKE :text ESCAPE '!' OR LOWER(email) LIKE :text ESCAPE '!'"
                " OR LOWER(username) LIKE :text ESCAPE '!' OR shopify_id = :exact"
                " OR CAST(discord_id AS VARCHAR(20)) = :exact)"
            )
            values = {"text": _like(text.strip().lower()), "exact": text.strip()}
        if cursor:
            moment, key = from_cursor(cursor, 2)
            where += " AND (created, id) < (:moment, :after)"
            values |= {"moment": _moment(moment), "after": _uuid(key)}
        rows = await self.app.database.fetch(
            f"SELECT {LINK_COLUMNS} FROM shopify_link WHERE store = :store{where}"
            " ORDER BY created DESC, id DESC LIMIT :size",
            store=actor.store,
            size=size + 1,
            **values,
        )
        found = [link_of(row) for row in rows[:size]]
        more = len(rows) > size
        return Slice(found, to_cursor([found[-1].created.isoformat(), str(found[-1].id)]) if more else "")

    async def search(self, actor: Actor, text: str, limit: int) -> Sequence[Link]:
        """Return the links of a Shopify customer's ID, or of an email address."""
        actor.require(LINK_READ)
        found: dict[str, Link] = {}
        for condition in ("shopify_id = :text", "LOWER(email) = :text AND email <> ''"):
            for row in await self.app.database.fetch(
                f"SELECT {LINK_COLUMNS} FROM shopify_link WHERE store = :store AND {condition} LIMIT :most",
                store=actor.store,
                text=text.strip().lower(),
                most=limit,
            ):
                link = link_of(row)
                found[link.shopify_id] = link
        return list(found.values())[:limit]

    async def counts(self, store: int) -> Mapping[str, int]:
        """Return how many links there are, and how many of them miss their role or metafields."""
        row = await self.app.database.fetch_one(
            "SELECT COUNT(*) AS links, COUNT(CASE WHEN role_problem <> '' THEN 1 END) AS roles,"
            " COUNT(CASE WHEN metafields = 'FAILED' THEN 1 END) AS metafields FROM shopify_link WHERE store = :store",
            store=store,
        )
        return {name: int(value) for name, value in (row or {}).items()}

    async def entries(self, actor: Actor, discord_id: int, limit: int = 50) -> Sequence[LinkLogEntry]:
        """Return what was done to a member's link, the latest first."""
        actor.require(LINK_READ)
        rows = await self.app.database.fetch(
            f"SELECT {LOG_COLUMNS} FROM shopify_link_log WHERE store = :store AND discord_id = :member"
            " ORDER BY created DESC, id DESC LIMIT :limit",
            store=actor.store,
            member=discord_id,
            limit=limit,
        )
        return [entry_of(row) for row in rows]

    async def data_requests(self, actor: Actor, limit: int = 10) -> Sequence[LinkLogEntry]:
        """Return the latest requests of customers for what is kept of them, but for those who were erased."""
        actor.require(LINK_READ)
        rows = await self.app.database.fetch(
            f"SELECT {LOG_COLUMNS} FROM shopify_link_log WHERE store = :store AND action = 'data_request'"
            " AND shopify_id <> '' ORDER BY created DESC, id DESC LIMIT :limit",
            store=actor.store,
            limit=limit,
        )
        return [entry_of(row) for row in rows]

    async def entry(self, key: UUID) -> tuple[LinkLogEntry, int | None, int | None] | None:
        """Return a line of the log, and the channel and message in which it stands."""
        row = await self.app.database.fetch_one(
            f"SELECT {LOG_COLUMNS}, channel_id, message_id FROM shopify_link_log WHERE store = :store AND id = :id",
            store=current_store(),
            id=key,
        )
        return None if row is None else (entry_of(row), row["channel_id"], row["message_id"])

    async def purchases(self, customer: Customer, last: int) -> Purchases | None:
        """Return what Shopify last told of a customer's purchases; None while they are not linked."""
        link = None if customer.discord_id is None else await self.of_member(customer.discord_id)
        if link is None:
            return None
        return Purchases((Money(link.spent, link.currency),), link.orders)

    async def described(self, customer: Customer) -> str:
        """Return in words whether a customer is linked to Shopify; nothing in a store that has no shop there."""
        link = None if customer.discord_id is None else await self.of_member(customer.discord_id)
        if link is None:
            return _("not linked to Shopify") if self.settings().begun else ""
        return _("Shopify customer {id}").format(id=link.shopify_id)

    async def _one(self, where: str, value: object) -> Link | None:
        row = await self.app.database.fetch_one(
            f"SELECT {LINK_COLUMNS} FROM shopify_link WHERE store = :store AND {where}",
            store=current_store(),
            value=value,
        )
        return None if row is None else link_of(row)


def link_of(row: Mapping[str, Any]) -> Link:
    """Return a row as a link."""
    return Link(**dict(row) | {"method": LinkMethod(row["method"]), "metafields": MetafieldState(row["metafields"])})


def entry_of(row: Mapping[str, Any]) -> LinkLogEntry:
    """Return a row as a line of the log."""
    names = (
        "id",
        "actor_kind",
        "actor_id",
        "actor_name",
        "discord_id",
        "shopify_id",
        "email",
        "note",
        "created",
        "type",
    )
    return LinkLogEntry(**{name: row[name] for name in names}, action=LinkAction(row["action"]))


def email_hash(email: str) -> str:
    """Return what an address is found again by where it is not kept itself."""
    return hashlib.sha256(rules.email_key(email).encode()).hexdigest()


def _like(text: str) -> str:
    escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _no_cursor() from None
    if found.tzinfo is None:
        raise _no_cursor()
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _no_cursor() from None


def _no_cursor() -> Invalid:
    return Invalid.field("cursor", _("This cursor belongs to no list. Start again from the first page."))
