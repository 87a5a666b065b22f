"""The checkout step: points that a member redeems at the summary are a reduction of the goods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import Invalid
from guildshop.i18n import _, grouped, ngettext
from guildshop.money import format_money
from guildshop.permissions import Actor
from guildshop.plugins.loyalty import rules, tables
from guildshop.plugins.loyalty.api import EntryKind, LoyaltySettings, OrderPoints, PointsGone
from guildshop.plugins.loyalty.service.changing import PointsChanges
from guildshop.plugins.loyalty.service.ledger import PLUGIN
from guildshop.plugins.orders.api import Adjustment, Choice, Draft, FormField, Phase, Question, Quote, Totals

if TYPE_CHECKING:
    from guildshop.database import Work

REDEEM = "points_redeem"
REMOVE = "points_redeem_off"
POINTS = "points"


class PointsStep:
    """Redeems points."""

    name = PLUGIN
    phase = Phase.LOYALTY
    position = 0

    def __init__(self, service: PointsChanges) -> None:
        """Use this ledger."""
        self._service = service

    async def ask(self, draft: Draft) -> Question | None:
        """Ask nothing: points are redeemed at the summary."""
        return None

    async def summary_actions(self, draft: Draft, quote: Quote) -> Sequence[Question]:
        """Offer to redeem points, or to keep those that were to be redeemed."""
        title = _("Loyalty points")
        if draft.answer(self.name).get(POINTS):
            keep = Choice("remove", _("Redeem no points"))
            return (Question(self.name, REMOVE, title, "", buttons=(keep,)),)
        most = await self._most(draft, quote.totals.subtotal - quote.totals.discount)
        if not most:
            return ()
        program = self._service.program(draft.store)
        told = ngettext("{most} point takes {amount} off.", "{most} points take {amount} off.", most).format(
            most=grouped(most), amount=format_money(most * program.point_value, draft.currency)
        )
        field = FormField(POINTS, _("Number of Points"), max_length=10, value=str(most), description=told)
        return (Question(self.name, REDEEM, title, told, form=(field,), form_label=_("Redeem points")),)

    async def answer(self, actor: Actor, draft: Draft, question: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Take a number of points to redeem, or none any more."""
        if question == REMOVE or not values.get(POINTS, "").strip():
            return {}
        points = rules.parse_points(values[POINTS])
        least = self._service.program(draft.store).minimum_redemption
        if points < least:
            raise Invalid.field(POINTS, _("At least {least} points are redeemed at once.").format(least=grouped(least)))
        account = await self._service.account(draft.customer)
        balance = 0 if account is None else account.balance
        if points > balance:
            raise Invalid.field(
                POINTS,
                ngettext(
                    "You have {balance} point: {points} cannot be redeemed.",
                    "You have {balance} points: {points} cannot be redeemed.",
                    balance,
                ).format(balance=grouped(balance), points=grouped(points)),
            )
        return {POINTS: str(points)}

    async def quote(self, draft: Draft, totals: Totals) -> Sequence[Adjustment]:
        """Return what the points take off: those wanted, as far as they are there and may pay for the order."""
        goods = totals.subtotal - totals.discount - totals.loyalty
        if draft.order is not None:
            taken = await self._service.of_order(draft.order)
            return () if taken is None or not taken.redeemed else self._edited(taken, goods)
        wanted = draft.answer(self.name).get(POINTS, "")
        if not wanted:
            return ()
        points = min(int(wanted), await self._most(draft, goods))
        program = self._service.program(draft.store)
        account = await self._service.account(draft.customer)
        if account is None or points < program.minimum_redemption:
            return ()
        return (_reduction(account.id, points, program.point_value, 0),)

    def claim(self, quote: Quote, order: UUID, work: Work) -> None:
        """Take the points that the summary promised, or refuse it: used elsewhere, deducted or expired since."""
        for one in quote.adjustments:
            if one.plugin != PLUGIN or one.phase is not Phase.LOYALTY:
                continue
            account, points, value, held = one.reference.split(":")
            gone = PointsGone(_("Your points changed since the summary was shown. Look at the new total."))
            if int(held):
                # Hearing of the edit gives back what it needs no more; here it must only still be held.
                work.require(
                    tables.LoyaltyOrder,
                    where="order_id = :order AND redeemed = :held",
                    refusal=gone,
                    order=order,
                    held=int(held),
                )
                continue
            if not self._service.active(work.store):
                raise gone
            self._service.change(work, UUID(account), -int(points), gone=gone)
            self._service.enter(work, UUID(account), EntryKind.REDEEM, -int(points), gone=gone, order=order)
            work.insert(
                tables.LoyaltyOrder,
                conflict=gone,
                id=new_id(),
                order_id=order,
                account=UUID(account),
                redeemed=int(points),
                returned=0,
                value=int(value),
                base=None,
                earned=0,
                created=work.now,
                version=1,
            )

    def release(self, order: UUID, work: Work) -> None:
        """Do nothing: an edited order settles once its edit is heard of, a deleted one by its deletion check."""

    # Within

    async def _most(self, draft: Draft, goods: int) -> int:
        """Return the most points that the customer may redeem for goods of that value."""
        if not self._service.active(draft.store):
            return 0
        await self._service.expire(draft.customer)
        account = await self._service.account(draft.customer)
        if account is None:
            return 0
        program: LoyaltySettings = self._service.program(draft.store)
        return rules.redeemable(
            account.balance, goods, program.point_value, program.maximum_share, program.minimum_redemption
        )

    def _edited(self, taken: OrderPoints, goods: int) -> Sequence[Adjustment]:
        """Return what an edited order keeps of the points that it took, at what they were worth then."""
        points = min(taken.redeemed, goods // max(taken.value, 1))
        return (_reduction(taken.account, points, taken.value, taken.redeemed),) if points else ()


def _reduction(account: UUID, points: int, value: int, held: int) -> Adjustment:
    return Adjustment(
        Phase.LOYALTY,
        PLUGIN,
        "points",
        ngettext("{points} point", "{points} points", points).format(points=grouped(points)),
        points * value,
        reference=f"{account.hex}:{points}:{value}:{held}",
    )
