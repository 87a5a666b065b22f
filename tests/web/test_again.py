"""Forms of a page filled again with what was typed."""

from __future__ import annotations

from guildshop.web.again import refill

PAGE = """
<details class="x"><form action="/a/other" method="post"><input name="note" value=""></form></details>
<details><summary>This</summary>
<form method="post" action="/a/this?b=1&amp;c=2" class="stack">
<input type="hidden" name="csrftoken" value="t"><input type="hidden" name="version" value="7">
<input id="n" name="amount" value="old &quot;one&quot;" required>
<textarea name="note" rows="3">
old</textarea>
<select name="kind"><option value="a" selected>A</option><option value="b">B</option></select>
<input type="checkbox" name="tick" value="1" checked><input type="checkbox" name="tock">
<input type="password" name="secret"><input name="left" value="stays">
</form></details>
"""


def test_what_was_typed_is_in_the_form_again_and_nowhere_else() -> None:
    typed = {"amount": '"><b>', "note": "a\n</textarea>", "kind": "b", "tock": "on", "secret": "x", "version": "1"}
    page = refill(PAGE, "/a/this?b=1&c=2", typed, {"amount"})
    assert '<input id="n" name="amount" required aria-invalid="true" value="&quot;&gt;&lt;b&gt;">' in page
    assert '<textarea name="note" rows="3">a\n&lt;/textarea&gt;</textarea>' in page
    assert '<option value="a">A</option><option value="b" selected="">B</option>' in page
    assert '<input type="checkbox" name="tick" value="1"><input type="checkbox" name="tock" checked="">' in page
    assert '<input type="password" name="secret"><input name="left" value="stays">' in page
    assert 'name="version" value="7"' in page
    assert page.startswith(PAGE[: PAGE.index("<details>")])
    assert "<details open><summary>This" in page


def test_of_the_rows_of_a_list_it_is_the_one_that_was_sent() -> None:
    row = '<form action="/unit"><input type="hidden" name="id" value="{0}"><input name="name" value="{0}"></form>'
    new = '<form action="/unit"><input name="name"></form>'
    page = "".join([row.format("1"), row.format("2"), new])
    assert refill(page, "/unit", {"id": "2", "name": "x"}) == page.replace(
        'name="name" value="2"', 'name="name" value="x"'
    )
    assert refill(page, "/unit", {"name": "x"}) == page.replace('<input name="name">', '<input name="name" value="x">')
    assert refill(page, "/elsewhere", {"name": "x"}) == page
