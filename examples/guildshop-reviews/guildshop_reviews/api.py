"""The public face: what a review is, settings, refusals and events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from guildshop.errors import Forbidden
from guildshop.events import Event
from guildshop.i18n import lazy
from guildshop.plugins.customers.api import MessageTopic
from pydantic import BaseModel, ConfigDict, Field

PLUGIN = "reviews"
READ = "review.read"
UPDATE = "review.update"
TEXT_LENGTH = 1000
TOPIC = MessageTopic("review_requests", lazy("Requests for a review"))


class ReviewsSettings(BaseModel):
    """What a store's owner decides about reviews: `[stores."…".reviews]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ask_after_days: int = Field(
        default=7, ge=0, le=365, description="How many days after an order is complete a review is asked for; 0: never."
    )


@dataclass(frozen=True, slots=True)
class Review:
    """What a customer thinks of a product: 1 to 5 stars and a text. Hidden ones do not count."""

    id: UUID
    store: int
    customer: UUID | None
    """None once they wanted to be forgotten."""
    product: UUID
    product_name: str
    rating: int
    text: str
    hidden: bool
    created: datetime
    updated: datetime
    version: int


class NotBought(Forbidden):
    """Only those who bought a product review it."""

    code = "not-bought"


@dataclass(frozen=True, slots=True)
class ProductReviewed(Event):
    """A customer reviewed a product, or changed their review."""

    review: UUID
    product: UUID

    @property
    def key(self) -> str:
        """Return the product's ID."""
        return str(self.product)
