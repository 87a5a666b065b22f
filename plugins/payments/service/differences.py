"""Differences between a processor's books and ours: noted once, gone when they are gone, or settled by staff."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.database import Work, new_id
from guildshop.errors import Invalid, NotFound, Stale
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.payments import tables
from guildshop.plugins.payments.api import Attempt, Difference, DifferenceKind, Figures, PaymentDiffers, Standing
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App

READ = "order.read"
SETTLE = "payment.confirm"
SHOWN = 200
NOTE_LENGTH = 500


class DifferenceService:
    """The differences of the store in scope."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    async def get(self, difference_id: UUID) -> Difference:
        """Return a difference; NotFound when there is none in this store."""
        found = await self._fetch("id = :id", id=difference_id)
        if not found:
            raise NotFound(_("There is no such difference in this store."))
        return found[0]

    async def open(self) -> Sequence[Difference]:
        """Return the differences that nobody has settled, newest first."""
        return await self._fetch("settled_at IS NULL ORDER BY found DESC, id")

    async def recent(self, actor: Actor) -> Sequence[Difference]:
        """Return open differences, then settled ones, newest first."""
        actor.require(READ)
        order = "CASE WHEN settled_at IS NULL THEN 0 ELSE 1 END, found DESC, id"
        return await self._fetch(f"1 = 1 ORDER BY {order} LIMIT {SHOWN}")

    async def of_attempt(
        self, attempt: Attempt, figures: Sequence[Figures], standing: Standing
    ) -> Callable[[Work], None]:
        """Return what notes these differences of an attempt, and takes back those that are gone."""
        subject = standing.money_id or attempt.processor_id
        before: dict[DifferenceKind, Difference] = {
            one.kind: one
            for one in await self._fetch(
                "processor = :processor AND subject = :subject AND settled_at IS NULL ORDER BY id",
                processor=attempt.method,
                subject=subject,
            )
            if one.kind is not DifferenceKind.UNKNOWN
        }

        def join(work: Work) -> None:
            gone = dict(before)
            for found in figures:
                known = gone.pop(found.kind, None)
                if known is None:
                    self._insert(work, attempt.method, subject, found, attempt.order, attempt.order_number)
                else:
                    self._see(work, known, found)
            for one in gone.values():
                self._settle(work, one.id, _("It is gone by itself."))

        return join

    async def note_unknown(self, processor: str, subject: str, figures: Figures) -> None:
        """Note money that a processor took for us and that belongs to no attempt."""
        known = await self._fetch(
            "processor = :processor AND subject = :subject AND kind = :kind ORDER BY id",
            processor=processor,
            subject=subject,
            kind=figures.kind.value,
        )
        if known:
            return
        try:
            async with self.app.work(Actor.system(current_store(), "payments")) as work:
                self._insert(work, processor, subject, figures, None, "")
        except Stale:
            return

    async def settle(self, actor: Actor, difference_id: UUID, note: str) -> None:
        """Settle a difference, with what was done about it."""
        actor.require(SETTLE)
        text = note.strip()
        if not text or len(text) > NOTE_LENGTH:
            raise Invalid.field(
                "note", _("Say in up to {most} characters what was done about it.").format(most=NOTE_LENGTH)
            )
        async with self.app.work(actor) as work:
            refusal = NotFound(_("There is no such open difference; somebody may have settled it already."))
            self._settle(work, difference_id, text, refusal)
            work.audit("payment.difference", subject="payment_difference", subject_id=difference_id, note=text)

    # Within

    def _insert(
        self, work: Work, processor: str, subject: str, found: Figures, order: UUID | None, number: str
    ) -> None:
        key = new_id()
        work.insert(
            tables.PaymentDifference,
            conflict=Stale(_("This difference was noted at the same moment.")),
            id=key,
            kind=found.kind.value,
            processor=processor,
            subject=subject,
            order_id=order,
            order_number=number,
            ours=found.ours,
            theirs=found.theirs,
            currency=found.currency,
            detail=found.detail,
            found=work.now,
            seen=work.now,
        )
        work.record(PaymentDiffers(key))

    def _see(self, work: Work, known: Difference, found: Figures) -> None:
        work.guard(
            tables.PaymentDifference,
            set="ours = :ours, theirs = :theirs, detail = :detail, seen = :now",
            where="id = :id AND settled_at IS NULL",
            rows=None,
            id=known.id,
            ours=found.ours,
            theirs=found.theirs,
            detail=found.detail,
        )

    def _settle(self, work: Work, difference_id: UUID, note: str, refusal: NotFound | None = None) -> None:
        work.guard(
            tables.PaymentDifference,
            set="settled_at = :now, settled_by = :by, note = :note",
            where="id = :id AND settled_at IS NULL",
            rows=1 if refusal else None,
            refusal=refusal,
            id=difference_id,
            by=work.actor.name[:100],
            note=note,
        )

    async def _fetch(self, condition: str, **values: Any) -> Sequence[Difference]:
        rows = await self.app.database.fetch(
            f"SELECT * FROM payment_difference WHERE store = :store AND {condition}", store=current_store(), **values
        )
        return [_difference(row) for row in rows]


def _difference(row: dict[str, Any]) -> Difference:
    same = (
        "id", "store", "processor", "subject", "order_number", "ours", "theirs", "currency", "detail", "found", "seen",
        "settled_at", "settled_by", "note",
    )  # fmt: skip
    return Difference(**{name: row[name] for name in same}, kind=DifferenceKind(row["kind"]), order=row["order_id"])
