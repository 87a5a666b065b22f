"""Messages as a customer's personal data, and as staff look at them on a customer's page and on an order's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from guildshop.i18n import _, ngettext
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.plugins.notifications import tables
from guildshop.plugins.notifications.api import CHANNEL_LABELS, PURPOSE_LABELS, STATE_LABELS, Channel
from guildshop.plugins.notifications.service.announcements import AnnouncementService
from guildshop.plugins.notifications.service.notifications import NotificationService
from guildshop.plugins.orders.api import Order
from guildshop.tenancy import scope

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


class PersonalMessages:
    """Answers the hooks that show, give out and erase messages."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def page_rows(self, order: Order) -> Sequence[Sequence[str]]:
        """Return the messages about an order as rows of its page."""
        return [
            (
                _(PURPOSE_LABELS[sent.purpose]),
                _(CHANNEL_LABELS[sent.channel]),
                _(STATE_LABELS[sent.state]),
                f"{sent.reason} {sent.remedy}".strip(),
            )
            for sent in await self.app.get(NotificationService).of_order(order.id)
        ]

    async def tab(self, _actor: Actor, customer: Customer) -> Mapping[str, Any]:
        """Return what was told to a customer, newest first."""
        service = self.app.get(NotificationService)
        sent = await service.of_customer(customer.id)
        numbers = await service.numbers([one.order for one in sent])
        messages = [
            {
                "what": _(PURPOSE_LABELS[one.purpose]),
                "order": numbers[one.order],
                "channel": _(CHANNEL_LABELS[one.channel]),
                "state": _(STATE_LABELS[one.state]),
                "reason": f"{one.reason} {one.remedy}".strip(),
                "at": one.created,
            }
            for one in sent
        ]
        messages += [
            {
                "what": title,
                "order": "",
                "channel": _(CHANNEL_LABELS[Channel(channel)]) if channel else "",
                "state": _(STATE_LABELS[state]),
                "reason": "",
                "at": at,
            }
            for title, channel, state, at in await self.app.get(AnnouncementService).told(customer.id)
        ]
        return {"messages": sorted(messages, key=lambda one: one["at"], reverse=True)}

    async def export(self, customer: Customer) -> object:
        """Return what the customer was told, when and by what."""
        with scope(customer.store):
            service = self.app.get(NotificationService)
            sent = await service.of_customer(customer.id)
            numbers = await service.numbers([one.order for one in sent])
            told = await self.app.get(AnnouncementService).told(customer.id)
        return [
            {
                "about": one.purpose,
                "order": numbers[one.order],
                "by": one.channel,
                "state": one.state,
                "at": one.created,
            }
            for one in sent
        ] + [{"about": title, "by": channel, "state": state, "at": at} for title, channel, state, at in told]

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what takes the member's ID and places of their messages away; that something was sent stays."""

        def join(work: Work) -> None:
            work.guard(
                tables.MessageDelivery,
                set="discord_id = NULL, channel_id = NULL, message_id = NULL, reason = '', customer = NULL",
                where="customer = :customer",
                rows=None,
                customer=customer.id,
            )
            work.delete(tables.AnnouncementReceiver, where="customer = :customer", customer=customer.id)

        return join

    async def merge(self, gone: Customer, kept: Customer, _member: int | None) -> Moving:
        """Return what moves the messages, and what is still to be told; nobody is told the same twice."""

        def join(work: Work) -> None:
            both: dict[str, Any] = {"gone": gone.id, "kept": kept.id}
            work.guard(tables.MessageDelivery, set="customer = :kept", where="customer = :gone", rows=None, **both)
            work.delete(
                tables.AnnouncementReceiver,
                where="customer = :gone AND announcement IN (SELECT r.announcement FROM announcement_receiver AS r"
                " WHERE r.store = :store AND r.customer = :kept)",
                **both,
            )
            work.guard(tables.AnnouncementReceiver, set="customer = :kept", where="customer = :gone", rows=None, **both)

        sent = len(await self.app.get(NotificationService).of_customer(gone.id))
        return Moving([ngettext("{n} message", "{n} messages", sent).format(n=sent)] if sent else [], join)
