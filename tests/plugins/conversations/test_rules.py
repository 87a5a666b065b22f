"""Texts: what is taken, what is kept of files, and how a long one is cut."""

from __future__ import annotations

import random

import pytest

from guildshop.bot.rendering import escape
from guildshop.errors import Invalid
from guildshop.plugins.conversations.api import TEXT_LIMIT, Attachment
from guildshop.plugins.conversations.rules import clean_attachments, clean_text, pieces, preview

HTTPS = "https://cdn.example/a.png"


def test_text_is_trimmed_and_without_control_characters() -> None:
    assert clean_text(" a\r\nb\x00\x07\ud800 ") == "a\nb"
    assert clean_text("", attachments=[Attachment("a.png", HTTPS)]) == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(" \n\x00", "The message is empty"), ("x" * (TEXT_LIMIT + 1), "4001 characters; at most 4000")],
)
def test_an_empty_or_too_long_text_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        clean_text(text)
    assert [error.field for error in refused.value.errors] == ["text"]


def test_of_files_name_and_address_are_kept() -> None:
    given = [Attachment("a\nb" * 200, HTTPS, -1), Attachment("", "javascript:alert(1)"), *[Attachment("c", HTTPS)] * 20]
    kept = clean_attachments(given)
    assert len(kept) == 10
    assert len(kept[0].name) == 200
    assert "\n" not in kept[0].name
    assert (kept[0].size, kept[1].url, kept[1].name) == (0, "", "file")


def test_a_preview_is_one_line_or_the_files() -> None:
    assert preview("a\n b") == "a b"
    assert len(preview("word " * 100)) <= 160
    assert preview("", [Attachment("a.png", HTTPS)]) == "a.png"


def test_parts_fit_and_lose_nothing() -> None:
    chance = random.Random(8)
    for _number in range(150):
        text = "".join(chance.choices("ab \n*_<@", k=chance.randrange(300)))
        limit, first = chance.randrange(4, 60), chance.randrange(4, 60)
        parts = pieces(text, limit, escape, first=first)
        assert all(0 < len(part) <= (limit if number else first) for number, part in enumerate(parts))
        assert "".join("".join(pieces(text, limit, first=first)).split()) == "".join(text.split())
        assert "".join("".join(parts).split()).replace("\\", "") == "".join(text.split())


def test_words_stay_whole() -> None:
    assert pieces("one two three four", 9) == ["one two", "three", "four"]
