"""What the database itself may refuse, told alike for SQLite and PostgreSQL."""

from __future__ import annotations

from guildshop.errors import DatabaseError


class ConstraintViolation(DatabaseError):
    """A row breaks a constraint of the schema, and the Work named no refusal for it: a fault of ours."""


class UniqueViolation(ConstraintViolation):
    """A row with these unique values exists already."""


class MigrationFailed(DatabaseError):
    """A migration cannot be applied, or an applied one is unknown; nothing was changed. `app` is its Piccolo app."""

    def __init__(self, message: str, app: str) -> None:
        """Keep the sentence and the app."""
        super().__init__(message)
        self.app = app


class OutcomeUnknown(DatabaseError):
    """The connection was lost while a unit was being committed, and nothing tells whether it happened."""
