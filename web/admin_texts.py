"""What Piccolo Admin says, in the reader's language.

Labels, help and choices come with its schemas, and most of its own words by its translations. A part of its front end
is written in English without asking them (`PHRASES`): those are put right by `data_admin_texts.js`, from the same
catalogues.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piccolo_admin.translations.data import TRANSLATIONS
from piccolo_admin.translations.models import Translation
from pydantic import ValidationError

from guildshop.i18n import _, gettext_in, lazy
from guildshop.web.admin_tables import ServiceTable
from guildshop.web.locale import language_choices

WORDS = (
    lazy("About"),
    lazy("Add"),
    lazy("Add Row"),
    lazy("Apply"),
    lazy("Back"),
    lazy("Back to home page"),
    lazy("Clear filters"),
    lazy("Close"),
    lazy("Create"),
    lazy("Dark Mode"),
    lazy("Days"),
    lazy("Delete"),
    lazy("Download"),
    lazy("Download failed"),
    lazy("Download successful"),
    lazy("Edit"),
    lazy("Export CSV"),
    lazy("Filter"),
    lazy("Form submitted"),
    lazy("Hide referencing tables"),
    lazy("Home"),
    lazy("Hours"),
    lazy("Light Mode"),
    lazy("Log Out"),
    lazy("New value"),
    lazy("No results found"),
    lazy("Save"),
    lazy("Select a Column"),
    lazy("Select a column to update"),
    lazy("Set Timezone"),
    lazy("Show Filters"),
    lazy("Show referencing tables"),
    lazy("Showing"),
    lazy("Sort"),
    lazy("Submit"),
    lazy("Tables"),
    lazy("Thanks for using Piccolo Admin."),
    lazy("Update"),
    lazy("Use again"),
    lazy("Welcome to"),
    lazy("of"),
    lazy("rows"),
    lazy("selected result(s) on"),
    lazy("with a matching"),
)
"""What its own translations have too, but not well in every language: for these our catalogues stand."""

PHRASES = (
    lazy("Add sort column"),
    lazy("All"),
    lazy("Are you sure you want to delete row {0}?"),
    lazy("Are you sure you want to delete the selected rows?"),
    lazy("Are you sure you want to delete this row?"),
    lazy("Are you sure you want to logout?"),
    lazy("Bulk Update"),
    lazy("Click for more info"),
    lazy("Click to toggle children."),
    lazy("Columns"),
    lazy("Delete Row"),
    lazy("Delete selected Rows"),
    lazy("Downloaded file"),
    lazy("Edit Row"),
    lazy("Equals"),
    lazy("Error"),
    lazy("False"),
    lazy("Greater Than"),
    lazy("Greater Than or Equal To"),
    lazy("Hide forms"),
    lazy("Hide links"),
    lazy("Hide tables"),
    lazy("Include readable"),
    lazy("Invalid column name or value"),
    lazy("Less Than"),
    lazy("Less Than or Equal To"),
    lazy("Load more"),
    lazy("Method not supported - running in read only mode."),
    lazy("None"),
    lazy("Not Equal"),
    lazy("Null"),
    lazy("Page not found"),
    lazy("Please select at least one column."),
    lazy("Problem fetching {0} rows."),
    lazy("Remove"),
    lazy("Select a row from {0}"),
    lazy("Set null:"),
    lazy("Show forms"),
    lazy("Show links"),
    lazy("Show tables"),
    lazy("Successfully added row"),
    lazy("Successfully applied filter"),
    lazy("Successfully cleared filters"),
    lazy("Successfully deleted row"),
    lazy("Successfully deleted rows"),
    lazy("Successfully saved row"),
    lazy("Successfully submitted form"),
    lazy("Successfully updated rows"),
    lazy("The form has errors."),
    lazy("The server can't be reached - please try later."),
    lazy("There are more than {0}, are you sure you want to continue?"),
    lazy("Toggle all"),
    lazy("Translations"),
    lazy("True"),
    lazy("Type here to filter"),
    lazy("Unable to delete row {0} ({1})"),
    lazy("Unable to delete the row."),
    lazy("contains"),
    lazy("ends"),
    lazy("exact"),
    lazy("of {0}"),
    lazy("starts"),
    lazy("{0} per page"),
)
"""What is written in English in its front end, with `{0}` for what changes."""


FIELD_PHRASE = {"{0} field - {1}": "{0}: {1}"}
"""What is wrong with a field: its label stands before the sentence, in every language."""


def translations() -> list[Translation]:
    """Return the languages of Piccolo Admin's switch: those that all our pages speak."""
    theirs = {one.language_code.lower(): one.translations for one in TRANSLATIONS}
    found = []
    for language, name in language_choices():
        tag = language.replace("_", "-")
        known = theirs.get(tag.lower()) or theirs.get(tag.partition("-")[0].lower()) or {}
        ours = {word: gettext_in(tag, word) for word in WORDS}
        ours = {word: text for word, text in ours.items() if text != word or word not in known}
        found.append(Translation(language_name=name, language_code=tag, translations={**known, **ours}))
    return found


