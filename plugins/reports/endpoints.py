"""Reports in the JSON API: the figures of a period as the page and its files have them, and links to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from guildshop.plugins.orders.api import OrderStatus
from guildshop.plugins.reports import rules
from guildshop.plugins.reports.api import (
    REPORT_READ,
    REPORT_UPDATE,
    BuyerFigures,
    Figures,
    Owed,
    Period,
    Preset,
    Report,
    Share,
)
from guildshop.plugins.reports.service import MOST, TOP, USUAL_LIFE, ReportService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, needs, refusal

router = APIRouter(prefix="/reports", tags=["Reports"])

NO_SECRET = refusal(HTTPStatus.SERVICE_UNAVAILABLE, "No secret key is set to sign links with.")


class PeriodModel(ApiModel):
    """Days of the store's time zone, both included."""

    preset: Preset
    first: date
    last: date


class FiguresModel(ApiModel):
    """What happened in some days.

    Of `placedOrders`, `convertedOrders` have been paid since. `paidOrders` were paid in these days, for the revenue;
    refunds are what went back in these days, for `refundedOrders`, whenever these were paid.
    """

    placed_orders: int
    converted_orders: int
    paid_orders: int
    refunded_orders: int
    revenue_cents: int
    refunds_cents: int
    net_cents: int


class TotalModel(FiguresModel):
    """The figures of a whole period, with shares from 0 to 1, which are null where there is nothing to share."""

    conversion: float | None
    refund_rate: float | None


class DayModel(FiguresModel):
    """The figures of one day, and of the orders placed on it how many have which status."""

    day: date
    statuses: dict[OrderStatus, int]


class ProductFiguresModel(ApiModel):
    """What was sold of a product and did not come back, at the prices on its lines."""

    sku: str
    name: str
    pieces: int
    amount_cents: int


class BuyerModel(ApiModel):
    """What a customer's orders brought that was not given back; who must not be named is an account number."""

    customer_id: UUID
    customer_name: str
    orders: int
    amount_cents: int


class ReportModel(ApiModel):
    """A period in one currency."""

    period: PeriodModel
    currency: str
    currencies: list[str] = Field(description="In which currencies there is anything, the store's first.")
    uncounted_days: int = Field(description="Days that are still being counted: ask again until there are none.")
    total: TotalModel
    statuses: dict[OrderStatus, int]
    days: list[DayModel]
    products: list[ProductFiguresModel] = Field(description="The products that sold best, by amount.")
    customers: list[BuyerModel] | None = Field(
        description="The customers who brought most; null for callers who may not see customers."
    )


class OwedCreditModel(ApiModel):
    """Store credit that is owed in one currency, and to how many customers."""

    currency: str
    amount_cents: int
    customers: int


class OwedPointsModel(ApiModel):
    """Points that customers have, and what they are worth in the store's currency."""

    points: int
    worth_cents: int
    customers: int


class OwedModel(ApiModel):
    """What the store owes its customers; null where that is off, or not for the caller to see."""

    credit: list[OwedCreditModel] | None
    points: OwedPointsModel | None


class ReportShareModel(ApiModel):
    """A link to a report that is good at present. Its address is told once, when it is made."""

    id: UUID
    period: PeriodModel
    currency: str
    made_by: str
    created_at: datetime
    expires_at: datetime


class ReportShareRequest(ApiModel):
    """What to share, for 1, 7, 30 or 90 days; a period is a preset, or its first and last day."""

    period: Preset | None = None
    first: date | None = None
    last: date | None = None
    currency: str = Field(default="", max_length=3)
    days: int = USUAL_LIFE


class ReportLinkModel(ReportShareModel):
    """A link that was made just now: whoever has its address can read the report, in which no customer is named."""

    url: str


class RecountModel(ApiModel):
    """How many days are counted anew."""

    days: int


async def _period(
    actor: CurrentActor,
    app: CurrentApp,
    period: Annotated[Preset | None, Query(description="30 days, when no day is given either.")] = None,
    first: Annotated[date | None, Query(description="The first day of a custom period.")] = None,
    last: Annotated[date | None, Query(description="The last day of a custom period.")] = None,
) -> Period:
    return _asked(app, actor.store, period, first, last)


AskedPeriod = Annotated[Period, Depends(_period)]


@router.get("/sales", dependencies=[needs(REPORT_READ)])
async def read_sales(
    actor: CurrentActor,
    app: CurrentApp,
    period: AskedPeriod,
    currency: Annotated[str, Query(description="The store's, when none is named.", max_length=3)] = "",
    top: Annotated[int, Query(ge=1, le=MOST, description="How many products and customers to name at most.")] = TOP,
) -> ReportModel:
    """Return revenue, refunds and orders of a period by day, with the best products and customers."""
    service = app.get(ReportService)
    report = await service.report(actor, period, currency, top=top)
    return _report(report, await service.top_buyers(actor, period, report.currency, top=top))


