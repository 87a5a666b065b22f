"""Keeping catalogues: what is found in sources, what an update keeps, what a check says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from guildshop import translating
from guildshop.cli import main
from guildshop.translating import Room

CODE = """
from discord import app_commands
from guildshop.i18n import _, lazy, ngettext, pgettext

TITLE = lazy("A {thing}" " in two parts")


@app_commands.command(name="frob-it", description=lazy("Frobs."))
@app_commands.rename(shelf="list")
@app_commands.describe(shelf=lazy("Which."))
async def frob(interaction, shelf, much=1):
    kept = _("Kept: {n}").format(n=much)
    return ngettext("{n} frob", "{n} frobs", much), pgettext("verb", "order"), _(kept), _(f"never {much}")
"""
TEMPLATE = "<p>{{ _('On a page') }}</p>{% if x %}{{ ngettext('{n} page', '{n} pages', x) }}{% endif %}"
KEYS = {
    ("A {thing} in two parts", None),
    ("Frobs.", None),
    ("Which.", None),
    ("Kept: {n}", None),
    (("{n} frob", "{n} frobs"), None),
    ("order", "verb"),
    ("frob-it", "command"),
    ("list", "option"),
    ("much", "option"),
    ("On a page", None),
    (("{n} page", "{n} pages"), None),
}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """A plugin with code, a template, and things that are not for translators."""
    folder = tmp_path / "frobs"
    (folder / "templates").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "plugin.py").write_text(CODE)
    (folder / "templates" / "page.html").write_text(TEMPLATE)
    (folder / "tests" / "test_it.py").write_text('_("not this")')
    return translating.plugin(folder, known=[("Kept: {n}", "elsewhere")])


def test_texts_and_names_of_commands_are_found(room: Room) -> None:
    found = translating.find_texts(room)
    assert set(found) == KEYS
    assert found["On a page", None] == ["frobs/templates/page.html"]
    kernel = translating.plugin(room.locales.parent, known=[("On a page", None)])
    assert set(translating.find_texts(kernel)) == KEYS - {("On a page", None)}


def translate(room: Room, **translations: str) -> str:
    """Bring the German catalogue up to date, write translations into it, and return it."""
    translating.update_all([room], ["de"])
    path = room.po("de")
    content = path.read_text()
    for source, text in translations.items():
        message = f'msgid "{source.replace("_", " ")}"\nmsgstr '
        assert f'{message}""' in content
        content = content.replace(f'{message}""', f'{message}"{text}"')
    path.write_text(content)
    return content


def test_an_update_keeps_translations_and_changes_nothing_else(room: Room) -> None:
    before = translate(room, On_a_page="Auf einer Seite")
    assert translating.update_all([room], ["de"]) == []
    (room.locales.parent / "more.py").write_text('_("More")\n_("On a page")')
    (room.locales.parent / "plugin.py").write_text("\n\n\n" + CODE.replace('lazy("Frobs.")', '"Frobs."'))
    assert translating.update_all([room], ["de"]) == [room.po("de")]
    after = room.po("de").read_text()
    assert set(after.splitlines()) - set(before.splitlines()) == {
        'msgid "More"',
        "#: frobs/more.py",
    }
    assert "Frobs." not in after
    assert 'msgid "On a page"\nmsgstr "Auf einer Seite"' in after


def test_what_another_room_translated_is_taken_over(room: Room, tmp_path: Path) -> None:
    translate(room, On_a_page="Auf einer Seite")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "plugin.py").write_text('_("On a page")')
    other = translating.plugin(tmp_path / "other", known=[])
    translating.update_all([room, other], ["de"])
    assert translating.all_problems([other], ["de"]) == []
    other.po("de").write_text(other.po("de").read_text().replace("Auf einer Seite", "Anders"))
    (said,) = [one for one in translating.all_problems([room, other], ["de"]) if "otherwise" in one]
    assert "“On a page” is translated otherwise than in" in said


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "“Kept: {n}” of frobs/plugin.py is not translated"),
        ("Behalten: {m}", "“Kept: {n}” has other placeholders, tags, addresses or `code` in its translation"),
        ("Behalten", "“Kept: {n}” has other placeholders"),
        ("Behalten: {n} ", "“Kept: {n}” begins or ends with a space in one language only"),
        ("Behalten: {n}", None),
    ],
)
def test_a_check_names_the_message_and_its_fault(room: Room, text: str, fault: str | None) -> None:
    translating.update_all([room], ["de"])
    path = room.po("de")
    path.write_text(path.read_text().replace('msgid "Kept: {n}"\nmsgstr ""', f'msgid "Kept: {{n}}"\nmsgstr "{text}"'))
    said = [one for one in translating.all_problems([room], ["de"]) if "Kept" in one]
    assert [fault in one for one in said if fault] == ([True] if fault else [])
    assert bool(said) is bool(fault)


def test_a_check_finds_what_is_missing_fuzzy_or_obsolete(room: Room) -> None:
    content = translate(room, On_a_page="Auf einer Seite")
    path = room.po("de")
    path.write_text(content.replace('msgid "On a page"', '#, fuzzy\nmsgid "On a page"'))
    assert [one for one in translating.all_problems([room], ["de"]) if "“On a page” is marked fuzzy" in one]
    path.write_text(content.replace('msgid "On a page"', 'msgid "On another page"'))
    said = "\n".join(translating.all_problems([room], ["de"]))
    assert "“On a page” of frobs/templates/page.html is missing" in said
    assert "“On another page” is in no source any more" in said


def test_only_what_changed_is_compiled(room: Room) -> None:
    translate(room, On_a_page="Auf einer Seite")
    assert translating.compile_all([room.locales]) == 1
    assert translating.compile_all([room.locales]) == 0
    mo = room.po("de").with_suffix(".mo")
    os.utime(mo, ns=(0, 0))
    assert translating.compile_all([room.locales]) == 1


def test_the_command_line_translates_a_plugin(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(room.locales.parent)
    assert main(["plugins", "translate", folder]) == 1
    assert "has no catalogues yet" in capsys.readouterr().err
    assert main(["plugins", "translate", folder, "--language", "de"]) == 0
    assert "“On a page” of frobs/templates/page.html is not translated" in capsys.readouterr().out
    assert room.po("de").with_suffix(".mo").is_file()
    assert main(["plugins", "translate", folder]) == 0
    assert main(["plugins", "translate", f"{folder}/tests"]) == 1
    assert "is no plugin's package" in capsys.readouterr().err
