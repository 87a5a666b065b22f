"""Opening sessions, taking webhooks, and settling what was paid."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from guildshop.database import new_id
from guildshop.errors import Invalid, NotConfigured, NotFound, Refusal, Stale, Unavailable
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Order, PaymentMethod
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import Received
from guildshop.plugins.payments.service import PaymentService
from guildshop.tenancy import current_store

from guildshop_paylater import rules, tables
from guildshop_paylater.api import METHOD, BeingEntered, PaylaterSettings, Session, SessionState, SessionTold, Told
from guildshop_paylater.client import PaylaterClient

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

ATTEMPTS = 3
POLL_AFTER = timedelta(minutes=10)
"""How long a webhook is waited for before PayLater is asked."""

log = structlog.get_logger(__name__)


class Duplicate(Refusal):
    """This event came before."""


class PaylaterService:
    """PayLater in the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app
        self.client = PaylaterClient()

    def methods(self, store: int) -> list[PaymentMethod]:
        """Offer PayLater where the store has an account."""
        enabled = self.app.stores.settings(store, PaylaterSettings).complete
        return [PaymentMethod(METHOD, _("PayLater"), enabled, _instructions, begin=self.begin)]

    async def begin(self, order: Order) -> str:
        """Return the address of the page where the order is paid: of the open session, or of a new one."""
        settings = self._settings(order.store)
        for _attempt in range(ATTEMPTS):
            session = await self._current(order) or await self._insert(order)
            if session is None:
                continue
            if session.state is SessionState.OPEN and session.amount == order.due and self._waits(session):
                return session.url
            if session.state is SessionState.OPEN or session.amount != order.due:
                await self._end(settings, session)
                continue
            told = await self._open(settings, session, order.number)
            return told.url
        raise Unavailable(_("PayLater is busy with this order. Please try again in a moment."))

    async def accept(self, body: bytes, signature: str) -> None:
        """Take a webhook: verified, then stored with its delivery in one Work. One that came before changes nothing."""
        secret = self._settings(current_store()).webhook_secret
        rules.verify(secret.reveal() if secret else "", signature, body, self.app.now())
        event_id, kind, reference = _read(body)
        session = None if reference is None else await self._find("id", reference)
        try:
            async with self.app.work(self._actor()) as work:
                work.insert(
                    tables.PaylaterWebhook,
                    conflict=Duplicate(_("This event came before.")),
                    id=new_id(),
                    event_id=event_id,
                    kind=kind,
                    body=body.decode(),
                    received=work.now,
                )
                if session is not None:
                    work.record(SessionTold(session.id))
        except Duplicate:
            log.info("paylater.duplicate", event_id=event_id)

    async def settle(self, event: SessionTold, delivery: Delivery) -> None:
        """Ask PayLater how a session stands; what was paid goes to the payments plugin. Forward only."""
        session = await self._find("id", event.session)
        if session is None:
            return
        told = await self._ask(session)
        if told.status == "paid":
            received = Received(session.order, METHOD, told.id, told.amount, told.currency)
            await self.app.get(PaymentService).receive(
                received, delivery, lambda work: _move(work, session, SessionState.PAID)
            )
        elif told.status in {"failed", "expired"}:
            async with delivery.work() as work:
                _move(work, session, SessionState.ENDED)

    async def poll(self, store: int) -> None:
        """Have every session looked at whose webhook may have been lost."""
        before = self.app.now() - POLL_AFTER
        rows = await self.app.database.fetch(
            "SELECT id FROM paylater_session WHERE store = :store AND state = 'OPEN' AND created < :before",
            store=store,
            before=before,
        )
        async with self.app.work(self._actor()) as work:
            for row in rows:
                work.record(SessionTold(row["id"]))

    # Within

    def _settings(self, store: int) -> PaylaterSettings:
        settings = self.app.stores.settings(store, PaylaterSettings)
        if not settings.complete:
            raise NotConfigured(_("PayLater is not set up in this shop. Ask the staff for another way to pay."))
        return settings

    def _actor(self) -> Actor:
        return Actor.system(current_store(), METHOD)

    def _waits(self, session: Session) -> bool:
        return session.expires is not None and session.expires > self.app.now()

    async def _current(self, order: Order) -> Session | None:
        row = await self.app.database.fetch_one(
            "SELECT * FROM paylater_session WHERE store = :store AND order_id = :order_id AND state IN ('NEW', 'OPEN')",
            store=order.store,
            order_id=order.id,
        )
        return None if row is None else _session(row)

    async def _find(self, column: str, value: UUID) -> Session | None:
        row = await self.app.database.fetch_one(
            f"SELECT * FROM paylater_session WHERE store = :store AND {column} = :value",
            store=current_store(),
            value=value,
        )
        return None if row is None else _session(row)

    async def _insert(self, order: Order) -> Session | None:
        """Store the key before it is used, so that a lost answer is harmless; None when somebody was faster."""
        key = new_id()
        try:
            async with self.app.work(self._actor()) as work:
                work.insert(
                    tables.PaylaterSession,
                    conflict=Stale(_("The payment was begun twice.")),
                    id=key,
                    order_id=order.id,
                    amount=order.due,
                    currency=order.currency,
                    state=SessionState.NEW.value,
                    created=work.now,
                )
        except Stale:
            return None
        return await self._find("id", key)

    async def _open(self, settings: PaylaterSettings, session: Session, number: str) -> Told:
        guild = self.app.stores.get(session.store).guild_id
        told = await self.client.create(settings, session, number, f"https://discord.com/channels/{guild}")
        if (told.reference, told.amount, told.currency) != (str(session.id), session.amount, session.currency):
            raise Unavailable(_("PayLater opened another payment than it was asked for. Tell the staff."))
        async with self.app.work(self._actor()) as work:
            work.guard(
                tables.PaylaterSession,
                set="state = 'OPEN', provider_id = :provider_id, url = :url, expires = :expires",
                where="id = :id AND state = 'NEW'",
                rows=None,
                id=session.id,
                provider_id=told.id,
                url=told.url,
                expires=told.expires,
            )
        return told

    async def _end(self, settings: PaylaterSettings, session: Session) -> None:
        """Give a session up, unless it was paid: then have that entered first."""
        if session.provider_id is not None:
            told = await self.client.get(settings, session.provider_id)
            if told.status == "paid":
                async with self.app.work(self._actor()) as work:
                    work.record(SessionTold(session.id))
                raise BeingEntered(_("Your payment has come and is being entered. Look again in a minute."))
        async with self.app.work(self._actor()) as work:
            _move(work, session, SessionState.ENDED)

    async def _ask(self, session: Session) -> Told:
        settings = self._settings(session.store)
        if session.provider_id is not None:
            return await self.client.get(settings, session.provider_id)
        # Its answer was lost: the same key returns the session that it opened.
        order = await self.app.get(OrderService).get(session.order)
        return await self._open(settings, session, order.number)


