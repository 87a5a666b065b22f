"""Reviews: who may write one, who is asked for one, and what staff see."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from guildshop.errors import Forbidden
from guildshop.plugins.catalog.api import ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.service import CustomerService
from guildshop.simulator.driver import Person
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import Shop, ShopFactory
from guildshop.web.testing import PASSWORD, Visitor
from guildshop.web.users import UserService

from guildshop_reviews.service import ReviewService


async def rows(shop: Shop, table: str) -> list[dict[str, Any]]:
    return await shop.app.database.fetch(f"SELECT * FROM {table} WHERE store = :store", store=shop.store.id)


async def sold(shop: Shop, person: Person | None = None, *, paid: bool = True) -> str:
    """Have somebody order a mug, and staff confirm the payment; nothing ships, so the order is complete."""
    with scope(shop.store.id):
        if not await rows(shop, "product"):
            await shop.app.get(CatalogService).create_product(
                shop.actor(), ProductInput(sku="MUG", name="Mug", price=1500)
            )
    reply = await (person or shop.buyer).slash("order")
    reply = await (await reply.select("Mug")).submit(quantity="1")
    reply = await (await reply.press("Continue")).select("Cash")
    await reply.press("Confirm & submit")
    number = str((await rows(shop, "orders"))[-1]["number"])
    if paid:
        await shop.staff.slash("payment-confirm", order=number)
    await shop.settle()
    return number


async def review(shop: Shop, person: Person, rating: int = 5, text: str = "Holds *all* my tea.") -> Any:
    (choice,) = await person.autocomplete("review", focused="product", value="mu")
    return await person.slash("review", product=choice.value, rating=rating, text=text)


async def later(shop: Shop, **parts: float) -> None:
    """Let that much time pass, and what is due then happen."""
    await shop.app.dispatcher.ensure_timers()
    now = shop.app.now() + timedelta(**parts)
    shop.app.clock = lambda: now
    await shop.settle()


async def asked(shop: Shop) -> int:
    return sum("How do you like" in message.text for message in await shop.buyer.dms())


async def test_a_buyer_reviews_what_they_bought_and_may_change_it(shop: Shop) -> None:
    await sold(shop)
    reply = await review(shop, shop.buyer)
    assert "Your review of Mug: ★★★★★" in reply.text
    assert reply.ephemeral
    await review(shop, shop.buyer, 2, "It broke.")
    (kept,) = await rows(shop, "review")
    assert (kept["rating"], kept["text"], kept["version"]) == (2, "It broke.", 2)


async def test_who_did_not_buy_or_pay_cannot_review(shop: Shop) -> None:
    await sold(shop)
    await sold(shop, shop.owner, paid=False)
    product = str((await rows(shop, "product"))[0]["id"])
    assert await shop.owner.autocomplete("review", focused="product", value="") == []
    refused = await shop.owner.slash("review", product=product, rating=1, text="Bad")
    assert "You have not bought" in refused.text
    stranger = await shop.staff.slash("review", product=product, rating=1, text="Bad")
    assert "/register" in stranger.text
    assert await rows(shop, "review") == []


async def test_a_review_is_asked_for_once_some_days_after_completion(shop: Shop) -> None:
    await sold(shop)
    await later(shop, days=6)
    assert await asked(shop) == 0
    await later(shop, days=1, hours=2)
    assert await asked(shop) == 1
    await later(shop, days=30)
    assert await asked(shop) == 1


async def test_who_does_not_want_to_be_asked_is_not(shop: Shop) -> None:
    await sold(shop)
    prefs = await shop.buyer.slash("dm-prefs")
    await prefs.press("Requests for a review: on")
    await later(shop, days=8)
    assert await asked(shop) == 0
    assert any(row["action"] == "message.suppress" for row in await rows(shop, "audit_entry"))


async def test_switched_off_nobody_is_asked_and_the_command_is_gone(shop: Shop) -> None:
    await sold(shop)
    await shop.app.stores.switch(shop.actor(), "reviews", False)
    await later(shop, days=8)
    assert await asked(shop) == 0
    refused = await shop.buyer.slash("review", product="Mug", rating=5, text="Good", stale=True)
    assert await rows(shop, "review") == []
    assert refused.ephemeral
    await shop.app.stores.switch(shop.actor(), "reviews", True)
    await later(shop, days=1)
    assert await asked(shop) == 1


async def test_my_data_has_the_review_and_forgetting_leaves_the_stars(shop: Shop) -> None:
    await sold(shop)
    await review(shop, shop.buyer, 4)
    reply = await shop.buyer.slash("my-data")
    async with aiohttp.ClientSession() as http, http.get(reply.attachments[0]["url"]) as answer:
        data = json.loads(await answer.read())
    assert [(one["product"], one["rating"], one["text"]) for one in data["reviews"]] == [
        ("Mug", 4, "Holds *all* my tea.")
    ]
    await (await shop.buyer.slash("forget-me")).submit(typed="FORGET ME")
    (kept,) = await rows(shop, "review")
    assert (kept["customer"], kept["rating"], kept["text"]) == (None, 4, "")


async def test_another_stores_reviews_are_not_there(shop: Shop) -> None:
    await sold(shop)
    await review(shop, shop.buyer)
    other = await shop.app.stores.create(100000000000000009, "Other store")
    with scope(other.id):
        assert await shop.app.get(ReviewService).average() == "—"
    with scope(shop.store.id):
        assert await shop.app.get(ReviewService).average() == "5.0 ★ of 1"


@pytest.fixture
async def written(make_shop: ShopFactory) -> Shop:
    """A shop with one review, and its web server."""
    shop = await make_shop(web=True)
    await sold(shop)
    await review(shop, shop.buyer, 3, "Fine <b>mug</b>.")
    return shop


@pytest.fixture
async def signed_in(written: Shop) -> AsyncIterator[Visitor]:
    """The owner's browser at that shop."""
    await UserService(written.app).create_user("Olga", PASSWORD, store=written.store.id, role="Owner")
    assert written.app.web is not None
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(written.app.web.url, cookie_jar=jar, headers={"Accept": "text/html"}) as http:
        visitor = Visitor(http)
        await visitor.sign_in("Olga")
        yield visitor


