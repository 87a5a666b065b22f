"""What members got as their personal data: given out, and cut loose from them when they want to be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.entitlements import tables
from guildshop.plugins.entitlements.api import day_text
from guildshop.plugins.entitlements.service.entitlements import EntitlementService
from guildshop.plugins.entitlements.service.giving import GoodsService

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


class PersonalGoods:
    """Answers the hook `register_personal_data` of customers."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self._app = app

    async def export(self, customer: Customer) -> object:
        """Return every role, channel, key and file that the member has."""
        if customer.discord_id is None:
            return []
        held = await self._app.get(EntitlementService).of_member(customer.discord_id)
        keys = await self._app.get(GoodsService).described([found for found in held if found.good is not None])
        return {
            "given": [
                {
                    "product": found.product_name,
                    "kind": found.kind,
                    "discord_id": str(found.target),
                    "status": found.status,
                    "granted_at": found.granted_at,
                    "expires_at": found.expires_at,
                }
                for found in held
                if found.good is None
            ],
            "goods": [
                {"product": one.product_name, "keys": list(one.keys), "files": [name for _key, name in one.files]}
                for one in keys
            ],
        }

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what takes the member off what they got; refused while something of it still has to end."""
        member = customer.discord_id
        held = [] if member is None else await self._app.get(EntitlementService).of_member(member)
        timed = [found for found in held if found.expires_at is not None]
        if timed:
            last = max(timed, key=lambda found: str(found.expires_at))
            raise Refusal(
                _(
                    "What {product} gave you still runs until {date}, and could not be ended without knowing you."
                    " Come back after that, or ask the staff to end it now."
                ).format(product=last.product_name, date=day_text(last.expires_at))
            )

        def join(work: Work) -> None:
            if member is not None:
                work.guard(
                    tables.Entitlement,
                    set="discord_id = NULL",
                    where="discord_id = :member",
                    rows=None,
                    member=member,
                )

        return join
