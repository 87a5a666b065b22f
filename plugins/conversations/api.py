"""What others may know of conversations: the data, the permissions and the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guildshop.errors import Refusal
from guildshop.events import Event
from guildshop.i18n import lazy

CONVERSATION_READ = "conversation.read"
CONVERSATION_REPLY = "conversation.reply"

TEXT_LIMIT = 4000
"""Characters of one message; what Discord takes at once is less, so longer ones go out in parts."""


class ConversationsSettings(BaseModel):
    """How conversations work in a store: `[stores."…".conversations]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    messages_per_hour: int = Field(
        title=lazy("Messages per hour"),
        default=30,
        ge=1,
        le=1000,
        description=lazy("How many messages a customer may write in an hour."),
    )


class ConversationState(StrEnum):
    """Whether a conversation goes on."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class ConversationView(StrEnum):
    """What a list of conversations shows."""

    OPEN = "open"
    WAITING = "waiting"
    """Open, and the customer said the last word."""
    MINE = "mine"
    """Open, and claimed by whoever looks."""
    CLOSED = "closed"


class MessageKind(StrEnum):
    """Who said it, to whom: a customer, staff to the customer, or staff among themselves."""

    CUSTOMER = "CUSTOMER"
    ANSWER = "ANSWER"
    NOTE = "NOTE"


class MessageWay(StrEnum):
    """How a message came in."""

    COMMAND = "COMMAND"
    DM = "DM"
    BUTTON = "BUTTON"
    WEB = "WEB"


WAY_LABELS: Mapping[MessageWay, str] = {
    MessageWay.COMMAND: lazy("by /contact"),
    MessageWay.DM: lazy("by direct message"),
    MessageWay.BUTTON: lazy("in Discord"),
    MessageWay.WEB: lazy("on this page"),
}


class MessageState(StrEnum):
    """What became of a message; only answers are sent."""

    RECEIVED = "RECEIVED"
    KEPT = "KEPT"
    QUEUED = "QUEUED"
    SENT = "SENT"
    FALLBACK = "FALLBACK"
    FAILED = "FAILED"


STATE_LABELS: Mapping[MessageState, str] = {
    MessageState.QUEUED: lazy("Queued"),
    MessageState.SENT: lazy("Sent"),
    MessageState.FALLBACK: lazy("Sent in a private thread"),
    MessageState.FAILED: lazy("Not delivered"),
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a customer sent: it stays with Discord, here are its name, its address there, and its bytes."""

    name: str
    url: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a store and one of its customers say to each other. `version` counts everything that happens in it."""

    id: UUID
    store: int
    customer: UUID
    customer_name: str
    username: str
    discord_id: int | None
    blocked: bool
    state: ConversationState
    waiting: bool
    claimed_by: str
    """Who sees to it, as `who` writes it; empty while nobody does."""
    claimed_name: str
    preview: str
    locale: str
    last_at: datetime
    created: datetime
    closed_at: datetime | None
    version: int

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.state is ConversationState.OPEN


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation. `reason` and `remedy` are sentences for staff, empty when it arrived."""

    id: UUID
    conversation: UUID
    kind: MessageKind
    body: str
    attachments: tuple[Attachment, ...]
    author: str
    way: MessageWay
    state: MessageState
    reason: str
    remedy: str
    attempt: int
    created: datetime
    settled: datetime | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a customer wrote. `source` names it once and for all, so that a second delivery adds nothing."""

    text: str
    way: MessageWay
    source: str
    attachments: tuple[Attachment, ...] = ()
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of it: the conversation, and whether that was opened or reopened by it."""

    conversation: Conversation
    begun: bool


class TooManyMessages(Refusal):
    """The customer wrote as many messages in an hour as the store takes."""

    code = "too-many-messages"


class ConversationClosed(Refusal):
    """The conversation was closed, so nothing can be said in it."""

    code = "conversation-closed"


class ConversationClaimed(Refusal):
    """Somebody else sees to the conversation."""

    code = "conversation-claimed"


@dataclass(frozen=True, slots=True)
class ConversationEvent(Event):
    """Something that happened in a conversation."""

    conversation: UUID

    @property
    def key(self) -> str:
        """Order by conversation: what is said first is sent first."""
        return str(self.conversation)


@dataclass(frozen=True, slots=True)
class CustomerWrote(ConversationEvent):
    """A customer wrote to the store; `fresh` where staff had nothing to answer before."""

    message: UUID
    fresh: bool


@dataclass(frozen=True, slots=True)
class AnswerWritten(ConversationEvent):
    """Staff wrote an answer, or want it sent again: it is to be sent. `attempt` counts from 1."""

    message: UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class ConversationChanged(ConversationEvent):
    """Staff claimed, released, closed, reopened or answered it, or an answer arrived or did not."""


@dataclass(frozen=True, slots=True)
class ConversationErased(ConversationEvent):
    """A conversation was erased with its customer; the notice of it, with what they wrote, is to go too."""

    channel_id: int
    message_id: int
