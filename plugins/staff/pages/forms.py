"""A section of settings as the fields of a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.plugins.staff.api import FieldKind, Section, SettingField
from guildshop.plugins.staff.rules.fields import CURRENCY, currency_of_row, to_text
from guildshop.web.pages import form_version

SPARE_ROWS = 1
"""Empty rows below those that there are, to be filled in."""


def form_fields(
    section: Section, currency: str, typed: Mapping[str, str] | None = None, refusal: Invalid | None = None
) -> list[dict[str, Any]]:
    """Return what a template shows of each field: as it is, or as it was typed, with what is wrong with it."""
    errors: dict[str, str] = {}
    for error in refusal.errors if refusal is not None else ():
        errors.setdefault(error.field.split(".")[0].split("[")[0], error.message)
    return [_field(field, currency, typed, errors.get(field.name, "")) for field in section.fields]


def version_of(form: Mapping[str, str]) -> int:
    """Return the version that a form was made from; Invalid for a form that is not ours."""
    version = form_version(form)
    if version is None:
        raise Invalid.field("version", _("This form is incomplete. Load the page again, then repeat."))
    return version


def _field(field: SettingField, currency: str, typed: Mapping[str, str] | None, error: str) -> dict[str, Any]:
    hints = {
        FieldKind.LINES: _("One on each line."),
        FieldKind.PAIRS: _("One on each line, as “name: text”."),
        FieldKind.SECRET: _("Set in the configuration file, never shown here."),
        FieldKind.OTHER: _("Set in the configuration file."),
    }
    hint = " ".join(
        part for part in (_(field.description) if field.description else "", hints.get(field.kind, "")) if part
    )
    shown: dict[str, Any] = {
        "name": field.name,
        "label": _(field.label),
        "kind": field.kind.name.lower(),
        "hint": hint,
        "error": error,
        "required": field.required,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "unit": currency if field.kind is FieldKind.MONEY else "",
        "choices": [(value, _(label)) for value, label in field.choices],
        "text": "",
        "checked": False,
        "rows": [],
        "headings": [],
        "is_set": bool(field.value),
    }
    if field.kind is FieldKind.TOGGLE:
        shown["checked"] = bool(typed.get(field.name)) if typed is not None else bool(field.value)
    elif field.kind is FieldKind.ROWS:
        shown["headings"] = [_(column.label) for column in field.columns]
        shown["rows"] = _rows(field, currency, typed)
    elif field.kind not in {FieldKind.SECRET, FieldKind.OTHER}:
        shown["text"] = typed.get(field.name, "") if typed is not None else to_text(field, field.value, currency)
    if field.kind is FieldKind.CHOICE:
        if shown["text"] not in dict(shown["choices"]):
            shown["choices"].insert(0, (shown["text"], shown["text"] or "–"))
        if not field.required and "" not in dict(shown["choices"]):
            shown["choices"].insert(0, ("", "–"))
    return shown


def _rows(field: SettingField, currency: str, typed: Mapping[str, str] | None) -> list[list[dict[str, Any]]]:
    if typed is None:
        texts = [
            {
                column.name: to_text(
                    column, getattr(row, column.name), currency_of_row(getattr(row, CURRENCY, ""), currency)
                )
                for column in field.columns
            }
            for row in field.value
        ]
        texts += [{column.name: "" for column in field.columns}] * SPARE_ROWS
    else:
        names = [name.split(".") for name in typed if name.startswith(f"{field.name}.")]
        numbers = sorted({int(parts[1]) for parts in names if len(parts) == 3 and parts[1].isdigit()})
        texts = [
            {column.name: typed.get(f"{field.name}.{number}.{column.name}", "") for column in field.columns}
            for number in numbers
        ]
    return [
        [
            {
                "name": f"{field.name}.{number}.{column.name}",
                "label": _("{column}, row {number}").format(column=_(column.label), number=number + 1),
                "kind": column.kind.name.lower(),
                "text": row[column.name],
                "choices": [(value, _(label)) for value, label in column.choices],
                "several": column.kind in {FieldKind.LINES, FieldKind.PAIRS, FieldKind.LONG_TEXT},
            }
            for column in field.columns
        ]
        for number, row in enumerate(texts)
    ]
