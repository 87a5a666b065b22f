"""What a customer wants to be told: theirs alone to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.errors import NotFound, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, MessageTopic
from guildshop.plugins.customers.service.reading import Reading
from guildshop.plugins.customers.tables import Customer as CustomerTable
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.database import Work

ATTEMPTS = 5


class Preferences(Reading):
    """DM preferences: one switch for each topic, on until switched off by the customer."""

    def topics(self) -> tuple[MessageTopic, ...]:
        """Return the topics of the shop and of its plugins, each name once, in the order of the plugins."""
        found: dict[str, MessageTopic] = {}
        for plugin, topics in self.app.hooks("register_message_topics"):
            for topic in topics:
                if not self._off(plugin):
                    found.setdefault(topic.name, topic)
        return tuple(found.values())

    async def wants_message(self, customer_id: UUID, topic: str) -> bool:
        """Tell whether the customer wants DMs on that topic."""
        customer = await self.get(customer_id)
        return customer.dm_preferences.get(topic, True)

    async def set_dm_preference(self, actor: Actor, topic: str, wanted: bool) -> Customer:
        """Switch a topic of the acting member on or off; nobody can do so for somebody else."""
        if topic not in {known.name for known in self.topics()}:
            raise NotFound(
                _("There are no messages called “{topic}” any more. Use /dm-prefs again.").format(topic=topic)
            )
        for _attempt in range(ATTEMPTS):
            customer = await self.of_member(actor)
            if customer.dm_preferences.get(topic, True) == wanted:
                return customer
            changed = {**customer.dm_preferences, topic: wanted}
            try:
                async with self.app.work(actor) as work:
                    work.guard(
                        CustomerTable,
                        set="dm_preferences = :preferences, version = version + 1",
                        where="id = :id AND version = :seen",
                        refusal=Stale(_("Your preferences were changed in the meantime. Please try again.")),
                        preferences=changed,
                        id=customer.id,
                        seen=customer.version,
                    )
                    work.audit("customer.preference", subject="customer", subject_id=customer.id, after={topic: wanted})
            except Stale:
                continue
            return await self._customer(actor.store, customer.id)
        raise Stale(_("Your preferences were changed in the meantime. Please try again."))

    def note_unwanted(self, work: Work, customer_id: UUID, topic: str, note: str = "") -> None:
        """Write into the audit log that a message was not sent because the customer does not want its topic."""
        work.audit("message.unwanted", subject="customer", subject_id=customer_id, after={"topic": topic}, note=note)

    def _off(self, plugin: str) -> bool:
        return not self.app.stores.enabled(current_store(), plugin)
