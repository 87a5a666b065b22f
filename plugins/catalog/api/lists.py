"""Product lists, and the panels that show the shop in a channel."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from guildshop.events import Event


@dataclass(frozen=True, slots=True)
class ProductList:
    """A named collection of products in an order of its own, such as “Gifts under $20”."""

    id: UUID
    store: int
    name: str
    position: int
    version: int
    size: int = 0
    """How many products are in it, whether members see them or not."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A message in a channel from which members browse and order: of the whole shop, or of one list."""

    id: UUID
    store: int
    channel_id: int
    product_list: UUID | None
    message_id: int | None
    shown: str
    """A digest of what the message shows now; empty before it is posted."""
    problem: str
    """Why it could not be posted, in a sentence for staff."""
    version: int


@dataclass(frozen=True, slots=True)
class PanelDue(Event):
    """A panel is wanted: posted where it is missing, brought up to date where it is there."""

    panel: UUID

    @property
    def key(self) -> str:
        """Order by panel, so that none is posted twice at once."""
        return str(self.panel)


@dataclass(frozen=True, slots=True)
class PanelRemoved(Event):
    """A panel was taken off: its message is to go too, None where none was posted."""

    panel: UUID
    channel_id: int
    message_id: int | None

    @property
    def key(self) -> str:
        """The panel's ID."""
        return str(self.panel)
