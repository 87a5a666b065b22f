"""The page of staff: without scripts, in Chromium with news that arrive by themselves, and with bad input."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect

from guildshop.app import App
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import PASSWORD, NewTab, NewVisitor, Visitor, serious_findings, sign_in
from guildshop.web.users import UserService
from tests.plugins.conversations.test_conversations import Talk

CHAT = "/staff/customer-chat"


@pytest.fixture
async def talk(app: App, store: Store, member: ActorFactory, staff: ActorFactory) -> Any:
    with scope(store.id):
        yield Talk(app, store, member, staff)


async def text_of(visitor: Visitor, path: str) -> str:
    answer = await visitor.get(path)
    assert answer.status == 200, (path, answer.status)
    return await answer.text()


async def test_staff_work_without_scripts(talk: Talk, support: Visitor) -> None:
    assert "Example store has no open conversations" in await text_of(support, CHAT)
    begun = await talk.write("<script>alert(1)</script>")
    here = f"{CHAT}/{begun.id}"
    assert "&lt;script&gt;alert(1)" in await text_of(support, CHAT)
    for action, told in (
        ("claim", "You see to this conversation."),
        ("release", "Nobody sees to it yet."),
        ("close", "Reopen the conversation to answer."),
        ("reopen", "Send answer"),
    ):
        assert (await support.post(f"{here}/{action}")).headers["Location"] == here
        assert told in await text_of(support, here), action
    form = {"text": "Yes &amp; no", "kind": "answer", "key": str(uuid4())}
    for _time in range(2):
        assert (await support.post(f"{here}/answer", form)).status == 303
    await support.post(f"{here}/answer", {"text": "=HYPERLINK(1)", "kind": "note"})
    assert [body for _kind, body, _state in await talk.said(begun)] == [
        "<script>alert(1)</script>",
        "Yes &amp; no",
        "=HYPERLINK(1)",
    ]
    page = await text_of(support, here)
    assert "Yes &amp;amp; no" in page
    assert "Total Revenue: <strong>$0.00</strong>" in page
    assert ("Queued" in page, "Internal note" in page, "You see to this conversation." in page) == (True,) * 3
    plain = await text_of(support, f"{here}/transcript.txt")
    assert ("Yes &amp; no" in plain, "HYPERLINK" in plain) == (True, False)
    rows = await text_of(support, f"{here}/transcript.csv?notes=1")
    assert "'=HYPERLINK(1)" in rows
    tab = await text_of(support, f"/staff/customer/{begun.customer}/communication")
    assert ("=HYPERLINK(1)" in tab, "Write to Bea Buyer" in tab, "No messages yet" in tab) == (False, True, True)
    sent = await support.post(f"{CHAT}/to/{begun.customer}", {"text": "By the way", "key": str(uuid4())})
    assert sent.headers["Location"] == here
    news = await support.get(f"{here}/news")
    assert "By the way" in await news.text()
    assert (await support.get(f"{here}/news?seen={news.headers['X-Seen']}")).status == 204
    assert "Bea Buyer" in await text_of(support, f"{CHAT}?view=mine&text=BUYER")
    assert "No conversation fits" in await text_of(support, f"{CHAT}?view=closed&text=%00%25")
    assert "Customers waiting for an answer" in await text_of(support, "/staff/dashboard")


async def test_bad_input_and_those_who_may_only_read(
    talk: Talk, support: Visitor, visitors: NewVisitor, users: UserService
) -> None:
    begun = await talk.write()
    here, before = f"{CHAT}/{begun.id}", await talk.rows("conversation_message")
    for text, told in (("", "The message is empty"), ("x" * 4001, "4001 characters")):
        for path in (f"{here}/answer", f"{CHAT}/to/{begun.customer}"):
            answer = await support.post(path, {"text": text, "key": str(uuid4())})
            page = await answer.text()
            assert (answer.status, told in page, f">{text}</textarea>" in page) == (422, True, True)
    assert (await support.post(f"{here}/answer", {"text": "x" * 70_000})).status == 413
    assert (await support.post(f"{here}/answer", {"text": "Hi", "key": "nonsense"})).status == 422
    for path in ("nonsense", str(uuid4()), f"{begun.id}/transcript.exe", f"{begun.id}/news/x", "to/nonsense"):
        assert (await support.get(f"{CHAT}/{path}")).status == 404, path
    assert (await support.get(f"{CHAT}?cursor=nonsense")).status == 422
    assert (await support.get(f"{CHAT}?view=nonsense&text={'x' * 500}")).status == 200
    assert (await support.post(f"{here}/retry/{uuid4()}")).status == 404
    await users.create_user("Rita", PASSWORD, store=talk.store.id, role="Read only")
    rita = await visitors()
    await rita.sign_in("Rita")
    page = await text_of(rita, here)
    assert ("Where is my mug?" in page, "<textarea" in page, "Claim" in page) == (True, False, False)
    for path in ("answer", "claim", "release", "close", "reopen", f"retry/{before[0]['id']}"):
        assert (await rita.post(f"{here}/{path}", {"text": "Hi"})).status == 403, path
    assert await talk.rows("conversation_message") == before


async def test_in_a_browser_news_arrive_while_one_types(
    talk: Talk, users: UserService, tabs: NewTab, other_store: Store
) -> None:
    await users.create_user("Sam", PASSWORD, store=talk.store.id, role="Support")
    begun = await talk.write("Where is my mug?")
    tab = await tabs()
    page = tab.page
    await sign_in(page, "Sam")
    await page.goto(CHAT)
    assert await serious_findings(page) == []
    await page.get_by_role("link", name="Bea Buyer").click()
    await page.get_by_label("Message", exact=False).last.fill("Let me look")
    await talk.write("Please hurry")
    await expect(page.get_by_text("Please hurry")).to_be_visible(timeout=15_000)
    await expect(page.get_by_role("status")).to_have_text("The conversation has changed.")
    await expect(page.locator("textarea")).to_have_value("Let me look")
    assert await serious_findings(page) == []
    await page.get_by_role("button", name="Send answer").press("Enter")
    await expect(page.get_by_text("Queued")).to_be_visible()
    await page.locator("textarea").fill("A regular")
    await page.get_by_role("button", name="Keep as internal note").click()
    await expect(page.locator(".saying.note")).to_contain_text("A regular")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.emulate_media(color_scheme="dark")
    assert await serious_findings(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [state for _kind, _body, state in await talk.said(begun)] == ["RECEIVED", "RECEIVED", "QUEUED", "KEPT"]
    assert tab.complaints == []
