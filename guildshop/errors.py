"""What can go wrong, said so that whoever caused it knows what to do next.

A `Refusal` is an answer, not an accident: a rule said no, and its message is one clear sentence for the person who
asked. Everything else that is raised is a fault of ours and is shown with a reference only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar


class GuildshopError(Exception):
    """The base of every error that Guildshop raises on purpose."""


class ConfigurationError(GuildshopError):
    """The configuration is wrong; the message names the key and what to do."""


class DatabaseError(GuildshopError):
    """The database cannot be used; the message says why and what to do."""


class ScopeError(GuildshopError):
    """A query on a store's table ran with no store in scope, or reached for another store's rows."""


class LoadError(GuildshopError):
    """A plugin cannot be loaded; the message names the plugin."""

    def __init__(self, message: str, *, plugin: str | None = None) -> None:
        """Keep the sentence, and the plugin whose fault it is; None when it is no single one's."""
        super().__init__(message)
        self.plugin = plugin


class Refusal(GuildshopError):
    """A rule said no. The message is one sentence for the person who asked; nothing has changed."""

    status: ClassVar[HTTPStatus] = HTTPStatus.CONFLICT
    code: ClassVar[str] = "refused"

    def __init__(self, message: str, *, details: Mapping[str, object] | None = None) -> None:
        """Keep the sentence, and values that a program may want in `details`."""
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})

    def __str__(self) -> str:
        """Return the sentence."""
        return self.message


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: its name in the form or JSON body, and a sentence."""

    field: str
    message: str


class Invalid(Refusal):
    """The input is not acceptable as such: HTTP 422."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"

    def __init__(self, message: str, *, errors: Sequence[FieldError] = ()) -> None:
        """Keep the sentence and the errors of single fields."""
        super().__init__(message)
        self.errors = tuple(errors)

    @classmethod
    def field(cls, field: str, message: str) -> Invalid:
        """Return the refusal of a single field."""
        return cls(message, errors=[FieldError(field, message)])


class NotFound(Refusal):
    """There is no such thing in this store: HTTP 404, also for another store's rows."""

    status = HTTPStatus.NOT_FOUND
    code = "not-found"


class Forbidden(Refusal):
    """The actor may not do this: HTTP 403."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class Stale(Refusal):
    """Somebody else changed the row in the meantime: HTTP 409."""

    code = "stale"


class NotConfigured(Refusal):
    """The store's owner has not set up what this needs: HTTP 503."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "not-configured"


class Unavailable(Refusal):
    """A foreign service did not answer; trying again later may help: HTTP 503."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"
