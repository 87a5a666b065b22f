"""Invoice links in the JSON API."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from guildshop.plugins.payments.service import InvoiceLinks
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, needs, refusal

router = APIRouter(prefix="/orders", tags=["Orders"])

SHORTEST = 60
LONGEST = 90 * 24 * 3600


class InvoiceLinkRequest(ApiModel):
    """For how many seconds the link is good; the store's setting, 7 days by default, when it is left out."""

    expires_in_seconds: int | None = Field(default=None, ge=SHORTEST, le=LONGEST, strict=True)


class InvoiceLinkModel(ApiModel):
    """An address at which whoever has it can pay the order, and until when."""

    url: str
    expires_at: datetime


@router.post(
    "/{reference}/invoice-link",
    status_code=201,
    responses=refusal(HTTPStatus.SERVICE_UNAVAILABLE, "No signing secret is set."),
    dependencies=[needs("payment.link")],
)
async def make_invoice_link(
    actor: CurrentActor, app: CurrentApp, reference: str, request: InvoiceLinkRequest | None = None
) -> InvoiceLinkModel:
    """Make a signed link to the page where the order is paid; the order lasts as long as the link."""
    seconds = None if request is None else request.expires_in_seconds
    life = None if seconds is None else timedelta(seconds=seconds)
    made = await app.get(InvoiceLinks).make(actor, reference, life)
    return InvoiceLinkModel(url=made.url, expires_at=made.expires)
