"""Forms of a page filled again with what was typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.async_api import Browser
from playwright.async_api import Page as BrowserPage

from guildshop.web.forms import refill

PAGE = """
<details class="x"><form action="/a/other" method="post"><input name="note" value=""></form></details>
<details id="outer"><summary>All</summary><details class="x"><summary>This</summary>
<form method="post" action="/a/this" class="stack">
<input type="hidden" name="csrftoken" value="t"><input type="hidden" name="version" value="7">
<input id="n" name="amount" value="old &quot;one&quot;" required>
<textarea name="note" rows="3">
old</textarea>
<select name="kind"><option value="a" selected>A</option><option value="b">B</option></select>
<input type="checkbox" name="tick" value="1" checked><input type="checkbox" name="tock">
<input type="password" name="secret"><input name="left" value="stays">
</form></details></details>
"""


def filled(page: str, address: str, typed: Sequence[tuple[str, str]] | dict[str, str], *wrong: str) -> str:
    """Fill a form that there is."""
    found = refill(page, address, list(typed.items()) if isinstance(typed, dict) else typed, wrong)
    assert found is not None
    return found


def test_what_was_typed_is_in_the_form_again_and_nowhere_else() -> None:
    typed = {"amount": '"><b>', "note": "a\n</textarea>", "kind": "b", "tock": "on", "secret": "x", "version": "1"}
    page = filled(PAGE, "/a/this?b=1", typed, "amount")
    expected = PAGE
    for before, after in (
        ('<details id="outer">', '<details id="outer" open>'),
        ('<details class="x"><summary>This', '<details class="x" open><summary>This'),
        ('value="old &quot;one&quot;" required', 'value="&quot;&gt;&lt;b&gt;" required aria-invalid="true"'),
        ("\nold</textarea>", "a\n&lt;/textarea&gt;</textarea>"),
        ('value="a" selected>', 'value="a">'),
        ('value="b">', 'value="b" selected>'),
        (' name="tick" value="1" checked>', ' name="tick" value="1">'),
        (' name="tock">', ' name="tock" checked>'),
    ):
        assert expected.count(before) == 1
        expected = expected.replace(before, after)
    assert page == expected


ROW = (
    '<form method="post" action="/u"><input type="hidden" name="id" value="{0}"><input name="name" value="{0}"></form>'
)
NEW = '<form method="post" action="/u"><input name="name"></form>'


def test_of_the_rows_of_a_list_it_is_the_one_that_was_sent() -> None:
    page = "".join([ROW.format("1"), ROW.format("2"), NEW])
    assert filled(page, "/u", {"id": "2", "name": "x"}) == page.replace(
        'name="name" value="2"', 'name="name" value="x"'
    )
    assert filled(page, "/u", {"name": "x"}) == page.replace('<input name="name">', '<input name="name" value="x">')


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("/elsewhere", {"id": "1", "name": "x"}),
        ("/u", {"id": "3", "name": "x"}),
        ("/search", {"q": "x"}),
    ],
    ids=["another address", "a row that is gone", "a form that only asks"],
)
def test_another_form_is_never_filled(address: str, typed: dict[str, str]) -> None:
    page = ROW.format("1") + ROW.format("2") + '<form action="/search"><input name="q"></form>'
    assert refill(page, address, list(typed.items())) is None


def test_a_form_is_found_by_its_page_its_button_and_its_id() -> None:
    here = '<form method="post"><input name="a"></form>'
    assert refill(here, "/other", [("a", "x")], at="/here?b=1") is None
    assert refill(here, "/here", [("a", "x")], at="/here?b=1") == here.replace('"a"', '"a" value="x"')
    button = '<form method="post" action="/one"><input name="a"><button formaction="/two">Two</button></form>'
    assert filled(button, "/two", {"a": "x"}) == button.replace('name="a"', 'name="a" value="x"')
    apart = '<form method="post" action="/one" id="f"></form><input form="f" name="a">'
    assert filled(apart, "/one", {"a": "x"}) == apart.replace('name="a"', 'name="a" value="x"')


def test_what_only_looks_like_a_form_is_left() -> None:
    form = '<form method="post" action="/a"><textarea name="t"></textarea><input name="a"></form>'
    told = "<!-- <form method=post action=/a><input name=a></form> --><script>'<form method=post action=/a>'</script>"
    inside = form.replace("></textarea>", "><form><input name=a></textarea>")
    assert filled(told + form, "/a", {"a": "x"}) == told + form.replace('name="a"', 'name="a" value="x"')
    assert filled(inside, "/a", {"a": "x"}) == inside.replace('name="a">', 'name="a" value="x">')


# What a browser sends of the filled form, against what it had sent.

ODD = [
    "",
    "\n",
    "\n\n a",
    '"',
    "'>",
    "</textarea>",
    "</form>",
    "<!--",
    "-->",
    "&lt;",
    "&amp;quot;",
    "a&copy=1",
    "\r\n\r\na",
]
TEXT = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12),
)
LINE = TEXT.map(lambda text: re.sub(r"[\r\n]", " ", text))
CHOICES = st.lists(LINE, min_size=1, max_size=4, unique=True)
HUSH = "of a password, which is never given back"
NAMES = ("a", "b", 'c"d<&', "é", "two words")


@st.composite
def fields(draw: st.DrawFn, plain: str) -> tuple[str, list[str]]:
    """Return fields of one name as a page has them, and what a browser sent of them."""
    kind, name = draw(st.sampled_from(["text", "textarea", "password", "checkbox", "radio", "select"])), escape(plain)
    if kind == "password":
        return f'<input type="password" name="{name}">', [HUSH]
    if kind == "text":
        typed = draw(st.lists(LINE, min_size=1, max_size=3))
        return "".join(f'<input required name="{name}" value="{escape(draw(LINE))}">' for _ in typed), typed
    if kind == "textarea":
        typed = draw(st.lists(TEXT, min_size=1, max_size=2))
        return "".join(f'<textarea name="{name}">\n{escape(draw(TEXT))}</textarea>' for _ in typed), typed
    values = draw(CHOICES)
    chosen = draw(st.lists(st.sampled_from(values), unique=True))
    if kind == "checkbox":
        marks = [f'<input type="hidden" name="{name}" value="0">']
        marks += [f'<input type=checkbox name="{name}" value="{escape(one)}" checked>' for one in values]
        return "".join(marks), ["0", *(one for one in values if one in chosen)]
    if kind == "radio":
        marks = [f'<input type=radio name="{name}" value="{escape(one)}" checked/>' for one in values]
        return "".join(marks), chosen[:1]
    shape = draw(st.sampled_from(["{}", "<optgroup label='<option>'>{}</optgroup>"]))
    options = "".join(shape.format(f'<option selected value="{escape(one)}">{escape(one)}') for one in values)
    if draw(st.booleans()):
        return f'<select name="{name}" multiple>{options}</select>', [one for one in values if one in chosen]
    return f'<select name="{name}"><option> a\n b</option>{options}</select>', [draw(st.sampled_from(["a b", *values]))]


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """Return a page with a form among others that send to the same address, and what was sent."""
    drawn = [(name, draw(fields(name))) for name in draw(st.permutations(NAMES))[: draw(st.integers(1, 4))]]
    other = '<form method=post action="/a?b"><input type="hidden" name="id" value="2"><textarea name="a"></textarea>'
    own = "".join(text for _name, (text, _sent) in drawn)
    form = f'<form id="own" action="/a" method="POST"><input type="hidden" name="id" value="1">{own}</form>'
    if draw(st.booleans()):
        form = f"<details><p>x<details open>{form}</details></details>"
    sent = [("id", "1"), *((name, value) for name, (_text, values) in drawn for value in values)]
    return f"{other}</form>{form}{other}</form>", sent


READ = """html => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const own = page.getElementById("own");
  const other = [...page.forms[0].elements].at(-1).value;
  return [[...new FormData(own)], own.closest("details:not([open])") === null, other];
}"""


@pytest.fixture
async def blank(chromium: Browser) -> BrowserPage:
    """An empty page in a browser, whose parser is not ours."""
    return await (await chromium.new_context()).new_page()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=pages())
async def test_a_browser_would_send_again_what_was_typed(
    blank: BrowserPage, drawn: tuple[str, list[tuple[str, str]]]
) -> None:
    page, sent = drawn
    read, in_sight, other = await blank.evaluate(READ, filled(page, "/a", sent))
    shown = [(name, "" if value == HUSH else value.replace("\r\n", "\n")) for name, value in sent]
    assert [tuple(one) for one in read] == shown
    assert in_sight
    assert other == ""
