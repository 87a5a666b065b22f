"""Events: past-tense facts, stored in the transaction that made them true and delivered to each listener at least once.

An event is a frozen dataclass derived from `Event`, of UUIDs, integers, strings, booleans, datetimes and tuples of
dataclasses of these. Its class name is stored, so renaming one is a migration.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar
from uuid import UUID

from pydantic import TypeAdapter

from guildshop.errors import LoadError
from guildshop.permissions import Actor

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


@dataclass(frozen=True, slots=True)
class Event:
    """A fact. `key` groups events whose order matters to a listener, as those of one order do."""

    timed: ClassVar[bool] = False
    """Whether it is a promise due later ("the order expires at T") rather than a fact of now."""

    @property
    def key(self) -> str:
        """Return the key for order: a listener hears the events of one key in the order in which they came true."""
        return ""


E_contra = TypeVar("E_contra", bound=Event, contravariant=True)


class EventHandler(Protocol[E_contra]):
    """A service method that hears an event. Raising anything makes the delivery be tried again later."""

    def __call__(self, event: E_contra, delivery: Delivery, /) -> Awaitable[None]:
        """Handle one delivery of the event."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one listener. `attempt` counts from 1."""

    app: App
    id: UUID
    event_id: UUID
    store: int
    listener: str
    attempt: int
    occurred_at: datetime

    @property
    def actor(self) -> Actor:
        """The system, named after the listener."""
        return Actor.system(self.store, self.listener)

    def work(self) -> Work:
        """Open a Work that also marks this delivery as done: its effects and the mark happen together or not at all.

        If the delivery was already done, closing the Work raises `AlreadyDelivered`, which the dispatcher takes for
        success.
        """
        return self.app.work(self.actor, delivery=self)


class AlreadyDelivered(Exception):
    """The delivery's effects have happened before; the dispatcher takes this for success."""


class DeliveryPostponed(Exception):
    """The handler wants to be called again at that time, without counting it as a failed attempt."""

    def __init__(self, until: datetime, reason: str = "") -> None:
        """Ask for another call at `until` (UTC)."""
        super().__init__(reason)
        self.until = until


class EventCodec:
    """Turns events into JSON and back, by the name of their class."""

    def __init__(self) -> None:
        """Start without any event."""
        self._types: dict[str, type[Event]] = {}
        self._adapters: dict[type[Event], TypeAdapter[Any]] = {}

    def add(self, event: type[Event]) -> None:
        """Make an event's class known; LoadError when another class has its name."""
        known = self._types.setdefault(event.__name__, event)
        if known is not event:
            message = f"two events are called {event.__name__}: {known.__module__} and {event.__module__}"
            raise LoadError(message)

    def encode(self, event: Event) -> str:
        """Return the event as JSON."""
        return self._adapter(type(event)).dump_json(event).decode()

    def decode(self, name: str, payload: str) -> Event:
        """Return the event of that class name; KeyError when no installed plugin knows it."""
        kind = self._types[name]
        decoded: Event = self._adapter(kind).validate_json(payload)
        return decoded

    def _adapter(self, kind: type[Event]) -> TypeAdapter[Any]:
        adapter = self._adapters.get(kind)
        if adapter is None:
            adapter = self._adapters[kind] = TypeAdapter(kind)
        return adapter


Clock = Callable[[], datetime]
