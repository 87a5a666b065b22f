"""Texts in the language in force: which catalogue serves whom, and what happens without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guildshop import i18n
from guildshop.i18n import _, current_language, gettext_in, language_of, ngettext, pgettext_in, use_locale
from guildshop.translating import HEADER, compile_all

MINE = """
msgid "Tests smell of %(x)s"
msgstr "Tests riechen nach %(x)s"

msgid "Ask /frob or /frobs, not </frob:1> nor http://frob"
msgstr "Frag /frob oder /frobs, nicht </frob:1> noch http://frob"

msgctxt "command"
msgid "frob"
msgstr "frobben"

msgid "frob"
msgstr "Der Frob"

msgid "{n} frob"
msgid_plural "{n} frobs"
msgstr[0] "{n} Frob"
msgstr[1] "{n} Frobs"
"""


def catalogue(folder: Path, language: str, content: str) -> Path:
    """Write and compile a catalogue; return the `locales` folder."""
    path = folder / language / "LC_MESSAGES" / "guildshop.po"
    path.parent.mkdir(parents=True)
    header = HEADER.format(language=language, plurals="nplurals=2; plural=(n != 1);")
    path.write_text(header + content, encoding="utf-8")
    compile_all([folder])
    return folder


@pytest.fixture
def german(tmp_path: Path) -> Iterator[Path]:
    """A plugin's catalogue."""
    folder = catalogue(tmp_path / "locales", "de", MINE)
    i18n.add_catalogues(folder)
    yield folder
    i18n.remove_catalogues(folder)


@pytest.mark.usefixtures("german")
def test_whoever_speaks_the_language_gets_its_texts() -> None:
    for tag in ("de", "de-AT", "de-DE"):
        with use_locale(tag):
            assert _("Tests smell of %(x)s") == "Tests riechen nach %(x)s"
            assert [ngettext("{n} frob", "{n} frobs", n) for n in (0, 1, 2)] == ["{n} Frobs", "{n} Frob", "{n} Frobs"]
            assert current_language() == tag
    for tag in ("en-US", "en-GB", "ja", "not a language"):
        assert gettext_in(tag, "Tests smell of %(x)s") == "Tests smell of %(x)s"
    with use_locale("ja"):
        assert current_language() == "en-US"
    assert (language_of("ja"), language_of("en-GB"), language_of("de-CH")) == (None, "en", "de")


@pytest.mark.usefixtures("german")
def test_a_name_of_a_command_is_another_message_than_the_word() -> None:
    assert gettext_in("de", "frob") == "Der Frob"
    assert pgettext_in("de", "command", "frob") == "frobben"
    assert pgettext_in("de", "option", "frob") == "frob"


@pytest.mark.usefixtures("german")
def test_texts_name_commands_as_the_reader_sees_them() -> None:
    told = gettext_in("de", "Ask /frob or /frobs, not </frob:1> nor http://frob")
    assert told == "Frag /frobben oder /frobs, nicht </frob:1> noch http://frob"


def test_the_empty_text_stays_empty(german: Path) -> None:
    assert gettext_in("de", "") == ""
    with use_locale("de"):
        assert _("") == ""
    assert german in i18n.catalogue_folders()


def test_the_first_catalogue_wins_and_a_region_only_says_what_differs(german: Path, tmp_path: Path) -> None:
    other = 'msgid "frob"\nmsgstr "{}"\n\nmsgid "more"\nmsgstr "mehr"\n'
    second = catalogue(tmp_path / "second", "de", other.format("anders"))
    region = catalogue(tmp_path / "region", "de_AT", other.format("Frobl"))
    i18n.add_catalogues(second)
    i18n.add_catalogues(region)
    try:
        assert (gettext_in("de", "frob"), gettext_in("de", "more")) == ("Der Frob", "mehr")
        assert (gettext_in("de-AT", "frob"), gettext_in("de-AT", "{n} frob")) == ("Frobl", "{n} Frob")
    finally:
        i18n.remove_catalogues(second)
        i18n.remove_catalogues(region)
    assert gettext_in("de", "more") == "more"
    assert german in i18n.catalogue_folders()
