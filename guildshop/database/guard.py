"""The guard of the engine: no text that names a store's table runs without saying which store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def check_text(text: str, values: Mapping[str, Any]) -> None:
    """Raise ScopeError when a text reaches rows of a store that it does not name."""


def check_piccolo(dialect: str, text: str, arguments: list[Any]) -> None:
    """Raise ScopeError when a Piccolo query reaches rows of a store that is not in scope."""
