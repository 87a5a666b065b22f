"""Entitlements that last for a time: they begin when given, add up, remind of their end, and end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from guildshop.errors import Stale
from guildshop.events import Delivery
from guildshop.i18n import _
from guildshop.plugins.entitlements import tables
from guildshop.plugins.entitlements.api import (
    Entitlement,
    EntitlementExpiryDue,
    EntitlementReminderDue,
    EntitlementRevoked,
    EntitlementsSettings,
    EntitlementStatus,
)
from guildshop.plugins.entitlements.service.queries import EntitlementQueries

if TYPE_CHECKING:
    from guildshop.database import Work


class Terms(EntitlementQueries):
    """What time does to entitlements."""

    async def covered_until(self, entitlement: Entitlement) -> datetime | None:
        """Return until when the member has the same by what they bought before; None when there is nothing timed."""
        ends = [other.expires_at for other in await self.others_of(entitlement) if other.expires_at is not None]
        return max(ends, default=None)

    def begin_term(self, work: Work, entitlement: Entitlement, covered: datetime | None) -> None:
        """Let the time of what was just given begin now, or after what the member has already."""
        starts = work.now if covered is None else max(work.now, covered)
        expires = starts + timedelta(days=entitlement.days)
        work.guard(
            tables.Entitlement,
            set="starts_at = :starts, expires_at = :expires",
            where="id = :id AND expires_at IS NULL",
            refusal=_moved(),
            id=entitlement.id,
            starts=starts,
            expires=expires,
        )
        self._plan(work, entitlement, expires)

    async def ends_soon(self, event: EntitlementReminderDue) -> Entitlement | None:
        """Return the entitlement of a reminder, None when there is nothing to remind of any more."""
        entitlement = await self.get(event.entitlement)
        if entitlement.status is not EntitlementStatus.GRANTED or entitlement.expires_at != event.expires_at:
            return None
        for other in await self.others_of(entitlement):
            if other.expires_at is None or other.expires_at > event.expires_at:
                return None
        return entitlement

    async def close_gap(self, event: EntitlementRevoked, delivery: Delivery) -> None:
        """Move what the member bought on top of a term that ended early, so that no paid day is lost."""
        ended = await self.get(event.entitlement)
        if ended.expires_at is None or ended.starts_at is None or ended.revoked_at is None:
            return
        left = ended.expires_at - max(ended.revoked_at, ended.starts_at)
        if left <= timedelta(0):
            return
        async with delivery.work() as work:
            for other in await self.others_of(ended):
                if other.starts_at is None or other.expires_at is None or other.starts_at < ended.expires_at:
                    continue
                work.guard(
                    tables.Entitlement,
                    set="starts_at = :starts, expires_at = :expires",
                    where="id = :id AND expires_at = :before AND status <> 'REVOKED'",
                    refusal=_moved(),
                    id=other.id,
                    before=other.expires_at,
                    starts=other.starts_at - left,
                    expires=other.expires_at - left,
                )
                self._plan(work, other, other.expires_at - left)

    def _plan(self, work: Work, entitlement: Entitlement, expires: datetime) -> None:
        work.record(EntitlementExpiryDue(entitlement.id, entitlement.subject), due=expires)
        settings = self.app.stores.settings(entitlement.store, EntitlementsSettings)
        remind = expires - timedelta(days=settings.remind_days)
        # A term hardly longer than the notice needs none.
        if settings.remind_days and remind - work.now >= timedelta(days=1):
            work.record(EntitlementReminderDue(entitlement.id, expires), due=remind)


def _moved() -> Stale:
    return Stale(_("This entitlement changed at the same moment. Look at it again, then repeat."))
