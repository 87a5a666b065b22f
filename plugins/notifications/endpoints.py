"""Announcements in the JSON API, and the messages that were sent about orders and to customers."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CUSTOMER_READ
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.notifications.api import (
    NOTIFICATION_CREATE,
    Announcement,
    AnnouncementState,
    Audience,
    Channel,
    DeliveryState,
    Purpose,
    ReceiverState,
    SentMessage,
)
from guildshop.plugins.notifications.service import AnnouncementService, NotificationService
from guildshop.plugins.notifications.service.announcements import TARGET_LIMIT, TEXT_LIMIT, TITLE_LIMIT
from guildshop.plugins.orders.service import OrderService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Snowflake, needs

router = APIRouter(prefix="/announcements", tags=["Announcements"])
order_router = APIRouter(prefix="/orders", tags=["Orders"])
customer_router = APIRouter(prefix="/customers", tags=["Customers"])
ROUTERS = [router, order_router, customer_router]

ORDER_READ = "order.read"


class AnnouncementText(ApiModel):
    """What an announcement says."""

    title: str = Field(min_length=1, max_length=TITLE_LIMIT)
    text: str = Field(min_length=1, max_length=TEXT_LIMIT)


class NewAnnouncementRequest(AnnouncementText):
    """An announcement to all customers, to those with a tag, or to those with a Discord role."""

    audience: Audience = Audience.ALL
    target: str = Field(default="", max_length=TARGET_LIMIT, description="The tag, or the role's ID.")


class AnnouncementModel(ApiModel):
    """An announcement and how far it is."""

    id: UUID
    title: str
    text: str
    audience: Audience
    target: str
    state: AnnouncementState
    reach: int = Field(description="How many customers it goes to; with a role, how many are looked at for it.")
    done: int = Field(description="How many are dealt with, whether they were told or not.")
    told: int = Field(description="How many were told.")
    receivers: dict[ReceiverState, int] = Field(description="How many receivers there are in which state.")
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class SentMessageModel(ApiModel):
    """A message that the shop sent, or could not send. `reason` and `remedy` are empty when it arrived."""

    id: UUID
    order_id: UUID
    purpose: Purpose
    channel: Channel
    discord_id: Snowflake | None
    state: DeliveryState
    reason: str
    remedy: str
    created_at: datetime


@router.get("", dependencies=[needs(NOTIFICATION_CREATE)])
async def list_announcements(actor: CurrentActor, app: CurrentApp) -> list[AnnouncementModel]:
    """List the latest 50 announcements that were begun, newest first."""
    service = app.get(AnnouncementService)
    return [_announcement(one, one.total) for one in await service.latest(actor)]


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[needs(NOTIFICATION_CREATE)])
async def draft_announcement(
    actor: CurrentActor, app: CurrentApp, request: NewAnnouncementRequest
) -> AnnouncementModel:
    """Write an announcement to look at: `reach` says how many it would go to. Nobody is told until it is started."""
    service = app.get(AnnouncementService)
    made = await service.draft(actor, request.audience, request.target, request.title, request.text)
    return await _shown(service, actor, made)


@router.get("/{announcement_id}", dependencies=[needs(NOTIFICATION_CREATE)])
async def read_announcement(actor: CurrentActor, app: CurrentApp, announcement_id: UUID) -> AnnouncementModel:
    """Read one announcement, to look at a draft or to see how far it is."""
    service = app.get(AnnouncementService)
    return await _shown(service, actor, await service.get(actor, announcement_id))


@router.put("/{announcement_id}", dependencies=[needs(NOTIFICATION_CREATE)])
async def rewrite_announcement(
    actor: CurrentActor, app: CurrentApp, announcement_id: UUID, request: AnnouncementText
) -> AnnouncementModel:
    """Put another title and text into a draft."""
    service = app.get(AnnouncementService)
    found = await service.get(actor, announcement_id)
    return await _shown(service, actor, await service.write(actor, found.id, request.title, request.text))


@router.post("/{announcement_id}/start", dependencies=[needs(NOTIFICATION_CREATE)])
async def start_announcement(actor: CurrentActor, app: CurrentApp, announcement_id: UUID) -> AnnouncementModel:
    """Begin to tell the customers, a few at a time; one announcement runs at a time."""
    service = app.get(AnnouncementService)
    return await _shown(service, actor, await service.start(actor, announcement_id))


@router.post("/{announcement_id}/stop", dependencies=[needs(NOTIFICATION_CREATE)])
async def stop_announcement(actor: CurrentActor, app: CurrentApp, announcement_id: UUID) -> AnnouncementModel:
    """Tell nobody more."""
    service = app.get(AnnouncementService)
    found = await service.get(actor, announcement_id)
    return await _shown(service, actor, await service.stop(actor, found.id))


@router.delete("/{announcement_id}", status_code=HTTPStatus.NO_CONTENT, dependencies=[needs(NOTIFICATION_CREATE)])
async def discard_announcement(actor: CurrentActor, app: CurrentApp, announcement_id: UUID) -> None:
    """Throw a draft away; that happens by itself after a day."""
    service = app.get(AnnouncementService)
    found = await service.get(actor, announcement_id)
    await service.discard(actor, found.id)


@order_router.get("/{reference}/messages", dependencies=[needs(ORDER_READ)])
async def list_messages_about_order(app: CurrentApp, reference: str) -> list[SentMessageModel]:
    """List what customers and staff were told about an order, and whether it arrived, oldest first."""
    order = await app.get(OrderService).get(reference)
    return [_message(one) for one in await app.get(NotificationService).of_order(order.id)]


@customer_router.get("/{customer_id}/messages", dependencies=[needs(CUSTOMER_READ)])
async def list_messages_to_customer(app: CurrentApp, customer_id: UUID) -> list[SentMessageModel]:
    """List the latest 100 messages to a customer about their orders, newest first."""
    customer = await app.get(CustomerService).get(customer_id)
    return [_message(one) for one in await app.get(NotificationService).of_customer(customer.id)]


async def _shown(service: AnnouncementService, actor: Actor, found: Announcement) -> AnnouncementModel:
    draft = found.state is AnnouncementState.DRAFT
    return _announcement(found, await service.reach(actor, found) if draft else found.total)


def _announcement(found: Announcement, reach: int) -> AnnouncementModel:
    return AnnouncementModel(
        id=found.id,
        title=found.title,
        text=found.text,
        audience=found.audience,
        target=found.target,
        state=found.state,
        reach=reach,
        done=found.done,
        told=found.told,
        receivers=dict(found.counts),
        created_by=found.created_by,
        created_at=found.created,
        started_at=found.started,
        finished_at=found.finished,
    )


def _message(sent: SentMessage) -> SentMessageModel:
    return SentMessageModel(
        id=sent.id,
        order_id=sent.order,
        purpose=sent.purpose,
        channel=sent.channel,
        discord_id=sent.discord_id,
        state=sent.state,
        reason=sent.reason,
        remedy=sent.remedy,
        created_at=sent.created,
    )
