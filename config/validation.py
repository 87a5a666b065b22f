"""Validation of configuration: every problem at once, one line each: the key, and a sentence on what to do with it."""

from __future__ import annotations

import difflib
import json
import os
import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from guildshop.config.secret import REFERENCE, Secret
from guildshop.errors import ConfigurationError
from guildshop.i18n import _

Location = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)

_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SECRET_KEY = re.compile(r"token|secret|password|key|url", re.IGNORECASE)
_SHOWN_CHARACTERS = 40
_CLOSE = 0.6
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class EnvironmentText(str):
    """Text that came from the environment, where a number and a list can only be text; it knows its variable."""

    variable: str

    def __new__(cls, text: str, variable: str) -> EnvironmentText:
        """Keep the text and the variable's name."""
        instance = super().__new__(cls, text)
        instance.variable = variable
        return instance


@dataclass(slots=True)
class Validation:
    """One pass over a tree of raw values: where it came from, and the problems met so far."""

    source: str
    where: Location = ()
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    problems: list[str] = field(default_factory=list)
    found: list[tuple[Location, str]] = field(default_factory=list)
    """The same problems as keys below `where`, each with what is wrong there."""
    _reported: set[Location] = field(default_factory=set)

    def report(self, location: Location, sentence: str, variable: str = "") -> None:
        """Note a problem at a key below `where`."""
        self._reported.add(location)
        self.found.append((location, sentence))
        origin = _("environment variable {name}").format(name=variable) if variable else self.source
        self.problems.append(f"{origin}: {dotted(self.where + location)}: {sentence}")

    def stop_at_problems(self) -> None:
        """Raise ConfigurationError with all the problems, if there are any."""
        if self.problems:
            raise ConfigurationError("\n".join(self.problems))

    def model(self, model: type[ModelT], raw: Mapping[str, Any]) -> ModelT | None:
        """Return the validated model, or None after noting every problem."""
        before = len(self.problems)
        self._reported.clear()
        variables: dict[Location, str] = {}
        tree = self._coerce(model, dict(raw), (), variables)
        complete = len(self.problems) == before
        try:
            # JSON mode is strict about types and still takes lists for tuples and text for dates, as TOML needs.
            made = model.model_validate_json(
                json.dumps(tree, default=str), strict=True, context={"environ": self.environ}
            )
        except ValidationError as error:
            self._report_errors(model, error.errors(include_url=False), variables)
            return None
        if not complete:
            return None
        _name_secrets(made, self.where)
        return made

    def _report_errors(
        self, model: type[BaseModel], errors: Sequence[ErrorDetails], variables: Mapping[Location, str]
    ) -> None:
        """Note pydantic's errors, those of a union's alternatives as one."""
        found: dict[Location, list[ErrorDetails]] = {}
        for details in errors:
            location = _without_branches(model, tuple(part for part in details["loc"] if part != "[key]"))
            found.setdefault(location, []).append(details)
        for location, alternatives in found.items():
            deeper = any(other[: len(location)] == location for other in found if len(other) > len(location))
            if deeper or location in self._reported:
                continue
            self.report(location, describe(model, location, alternatives), variables.get(location, ""))

    def _coerce(
        self,
        annotation: Any,
        value: Any,
        location: Location,
        variables: dict[Location, str],
    ) -> Any:
        """Turn what the environment says into the types that the model wants; leave everything else alone."""
        choices = list(_alternatives(annotation))
        if isinstance(value, EnvironmentText):
            variables[location] = value.variable
        if Any in choices and isinstance(value, EnvironmentText):  # a later validation knows the type
            return value if value.startswith(REFERENCE) else REFERENCE + value.variable
        if isinstance(value, str) and value.startswith(REFERENCE) and not _reads_later(choices):
            name = value.removeprefix(REFERENCE)
            if name not in self.environ:
                sentence = _(
                    "This reads the environment variable {name}, which is not set. Set it, or write the value here."
                )
                self.report(location, sentence.format(name=name))
                return value
            value = EnvironmentText(self.environ[name], name)
            variables[location] = name
        if isinstance(value, EnvironmentText):
            return _from_text(choices, value)
        if isinstance(value, dict):
            return {
                key: self._coerce(_below(choices, key), inner, (*location, key), variables)
                for key, inner in value.items()
            }
        if isinstance(value, list):
            return [
                self._coerce(_below(choices, index), inner, (*location, index), variables)
                for index, inner in enumerate(value)
            ]
        return value


