"""Showing things: what others wrote stays plain text, and embeds keep Discord's limits."""

from __future__ import annotations

from typing import ClassVar

import pytest

from guildshop.bot.items import StoreButton
from guildshop.bot.rendering import clip, embed, escape, money, page_buttons
from guildshop.i18n import use_locale
from guildshop.money import Money


class Turn(StoreButton, prefix="probe.turn"):
    calls: ClassVar[list[str]] = []


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**bold** _it_", r"\*\*bold\*\* \_it\_"),
        ("jane_doe@example.com", "jane_doe@example.com"),
        ("MY_OWN_KEY", "MY_OWN_KEY"),
        ("a__b__c _d_ e_ f_é", r"a\_\_b\_\_c \_d\_ e\_ f\_é"),
        ("[click](https://evil.example)", r"\[click](https://evil.example)"),
        ("# big\n> quote\n-# small", "\\# big\n\\> quote\n-\\# small"),
        ("<@1234> <#5> <:x:6>", r"\<@1234> \<#5> \<:x:6>"),
        ("||secret|| `code`", r"\|\|secret\|\| \`code\`"),
        ("@everyone @here", "@\u200beveryone @\u200bhere"),
        ("back\\slash", r"back\\slash"),
        ("plain — T-shirt (L), 5.5 #1", "plain — T-shirt (L), 5.5 #1"),
    ],
)
def test_what_others_wrote_shows_literally(written: str, shown: str) -> None:
    assert escape(written) == shown


def test_an_embed_keeps_the_limits_and_leaves_out_empty_fields() -> None:
    made = embed("t" * 300, "d" * 5000, fields=[("n" * 300, "v" * 2000), ("empty", "")], image="javascript:alert(1)")
    assert (len(made.title or ""), len(made.description or "")) == (256, 4096)
    assert [(len(field.name or ""), len(field.value or "")) for field in made.fields] == [(256, 1024)]
    assert made.image.url is None
    assert clip("abc", 3) == "abc"
    assert clip("abcd", 3) == "ab…"


def test_amounts_are_written_for_the_reader() -> None:
    assert money(1999, "USD") == money(Money(1999, "USD")) == "$19.99"
    with use_locale("de"):
        assert money(1999, "EUR") == "19,99\xa0€"
    with pytest.raises(TypeError):
        money(5)


def test_pages_turn_within_their_bounds() -> None:
    assert page_buttons(Turn, 1, page=1, pages=1) == []
    back, place, forth = page_buttons(Turn, 1, "x", page=1, pages=3)
    assert [item.item.disabled for item in (back, place, forth)] == [True, True, False]
    assert forth.item.custom_id == "probe.turn:1:x:2"
    assert place.item.label == "1 / 3"


def test_all_texts_of_an_embed_together_keep_the_limit() -> None:
    made = embed(
        "t" * 256, "d" * 3000, fields=[(f"name {number}", "v" * 1024) for number in range(8)], footer="f" * 500
    )
    assert len(made) == 6000
    assert made.footer.text == "f" * 500
    assert [len(field.value or "") for field in made.fields] == [1024, 1024, 178]
    assert (made.fields[-1].value or "").endswith("…")
