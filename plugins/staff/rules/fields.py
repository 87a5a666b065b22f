"""Settings as forms: what a pydantic model asks for, and what was typed turned into what it takes."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.money import known_currency, parse_money, to_decimal
from guildshop.plugins.staff.api import FieldKind, SettingField

LONG_TEXT = 200
"""Characters from which on a text gets several lines."""
MONEY_UNIT = "money"
"""`Field(json_schema_extra={"unit": "money"})`: minor units of the row's currency, else the store's."""
CURRENCY = "currency"
"""The column of a row that names the currency of the row's amounts."""


def describe(model: type[BaseModel], values: BaseModel | None, leave_out: Iterable[str] = ()) -> list[SettingField]:
    """Return the settings of a model with their values; without values, those of an empty row."""
    left_out = set(leave_out)
    return [
        _field(name, info, getattr(values, name) if values is not None else _blank(info))
        for name, info in model.model_fields.items()
        if name not in left_out
    ]


def to_text(field: SettingField, value: Any, currency: str) -> str:
    """Write a value as a text field of a form holds it."""
    if value is None:
        return ""
    if field.kind is FieldKind.MONEY:
        return str(to_decimal(value, currency))
    if field.kind is FieldKind.LINES:
        return "\n".join(str(_plain(part)) for part in value)
    if field.kind is FieldKind.PAIRS:
        return "\n".join(f"{name}: {_plain(text)}" for name, text in value.items())
    return str(_plain(value))


def from_text(field: SettingField, text: str, currency: str) -> Any:
    """Return what was typed as the model takes it; what is no number stays text, for the model to refuse."""
    text = text.strip()
    if field.kind is FieldKind.TOGGLE:
        return text not in {"", "0", "false", "off"}
    if field.kind is FieldKind.LINES:
        return [_number(line) if field.columns else line for line in _lines(text)]
    if field.kind is FieldKind.PAIRS:
        return dict(_pair(field, line) for line in _lines(text))
    if not text and not field.required and field.kind in {FieldKind.NUMBER, FieldKind.MONEY, FieldKind.CHOICE}:
        return None
    if field.kind is FieldKind.MONEY:
        return parse_money(text, currency, field=field.name)
    if field.kind is FieldKind.NUMBER:
        return _number(text)
    return text


def from_form(field: SettingField, form: Mapping[str, str], currency: str) -> Any:
    """Return the value of a setting from a form of a page; rows have the names `<field>.<number>.<column>`."""
    if field.kind is not FieldKind.ROWS:
        return from_text(field, form.get(field.name, ""), currency)
    numbers = sorted({int(part) for name in form if (part := _row_number(name, field.name)) is not None})
    rows: list[dict[str, Any]] = []
    for number in numbers:
        typed = {column.name: form.get(f"{field.name}.{number}.{column.name}", "").strip() for column in field.columns}
        texts = [typed[column.name] for column in field.columns if column.kind is not FieldKind.TOGGLE]
        if not any(texts):
            continue
        priced_in = currency_of_row(typed.get(CURRENCY, ""), currency)
        row = {column.name: _cell(field, column, typed[column.name], priced_in) for column in field.columns}
        rows.append({name: value for name, value in row.items() if value is not None})
    return rows


def currency_of_row(given: str, currency: str) -> str:
    """Return the currency that the amounts of a row are in: the one it names, else the store's."""
    try:
        return known_currency(given) if given else currency
    except Invalid:
        # The model refuses it, with a sentence of its own.
        return currency


def _cell(field: SettingField, column: SettingField, text: str, currency: str) -> Any:
    """Return the value of one part of a row; Invalid names the setting that the row belongs to."""
    try:
        return from_text(column, text, currency)
    except Invalid as refusal:
        sentence = f"{_(field.label)} ({_(column.label)}): {refusal.message}"
        raise Invalid.field(field.name, sentence) from refusal


def stored(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): stored(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [stored(inner) for inner in value]
    return _plain(value)


def _field(name: str, info: FieldInfo, value: Any) -> SettingField:
    annotation, optional = _without_none(info.annotation)
    kind, choices, columns = _kind(annotation, info)
    return SettingField(
        name=name,
        label=info.title or name.replace("_", " ").capitalize(),
        description=info.description or "",
        kind=kind,
        value=value,
        choices=choices,
        minimum=_bound(info, "ge"),
        maximum=_bound(info, "le") or _bound(info, "max_length"),
        required=info.is_required() or (kind in {FieldKind.NUMBER, FieldKind.MONEY, FieldKind.CHOICE} and not optional),
        columns=columns,
    )


def _kind(annotation: Any, info: FieldInfo) -> tuple[FieldKind, Sequence[tuple[str, str]], Sequence[SettingField]]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is bool:
        return FieldKind.TOGGLE, (), ()
    extra: Mapping[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    if origin is Literal:
        return FieldKind.CHOICE, _choices(arguments, extra), ()
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return FieldKind.CHOICE, _choices([choice.value for choice in annotation], extra), ()
    if annotation is int:
        return (FieldKind.MONEY if extra.get("unit") == MONEY_UNIT else FieldKind.NUMBER), (), ()
    if annotation is str:
        return (FieldKind.LONG_TEXT if (_bound(info, "max_length") or 0) > LONG_TEXT else FieldKind.TEXT), (), ()
    if origin in {tuple, list, set, frozenset} and arguments:
        inner, _optional = _without_none(arguments[0])
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return FieldKind.ROWS, (), describe(inner, None)
        if inner in {str, int} or get_origin(inner) is Literal:
            marker = SettingField("", "", "", FieldKind.NUMBER, None)
            return FieldKind.LINES, (), ((marker,) if inner is int else ())
    if origin is dict and arguments == (str, str):
        return FieldKind.PAIRS, (), ()
    name = getattr(annotation, "__name__", "")
    return (FieldKind.SECRET if name == "Secret" or "Secret" in str(annotation) else FieldKind.OTHER), (), ()


def _choices(values: Iterable[Any], extra: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Return the values of a setting with what people read, which `json_schema_extra={"choices": {…}}` says."""
    labels = extra.get("choices") or {}
    return [(str(value), labels.get(str(value)) or _words(str(value))) for value in values]


def _bound(info: FieldInfo, name: str) -> int | None:
    """Return a limit that a field's metadata sets, such as `ge`."""
    return next((int(found) for rule in info.metadata if (found := getattr(rule, name, None)) is not None), None)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """Return an annotation without its metadata and without None, and whether None was allowed."""
    if get_origin(annotation) is Annotated:
        return _without_none(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        parts = [part for part in get_args(annotation) if part is not type(None)]
        if len(parts) == 1:
            return _without_none(parts[0])[0], len(parts) < len(get_args(annotation))
    return annotation, False


def _blank(info: FieldInfo) -> Any:
    return None if info.is_required() else info.get_default(call_default_factory=True)


def _words(text: str) -> str:
    return text.replace("_", " ").capitalize() if text.isupper() or text.islower() else text


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _number(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _pair(field: SettingField, line: str) -> tuple[str, str]:
    name, colon, text = line.partition(":")
    if not colon or not name.strip():
        raise Invalid.field(
            field.name, _("“{line}” has no name. Write each line as “name: text”.").format(line=line[:80])
        )
    return name.strip(), text.strip()


def _row_number(name: str, field: str) -> str | None:
    start, number = f"{field}.", ""
    if name.startswith(start):
        number = name.removeprefix(start).split(".")[0]
    return number if number.isascii() and number.isdigit() and len(number) < 5 else None