def _instructions(_order: Order) -> str:
    return _("Press the Pay button of the receipt or of /order-status. We hear from PayLater when you have paid.")


def _move(work: Work, session: Session, state: SessionState) -> None:
    """Move the session forward: what is paid stays so."""
    work.guard(
        tables.PaylaterSession,
        set="state = :state",
        where="id = :id AND state <> 'PAID'",
        rows=None,
        id=session.id,
        state=state.value,
    )


def _read(body: bytes) -> tuple[str, str, UUID | None]:
    """Return the event's ID and kind, and which of our sessions it speaks of; refuse what is no event."""
    try:
        sent = json.loads(body)
        event_id, kind, reference = sent["id"], sent["type"], sent["data"]["reference"]
    except (ValueError, KeyError, TypeError):
        raise Invalid(_("This is no event of PayLater: id, type and data.reference are needed.")) from None
    if not (isinstance(event_id, str) and 0 < len(event_id) <= 100 and isinstance(kind, str) and len(kind) <= 64):
        raise Invalid(_("This is no event of PayLater: its id or type is too long or no text."))
    try:
        return event_id, kind, UUID(str(reference))
    except ValueError:
        return event_id, kind, None


def _session(row: dict[str, Any]) -> Session:
    return Session(
        id=row["id"],
        store=row["store"],
        order=row["order_id"],
        provider_id=row["provider_id"],
        url=row["url"],
        amount=row["amount"],
        currency=row["currency"],
        state=SessionState(row["state"]),
        created=row["created"],
        expires=row["expires"],
    )


def unknown_store() -> NotFound:
    """Return the refusal of a webhook for a store that does not exist."""
    return NotFound(_("There is no such store here."))
