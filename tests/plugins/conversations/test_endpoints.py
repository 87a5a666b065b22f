"""Conversations by the JSON API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from guildshop.app import App
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from tests.plugins.conversations.test_conversations import Talk
from tests.plugins.robot import Robot, robot

__all__ = ["robot"]


@pytest.fixture
async def talk(app: App, store: Store, member: ActorFactory, staff: ActorFactory) -> Any:
    with scope(store.id):
        yield Talk(app, store, member, staff)


async def test_a_program_leads_a_conversation(talk: Talk, robot: Robot, app: App) -> None:
    begun = await talk.write("Where is my mug?")
    here = f"/conversations/{begun.id}"
    assert await robot.get("/conversations/counts") == {"open": 1, "waiting": 1, "mine": 0}
    (listed,) = (await robot.get("/conversations?view=waiting&text=MUG"))["items"]
    assert (listed["id"], listed["customerId"], listed["preview"]) == (
        str(begun.id),
        str(begun.customer),
        "Where is my mug?",
    )
    assert (listed["state"], listed["isWaiting"], listed["claimedBy"], listed["closedAt"]) == ("OPEN", True, "", None)
    answer = await robot.post(f"{here}/messages", {"text": "On its way."})
    assert (answer["kind"], answer["text"], answer["state"]) == ("ANSWER", "On its way.", "QUEUED")
    assert (await robot.post(f"{here}/messages", {"text": "Be kind.", "isInternal": True}))["kind"] == "NOTE"
    read = await robot.get(here)
    assert [one["text"] for one in read["messages"]] == ["Where is my mug?", "On its way.", "Be kind."]
    assert (read["claimedBy"], read["isWaiting"]) == ("Robot", False)
    for query, found in (("includeInternal=false", ["Where is my mug?", "On its way."]), ("limit=1", ["Be kind."])):
        assert [one["text"] for one in await robot.get(f"{here}/messages?{query}")] == found
    for change, field, value in (
        ("release", "claimedBy", ""),
        ("claim", "claimedBy", "Robot"),
        ("close", "state", "CLOSED"),
        ("reopen", "state", "OPEN"),
    ):
        assert (await robot.post(f"{here}/{change}", status=200))[field] == value
    assert await robot.get("/conversations/counts") == {"open": 1, "waiting": 0, "mine": 1}
    again = await robot.post("/conversations", {"customerId": str(begun.customer), "text": "By the way"})
    assert again["id"] == str(begun.id)
    assert [one["id"] for one in await robot.get(f"/customers/{begun.customer}/conversations")] == [str(begun.id)]
    assert (await robot.get("/conversations?view=closed"))["items"] == []
    resend = f"/conversations/messages/{answer['id']}/retry"
    await robot.refuses(409, ("POST", resend, None))
    await app.database.execute("UPDATE conversation_message SET state = 'FAILED' WHERE kind = 'ANSWER' RETURNING id")
    assert (await robot.post(resend, status=200))["id"] == str(begun.id)
    sent = (await robot.get(f"{here}/messages"))[1]
    assert (sent["id"], sent["state"], sent["attempt"]) == (answer["id"], "QUEUED", 2)


async def test_what_is_not_acceptable_says_nothing_to_anybody(talk: Talk, robot: Robot, app: App) -> None:
    begun = await talk.write()
    here = f"/conversations/{begun.id}"
    guest = await app.get(CustomerService).create(talk.sam, CustomerInput(display_name="Greta"))
    await robot.refuses(
        422,
        ("POST", f"{here}/messages", {"text": ""}),
        ("POST", f"{here}/messages", {"text": " \u0000 "}),
        ("POST", f"{here}/messages", {"text": "x" * 4001}),
        ("POST", f"{here}/messages", {"text": "x", "kind": "NOTE"}),
        ("POST", "/conversations", {"customerId": "nobody", "text": "x"}),
        ("GET", "/conversations?view=all", None),
        ("GET", "/conversations?cursor=nonsense", None),
        ("GET", f"{here}/messages?limit=0", None),
    )
    await robot.refuses(
        409,
        ("POST", "/conversations", {"customerId": str(guest.id), "text": "x"}),
    )
    await robot.refuses(
        404,
        *(("POST", f"/conversations/{uuid4()}/{name}", None) for name in ("claim", "release", "close", "reopen")),
        ("POST", "/conversations", {"customerId": str(uuid4()), "text": "x"}),
        ("POST", f"/conversations/messages/{uuid4()}/retry", None),
        ("GET", f"/conversations/{uuid4()}/messages", None),
        ("GET", f"/customers/{uuid4()}/conversations", None),
    )
    await robot.post(f"{here}/close", status=200)
    await robot.refuses(409, ("POST", f"{here}/messages", {"text": "x"}), ("POST", f"{here}/claim", None))
