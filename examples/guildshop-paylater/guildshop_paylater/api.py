"""The public face: settings, what a session is, refusals, and the event that has a session looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from uuid import UUID

from guildshop.config.secret import Secret
from guildshop.errors import Refusal
from guildshop.events import Event
from pydantic import BaseModel, ConfigDict, Field

METHOD = "paylater"


class PaylaterSettings(BaseModel):
    """A store's account with PayLater: `[stores."…".paylater]`. The method is offered once all three are set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_url: str = Field(default="", pattern=r"^(https?://.+[^/])?$", description="The address of PayLater's API.")
    api_key: Secret | None = Field(default=None, description="The key that PayLater gave you.")
    webhook_secret: Secret | None = Field(default=None, description="What PayLater signs its webhooks with.")

    @property
    def complete(self) -> bool:
        """Whether the store can take payments."""
        secrets = (self.api_key, self.webhook_secret)
        return bool(self.api_url) and all(secret is not None and secret.is_set for secret in secrets)


class SessionState(StrEnum):
    """Where a session stands: `NEW` until PayLater has answered; it never leaves `PAID`."""

    NEW = "NEW"
    OPEN = "OPEN"
    PAID = "PAID"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Session:
    """One attempt to pay an order. Its ID is the idempotency key, and PayLater's reference to us."""

    id: UUID
    store: int
    order: UUID
    provider_id: str | None
    url: str
    amount: int
    currency: str
    state: SessionState
    created: datetime
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """What PayLater says of a session: `status` is open, paid, failed or expired; `amount` is in minor units."""

    id: str
    reference: str
    url: str
    status: str
    amount: int
    currency: str
    expires: datetime


class BadSignature(Refusal):
    """A webhook was not signed by PayLater, or too long ago."""

    code = "bad-signature"
    status = HTTPStatus.BAD_REQUEST


class BeingEntered(Refusal):
    """The money has come and is about to be entered."""

    code = "being-entered"


@dataclass(frozen=True, slots=True)
class SessionTold(Event):
    """PayLater had something to say about a session, or should be asked."""

    session: UUID

    @property
    def key(self) -> str:
        """Return the session's ID."""
        return str(self.session)
