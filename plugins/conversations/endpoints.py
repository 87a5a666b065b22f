"""Conversations in the JSON API: listed, read with their messages, answered, claimed, closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from pydantic import Field

from guildshop.permissions import Actor
from guildshop.plugins.conversations.api import (
    CONVERSATION_READ,
    CONVERSATION_REPLY,
    TEXT_LIMIT,
    Conversation,
    ConversationState,
    ConversationView,
    Message,
    MessageKind,
    MessageState,
    MessageWay,
)
from guildshop.plugins.conversations.service import ConversationService
from guildshop.plugins.customers.service import CustomerService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, Snowflake, needs

router = APIRouter(prefix="/conversations", tags=["Conversations"])
customer_router = APIRouter(prefix="/customers", tags=["Conversations"])
ROUTERS = [router, customer_router]

MOST_MESSAGES = 10_000


class ConversationModel(ApiModel):
    """What the store and a customer say to each other. `version` counts everything that happens in it."""

    id: UUID
    customer_id: UUID
    customer_name: str
    username: str
    discord_id: Snowflake | None
    is_blocked: bool = Field(description="Whether the shop blocked the customer.")
    state: ConversationState
    is_waiting: bool = Field(description="Whether the customer said the last word.")
    claimed_by: str = Field(description="Who sees to it; empty while nobody does.")
    preview: str = Field(description="How the last message to or from the customer begins.")
    created_at: datetime
    last_message_at: datetime
    closed_at: datetime | None
    version: int


class AttachmentModel(ApiModel):
    """A file that the customer sent; it stays with Discord."""

    name: str
    url: str
    size: int


class MessageModel(ApiModel):
    """One message: of the customer, an answer, or an internal note. `reason` says why an answer did not arrive."""

    id: UUID
    conversation_id: UUID
    kind: MessageKind
    text: str
    attachments: list[AttachmentModel]
    author: str
    way: MessageWay = Field(description="How it came in: WEB is a page or the API.")
    state: MessageState
    reason: str
    remedy: str
    attempt: int
    created_at: datetime
    settled_at: datetime | None


class ConversationDetails(ConversationModel):
    """A conversation with its latest 200 messages, oldest first."""

    messages: list[MessageModel]


class ConversationCounts(ApiModel):
    """How many conversations are open, wait for an answer, and are claimed by whoever asks."""

    open: int
    waiting: int
    mine: int


class NewConversationRequest(ApiModel):
    """What to write to a customer, who has to be a Discord member."""

    customer_id: UUID
    text: str = Field(min_length=1, max_length=TEXT_LIMIT)


class MessageRequest(ApiModel):
    """An answer to the customer, or an internal note, which only staff read."""

    text: str = Field(min_length=1, max_length=TEXT_LIMIT)
    is_internal: bool = False


@router.get("", dependencies=[needs(CONVERSATION_READ)])
async def list_conversations(
    actor: CurrentActor,
    app: CurrentApp,
    view: ConversationView = ConversationView.OPEN,
    text: Annotated[str, Query(description="Words within names and messages.", max_length=100)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CursorPage[ConversationModel]:
    """List conversations, those with the latest message first."""
    found = await app.get(ConversationService).listed(actor, view, text, cursor=cursor or "", limit=limit)
    return CursorPage[ConversationModel].of(found, _conversation)


@router.post("", status_code=HTTPStatus.CREATED, dependencies=[needs(CONVERSATION_REPLY)])
async def write_to_customer(actor: CurrentActor, app: CurrentApp, request: NewConversationRequest) -> ConversationModel:
    """Write to a customer: into the open conversation with them, or a new one."""
    service = app.get(ConversationService)
    return _conversation(await service.write_to(actor, request.customer_id, request.text))


@router.get("/counts", dependencies=[needs(CONVERSATION_READ)])
async def count_conversations(actor: CurrentActor, app: CurrentApp) -> ConversationCounts:
    """Return how many conversations there are to see to."""
    counts = await app.get(ConversationService).counts(actor)
    return ConversationCounts(**{view.value: count for view, count in counts.items()})


@router.get("/{conversation_id}", dependencies=[needs(CONVERSATION_READ)])
async def read_conversation(actor: CurrentActor, app: CurrentApp, conversation_id: UUID) -> ConversationDetails:
    """Read one conversation with its latest messages."""
    service = app.get(ConversationService)
    found = await service.get(actor, conversation_id)
    messages = [_message(one) for one in await service.messages(actor, conversation_id)]
    return ConversationDetails(**_conversation(found).model_dump(), messages=messages)


@router.get("/{conversation_id}/messages", dependencies=[needs(CONVERSATION_READ)])
async def list_messages(
    actor: CurrentActor,
    app: CurrentApp,
    conversation_id: UUID,
    notes: Annotated[bool, Query(alias="includeInternal", description="Whether internal notes are among them.")] = True,
    limit: Annotated[int, Query(ge=1, le=MOST_MESSAGES, description="How many of the latest to return.")] = 200,
) -> list[MessageModel]:
    """List the latest messages of a conversation, oldest first."""
    service = app.get(ConversationService)
    await service.get(actor, conversation_id)
    found = await service.messages(actor, conversation_id, notes=notes, limit=limit)
    return [_message(one) for one in found]


@router.post("/{conversation_id}/messages", status_code=HTTPStatus.CREATED, dependencies=[needs(CONVERSATION_REPLY)])
async def write_message(
    actor: CurrentActor, app: CurrentApp, conversation_id: UUID, request: MessageRequest
) -> MessageModel:
    """Answer the customer, or keep an internal note. Whoever answers what nobody claimed sees to it from then on."""
    service, source = app.get(ConversationService), f"api:{uuid4()}"
    await service.answer(actor, conversation_id, request.text, note=request.is_internal, source=source)
    return _message(await service.message_of(actor, source))


@router.post("/messages/{message_id}/retry", dependencies=[needs(CONVERSATION_REPLY)])
async def retry_message(actor: CurrentActor, app: CurrentApp, message_id: UUID) -> ConversationModel:
    """Send an answer again that was not delivered; return its conversation."""
    return _conversation(await app.get(ConversationService).retry(actor, message_id))


@customer_router.get("/{customer_id}/conversations", dependencies=[needs(CONVERSATION_READ)])
async def list_conversations_of_customer(
    actor: CurrentActor, app: CurrentApp, customer_id: UUID
) -> list[ConversationModel]:
    """List the latest 20 conversations with a customer, the last one first."""
    customer = await app.get(CustomerService).get(customer_id)
    return [_conversation(one) for one in await app.get(ConversationService).of_customer(actor, customer.id)]


Change = Callable[[ConversationService, Actor, UUID], Awaitable[Conversation]]


def _add_change(name: str, change: Change, text: str) -> None:
    async def handle(actor: CurrentActor, app: CurrentApp, conversation_id: UUID) -> ConversationModel:
        return _conversation(await change(app.get(ConversationService), actor, conversation_id))

    router.add_api_route(
        f"/{{conversation_id}}/{name}",
        handle,
        methods=["POST"],
        name=f"{name}_conversation",
        description=text,
        dependencies=[needs(CONVERSATION_REPLY)],
    )


_add_change("claim", ConversationService.claim, "See to a conversation; refused where somebody else does.")
_add_change("release", ConversationService.release, "Let somebody else see to a conversation.")
_add_change("close", ConversationService.close, "End a conversation; what the customer writes soon after reopens it.")
_add_change("reopen", ConversationService.reopen, "Go on with a closed conversation.")


def _conversation(found: Conversation) -> ConversationModel:
    return ConversationModel(
        id=found.id,
        customer_id=found.customer,
        customer_name=found.customer_name,
        username=found.username,
        discord_id=found.discord_id,
        is_blocked=found.blocked,
        state=found.state,
        is_waiting=found.waiting,
        claimed_by=found.claimed_name,
        preview=found.preview,
        created_at=found.created,
        last_message_at=found.last_at,
        closed_at=found.closed_at,
        version=found.version,
    )


def _message(found: Message) -> MessageModel:
    return MessageModel(
        id=found.id,
        conversation_id=found.conversation,
        kind=found.kind,
        text=found.body,
        attachments=[AttachmentModel.model_validate(one) for one in found.attachments],
        author=found.author,
        way=found.way,
        state=found.state,
        reason=found.reason,
        remedy=found.remedy,
        attempt=found.attempt,
        created_at=found.created,
        settled_at=found.settled,
    )
