"""The JSON API: tokens, problem details, camelCase, cursors, idempotency, stores."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI

from guildshop.app import App
from guildshop.deliveries import TimerDue
from guildshop.errors import Invalid
from guildshop.events import Event
from guildshop.permissions import Actor, ActorKind
from guildshop.stores import Store
from guildshop.testing import Clock
from guildshop.web.api import build_api
from guildshop.web.api_description import Description
from guildshop.web.api_kernel import router as kernel_router
from guildshop.web.server import WebServer
from guildshop.web.testing import PASSWORD, Visitor
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService
from tests.web.bookshop.plugin import BookService

PROBLEM = "application/problem+json"


class BookLent(Event):
    """A book was lent."""


@pytest.fixture
async def robot(visitor: Visitor, token: str) -> aiohttp.ClientSession:
    """A program with a bearer token."""
    visitor.http.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
    return visitor.http


async def titles(app: App, store: Store) -> list[str]:
    rows = await app.database.fetch("SELECT title FROM book WHERE store = :s ORDER BY title", s=store.id)
    return [row["title"] for row in rows]


async def test_a_token_speaks_for_its_user_in_its_store(robot: aiohttp.ClientSession, app: App, store: Store) -> None:
    answer = await robot.get("/api/store")
    assert await answer.json() == {
        "id": store.id,
        "guildId": "100000000000000001",
        "name": "Example store",
        "currency": "USD",
        "language": "en-US",
        "timeZone": "UTC",
        "isActive": True,
        "plugins": ["bookshop"],
    }
    made = await robot.post("/api/books", json={"title": "Emma", "copiesLeft": 4})
    assert (made.status, (await made.json())["copiesLeft"]) == (201, 4)
    audit = await app.database.fetch(
        "SELECT actor_kind, actor_name, origin FROM audit_entry WHERE store = :s AND action = 'book.add'", s=store.id
    )
    assert audit == [{"actor_kind": str(ActorKind.TOKEN), "actor_name": "Robot", "origin": "api"}]
    used = await app.database.fetch("SELECT last_used FROM api_token")
    assert used[0]["last_used"] is not None


async def test_a_token_with_scopes_is_good_for_those_alone_and_never_for_more_than_its_user(
    visitor: Visitor, users: UserService, app: App, store: Store
) -> None:
    await users.create_user("Robot", PASSWORD, store=store.id, role="Owner")
    await users.create_user("Reader", PASSWORD, store=store.id, role="Support")

    async def statuses(username: str, *scopes: str) -> tuple[int, int, int]:
        token = await TokenService(app).create(username, store.id, scopes=scopes)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        read = await visitor.http.get("/api/books", headers=headers)
        made = await visitor.http.post("/api/books", json={"title": f"Of {scopes}"}, headers=headers)
        events = await visitor.http.get("/api/events", headers=headers)
        return read.status, made.status, events.status

    assert await statuses("Robot") == (200, 201, 200)
    assert await statuses("Robot", "book.read") == (200, 403, 403)
    assert await statuses("Robot", "event.read") == (403, 403, 200)
    assert await statuses("Reader", "book.read", "book.update", "event.read") == (200, 403, 403)
    before = await app.database.fetch("SELECT id FROM api_token")
    with pytest.raises(Invalid, match="no permission called book"):
        await TokenService(app).create("Robot", store.id, scopes=["book.read", "book.burn"])
    assert await app.database.fetch("SELECT id FROM api_token") == before


async def test_without_a_token_everything_is_refused(visitor: Visitor, app: App, store: Store, token: str) -> None:
    for path in ("/api/store", "/api/events", "/api/books"):
        answer = await visitor.get(path)
        assert (answer.status, answer.content_type) == (401, PROBLEM)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert (await answer.json())["status"] == 401
    for wrong in ("nonsense", token + "x", token[:-1], "", "x" * 9000):
        answer = await visitor.get("/api/store", headers={"Authorization": f"Bearer {wrong}"})
        assert (answer.status, answer.content_type) == (401, PROBLEM), wrong
    posted = await visitor.http.post("/api/books", json={"title": "x"}, headers={"Authorization": "Bearer x"})
    assert posted.status == 401
    assert await titles(app, store) == []


async def test_tokens_stop_with_their_user_and_their_role(
    robot: aiohttp.ClientSession, app: App, users: UserService, store: Store
) -> None:
    user = await users.by_name("Robot")
    await users.create_user("Olga", PASSWORD, store=store.id)
    await users.set_active(user.id, False)
    assert (await robot.get("/api/store")).status == 401
    await users.set_active(user.id, True)
    assert (await robot.get("/api/store")).status == 200
    rows = await app.database.fetch("SELECT id FROM api_token")
    await TokenService(app).revoke(Actor.system(store.id, "test"), rows[0]["id"])
    assert (await robot.get("/api/store")).status == 401


async def test_a_session_needs_the_csrf_token_to_write(owner: Visitor, app: App, store: Store) -> None:
    assert (await owner.get("/api/books")).status == 200
    refused = await owner.http.post("/api/books", json={"title": "Emma"})
    assert (refused.status, refused.content_type) == (403, PROBLEM)
    assert await titles(app, store) == []
    assert (await owner.send("POST", "/api/books", {"title": "Emma"})).status == 201


async def test_whoever_is_not_signed_in_is_told_so(visitor: Visitor, app: App, store: Store) -> None:
    for answer in (await visitor.http.get("/api/books"), await visitor.http.post("/api/books", json={"title": "Emma"})):
        assert (answer.status, answer.content_type) == (401, PROBLEM)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    elsewhere = await visitor.http.post(
        "/api/books", json={"title": "Emma"}, headers={"Origin": "https://evil.example"}
    )
    assert elsewhere.status == 403
    assert await titles(app, store) == []


async def test_every_error_is_told_by_problem_details(robot: aiohttp.ClientSession, app: App, store: Store) -> None:
    await robot.post("/api/books", json={"title": "Emma"})
    wanted = (
        ("POST", "/api/books", {"json": {"title": "Emma"}}, 409),
        ("POST", "/api/books", {"json": {"title": " "}}, 422),
        ("POST", "/api/books", {"json": {"title": "x", "surprise": 1}}, 422),
        ("POST", "/api/books", {"json": {"title": "x", "copies_left": "many"}}, 422),
        ("POST", "/api/books", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", "/api/books", {"json": {"title": "crash"}}, 500),
        ("GET", "/api/books/nonsense", {}, 422),
        ("GET", "/api/books/01a20129-d02c-7cf9-ad12-c2b9be6a698f", {}, 404),
        ("GET", "/api/nowhere", {}, 404),
        ("GET", "/api/", {}, 404),
        ("DELETE", "/api/store", {}, 405),
        ("GET", "/api/events?cursor=nonsense", {}, 422),
        ("GET", "/api/events?limit=0", {}, 422),
        ("POST", "/api/books", {"data": b"x" * 1_100_000}, 413),
    )
    for method, path, given, status in wanted:
        answer = await robot.request(method, path, **given)  # type: ignore[arg-type]
        assert (answer.status, answer.content_type) == (status, PROBLEM), (method, path)
        body = await answer.json()
        assert body["status"] == status
        assert body["title"]
        assert body["detail"]
        assert "crashed" not in body["detail"]
        if status == 422:
            assert body["errors"][0]["field"] in {
                "title",
                "surprise",
                "copies_left",
                "copiesLeft",
                "book_id",
                "cursor",
                "limit",
            }
        if status == 500:
            assert answer.headers["X-Request-Id"] == body["reference"]
    assert await titles(app, store) == ["Emma"]


async def test_permissions_hold_here_too(support: Visitor, app: App, store: Store) -> None:
    assert (await support.get("/api/books")).status == 200
    refused = await support.send("POST", "/api/books", {"title": "Emma"})
    assert refused.status == 403
    assert "book.update" in (await refused.json())["detail"]
    assert (await support.get("/api/events")).status == 403
    assert await titles(app, store) == []


async def test_other_stores_rows_are_404(
    robot: aiohttp.ClientSession, app: App, store: Store, other_store: Store
) -> None:
    theirs = await app.get(BookService).add(Actor.system(other_store.id, "test"), {"title": "Theirs"})
    assert (await robot.get(f"/api/books/{theirs}")).status == 404
    assert await (await robot.get("/api/books")).json() == []


async def test_a_plugin_that_is_off_has_no_api(robot: aiohttp.ClientSession, app: App, store: Store) -> None:
    await app.stores.switch(Actor.system(store.id, "test"), "bookshop", False)
    answer = await robot.get("/api/books")
    assert (answer.status, "switched off" in (await answer.json())["detail"]) == (404, True)


async def test_a_repeated_key_is_answered_again_and_happens_once(
    robot: aiohttp.ClientSession, app: App, store: Store
) -> None:
    headers = {"Idempotency-Key": "order-1"}
    first = await robot.post("/api/books", json={"title": "Emma"}, headers=headers)
    again = await robot.post("/api/books", json={"title": "Emma"}, headers=headers)
    assert first.status == again.status == 201
    assert await first.json() == await again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    other = await robot.post("/api/books", json={"title": "Other"}, headers=headers)
    assert (other.status, other.content_type) == (409, PROBLEM)
    refused = await robot.post("/api/books", json={"title": "Emma"}, headers={"Idempotency-Key": "order-2"})
    replayed = await robot.post("/api/books", json={"title": "Emma"}, headers={"Idempotency-Key": "order-2"})
    assert refused.status == replayed.status == 409
    assert await refused.json() == await replayed.json()
    assert await titles(app, store) == ["Emma"]
    long = await robot.post("/api/books", json={"title": "Long"}, headers={"Idempotency-Key": "x" * 256})
    assert long.status == 400


async def test_many_at_once_with_one_key_make_one(robot: aiohttp.ClientSession, app: App, store: Store) -> None:
    async def send() -> int:
        answer = await robot.post("/api/books", json={"title": "Emma"}, headers={"Idempotency-Key": "k"})
        return answer.status

    statuses = await asyncio.gather(*(send() for _number in range(8)))
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert await titles(app, store) == ["Emma"]


async def test_keys_are_forgotten_after_a_week(robot: aiohttp.ClientSession, app: App, clock: Clock) -> None:
    await robot.post("/api/books", json={"title": "Emma"}, headers={"Idempotency-Key": "old"})
    clock.advance(days=8)
    await robot.post("/api/books", json={"title": "Persuasion"}, headers={"Idempotency-Key": "new"})
    assert [row["key"] for row in await app.database.fetch("SELECT key FROM idempotency_key")] == ["new"]


async def test_an_accident_keeps_no_key(robot: aiohttp.ClientSession, app: App, store: Store) -> None:
    headers = {"Idempotency-Key": "crash"}
    assert (await robot.post("/api/books", json={"title": "crash"}, headers=headers)).status == 500
    assert await app.database.fetch("SELECT id FROM idempotency_key") == []


async def test_keys_of_one_token_mean_nothing_to_another(
    robot: aiohttp.ClientSession, app: App, users: UserService, store: Store, server: WebServer
) -> None:
    headers = {"Idempotency-Key": "same"}
    assert (await robot.post("/api/books", json={"title": "Emma"}, headers=headers)).status == 201
    await users.create_user("Second", PASSWORD, store=store.id)
    second = await TokenService(app).create("Second", store.id)
    together = headers | {"Authorization": f"Bearer {second}"}
    answer = await robot.post("/api/books", json={"title": "Persuasion"}, headers=together)
    assert answer.status == 201
    assert await titles(app, store) == ["Emma", "Persuasion"]


async def test_events_are_read_by_cursor(
    robot: aiohttp.ClientSession, app: App, store: Store, other_store: Store
) -> None:
    app.codec.add(BookLent)
    for at in (store, store, other_store, store):
        async with app.work(Actor.system(at.id, "test")) as work:
            work.record(BookLent())
    first = await (await robot.get("/api/events?limit=2&name=BookLent")).json()
    following = {"limit": 2, "name": "BookLent", "cursor": first["nextCursor"]}
    second = await (await robot.get("/api/events", params=following)).json()
    assert [len(page["items"]) for page in (first, second)] == [2, 1]
    assert second["nextCursor"] is None
    ids = [item["id"] for page in (first, second) for item in page["items"]]
    assert ids == sorted(ids, reverse=True)
    assert {(item["name"], item["type"]) for item in first["items"]} == {("BookLent", "book.lent")}
    typed = await (await robot.get("/api/events?limit=2&name=book.lent")).json()
    assert typed == first
    assert (await (await robot.get("/api/events?name=Other")).json())["items"] == []


async def test_the_clock_is_not_among_the_events(robot: aiohttp.ClientSession, app: App, store: Store) -> None:
    app.codec.add(BookLent)
    async with app.work(Actor.system(store.id, "test")) as work:
        work.record(TimerDue("books.count"))
        work.record(BookLent())
        work.record(TimerDue("books.count"))
    found = await (await robot.get("/api/events")).json()
    assert "TimerDue" not in {item["name"] for item in found["items"]}
    assert found["items"][0]["type"] == "book.lent"


async def test_the_api_describes_itself(visitor: Visitor) -> None:
    description = await (await visitor.get("/api/openapi.json")).json()
    assert description["openapi"].startswith("3.1")
    assert description["servers"] == [{"url": "/api"}]
    assert description["security"] == [{"token": []}]
    page = await (await visitor.get("/api/docs")).text()
    assert "/api/books/{book_id}" in page
    assert "copiesLeft" in page
    assert "Needs the permission `book.read`." in page


async def test_each_operation_names_the_statuses_that_it_can_answer(app: App) -> None:
    routers = [("", kernel_router), *((name, one) for name, found in app.hooks("register_api") for one in found)]
    described = build_api(app, routers).openapi()
    answered = {
        f"{method} {path}": " ".join(operation["responses"])
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    }
    assert answered == {
        "get /store": "200 401 403",
        "get /events": "200 401 403 422",
        "get /books": "200 401 403 404",
        "get /books/{book_id}": "200 401 403 404 418 422",
        "post /books": "201 400 401 403 404 409 413 422",
    }
    reading, making = described["paths"]["/books/{book_id}"]["get"], described["paths"]["/books"]["post"]
    assert reading["responses"]["418"]["description"] == "The book is a teapot."
    assert [one["name"] for one in reading["parameters"]] == ["book_id"]
    assert [one["name"] for one in making["parameters"]] == ["Idempotency-Key"]
    assert (reading["x-permissions"], making["x-permissions"]) == (["book.read"], ["book.update"])
    for operation in (reading, making):
        for status, answer in operation["responses"].items():
            assert list(answer["content"]) == ["application/json" if status < "400" else PROBLEM]
    assert "ProblemModel" in described["components"]["schemas"]
    assert "HTTPValidationError" not in described["components"]["schemas"]


async def test_the_description_is_made_once_and_beside_the_event_loop() -> None:
    made_in: list[int] = []

    class Api(FastAPI):
        def openapi(self) -> dict[str, Any]:
            made_in.append(threading.get_ident())
            return {"paths": {}}

    described = Description(Api())
    texts = await asyncio.gather(*(described.text() for _number in range(5)))
    assert set(texts) == {b'{"paths":{}}'}
    assert len(made_in) == 1
    assert made_in[0] != threading.get_ident()


async def test_a_token_without_the_scope_is_told_so(
    visitor: Visitor, users: UserService, app: App, store: Store
) -> None:
    await users.create_user("Robot", PASSWORD, store=store.id, role="Owner")
    await users.create_user("Reader", PASSWORD, store=store.id, role="Support")

    async def told(username: str) -> str:
        token = await TokenService(app).create(username, store.id, scopes=["book.read"])
        answer = await visitor.http.post("/api/books", json={}, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status, answer.content_type) == (403, PROBLEM)
        return str((await answer.json())["detail"])

    assert await told("Robot") == (
        "This needs the permission “book.update”, which this token's scopes leave out. Make a token with it:"
        " `user token … --scope book.update`."
    )
    # Another token would not help.
    assert "“book.update”, which your role does not have" in await told("Reader")
    assert await titles(app, store) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (rb'{"title": "\ud800"}', 400),
        (rb'{"title": "x\uDFFFy"}', 400),
        (rb'{"title": "Emma", "\ud800": 1}', 400),
        (rb'{"title": "\ud83d\ude00"}', 201),
        (rb'{"title": "\\ud800 as it is written"}', 201),
        (rb'{"title": "\ud800"', 400),
        (b"[" * 100_000 + rb'"\ud800"', 400),
    ],
)
async def test_half_a_character_is_refused(
    robot: aiohttp.ClientSession, app: App, store: Store, body: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/json"}
    for key in ({}, {"Idempotency-Key": "k"}):
        answer = await robot.post("/api/books", data=body, headers=headers | key)
        assert answer.status in {status, 409 if status == 201 else status}, await answer.text()
        assert status == 201 or answer.content_type == PROBLEM
    assert len(await titles(app, store)) == (status == 201)
    assert await app.database.fetch("SELECT id FROM idempotency_key WHERE status IS NULL") == []