def phrases() -> dict[str, str]:
    """Return what to say instead of what stands in English in the front end."""
    return FIELD_PHRASE | {phrase: _(phrase) for phrase in PHRASES if _(phrase) != phrase}


def label_schema(schema: dict[str, Any], table: ServiceTable) -> None:
    """Put labels, help and the names of choices into a table's schema; its keys stay as they are."""
    for name, field in schema.get("properties", {}).items():
        field["title"] = table.column_label(name)
        _label_extra(field.get("extra") or {}, table.choice_texts(name))
    _label_extra(schema.get("extra") or {}, {})


def label_form(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a form's schema with its titles, descriptions and choices in the reader's language.

    `choices` (what each value is called) and `hidden` are ours, given by `json_schema_extra`: our script shows a list
    for the former, and leaves the latter out.
    """
    fields = {name: _translated(field) for name, field in schema.get("properties", {}).items()}
    return {**schema, "properties": fields}


def sentences(error: ValidationError) -> list[dict[str, Any]]:
    """Return what is wrong with values, each with where it is and a sentence in the reader's language."""
    return [{"loc": list(one["loc"]), "msg": _sentence(one)} for one in error.errors(include_url=False)]


def _label_extra(extra: dict[str, Any], texts: Mapping[Any, str]) -> None:
    if extra.get("help_text"):
        extra["help_text"] = _(extra["help_text"])
    for choice in (extra.get("choices") or {}).values():
        choice["display_name"] = _(texts.get(choice["value"], choice["display_name"]))


def _translated(field: Mapping[str, Any]) -> dict[str, Any]:
    texts: dict[str, Any] = {name: _(field[name]) for name in ("title", "description") if field.get(name)}
    if field.get("choices"):
        texts["choices"] = {value: _(text) for value, text in field["choices"].items()}
    return {**field, **texts}


def _sentence(error: Any) -> str:
    """Return the sentence for one of Pydantic's errors, its own where it is of no common kind."""
    kind, given = str(error["type"]), error.get("ctx", {})
    if kind in {"missing", "string_type"}:
        return _("This is missing. Fill it in.")
    if kind.startswith("int_"):
        return _("Write a whole number.")
    if kind.startswith(("float_", "decimal_")):
        return _("Write a number.")
    if kind.startswith("bool_"):
        return _("Choose yes or no.")
    if kind.startswith(("date", "time", "timezone")):
        return _("This is no time. Write it like 2026-01-31T12:00:00Z.")
    if kind.startswith("uuid_"):
        return _("This is no ID. Choose from the list.")
    if kind == "string_too_long":
        return _("Write {limit} characters at most.").format(limit=given["max_length"])
    if kind in {"enum", "literal_error"}:
        return _("Choose one of: {choices}.").format(choices=given["expected"])
    return str(error["msg"])