async def test_staff_without_the_permission_cannot_hide(written: Shop) -> None:
    (kept,) = await rows(written, "review")
    with scope(written.store.id), pytest.raises(Forbidden, match=r"review\.update"):
        await written.app.get(ReviewService).hide(written.actor("review.read"), kept["id"], True)
    assert await rows(written, "review") == [kept]


async def test_the_page_is_empty_at_first(owner: Visitor, store: Store) -> None:
    page = await (await owner.get("/admin/review")).text()
    assert "Example store has no reviews yet" in page
    assert "Average review" in await (await owner.get("/admin/dashboard")).text()


async def test_staff_see_hide_and_show_reviews_everywhere(written: Shop, signed_in: Visitor) -> None:
    (kept,) = await rows(written, "review")
    page = await (await signed_in.get("/admin/review")).text()
    assert "Fine &lt;b&gt;mug&lt;/b&gt;." in page
    assert "3.0 ★ of 1" in await (await signed_in.get("/admin/dashboard")).text()
    with scope(written.store.id):
        customer = await written.app.get(CustomerService).by_discord_id(int(written.buyer.id))
    assert customer is not None
    tab = await (await signed_in.get(f"/admin/customer/{customer.id}/reviews")).text()
    assert "Fine &lt;b&gt;mug&lt;/b&gt;." in tab
    assert "Fine" not in await (await signed_in.get(f"/admin/customer/{customer.id}")).text()
    hidden = await signed_in.post(f"/admin/review/{kept['id']}", {"hidden": "yes"})
    assert hidden.status == 303
    assert (await rows(written, "review"))[0]["hidden"] in {True}
    assert "—" in await (await signed_in.get("/admin/dashboard")).text()
    shown = await signed_in.send("PATCH", f"/admin/api/tables/review/{kept['id']}/", {"hidden": False})
    assert shown.status == 200
    assert not (await rows(written, "review"))[0]["hidden"]
    refused = await signed_in.send("PATCH", f"/admin/api/tables/review/{kept['id']}/", {"rating": 5})
    assert refused.status == 422
    assert (await rows(written, "review"))[0]["rating"] == 3
    form = {"review": str(kept["id"]), "hidden": True}
    sent = await signed_in.send("POST", "/admin/api/forms/hide-a-review/", form)
    assert "The review is hidden." in await sent.text()
    assert (await rows(written, "review"))[0]["hidden"] in {True}
