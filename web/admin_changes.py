"""What a form in Piccolo Admin changes of a row, as it is stored by now: only that is handed to a service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from piccolo.columns import JSON, JSONB, Column
from piccolo.table import Table

from guildshop.errors import Invalid, Stale
from guildshop.i18n import _
from guildshop.web.admin_tables import ServiceTable

VERSION = "version"
FORM_PRECISION = timedelta(seconds=1)
"""The admin's inputs cut times to whole seconds, so that a time that nobody touched comes back a little earlier."""

_EMPTY = (None, "")


def same_version(given: Mapping[str, Any], stored: Mapping[str, Any]) -> int | None:
    """Return the version that the form showed; Stale when the row has moved on since."""
    if VERSION not in stored or given.get(VERSION) is None:
        return None
    if given[VERSION] != stored[VERSION]:
        raise Stale(
            _(
                "Somebody else changed this row while you had it open (it is at version {now}, you saw {seen})."
                " Nothing was saved: load the page again, then repeat your change."
            ).format(now=stored[VERSION], seen=given[VERSION])
        )
    return int(stored[VERSION])


def find_changes(table: type[Table], given: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    columns = {column._meta.name: column for column in table._meta.columns}
    return {
        name: value
        for name, value in given.items()
        if name in stored and name != VERSION and not _is_same(columns[name], value, stored[name])
    }


def refuse_locked(changes: Mapping[str, Any], config: ServiceTable) -> None:
    # The front end locks these inputs: who reads the sentence has called the API, and knows columns by their names.
    locked = [name for name in changes if name not in config.editable]
    if locked:
        free = ", ".join(config.editable)
        raise Invalid(
            _("“{fields}” cannot be changed here. Nothing was saved. What can be changed: {free}.").format(
                fields=", ".join(locked), free=free
            )
        )


def _is_same(column: Column, given: Any, stored: Any) -> bool:
    """Compare a value of the form with the stored one, by what the form's inputs cannot keep apart."""
    if given == stored or (given in _EMPTY and stored in _EMPTY):
        return True
    if isinstance(given, datetime) and isinstance(stored, datetime):
        return abs(_utc(given) - _utc(stored)) < FORM_PRECISION
    if isinstance(column, JSON | JSONB):
        return bool(_json(given) == _json(stored))
    if isinstance(given, str) and isinstance(stored, str):
        return given.replace("\r\n", "\n") == stored.replace("\r\n", "\n")
    return False


def _utc(value: datetime) -> datetime:
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _json(value: Any) -> Any:
    if not isinstance(value, str | bytes):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
