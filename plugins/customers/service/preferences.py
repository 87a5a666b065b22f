"""What a customer wants to be told, and by what: theirs alone to decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.errors import NotFound, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, MessageChannel, MessageTopic
from guildshop.plugins.customers.service.reading import Reading
from guildshop.plugins.customers.tables import Customer as CustomerTable
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

ATTEMPTS = 25
"""As many as switches that one could press at once."""
COLUMNS = {MessageChannel.DM: "dm_preferences", MessageChannel.EMAIL: "email_preferences"}
COMMANDS = {MessageChannel.DM: "/dm-prefs", MessageChannel.EMAIL: "/email-prefs"}


class Preferences(Reading):
    """Preferences for DMs and for email: one switch for each topic, on until switched off by the customer."""

    def topics(self) -> tuple[MessageTopic, ...]:
        """Return the topics of the shop and of its plugins, each name once, in the order of the plugins."""
        found: dict[str, MessageTopic] = {}
        for plugin, topics in self.app.hooks("register_message_topics"):
            for topic in topics:
                if not self._off(plugin):
                    found.setdefault(topic.name, topic)
        return tuple(found.values())

    def wishes(self, customer: Customer, channel: MessageChannel) -> dict[str, bool]:
        """Return for each topic whether the customer wants to be told of it by that channel."""
        return {topic.name: wants(customer, topic.name, channel) for topic in self.topics()}

    async def wants_message(self, customer_id: UUID, topic: str, channel: MessageChannel = MessageChannel.DM) -> bool:
        """Tell whether the customer wants messages on that topic, DMs unless another channel is named."""
        return wants(await self.get(customer_id), topic, channel)

    async def set_dm_preference(self, actor: Actor, topic: str, wanted: bool) -> Customer:
        """Switch the DMs of a topic on or off for the acting member; nobody can do so for somebody else."""
        return await self.set_preference(actor, topic, wanted, MessageChannel.DM)

    async def set_preference(self, actor: Actor, topic: str, wanted: bool, channel: MessageChannel) -> Customer:
        """Switch a topic of the acting member on or off in one channel; nobody can do so for somebody else."""
        if topic not in {known.name for known in self.topics()}:
            raise NotFound(
                _("There are no messages called “{topic}” any more. Use {command} again.").format(
                    topic=topic, command=COMMANDS[channel]
                )
            )
        return await self._set(actor, await self.of_member(actor), topic, wanted, channel)

    async def stop_emails(self, actor: Actor, customer_id: UUID, topic: str) -> Customer:
        """Switch the emails of a topic off for whoever holds the link of such an email."""
        return await self._set(actor, await self.get(customer_id), topic, False, MessageChannel.EMAIL)

    def note_unwanted(self, work: Work, customer_id: UUID, topic: str, note: str = "") -> None:
        """Write into the audit log that a message was not sent because the customer does not want its topic."""
        work.audit("message.suppress", subject="customer", subject_id=customer_id, after={"topic": topic}, note=note)

    async def _set(
        self, actor: Actor, customer: Customer, topic: str, wanted: bool, channel: MessageChannel
    ) -> Customer:
        column = COLUMNS[channel]
        for _attempt in range(ATTEMPTS):
            known = preferences(customer, channel)
            if known.get(topic, True) == wanted:
                return customer
            try:
                async with self.app.work(actor) as work:
                    work.guard(
                        CustomerTable,
                        set=f"{column} = :preferences, version = version + 1",
                        where="id = :id AND version = :seen",
                        refusal=Stale(_("Your preferences were changed in the meantime. Please try again.")),
                        preferences={**known, topic: wanted},
                        id=customer.id,
                        seen=customer.version,
                    )
                    after = {topic: wanted, "by": channel.value}
                    work.audit("customer.preference", subject="customer", subject_id=customer.id, after=after)
            except Stale:
                customer = await self.get(customer.id)
                continue
            return await self._customer(actor.store, customer.id)
        raise Stale(_("Your preferences were changed in the meantime. Please try again."))

    def _off(self, plugin: str) -> bool:
        return not self.app.stores.enabled(current_store(), plugin)


def preferences(customer: Customer, channel: MessageChannel) -> Mapping[str, bool]:
    """Return what the customer switched in a channel."""
    return customer.dm_preferences if channel is MessageChannel.DM else customer.email_preferences


def wants(customer: Customer, topic: str, channel: MessageChannel) -> bool:
    """Tell whether the customer wants messages on the topic by that channel."""
    return preferences(customer, channel).get(topic, True)
