"""Signing in and out, sessions, CSRF and limits, as a browser without scripts sees them."""

from __future__ import annotations

from guildshop.app import App
from guildshop.web.users import UserService
from tests.web.conftest import PASSWORD, NewVisitor, Visitor


async def test_the_form_signs_in_and_leads_to_the_workspace(owner: Visitor) -> None:
    answer = await owner.get("/")
    assert answer.headers["Location"] == "/admin/dashboard"
    page = await owner.get("/admin/dashboard")
    assert page.status == 200
    assert "Example store" in await page.text()
