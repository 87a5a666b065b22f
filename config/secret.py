"""Secrets: values that are read only when they are needed, and that never show themselves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from guildshop.errors import ConfigurationError
from guildshop.i18n import _

REFERENCE = "env:"
MASK = "********"

_revealed: set[str] = set()
SHORTEST_MASKED = 6
"""Characters; masking shorter values would blot out ordinary words in logs."""


def revealed_values() -> frozenset[str]:
    """Return every secret that has been read so far, for the logs to mask."""
    return frozenset(_revealed)


def remember_secret(value: str) -> None:
    """Have the logs mask a value that did not come from the configuration, such as a token just made."""
    if len(value) >= SHORTEST_MASKED:
        _revealed.add(value)


class Secret:
    """A secret's own text, or `env:NAME`, which is read from the environment each time it is revealed."""

    __slots__ = ("_environ", "_text", "key")

    def __init__(self, text: str, *, key: str = "", environ: Mapping[str, str] | None = None) -> None:
        """Keep the text; `key` is the dotted key that errors name."""
        self._text = text
        self._environ = os.environ if environ is None else environ
        self.key = key

    @property
    def variable(self) -> str | None:
        """The environment variable that is read, if it is one."""
        return self._text.removeprefix(REFERENCE) if self._text.startswith(REFERENCE) else None

    @property
    def is_set(self) -> bool:
        """Whether there is a value that is not empty."""
        return bool(self._value())

    def reveal(self) -> str:
        """Return the value; ConfigurationError names the key and the variable when there is none."""
        value = self._value()
        if not value:
            raise ConfigurationError(self._missing())
        remember_secret(value)
        return value

    def reveal_or(self, default: str = "") -> str:
        """Return the value, or the default when there is none."""
        return self.reveal() if self.is_set else default

    def __repr__(self) -> str:
        """Show where the value comes from, never the value."""
        return f"Secret({self._text!r})" if self.variable is not None else f"Secret('{MASK}')"

    def __str__(self) -> str:
        """Return the mask."""
        return MASK

    def __eq__(self, other: object) -> bool:
        """Tell whether both have the same text or name the same variable."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """Hash the text or the name of the variable."""
        return hash(self._text)

    def _value(self) -> str:
        variable = self.variable
        return self._text if variable is None else self._environ.get(variable, "")

    def _missing(self) -> str:
        if self.variable is None:
            return _("{key} is empty. Set it in the configuration file, or as env:NAME to read a variable.").format(
                key=self.key or _("A secret")
            )
        return _("{key} reads the environment variable {variable}, which is not set. Set it and start again.").format(
            key=self.key or _("A secret"), variable=self.variable
        )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Take text in models; the validation's context may carry `environ`."""

        def make(value: str, info: ValidationInfo) -> Secret:
            context = info.context if isinstance(info.context, dict) else {}
            return cls(value, environ=context.get("environ"))

        return core_schema.json_or_python_schema(
            json_schema=core_schema.with_info_after_validator_function(make, core_schema.str_schema()),
            python_schema=core_schema.union_schema(
                [
                    core_schema.is_instance_schema(cls),
                    core_schema.with_info_after_validator_function(make, core_schema.str_schema()),
                ]
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )
