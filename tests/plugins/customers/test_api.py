"""What the JSON API does with customers. Who may not, other stores and keys: tests/contract/test_api_changes.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from guildshop.app import App
from guildshop.config.secret import Secret
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.testing import MailboxServer
from guildshop.web.testing import PASSWORD, Visitor
from guildshop.web.users import UserService

HOME = {"recipient": "Ann Lee", "street": "1 Main St", "city": "San Francisco", "region": "CA", "country": "US"}
HOME |= {"postalCode": "94111"}

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
def ask(visitor: Visitor, token: str) -> Ask:
    """Ask the API; the answer has to have the status."""

    async def send(method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await visitor.http.request(method, f"/api/customers{path}", json=body, headers=headers)
        assert answer.status == status, await answer.text()
        return await answer.json() if status != 204 else None

    return send


async def test_a_customer_is_entered_and_changed(ask: Ask, customers: CustomerService) -> None:
    made = await ask("POST", "", {"firstName": "Ann", "email": "ann@Example.org", "source": "EMAIL"}, status=201)
    assert (made["email"], made["source"], made["type"]) == ("ann@example.org", "EMAIL", "GUEST")
    assert made["accountNumber"].startswith("C-")
    path = f"/{made['id']}"
    given = {"phone": "+1 415 555 2671", "notes": "Pays late", "version": made["version"]}
    changed = await ask("PATCH", path, given)
    assert (changed["phone"], changed["firstName"], changed["version"]) == ("+14155552671", "Ann", 2)
    tagged = await ask("PUT", f"{path}/tags", {"tags": ["vip", "VIP", "Partner"], "version": 2})
    assert tagged["tags"] == ["Partner", "vip"]
    other = await ask("POST", "", {"displayName": "Bob"}, status=201)
    both = {"customerIds": [made["id"], other["id"]], "add": ["Friend"], "remove": ["partner"]}
    assert await ask("POST", "/tags", both) == {"changed": 2}
    now = await ask("GET", path)
    assert now["tags"] == ["Friend", "vip"]
    for method, where, body, status, words in (
        ("POST", "", {"email": "ANN@example.org"}, 409, "Another customer has the email address"),
        ("POST", "", {"notes": "nobody"}, 409, "needs a name or an email"),
        ("POST", "", {"firstName": "x", "source": "DISCORD"}, 422, "source"),
        ("PATCH", path, {"notes": "mine", "version": 2}, 409, "Somebody else changed Ann"),
        ("PUT", f"{path}/tags", {"tags": [], "version": 1}, 409, "Somebody else changed Ann"),
        ("PATCH", path, {"email": "nowhere"}, 422, "is no email address"),
        ("PATCH", path, {"dmPreferences": {"refunds": False}}, 422, "dmPreferences"),
        ("PATCH", path, {"discordId": "1"}, 422, "discordId"),
        ("POST", "", {"firstName": "x", "emailPreferences": {}}, 422, "emailPreferences"),
        ("POST", "/tags", {"customerIds": [made["id"]], "add": ["a,b"]}, 422, "contains a comma"),
    ):
        assert words in (await ask(method, where, body, status=status))["detail"]
    assert await ask("GET", path) == now


async def test_where_a_customer_stands(ask: Ask, users: UserService, store: Store) -> None:
    ann = await ask("POST", "", {"displayName": "Ann"}, status=201)
    path, user = f"/{ann['id']}", await users.create_user("Annuser", PASSWORD, store=store.id, role="Read only")
    steps = (("deactivate", False, False), ("block", False, True), ("activate", True, True), ("unblock", True, False))
    for step, active, blocked in steps:
        for _again in range(2):
            told = await ask("POST", f"{path}/{step}")
            assert (told["isActive"], told["isBlocked"]) == (active, blocked), step
    assert told["version"] == 1 + len(steps)
    for _again in range(2):
        linked = await ask("PUT", f"{path}/user", {"userId": str(user.id)})
        assert (linked["userId"], linked["type"]) == (str(user.id), "REGISTERED")
    nobody = "00000000-0000-7000-8000-000000000000"
    assert "no active user" in (await ask("PUT", f"{path}/user", {"userId": nobody}, status=404))["detail"]
    await ask("DELETE", f"{path}/user", status=204)
    assert "linked to no user" in (await ask("DELETE", f"{path}/user", status=409))["detail"]
    assert "linked to no user" in (await ask("POST", f"{path}/reset-password", status=409))["detail"]


async def test_a_customer_is_asked_by_email(
    app: App, ask: Ask, users: UserService, store: Store, mailbox: MailboxServer
) -> None:
    ann = await ask("POST", "", {"displayName": "Ann", "email": "ann@example.org"}, status=201)
    assert "sends no email" in (await ask("POST", f"/{ann['id']}/confirm-email", status=503))["detail"]
    mailbox.serve(app)
    security = app.settings.security.model_copy(update={"secret_key": Secret("a secret key for tests, long enough")})
    app.settings = app.settings.model_copy(update={"security": security})
    assert await ask("POST", f"/{ann['id']}/confirm-email", status=202) == {"to": "ann@example.org"}
    user = await users.create_user("Annuser", PASSWORD, store=store.id, role="Read only", email="a@example.org")
    await ask("PUT", f"/{ann['id']}/user", {"userId": str(user.id)})
    assert await ask("POST", f"/{ann['id']}/reset-password", status=202) == {"to": "Annuser"}


async def test_addresses_keep_one_default_and_are_their_customers_own(ask: Ask) -> None:
    ann, bob = [await ask("POST", "", {"displayName": name}, status=201) for name in ("Ann", "Bob")]
    path = f"/{ann['id']}/addresses"
    home = await ask("POST", path, HOME, status=201)
    assert (home["isDefault"], home["isBilling"], home["suggestion"]) == (True, False, None)
    german = {"recipient": "Ann", "street": "Weg 1", "city": "Berlin", "country": "de", "postalCode": "10115"}
    work = await ask("POST", path, german, status=201)
    assert (work["country"], work["isDefault"], work["version"]) == ("DE", False, 1)
    moved = await ask("PATCH", f"{path}/{work['id']}", {"street": "Weg 2", "version": 1})
    assert (moved["street"], moved["city"], moved["version"]) == ("Weg 2", "Berlin", 2)
    await ask("PATCH", f"{path}/{work['id']}", {"street": "Weg 3", "version": 1}, status=409)
    await ask("PATCH", f"{path}/{work['id']}", {"postalCode": "1"}, status=422)
    assert (await ask("POST", f"{path}/{work['id']}/default"))["isDefault"]
    assert (await ask("POST", f"{path}/{work['id']}/billing"))["isBilling"]
    found = await ask("GET", path)
    assert [(one["id"], one["isDefault"], one["isBilling"]) for one in found] == [
        (work["id"], True, True),
        (home["id"], False, False),
    ]
    theirs = f"/{bob['id']}/addresses/{home['id']}"
    for method, where, body in (
        ("PATCH", theirs, {"city": "x"}),
        ("DELETE", theirs, None),
        ("POST", f"{theirs}/default", None),
        ("POST", f"{theirs}/billing", None),
    ):
        await ask(method, where, body, status=404)
    assert await ask("GET", path) == found
    await ask("DELETE", f"{path}/{work['id']}", status=204)
    assert [(one["id"], one["isDefault"]) for one in await ask("GET", path)] == [(home["id"], True)]


async def test_two_records_of_one_person_become_one(ask: Ask) -> None:
    kept = await ask("POST", "", {"displayName": "Ann"}, status=201)
    gone = await ask("POST", "", {"displayName": "Annie", "email": "ann@example.org"}, status=201)
    path, body = f"/{kept['id']}/merge", {"goneId": gone["id"]}
    await ask("POST", path, {**body, "goneVersion": 7}, status=409)
    await ask("POST", path, {**body, "version": 7}, status=409)
    await ask("POST", path, {**body, "memberId": "0"}, status=422)
    await ask("POST", path, {"goneId": kept["id"]}, status=422)
    assert (await ask("GET", f"/{gone['id']}"))["mergedIntoId"] is None
    merged = await ask("POST", path, {**body, "goneVersion": 1, "version": 1})
    assert (merged["id"], merged["email"]) == (kept["id"], "ann@example.org")
    assert (await ask("GET", f"/{gone['id']}"))["mergedIntoId"] == kept["id"]
    for method, where, sent in (
        ("POST", path, body),
        ("POST", f"/{gone['id']}/activate", None),
        ("POST", f"/{gone['id']}/addresses", HOME),
        ("PATCH", f"/{gone['id']}", {"notes": "x"}),
    ):
        assert "was merged into another record" in (await ask(method, where, sent, status=409))["detail"]
