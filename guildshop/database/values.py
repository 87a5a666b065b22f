"""Python values as the two databases take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

from guildshop.errors import Invalid
from guildshop.i18n import _

Encoder = Callable[[Any], Any]

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


def to_json(value: object) -> str:
    """Return dictionaries, lists and tuples of plain values, UUIDs, dates and decimals as JSON text."""
    return orjson.dumps(value, default=_json_default, option=orjson.OPT_NON_STR_KEYS).decode()


def _json_default(value: object) -> object:
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    message = f"{type(value).__name__} cannot be kept as JSON"
    raise TypeError(message)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        message = f"the time {value.isoformat()} has no time zone: use datetime.now(UTC)"
        raise ValueError(message)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return _EARLIEST if value.year == 1 else _LATEST


def _text(value: str) -> str:
    """Return the text; PostgreSQL keeps no null character, so neither database takes one."""
    if "\0" in value:
        raise Invalid(_("This text contains a null character, which cannot be kept. Type it anew."))
    return value


def _whole(value: int) -> int:
    """Return the number; both databases keep 64 bits."""
    if not -(2**63) <= value < 2**63:
        raise too_large()
    return value


def too_large() -> Invalid:
    """Return the refusal of a number that no row can have."""
    return Invalid(_("This number is larger than any that can be kept. Give a smaller one."))


def _same(value: Any) -> Any:
    return value


_BY_TYPE: dict[str, dict[type, Encoder]] = {
    "sqlite": {
        UUID: str,
        # SQLite compares text: "…:00+00:00" sorts before "…:00.000001+00:00", so the order is that of time.
        datetime: lambda value: str(_aware(value)),
        date: date.isoformat,
        Decimal: str,
        dict: to_json,
        list: to_json,
        tuple: to_json,
        Enum: lambda value: value.value,
    },
    "postgres": {datetime: _aware, dict: to_json, list: to_json, tuple: to_json, Enum: lambda value: value.value},
}
for _encoders in _BY_TYPE.values():
    _encoders.update(dict.fromkeys((bool, float, bytes, type(None)), _same))
    _encoders.update({str: _text, int: _whole})


def encode(dialect: str, value: Any) -> Any:
    """Return the value as that dialect's driver takes it.

    Dictionaries, lists and tuples become JSON text; a naive datetime is refused with a ValueError, text with a null
    character and numbers of more than 64 bits with `Invalid`.
    """
    encoders = _BY_TYPE[dialect]
    encoder = encoders.get(type(value))
    if encoder is None:
        encoder = encoders[type(value)] = _for_subclass(encoders, type(value))
    return encoder(value)


def encode_many(dialect: str, values: Sequence[Any]) -> Any:
    """Return a list that stands behind `IN`: JSON text for SQLite, an array for PostgreSQL."""
    encoded = [encode(dialect, value) for value in values]
    return to_json(encoded) if dialect == "sqlite" else encoded


def _for_subclass(encoders: dict[type, Encoder], kind: type) -> Encoder:
    # An enumeration of text is text too, but drivers want plain text.
    for base in (Enum, bool, datetime, date, UUID, Decimal, dict, list, tuple, str, int):
        if issubclass(kind, base):
            return encoders.get(base, _same)
    return _same
