"""What Piccolo Admin calls the tables, columns, choices and forms of all built-in plugins, in every language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from piccolo_admin.endpoints import FormConfig

from guildshop.app import App
from guildshop.translating import Key, read
from guildshop.web import admin_labels
from guildshop.web.admin import collect
from guildshop.web.admin_tables import ServiceTable
from guildshop.web.testing import Visitor

ROOT = Path(__file__).parents[2]
GERMAN = {"Accept-Language": "de-AT,de;q=0.9"}
TABLES = "/admin/api/tables/"


def texts_of_table(table: ServiceTable) -> Iterator[tuple[str, str | None]]:
    """Yield what a person reads of a table, with where it is read; None where nobody named it."""
    yield table.name, table.labels.tables.get(table.name) or admin_labels.TABLES.get(table.name)
    for column in table.table_class._meta.columns:
        name = column._meta.name
        if name in table.hidden:
            continue
        yield f"{table.name}.{name}", table.column_text(name)
        if column._meta.help_text:
            yield f"{table.name}.{name}?", column._meta.help_text
        for choice in column._meta.choices or ():
            yield f"{table.name}.{name}={choice.value}", table.choice_texts(name).get(choice.value)


def texts_of_form(form: FormConfig) -> Iterator[tuple[str, str | None]]:
    """Yield what a person reads of a form."""
    yield form.slug, form.name
    yield f"{form.slug}?", form.description
    for name, field in form.pydantic_model.model_json_schema()["properties"].items():
        yield f"{form.slug}.{name}", field["title"]
        for value, text in field.get("choices", {}).items():
            yield f"{form.slug}.{name}={value}", text


async def test_everything_that_is_shown_has_a_text_that_is_translated(app: App) -> None:
    known: set[Key] = set()
    for folder in (ROOT / "guildshop", *(ROOT / "plugins").iterdir()):
        known |= read(folder / "locales/de/LC_MESSAGES/guildshop.po", "de").keys()
    sections, forms = collect(app)
    read_by_people = [("", label) for _plugin, label, _tables in sections]
    read_by_people += [one for _plugin, _label, tables in sections for table in tables for one in texts_of_table(table)]
    read_by_people += [one for form in forms for one in texts_of_form(form)]
    assert len(read_by_people) > 700
    lacking = [where for where, text in read_by_people if text is None or (text, None) not in known]
    assert lacking == [], "give these a text in the plugin's admin_labels.py (or lazy() in its forms), and translate it"


async def test_labels_name_nothing_that_is_not_there(app: App) -> None:
    sections, _forms = collect(app)
    for plugin, _label, tables in sections:
        if not plugin:
            continue
        names = {table.name for table in tables}
        columns = {column._meta.name for table in tables for column in table.table_class._meta.columns}
        full = {f"{table.name}.{column._meta.name}" for table in tables for column in table.table_class._meta.columns}
        for table in tables[:1]:
            assert table.labels.tables.keys() == names, plugin
            assert table.labels.columns.keys() <= columns | full, plugin
            assert table.labels.choices.keys() <= full, plugin


@pytest.fixture
async def german(owner: Visitor) -> Visitor:
    owner.http.headers.update(GERMAN)
    return owner


async def _json(visitor: Visitor, path: str) -> Any:
    answer = await visitor.get(path)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_a_german_session_reads_german_under_the_same_keys(owner: Visitor) -> None:
    english = {
        path: await _json(owner, f"/admin/api/{path}")
        for path in ("tables/", "tables/orders/schema/", "forms/", "forms/refund-an-order/schema/")
    }
    owner.http.headers.update(GERMAN)
    german = {path: await _json(owner, f"/admin/api/{path}") for path in english}
    assert german["tables/"] == english["tables/"]
    grouped = await _json(owner, f"{TABLES}grouped/")
    assert grouped["grouped"]["Bestellungen"][:2] == ["orders", "order_line"]
    fields, before = (found["tables/orders/schema/"]["properties"] for found in (german, english))
    assert fields.keys() == before.keys()
    shown = [fields[name]["title"] for name in ("number", "status", "tracking_number", "created")]
    assert shown == ["Nummer", "Status", "Sendungsnummer", "Angelegt"]
    assert before["tracking_number"]["title"] == "Tracking number"
    paid = fields["status"]["extra"]["choices"]["PAID"]
    assert paid == {"value": "PAID", "display_name": "Bezahlt"}
    assert fields["total"]["extra"]["help_text"].startswith("In der kleinsten Währungseinheit")
    without = german["tables/orders/schema/"]["extra"]
    assert without == english["tables/orders/schema/"]["extra"]
    named = {form["slug"]: form["name"] for form in german["forms/"]}
    assert named.keys() == {form["slug"] for form in english["forms/"]}
    assert named["refund-an-order"] == "Eine Bestellung erstatten"
    asked, asked_before = (found["forms/refund-an-order/schema/"]["properties"] for found in (german, english))
    assert asked.keys() == asked_before.keys()
    assert asked["mode"]["choices"]["full"] == "Vollständig"
    assert asked_before["mode"]["choices"]["full"] == "Full"


async def test_refusals_and_the_page_around_speak_german(german: Visitor) -> None:
    path = "/admin/api/forms/restock/"
    wrong = await german.send("POST", path, {"product": "MUG", "quantity": "many"})
    assert (wrong.status, (await wrong.json())["detail"]) == (
        422,
        [{"loc": ["quantity"], "msg": "Schreiben Sie eine ganze Zahl."}],
    )
    unknown = await german.send("POST", path, {"product": "nothing", "quantity": 1})
    assert unknown.status == 422
    assert "Produkt" in (await unknown.json())["custom_form_error"]
    for nonsense in ([], "x"):
        assert (await german.send("POST", path, nonsense)).status == 422
    added = await german.send("POST", f"{TABLES}order_history/", {"text": "x"})
    assert (added.status, (await added.json())["detail"]) == (
        405,
        "Zeilen von „Bestellverlauf“ werden hier nicht hinzugefügt.",
    )
    page = await (await german.get("/admin/")).text()
    assert '<html lang="de-AT">' in page
    assert '"order_line": "Bestellpositionen"' in page
    assert '"Successfully saved row": "Zeile gespeichert"' in page
    offered = await _json(german, "/admin/public/translations/")
    assert [one["language_code"] for one in offered["translations"]] == ["de", "en", "es", "fr"]
    for language, save in (("de", "Speichern"), ("es", "Guardar"), ("fr", "Enregistrer"), ("en", "Save")):
        said = await _json(german, f"/admin/public/translations/{language}/")
        assert said["translations"]["Save"] == save
