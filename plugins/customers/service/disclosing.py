"""What staff see of a person only on purpose."""

from __future__ import annotations

from uuid import UUID

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CUSTOMER_READ
from guildshop.plugins.customers.service.reading import Reading


class Disclosing(Reading):
    """Email addresses in Discord, where a screen is easily shared."""

    async def reveal_email(self, actor: Actor, customer_id: UUID) -> str:
        """Return a customer's email address; the audit log keeps who looked."""
        actor.require(CUSTOMER_READ)
        customer = await self._customer(actor.store, customer_id)
        if not customer.email:
            raise Refusal(_("{customer} has no email address on file.").format(customer=customer.name))
        async with self.app.work(actor) as work:
            work.audit("customer.reveal", subject="customer", subject_id=customer.id, after={"field": "email"})
        return customer.email
