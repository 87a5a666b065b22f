"""Where a customer stands, and who they are, in the JSON API: deactivated, blocked, linked, asked by email."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.plugins.customers.api import CUSTOMER_UPDATE
from guildshop.plugins.customers.endpoints.models import CustomerModel, LinkRequest, SentAnswer, customer_model
from guildshop.plugins.customers.service import CustomerService
from guildshop.web.api import CurrentActor, CurrentApp, needs, refusal
from guildshop.web.password_reset import PasswordResets

router = APIRouter(prefix="/customers", tags=["Customers"], dependencies=[needs(CUSTOMER_UPDATE)])

NO_EMAIL = refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The shop sends no email.")


@router.post("/{customer_id}/deactivate", summary="Deactivate a customer")
async def deactivate(actor: CurrentActor, app: CurrentApp, customer_id: UUID) -> CustomerModel:
    """Keep a customer from ordering and signing in; all data stays. Doing so again changes nothing."""
    return customer_model(app, await app.get(CustomerService).deactivate(actor, customer_id))


@router.post("/{customer_id}/activate", summary="Activate a customer")
async def activate(actor: CurrentActor, app: CurrentApp, customer_id: UUID) -> CustomerModel:
    """Let a deactivated customer order again."""
    return customer_model(app, await app.get(CustomerService).reactivate(actor, customer_id))


@router.post("/{customer_id}/block", summary="Block a customer")
async def block(actor: CurrentActor, app: CurrentApp, customer_id: UUID) -> CustomerModel:
    """Keep a customer out, who is told so at the next attempt."""
    return customer_model(app, await app.get(CustomerService).block(actor, customer_id))


@router.post("/{customer_id}/unblock", summary="Unblock a customer")
async def unblock(actor: CurrentActor, app: CurrentApp, customer_id: UUID) -> CustomerModel:
    """Lift the block."""
    return customer_model(app, await app.get(CustomerService).unblock(actor, customer_id))


@router.put("/{customer_id}/user", summary="Link a customer to a user")
async def link_user(actor: CurrentActor, app: CurrentApp, customer_id: UUID, request: LinkRequest) -> CustomerModel:
    """Say which user of the platform a customer is; a user is one customer of a store."""
    return customer_model(app, await app.get(CustomerService).link_user(actor, customer_id, str(request.user_id)))


@router.delete("/{customer_id}/user", summary="Unlink a customer", status_code=HTTPStatus.NO_CONTENT)
async def unlink_user(actor: CurrentActor, app: CurrentApp, customer_id: UUID) -> None:
    """End the link; neither the customer nor the user is changed otherwise."""
    await app.get(CustomerService).unlink_user(actor, customer_id)


@router.post(
    "/{customer_id}/confirm-email",
    summary="Ask a customer to confirm the email address",
    status_code=HTTPStatus.ACCEPTED,
    responses=NO_EMAIL,
)
async def ask_email(actor: CurrentActor, app: CurrentApp, customer_id: UUID) -> SentAnswer:
    """Send a link to the address on file, by which the customer confirms it."""
    return SentAnswer(to=await app.get(CustomerService).ask_email(actor, customer_id))


@router.post(
    "/{customer_id}/reset-password",
    summary="Let a customer's user set a new password",
    status_code=HTTPStatus.ACCEPTED,
    responses=NO_EMAIL,
)
async def reset_password(actor: CurrentActor, app: CurrentApp, customer_id: UUID) -> SentAnswer:
    """Email the linked user a link to a new password, which nobody else sees."""
    customer = await app.get(CustomerService).get(customer_id)
    if customer.user is None:
        raise Refusal(_("{customer} is linked to no user.").format(customer=customer.name))
    return SentAnswer(to=(await PasswordResets(app).send(actor, customer.user)).username)