def validate_section(
    model: type[ModelT],
    raw: Mapping[str, Any],
    where: Sequence[str | int] | str,
    *,
    source: str = "",
    environ: Mapping[str, str] | None = None,
) -> ModelT:
    """Return a part of the configuration as its model, `env:NAME` included.

    `where` is the path of keys down to it, or the same with dots. ConfigurationError says everything that
    is wrong, one line each.
    """
    path = tuple(where.split(".")) if isinstance(where, str) else tuple(where)
    validation = Validation(source or _("configuration"), path, os.environ if environ is None else environ)
    made = validation.model(model, raw)
    validation.stop_at_problems()
    if made is None:  # a model's problem is always noted
        raise ConfigurationError(dotted(path))
    return made


def find_problems(
    model: type[BaseModel], raw: Mapping[str, Any], *, environ: Mapping[str, str] | None = None
) -> list[tuple[Location, str]]:
    """Return what is wrong with the values of a model: the key, and a sentence on what it is and what to do."""
    validation = Validation("", (), os.environ if environ is None else environ)
    validation.model(model, raw)
    return validation.found


def dotted(location: Iterable[str | int]) -> str:
    """Write a path of keys as TOML does: `stores."123".orders.shipping_types[0].cost`."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        name = part if _BARE_KEY.fullmatch(part) else json.dumps(part, ensure_ascii=False)
        text += f".{name}" if text else name
    return text


def suggestion(name: str, allowed: Iterable[str]) -> str:
    """Return ` Did you mean “…”?` when something allowed is close, else nothing."""
    close = difflib.get_close_matches(name, list(allowed), n=1, cutoff=_CLOSE)
    return " " + _("Did you mean “{name}”?").format(name=close[0]) if close else ""


def unknown_key(name: str, allowed: Iterable[str]) -> str:
    """Say that a key is unknown, what is close to it and what is allowed."""
    known = sorted(allowed)
    sentence = _("There is no key of this name. Correct it, or take it out.") + suggestion(name, known)
    return sentence + " " + _("Allowed here: {names}.").format(names=", ".join(known)) if known else sentence


def describe(model: type[BaseModel], location: Location, alternatives: Sequence[ErrorDetails]) -> str:
    """Return what pydantic found wrong with each of a key's alternatives, and what to do."""
    details = alternatives[0]
    if details["type"] == "extra_forbidden":
        return unknown_key(str(location[-1]), _fields_at(model, location[:-1]))
    if details["type"] == "missing":
        return _("This is missing. Add it.")
    if details["type"] == "value_error":
        return str(details.get("ctx", {}).get("error", details["msg"]))
    rules = dict.fromkeys(_rule(details) for details in alternatives)
    sentence = _("This is {value}, but must be {rule}. Change it.").format(
        rule=_(" or ").join(rules), value=shown(location, details["input"])
    )
    names = [name for rule in rules for name in re.findall(r"'([^']*)'", rule)]
    return sentence + suggestion(str(details["input"]), names)


def _rule(details: ErrorDetails) -> str:
    expected, limit = _EXPECTED.get(details["type"]), _LIMITS.get(details["type"])
    if limit is not None:
        name, sentence = limit
        return sentence().format(limit=details.get("ctx", {}).get(name))
    return expected() if expected else details["msg"].removeprefix("Input should be ").removeprefix("Value should be ")


def shown(location: Location, value: object) -> str:
    """Return a value's type and, unless it may be a secret, the value."""
    name = next((text() for kind, text in _TYPES if isinstance(value, kind)), type(value).__name__)
    last = next((part for part in reversed(location) if isinstance(part, str)), "")
    if isinstance(value, dict | list) or _SECRET_KEY.search(last):
        return name
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f"{name} ({text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + '…'})"


