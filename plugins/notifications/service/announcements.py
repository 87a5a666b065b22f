"""Announcements: one text to many customers, a few at a time, each told at most once.

The receivers are rows made when it starts. A step takes the next few, claims each before it is told, and asks for the
step after it; so it goes on after a restart, can be stopped, and whoever was being told when the process died is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.bot.sending import Message
from guildshop.database import new_id
from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.events import Delivery, DeliveryPostponed
from guildshop.folding import fold
from guildshop.i18n import _, use_locale
from guildshop.mail import Letter, MailUnavailable
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, CustomerStatus, MessageChannel
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.notifications import tables
from guildshop.plugins.notifications.api import (
    ANNOUNCEMENTS,
    NOTIFICATION_CREATE,
    Announcement,
    AnnouncementState,
    AnnouncementStepDue,
    Audience,
    Channel,
    ReceiverState,
)
from guildshop.plugins.notifications.service.notifications import state_of
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.stores import Store

    Render = Callable[[Announcement, Store], Message]

PLUGIN = "notifications"
TITLE_LIMIT, TEXT_LIMIT, TARGET_LIMIT = 200, 3000, 100
BATCH = 10
PACE = timedelta(seconds=10)
"""How long a step waits after the one before: at most one customer a second."""
PAUSE = timedelta(minutes=5)
DRAFT_LIFE = timedelta(days=1)
COLUMNS = "id, store, title, text, audience, target, state, total, created_by, created, started, finished"


class AnnouncementService:
    """Announcements of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    # Reading

    async def get(self, actor: Actor, key: UUID) -> Announcement:
        """Return an announcement with how far it is."""
        actor.require(NOTIFICATION_CREATE)
        return await self._get(key)

    async def latest(self, actor: Actor) -> Sequence[Announcement]:
        """Return the latest announcements that were begun, newest first."""
        actor.require(NOTIFICATION_CREATE)
        rows = await self.app.database.fetch(
            "SELECT id FROM announcement WHERE store = :store AND state <> 'DRAFT' ORDER BY id DESC LIMIT 50",
            store=current_store(),
        )
        return [await self._get(row["id"]) for row in rows]

    async def reach(self, actor: Actor, announcement: Announcement) -> int:
        """Return how many customers it would go to; with a role, how many are looked at."""
        return len(await self._audience(actor, announcement))

    async def told(self, customer_id: UUID) -> Sequence[tuple[str, str, str, Any]]:
        """Return title, channel, state and time of the announcements to a customer, newest first."""
        rows = await self.app.database.fetch(
            "SELECT a.title, r.channel, r.state, r.told FROM announcement_receiver r JOIN announcement a"
            " ON a.store = r.store AND a.id = r.announcement WHERE r.store = :store AND r.customer = :customer"
            " AND r.told IS NOT NULL ORDER BY r.id DESC LIMIT 50",
            store=current_store(),
            customer=customer_id,
        )
        return [(row["title"], row["channel"], row["state"], row["told"]) for row in rows]

    # Use cases

    async def begin(self, actor: Actor, audience: Audience, target: str = "") -> Announcement:
        """Begin a draft for an audience; it is thrown away after a day."""
        actor.require(NOTIFICATION_CREATE)
        if audience is Audience.TAG and not fold(target):
            raise Invalid.field("target", _("“{tag}” is no tag. Name one that customers have.").format(tag=target))
        if audience is Audience.ROLE and not (target.isascii() and target.isdigit() and 0 < int(target[:20]) < 2**63):
            sentence = _("“{value}” is no Discord ID. Copy it from Discord; it has 17 to 20 digits.")
            raise Invalid.field("target", sentence.format(value=target[:40]))
        if audience is Audience.ALL and target:
            raise Invalid.field("target", _("What goes to all customers has no target. Leave it out."))
        if len(target) > TARGET_LIMIT:
            raise Invalid.field("target", _("The tag has more than {most} characters.").format(most=TARGET_LIMIT))
        key = new_id()
        async with self.app.work(actor) as work:
            work.delete(tables.Announcement, where="state = 'DRAFT' AND created < :old", old=work.now - DRAFT_LIFE)
            work.insert(
                tables.Announcement,
                id=key,
                title="",
                text="",
                audience=audience.value,
                target=target,
                state=AnnouncementState.DRAFT.value,
                created_by=actor.name[:100],
                created=work.now,
            )
        return await self._get(key)

    async def draft(self, actor: Actor, audience: Audience, target: str, title: str, text: str) -> Announcement:
        """Begin a draft that is written already."""
        actor.require(NOTIFICATION_CREATE)
        _written(title, text)
        begun = await self.begin(actor, audience, target)
        return await self.write(actor, begun.id, title, text)

    async def write(self, actor: Actor, key: UUID, title: str, text: str) -> Announcement:
        """Put a title and a text into a draft."""
        actor.require(NOTIFICATION_CREATE)
        title, text = _written(title, text)
        async with self.app.work(actor) as work:
            work.guard(
                tables.Announcement,
                set="title = :title, text = :text",
                where="id = :id AND state = 'DRAFT'",
                refusal=_begun(),
                id=key,
                title=title,
                text=text,
            )
        return await self._get(key)

    async def start(self, actor: Actor, key: UUID) -> Announcement:
        """Begin to tell the customers; one announcement of a store runs at a time."""
        actor.require(NOTIFICATION_CREATE)
        announcement = await self._get(key)
        receivers = await self._audience(actor, announcement)
        if not receivers:
            raise Refusal(_("There is nobody to tell: no customer fits. Choose another tag or role."))
        if not announcement.text:
            raise Refusal(_("The announcement has no text yet. Use /notify again."))
        other = Refusal(_("Another announcement is still being sent. Wait until it is done, or stop it."))
        async with self.app.work(actor) as work:
            work.guard(
                tables.Announcement,
                set="state = 'RUNNING', started = :now, total = :total",
                where="id = :id AND state = 'DRAFT'",
                refusal=_begun(),
                conflict=other,
                id=key,
                total=len(receivers),
            )
            work.insert_many(
                tables.AnnouncementReceiver,
                [
                    {"id": new_id(), "announcement": key, "customer": customer, "state": ReceiverState.WAITING.value}
                    for customer in receivers
                ],
            )
            work.record(AnnouncementStepDue(key, 1))
            work.audit(
                "announcement.start",
                subject="announcement",
                subject_id=key,
                after={"title": announcement.title, "to": f"{announcement.audience} {announcement.target}".strip()},
                note=str(len(receivers)),
            )
        return await self._get(key)

    async def stop(self, actor: Actor, key: UUID) -> Announcement:
        """Tell nobody more."""
        actor.require(NOTIFICATION_CREATE)
        async with self.app.work(actor) as work:
            work.guard(
                tables.Announcement,
                set="state = 'STOPPED', finished = :now",
                where="id = :id AND state = 'RUNNING'",
                refusal=Refusal(_("The announcement is not running any more.")),
                id=key,
            )
            work.audit("announcement.stop", subject="announcement", subject_id=key)
        return await self._get(key)

    async def discard(self, actor: Actor, key: UUID) -> None:
        """Throw a draft away."""
        actor.require(NOTIFICATION_CREATE)
        async with self.app.work(actor) as work:
            work.delete(tables.Announcement, where="id = :id AND state = 'DRAFT'", rows=1, refusal=_begun(), id=key)

    # Telling

    async def step(self, event: AnnouncementStepDue, delivery: Delivery, render: Render) -> None:
        """Tell the next few customers, and ask for the next step; `render` writes the DM."""
        if not self.app.stores.enabled(delivery.store, PLUGIN):
            raise DeliveryPostponed(self.app.now() + PAUSE, _("Notifications are switched off."))
        await self._give_up_interrupted(delivery, event.announcement)
        for receiver, customer in await self._next(event.announcement):
            announcement = await self._get(event.announcement)
            if announcement.state is not AnnouncementState.RUNNING:
                return
            await self._tell(delivery, announcement, receiver, customer, render)
        left = await self._next(event.announcement)
        async with delivery.work() as work:
            if left:
                work.record(AnnouncementStepDue(event.announcement, event.step + 1), due=work.now + PACE)
            else:
                work.guard(
                    tables.Announcement,
                    set="state = 'DONE', finished = :now",
                    where="id = :id AND state = 'RUNNING'",
                    rows=None,
                    id=event.announcement,
                )

    async def _tell(
        self, delivery: Delivery, announcement: Announcement, receiver: UUID, customer_id: UUID, render: Render
    ) -> None:
        customer = await self.app.get(CustomerService).get(customer_id)
        not_meant = await self._not_meant(announcement, customer)
        if not_meant:
            await self._mark(delivery, receiver, ReceiverState.WAITING, ReceiverState.PASSED_OVER, reason=not_meant)
            return
        await self._mark(delivery, receiver, ReceiverState.WAITING, ReceiverState.SENDING)
        try:
            state, channel, reason = await self._send(announcement, receiver, customer, render)
        except (DeliveryPostponed, MailUnavailable) as error:
            if isinstance(error, MailUnavailable) and error.uncertain:
                raise
            # Nothing was sent for sure: their turn comes again.
            await self._mark(delivery, receiver, ReceiverState.SENDING, ReceiverState.WAITING)
            if isinstance(error, MailUnavailable):
                raise DeliveryPostponed(self.app.now() + PAUSE, error.reason) from error
            raise
        unwanted = customer.id if state is ReceiverState.SUPPRESSED else None
        await self._mark(delivery, receiver, ReceiverState.SENDING, state, channel, reason, unwanted)

    async def _send(
        self, announcement: Announcement, receiver: UUID, customer: Customer, render: Render
    ) -> tuple[ReceiverState, str, str]:
        """Tell one customer by the first channel that they want and that works; return how it ended."""
        customers = self.app.get(CustomerService)
        store, topic = self.app.stores.get(announcement.store), ANNOUNCEMENTS.name
        state, reason, unwanted = ReceiverState.PASSED_OVER, _("There is no way to tell the customer."), False
        if customer.discord_id is not None:
            if await customers.wants_message(customer.id, topic):
                with use_locale(customers.spoken(customer.locale)):
                    message = replace(render(announcement, store), nonce=receiver)
                outcome = await self.app.messenger.dm(store, customer.discord_id, message)
                state, reason = ReceiverState(state_of(outcome).value), outcome.reason
                if outcome.delivered:
                    return state, Channel.DM.value, reason
            else:
                unwanted = True
        if customer.email and self.app.mail.enabled:
            if await customers.wants_message(customer.id, topic, MessageChannel.EMAIL):
                letter = Letter(announcement.title, announcement.text.split("\n\n"))
                with use_locale(customers.spoken(customer.locale)):
                    stop = customers.stop_link(customer, topic)
                    content = self.app.mail.letter(store, letter, unsubscribe=stop)
                sent = await self.app.mail.send(store, customer.email, content, key=receiver)
                if sent.delivered:
                    return ReceiverState.DELIVERED, Channel.EMAIL.value, ""
                return ReceiverState.UNDELIVERABLE, Channel.EMAIL.value, sent.reason
            unwanted = True
        if unwanted and state is ReceiverState.PASSED_OVER:
            return ReceiverState.SUPPRESSED, "", _("The customer does not want such messages.")
        return state, "", reason

    async def _not_meant(self, announcement: Announcement, customer: Customer) -> str:
        """Return why a customer is passed over, empty for whoever the announcement is for."""
        if customer.status is not CustomerStatus.ACTIVE:
            return _("The customer is not active any more.")
        if announcement.audience is not Audience.ROLE:
            return ""
        store, roles = self.app.stores.get(announcement.store), None
        if customer.discord_id is not None:
            roles = await self.app.messenger.member_roles(store, customer.discord_id)
        return "" if roles and int(announcement.target) in roles else _("The customer does not have the role.")

    # Rows

    async def _audience(self, actor: Actor, announcement: Announcement) -> list[UUID]:
        tag = announcement.target if announcement.audience is Audience.TAG else ""
        reader = replace(actor, permissions=actor.permissions | {"customer.read"})
        return await self.app.get(CustomerService).told_together(
            reader, tag=tag, members=announcement.audience is Audience.ROLE
        )

    async def _get(self, key: UUID) -> Announcement:
        row = await self.app.database.fetch_one(
            f"SELECT {COLUMNS} FROM announcement WHERE store = :store AND id = :id", store=current_store(), id=key
        )
        if row is None:
            raise NotFound(_("There is no such announcement; drafts are thrown away after a day. Use /notify again."))
        counted = await self.app.database.fetch(
            "SELECT state, COUNT(*) AS n FROM announcement_receiver"
            " WHERE store = :store AND announcement = :id GROUP BY state",
            store=current_store(),
            id=key,
        )
        values = dict(row) | {
            "audience": Audience(row["audience"]),
            "state": AnnouncementState(row["state"]),
            "counts": {ReceiverState(one["state"]): int(one["n"]) for one in counted},
        }
        return Announcement(**values)

    async def _next(self, key: UUID) -> list[tuple[UUID, UUID]]:
        rows = await self.app.database.fetch(
            "SELECT id, customer FROM announcement_receiver WHERE store = :store AND announcement = :id"
            f" AND state = 'WAITING' ORDER BY id LIMIT {BATCH}",
            store=current_store(),
            id=key,
        )
        return [(row["id"], row["customer"]) for row in rows]

    async def _give_up_interrupted(self, delivery: Delivery, key: UUID) -> None:
        """Leave those who were being told when a step was interrupted: nobody knows whether they were."""
        async with self.app.work(delivery.actor) as work:
            work.guard(
                tables.AnnouncementReceiver,
                set="state = 'UNKNOWN', told = :now",
                where="announcement = :id AND state = 'SENDING'",
                rows=None,
                id=key,
            )

    async def _mark(
        self,
        delivery: Delivery,
        receiver: UUID,
        before: ReceiverState,
        after: ReceiverState,
        channel: str = "",
        reason: str = "",
        unwanted: UUID | None = None,
    ) -> None:
        told = after not in (ReceiverState.WAITING, ReceiverState.SENDING)
        async with self.app.work(delivery.actor) as work:
            work.guard(
                tables.AnnouncementReceiver,
                set="state = :after, channel = :channel, reason = :reason, told = :told",
                where="id = :id AND state = :before",
                refusal=Refusal(_("Another process tells this customer.")),
                id=receiver,
                before=before.value,
                after=after.value,
                channel=channel,
                reason=reason,
                told=work.now if told else None,
            )
            if unwanted is not None:
                self.app.get(CustomerService).note_unwanted(work, unwanted, ANNOUNCEMENTS.name)


def _written(title: str, text: str) -> tuple[str, str]:
    """Return title and text as they are kept; refuse empty and too long ones."""
    title, text = " ".join(title.split()), text.strip()
    if not title or len(title) > TITLE_LIMIT:
        raise Invalid.field("title", _("Give a title of 1 to {most} characters.").format(most=TITLE_LIMIT))
    if not text or len(text) > TEXT_LIMIT:
        raise Invalid.field("text", _("Give a text of 1 to {most} characters.").format(most=TEXT_LIMIT))
    return title, text


def _begun() -> Refusal:
    return Refusal(_("This announcement was sent or thrown away already. Use /notify for another one."))
