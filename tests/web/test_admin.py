"""Piccolo Admin by its own API: every write through the service, every read in the store, one sign-in."""

from __future__ import annotations

import uuid
from urllib.parse import unquote

import pytest

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.testing import Clock
from guildshop.web.testing import Visitor
from tests.web.bookshop.plugin import BookService

TABLE = "/admin/api/tables/book/"
AUTHOR = 123456789012345678


async def add_book(app: App, store: Store, title: str = "Emma", copies: int = 3) -> str:
    values = {"title": title, "author": AUTHOR, "copies": copies, "notes": "one\ntwo"}
    return str(await app.get(BookService).add(Actor.system(store.id, "test"), values))


async def row_of(app: App, store: Store, key: str) -> dict[str, object]:
    found = await app.database.fetch_one(
        "SELECT * FROM book WHERE store = :store AND id = :id", store=store.id, id=uuid.UUID(key)
    )
    assert found is not None
    return found


async def form_of(owner: Visitor, key: str) -> dict[str, object]:
    """Return the row as the front end's form sends it back: every field of the schema."""
    row = await (await owner.get(f"{TABLE}{key}/")).json()
    schema = await (await owner.get(f"{TABLE}schema/")).json()
    form = {name: row[name] for name in schema["properties"]}
    form["created"] = form["created"].split(".")[0] + "Z" if "." in form["created"] else form["created"]
    return form


async def test_lists_details_and_forms_leave_out_hidden_columns(owner: Visitor, app: App, store: Store) -> None:
    key = await add_book(app, store)
    listed = (await (await owner.get(TABLE)).json())["rows"]
    detail = await (await owner.get(f"{TABLE}{key}/")).json()
    schema = await (await owner.get(f"{TABLE}schema/")).json()
    for names in (listed[0].keys(), detail.keys(), schema["properties"].keys()):
        assert "title" in names
        assert not {"store", "secret_shelf"} & set(names)
    assert detail["author"] == AUTHOR
    assert schema["extra"]["visible_column_names"] == ["title", "copies", "active", "author"]
    assert "copies" in schema["extra"]["read_only_columns"]
    assert "notes" not in schema["extra"]["read_only_columns"]
    assert schema["extra"]["allowed_writes"] == ["patch", "post", "delete"]


@pytest.mark.parametrize("query", ["store=2", "secret_shelf=B7", "__order=store", "__visible_fields=store,title"])
async def test_hidden_columns_cannot_be_asked_for(owner: Visitor, app: App, store: Store, query: str) -> None:
    await add_book(app, store)
    answer = await owner.get(f"{TABLE}?{query}")
    assert answer.status == 400, await answer.text()
    assert "B7" not in await answer.text()


@pytest.mark.parametrize(
    "query",
    [
        "__order=title&__order=copies",
        "title__operator=e&title__operator=lt",
        "__page=-1",
        "__page=99999999999999999999",
        "__page_size=-1",
        "__page_size=one",
        "copies=99999999999999999999999",
        "copies=many",
        "title=%00",
    ],
)
async def test_what_cannot_be_read_is_told(owner: Visitor, app: App, store: Store, query: str) -> None:
    await add_book(app, store)
    for path in (TABLE, f"{TABLE}count/"):
        answer = await owner.get(f"{path}?{query}")
        assert (answer.status in {400, 422}, bool(await answer.text())) == (True, True), (path, answer.status)
    assert (await owner.get(f"{TABLE}ids/?limit=-1")).status == 400


async def test_its_api_is_described_as_far_as_it_is_open(owner: Visitor, support: Visitor) -> None:
    answer = await owner.get("/admin/api/openapi.json")
    paths = (await answer.json())["paths"]
    assert set(paths[TABLE.removeprefix("/admin/api")]) == {"get", "post"}
    assert set(paths["/tables/book/{book_id}/"]) == {"get", "patch", "delete"}
    asked = {parameter["name"] for parameter in paths["/tables/book/"]["get"]["parameters"]}
    assert "title" in asked
    assert not {"store", "secret_shelf"} & asked
    assert "post" not in paths["/tables/audit_entry/"]
    assert (await support.get("/admin/api/openapi.json")).status == 403