_TYPES: tuple[tuple[type | types.UnionType, Callable[[], str]], ...] = (
    (bool, lambda: _("true or false")),
    (int, lambda: _("a whole number")),
    (float, lambda: _("a number with decimals")),
    (str, lambda: _("text")),
    (list, lambda: _("a list")),
    (dict, lambda: _("a table")),
)
_EXPECTED: Mapping[str, Callable[[], str]] = {
    "string_type": lambda: _("text"),
    "int_type": lambda: _("a whole number"),
    "int_parsing": lambda: _("a whole number"),
    "int_from_float": lambda: _("a whole number"),
    "float_type": lambda: _("a number"),
    "float_parsing": lambda: _("a number"),
    "bool_type": lambda: _("true or false"),
    "bool_parsing": lambda: _("true or false"),
    "list_type": lambda: _("a list"),
    "tuple_type": lambda: _("a list"),
    "set_type": lambda: _("a list"),
    "frozen_set_type": lambda: _("a list"),
    "dict_type": lambda: _("a table"),
    "model_type": lambda: _("a table"),
    "model_attributes_type": lambda: _("a table"),
}
_LIMITS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "greater_than": ("gt", lambda: _("greater than {limit}")),
    "greater_than_equal": ("ge", lambda: _("greater than or equal to {limit}")),
    "less_than": ("lt", lambda: _("less than {limit}")),
    "less_than_equal": ("le", lambda: _("less than or equal to {limit}")),
    "string_too_short": ("min_length", lambda: _("at least {limit} characters long")),
    "string_too_long": ("max_length", lambda: _("at most {limit} characters long")),
    "string_pattern_mismatch": ("pattern", lambda: _("text of the form {limit}")),
}
"""Rules that name a limit, which pydantic gives by that name."""


def _alternatives(annotation: Any) -> Iterable[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for choice in get_args(annotation):
            yield from _alternatives(choice)
    else:
        yield annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _reads_later(choices: Sequence[Any]) -> bool:
    """Tell whether `env:NAME` is to stay: for a secret, and for a table that is validated later."""
    return Secret in choices or Any in choices


def _below(choices: Sequence[Any], key: str | int) -> Any:
    """Return the annotation of what lies at a key below one of the alternatives."""
    for choice in choices:
        arguments = get_args(choice)
        origin = get_origin(choice)
        if _is_model(choice) and isinstance(key, str):
            found = choice.model_fields.get(key)
            if found is not None:
                return found.annotation
        elif origin is dict and isinstance(key, str):
            return arguments[1]
        elif origin in (list, set, frozenset, tuple) and isinstance(key, int):
            return arguments[0]
    return Any


def _without_branches(model: type[BaseModel], location: Location) -> Location:
    """Drop the labels that pydantic puts into a path for the alternatives of a union."""
    kept: list[str | int] = []
    choices: list[Any] = [model]
    for part in location:
        if part == "function-after[make(), str]" or (isinstance(part, str) and "[" in part):
            continue
        if (
            isinstance(part, str)
            and part in _BRANCHES
            and not any(_is_model(choice) or get_origin(choice) is dict for choice in choices)
        ):
            continue
        kept.append(part)
        choices = list(_alternatives(_below(choices, part)))
    return tuple(kept)


_BRANCHES = frozenset({"str", "int", "float", "bool", "none", "list", "dict"})


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    choices: list[Any] = [model]
    for part in location:
        choices = list(_alternatives(_below(choices, part)))
    return [name for choice in choices if _is_model(choice) for name in choice.model_fields]


def _from_text(choices: Sequence[Any], text: EnvironmentText) -> Any:
    origins = {get_origin(choice) or choice for choice in choices}
    if str in origins or (Secret in origins and list not in origins):
        return str(text)
    if origins & {list, set, frozenset, tuple, dict} or any(_is_model(choice) for choice in choices):
        if text.lstrip().startswith(("[", "{")):
            try:
                return json.loads(text)
            except ValueError:
                return str(text)
        if origins & {list, set, frozenset, tuple}:
            return [part.strip() for part in text.split(",") if part.strip()]
    lowered = text.strip().lower()
    if bool in origins and lowered in _TRUE | _FALSE:
        return lowered in _TRUE
    for number in (int, float):
        if number in origins:
            try:
                return number(lowered)
            except ValueError:
                continue
    return str(text)


def _name_secrets(value: object, location: Location) -> None:
    """Tell each secret its dotted key, for the error when it is missing."""
    if isinstance(value, Secret):
        value.key = dotted(location)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            _name_secrets(getattr(value, name), (*location, name))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _name_secrets(inner, (*location, str(name)))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            _name_secrets(inner, (*location, index))