@router.get("/owed", dependencies=[needs(REPORT_READ)])
async def read_what_is_owed(actor: CurrentActor, app: CurrentApp) -> OwedModel:
    """Return what the store owes its customers as credit and points."""
    return _owed(await app.get(ReportService).debts(actor))


@router.get("/shares", dependencies=[needs(REPORT_READ)])
async def list_report_shares(actor: CurrentActor, app: CurrentApp) -> list[ReportShareModel]:
    """List the latest 20 links to reports that are good at present, newest first."""
    return [_share(one) for one in await app.get(ReportService).shares(actor)]


@router.post(
    "/shares",
    status_code=HTTPStatus.CREATED,
    dependencies=[needs(REPORT_READ, REPORT_UPDATE)],
    responses=NO_SECRET,
)
async def share_report(actor: CurrentActor, app: CurrentApp, request: ReportShareRequest) -> ReportLinkModel:
    """Make a link to a report for whoever has it."""
    service = app.get(ReportService)
    period = _asked(app, actor.store, request.period, request.first, request.last)
    report = await service.report(actor, period, request.currency)
    share, url = await service.share(actor, period, report.currency, request.days)
    return ReportLinkModel(**_share(share).model_dump(), url=url)


@router.delete("/shares/{share_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=[needs(REPORT_UPDATE)])
async def revoke_report_share(actor: CurrentActor, app: CurrentApp, share_id: UUID) -> None:
    """End a link now."""
    await app.get(ReportService).revoke(actor, share_id)


@router.post("/recount", dependencies=[needs(REPORT_UPDATE)])
async def recount_reports(actor: CurrentActor, app: CurrentApp) -> RecountModel:
    """Have every day counted anew."""
    return RecountModel(days=await app.get(ReportService).recount(actor))


def _asked(app: CurrentApp, store: int, preset: Preset | None, first: date | None, last: date | None) -> Period:
    """Return the period that was asked for, by the rules of the page."""
    typed = {
        "period": preset.value if preset else "",
        "first": first.isoformat() if first else "",
        "last": last.isoformat() if last else "",
    }
    return rules.read_period(typed, app.now(), app.stores.get(store).time_zone)


def _report(report: Report, buyers: Sequence[BuyerFigures] | None) -> ReportModel:
    total = report.total
    return ReportModel(
        period=PeriodModel.model_validate(report.period),
        currency=report.currency,
        currencies=list(report.currencies),
        uncounted_days=report.uncounted,
        total=TotalModel(**_figures(total), conversion=total.conversion, refund_rate=total.refund_rate),
        statuses=_statuses(report.statuses),
        days=[DayModel(day=one.day, statuses=_statuses(one.statuses), **_figures(one.figures)) for one in report.days],
        products=[
            ProductFiguresModel(sku=one.sku, name=one.name, pieces=one.pieces, amount_cents=one.amount)
            for one in report.products
        ],
        customers=None if buyers is None else [_buyer(one) for one in buyers],
    )


def _figures(figures: Figures) -> dict[str, int]:
    return {
        "placed_orders": figures.placed,
        "converted_orders": figures.converted,
        "paid_orders": figures.paid,
        "refunded_orders": figures.refunded,
        "revenue_cents": figures.revenue,
        "refunds_cents": figures.refunds,
        "net_cents": figures.net,
    }


def _statuses(found: Mapping[str, int]) -> dict[OrderStatus, int]:
    return {OrderStatus(status): count for status, count in found.items()}


def _buyer(buyer: BuyerFigures) -> BuyerModel:
    return BuyerModel(
        customer_id=buyer.customer, customer_name=buyer.name, orders=buyer.orders, amount_cents=buyer.amount
    )


def _owed(owed: Owed) -> OwedModel:
    credit = owed.credit
    return OwedModel(
        credit=None
        if credit is None
        else [OwedCreditModel(currency=code, amount_cents=amount, customers=people) for code, amount, people in credit],
        points=None
        if owed.points is None
        else OwedPointsModel(points=owed.points, worth_cents=owed.points_worth, customers=owed.members),
    )


def _share(share: Share) -> ReportShareModel:
    return ReportShareModel(
        id=share.id,
        period=PeriodModel.model_validate(share.period),
        currency=share.currency,
        made_by=share.made_by,
        created_at=share.created,
        expires_at=share.expires,
    )