async def test_other_stores_rows_are_neither_seen_nor_counted_nor_written(
    owner: Visitor, app: App, store: Store, other_store: Store
) -> None:
    theirs = await add_book(app, other_store, "Theirs")
    mine = await add_book(app, store, "Mine")
    rows = (await (await owner.get(TABLE)).json())["rows"]
    assert [row["title"] for row in rows] == ["Mine"]
    assert (await (await owner.get(f"{TABLE}count/")).json())["count"] == 1
    assert list(await (await owner.get(f"{TABLE}ids/")).json()) == [mine]
    assert list(await (await owner.get(f"{TABLE}ids/?search=a")).json()) in ([], [mine])
    assert (await owner.get(f"{TABLE}{theirs}/")).status == 404
    before = await row_of(app, other_store, theirs)
    for method, path in (("PATCH", f"{TABLE}{theirs}/"), ("DELETE", f"{TABLE}{theirs}/"), ("PUT", f"{TABLE}{theirs}/")):
        assert (await owner.send(method, path, {"title": "Stolen"})).status in {404, 405}
    moved = await owner.send("PATCH", f"{TABLE}{mine}/", {"store": other_store.id})
    assert (moved.status, "no field “store”" in await moved.text()) == (422, True)
    made = await owner.send("POST", TABLE, {"title": "Planted", "store": other_store.id})
    assert made.status == 422
    assert await row_of(app, other_store, theirs) == before
    found = await app.database.fetch("SELECT id FROM book WHERE store = :s", s=other_store.id)
    assert len(found) == 1


async def test_a_whole_form_changes_only_what_differs(owner: Visitor, app: App, store: Store) -> None:
    key = await add_book(app, store)
    before = await row_of(app, store, key)
    form = await form_of(owner, key) | {"notes": "one\r\ntwo\r\nthree", "printed": "", "tags": '[\n  "new"\n]'}
    form["printed"] = None
    answer = await owner.send("PATCH", f"{TABLE}{key}/", form)
    assert answer.status == 200, await answer.text()
    after = await row_of(app, store, key)
    assert after["notes"] == "one\r\ntwo\r\nthree"
    assert after["version"] == 2
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"notes", "version"}
    again = await owner.send("PATCH", f"{TABLE}{key}/", await form_of(owner, key))
    assert again.status == 200
    assert (await row_of(app, store, key))["version"] == 2


async def test_locked_fields_refusals_and_stale_forms_are_told_and_change_nothing(
    owner: Visitor, app: App, store: Store
) -> None:
    key = await add_book(app, store)
    form = await form_of(owner, key)
    before = await row_of(app, store, key)
    locked = await owner.send("PATCH", f"{TABLE}{key}/", form | {"copies": 99, "notes": "x"})
    assert (locked.status, locked.content_type) == (422, "text/plain")
    assert await locked.text() == (
        "“copies” cannot be changed here. Nothing was saved. What can be changed: title, notes, author, printed."
    )
    refused = await owner.send("PATCH", f"{TABLE}{key}/", form | {"notes": "shout"})
    assert refused.status == 409
    assert "Notes do not shout" in await refused.text()
    stale = await owner.send("PATCH", f"{TABLE}{key}/", form | {"notes": "x", "version": 0})
    assert stale.status == 409
    assert "at version 1, you saw 0" in await stale.text()
    broken = await owner.send("PATCH", f"{TABLE}{key}/", form | {"author": "nobody"})
    assert broken.status == 422
    assert (await broken.json())["detail"][0]["loc"][-1] == "author"
    assert await row_of(app, store, key) == before


async def test_two_forms_open_at_once_do_not_overwrite_each_other(owner: Visitor, app: App, store: Store) -> None:
    key = await add_book(app, store)
    first, second = await form_of(owner, key), await form_of(owner, key)
    assert (await owner.send("PATCH", f"{TABLE}{key}/", first | {"notes": "first"})).status == 200
    late = await owner.send("PATCH", f"{TABLE}{key}/", second | {"title": "second"})
    assert late.status == 409
    assert (await row_of(app, store, key))["notes"] == "first"
    assert (await row_of(app, store, key))["title"] == "Emma"


async def test_rows_are_added_and_taken_away_by_the_service(owner: Visitor, app: App, store: Store) -> None:
    made = await owner.send("POST", TABLE, {"title": "Persuasion", "copies": 2, "printed": None})
    assert made.status == 201
    key = (await made.json())[0]["id"]
    assert (await row_of(app, store, key))["secret_shelf"] == "B7"
    twice = await owner.send("POST", TABLE, {"title": "Persuasion"})
    assert (twice.status, await twice.text()) == (409, "There is a book called Persuasion already.")
    gone = await owner.send("DELETE", f"{TABLE}{key}/", None)
    assert gone.status == 204
    assert unquote(gone.headers["X-Guildshop-Message"]) == "“Persuasion” was taken off the shelf, not deleted."
    assert not (await row_of(app, store, key))["active"]
    many = await add_book(app, store, "Many", copies=101)
    stays = await owner.send("DELETE", f"{TABLE}{many}/", None)
    assert (stays.status, "Sell them first" in await stays.text()) == (409, True)
    assert (await row_of(app, store, many))["active"]
    audit = await app.database.fetch("SELECT action, origin, actor_name FROM audit_entry WHERE store = :s", s=store.id)
    assert {"action": "book.add", "origin": "admin", "actor_name": "Olga"} in audit


