"""What loyalty keeps of a person: given out, and left without words about them when they want to be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from guildshop.database import new_id
from guildshop.errors import Refusal, Stale
from guildshop.i18n import _, grouped, ngettext
from guildshop.plugins.customers.api import Customer, Moving
from guildshop.plugins.loyalty import rules, tables
from guildshop.plugins.loyalty.api import MOST_POINTS, EntryKind
from guildshop.plugins.loyalty.service.ledger import PointsLedger

if TYPE_CHECKING:
    from guildshop.database import Work

MOST = 100_000


class PersonalPoints:
    """Answers the hook `register_personal_data` of customers."""

    def __init__(self, ledger: PointsLedger) -> None:
        """Read this ledger."""
        self._ledger = ledger

    async def export(self, customer: Customer) -> object:
        """Return the balance and everything that changed it; None without an account."""
        account = await self._ledger.account(customer.id)
        if account is None:
            return None
        return {
            "balance": account.balance,
            "lifetime": account.lifetime,
            "since": account.created,
            "entries": [
                {
                    "kind": entry.kind,
                    "points": entry.points,
                    "reason": entry.reason,
                    "order": entry.order_number,
                    "expires": entry.expires,
                    "created": entry.created,
                }
                for entry in await self._ledger.entries(customer.id, limit=MOST)
            ],
        }

    async def erase(self, customer: Customer) -> Callable[[Work], None]:
        """Return what empties the reasons that staff wrote; the points stay, as the orders do."""

        def join(work: Work) -> None:
            work.guard(
                tables.LoyaltyEntry,
                set="reason = ''",
                where="account IN (SELECT a.id FROM loyalty_account AS a WHERE a.store = :store"
                " AND a.customer = :customer)",
                rows=None,
                customer=customer.id,
            )

        return join

    async def merge(self, gone: Customer, kept: Customer, _member: int | None) -> Moving:
        """Return what books the points over, each lot with its expiry, and moves what orders earned and redeemed."""
        source, known = await self._ledger.account(gone.id), await self._ledger.account(kept.id)
        if source is None:
            return Moving((), lambda work: _without_account(work, gone))
        if source.balance + (known.balance if known else 0) > MOST_POINTS:
            raise Refusal(_("An account holds at most {most} points.").format(most=grouped(MOST_POINTS)))
        entries = await self._ledger.entries(gone.id, limit=MOST)
        lots = rules.lots([(one.points, one.expires, one.kind is EntryKind.RETURN) for one in entries], source.balance)

        def join(work: Work) -> None:
            target = new_id() if known is None else known.id
            if known is None:
                self._ledger.open(work, target, kept.id)
            self._ledger.change(work, source.id, -source.balance, gone=again(), seen=source.version, lifetime=0)
            self._ledger.change(
                work,
                target,
                source.balance,
                gone=again(),
                seen=None if known is None else known.version,
                lifetime=source.lifetime + (known.lifetime if known else 0),
            )
            enter = partial(self._ledger.enter, work, gone=again())
            if source.balance:
                told = _("Merged into {number}").format(number=kept.account_number)
                enter(source.id, EntryKind.DEDUCT, -source.balance, reason=told)
            for points, expires in lots:
                told = _("Merged from {number}").format(number=gone.account_number)
                enter(target, EntryKind.ADD, points, reason=told, expires=expires)
            work.guard(
                tables.LoyaltyOrder,
                set="account = :target, version = version + 1",
                where="account = :source",
                rows=None,
                source=source.id,
                target=target,
            )

        told = ngettext("{n} loyalty point", "{n} loyalty points", source.balance).format(n=grouped(source.balance))
        return Moving([told], join)


def _without_account(work: Work, gone: Customer) -> None:
    """Refuse where the record that goes got an account since."""
    work.guard(
        tables.LoyaltyAccount,
        set="version = version",
        where="customer = :gone",
        rows=0,
        refusal=again(),
        gone=gone.id,
    )


def again() -> Stale:
    """Return the refusal of a merge while the points change."""
    return Stale(_("The points of one of the two changed at the same moment. Try again."))