async def test_kernel_tables_are_read_only_and_nothing_is_replaced(owner: Visitor, app: App, store: Store) -> None:
    key = await add_book(app, store)
    before = await row_of(app, store, key)
    assert (await owner.send("PUT", f"{TABLE}{key}/", await form_of(owner, key) | {"notes": "put"})).status == 405
    assert (await owner.send("DELETE", TABLE, None)).status == 405
    assert await row_of(app, store, key) == before
    for table in ("audit_entry", "event", "delivery"):
        path = f"/admin/api/tables/{table}/"
        rows = (await (await owner.get(path)).json())["rows"]
        assert (await owner.send("POST", path, {})).status in {405, 422}
        if rows:
            single = f"{path}{rows[0]['id']}/"
            for method, body in (("PATCH", {"note": "x"}), ("DELETE", None)):
                answer = await owner.send(method, single, body)
                assert answer.status == 405
                assert "here" in (await answer.json())["detail"]


async def test_names_and_links_follow_permissions(owner: Visitor, app: App, store: Store) -> None:
    grouped = await (await owner.get("/admin/api/tables/grouped/")).json()
    assert grouped == {"grouped": {"Books": ["book"], "System": ["audit_entry", "event", "delivery"]}, "ungrouped": []}
    assert (await (await owner.get("/admin/api/links/")).json())["Books"] == "/admin/book"
    assert (await (await owner.get("/admin/api/user/")).json())["username"] == "Olga"
    assert (await (await owner.get("/admin/public/meta/")).json())["site_name"] == "Guildshop"


async def test_only_owners_and_admins_come_in(visitor: Visitor, support: Visitor) -> None:
    assert (await visitor.get("/admin/")).headers["Location"] == "/login?next=/admin/"
    assert (await support.get("/admin/")).headers["Location"] == "/staff/dashboard"
    for browser, status in ((visitor, 401), (support, 403)):
        for path in (TABLE, "/admin/api/tables/", "/admin/api/links/", "/admin/api/user/", f"{TABLE}schema/"):
            assert (await browser.get(path)).status == status, path
        if browser is visitor:
            assert (await browser.http.post(TABLE, json={"title": "x"})).status == status
        await browser.get("/login")
        assert (await browser.send("POST", TABLE, {"title": "x"})).status == status


async def test_its_own_sign_in_and_its_side_doors_are_closed(owner: Visitor, visitor: Visitor) -> None:
    await visitor.get("/login")
    own = await visitor.send("POST", "/admin/public/login/", {"username": "Olga", "password": "x"})
    assert own.status == 404
    changed = await owner.send("POST", "/admin/api/change-password/", {"current_password": "x"})
    assert (changed.status, "Your account" in await changed.text()) == (403, True)
    assert (await owner.get("/admin/api/docs/")).status == 403
    no_token = await owner.http.post(TABLE, json={"title": "x"}, allow_redirects=False)
    assert no_token.status == 403
    assert (await owner.send("POST", "/admin/public/logout/", {})).status == 200
    assert (await owner.get("/admin/dashboard")).status == 303


async def test_a_write_of_a_session_that_ended_asks_to_sign_in(
    owner: Visitor, app: App, store: Store, clock: Clock
) -> None:
    key = await add_book(app, store)
    before = await row_of(app, store, key)
    form = await form_of(owner, key)
    clock.advance(hours=13)
    for _twice in range(2):
        assert (await owner.send("PATCH", f"{TABLE}{key}/", form | {"notes": "late"})).status == 401
        assert (await owner.send("POST", "/admin/api/forms/none/", {})).status == 401
    assert await row_of(app, store, key) == before
    await owner.sign_in("Olga")
    assert (await owner.send("PATCH", f"{TABLE}{key}/", form | {"notes": "late"})).status == 200
    assert (await row_of(app, store, key))["notes"] == "late"


async def test_writes_stop_while_the_plugin_is_off(owner: Visitor, app: App, store: Store) -> None:
    key = await add_book(app, store)
    await app.stores.switch(Actor.system(store.id, "test"), "bookshop", False)
    before = await row_of(app, store, key)
    answer = await owner.send("PATCH", f"{TABLE}{key}/", await form_of(owner, key) | {"notes": "x"})
    assert (answer.status, "switched off" in await answer.text()) == (409, True)
    assert await row_of(app, store, key) == before


async def test_the_front_end_arrives_whole(owner: Visitor) -> None:
    page = await (await owner.get("/admin/")).text()
    script = page[page.index("assets/index-") :].split('"')[0]
    found = await owner.get(f"/admin/{script}")
    assert found.status == 200
    assert len(await found.read()) > 1_000_000
    assert "/static/web/data_admin.js" in page
