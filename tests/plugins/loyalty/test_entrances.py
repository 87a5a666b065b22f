"""Loyalty as members and staff meet it: commands, the list of customers, the pages, the form, the API."""

from __future__ import annotations

from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.tenancy import scope
from guildshop.testing import Shop
from guildshop.web.testing import PASSWORD, Visitor
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService
from tests.plugins.loyalty.conftest import Club
from tests.plugins.sale import Sale


async def test_members_join_earn_and_redeem_and_staff_adjust(shop: Shop) -> None:
    given = {"member": shop.buyer, "action": "add", "points": 500, "reason": "**Hi** @everyone"}
    assert "no loyalty program" in (await shop.buyer.slash("points")).text
    assert "not active" in (await shop.staff.slash("points-adjust", given)).text
    terms = {"enabled": True, "tiers": [{"name": "Gold", "threshold": 10, "multiplier": "2"}]}
    await shop.app.stores.change(shop.actor(), "loyalty", terms)
    assert "Customer does not have a loyalty account." in (await shop.staff.slash("points-adjust", given)).text
    offered = await shop.buyer.slash("points")
    assert offered.ephemeral
    await shop.restart()
    await offered.press("Join")
    assert "**0** points" in (await shop.buyer.slash("points")).text
    reply = await shop.staff.slash("points-adjust", given)
    assert "Successfully added 500 points. New balance: 500 points." in reply.text
    reply = await shop.staff.slash("points-adjust", {**given, "action": "deduct", "points": 50})
    assert "Successfully deducted 50 points. New balance: 450 points." in reply.text
    for points, told in ((0, "positive whole"), (-5, "positive whole"), (451, "450 points: 451 cannot be deducted")):
        assert told in (await shop.staff.slash("points-adjust", {**given, "action": "deduct", "points": points})).text
    sale = Sale(shop)
    await sale.product("GOLD", price=2000)
    reply = await shop.buyer.slash("order")
    reply = await (await reply.select("Gold")).submit(quantity="1")
    reply = await reply.press("Continue")
    reply = await reply.select("Venmo")
    form = await reply.press("Redeem points")
    reply = await form.submit(points="400")
    assert "400 points: −$4.00" in reply.text
    await reply.press("Confirm & submit")
    await shop.settle()
    (row,) = await sale.rows("orders")
    assert (row["loyalty"], row["total"]) == (400, 1600)
    with scope(shop.store.id):
        assert (await shop.app.get(LoyaltyService).owed()).points == 50
    text = (await shop.buyer.slash("points")).text
    assert "**50** points" in text
    assert "**Hi**" not in text
    assert "10 more to Gold" in text
    assert shop.sim.violations == []


async def test_staff_adjust_on_the_web(club: Club, visitor: Visitor, users: UserService) -> None:
    customer = (await club.customer()).id
    await users.create_user("Olga", PASSWORD, store=club.store.id, role="Owner")
    await visitor.sign_in("Olga")
    form = {"action": "add", "points": "100", "reason": "<b>Nice</b>"}
    assert "Adjust loyalty points" not in await (await visitor.get("/admin/customer")).text()
    told = await (await visitor.post(f"/admin/loyalty/{customer}", form)).text()
    assert told.count("Customer does not have a loyalty account.") >= 1
    await club.join()
    listed = await (await visitor.get("/admin/customer")).text()
    assert f'href="/admin/loyalty/{customer}" aria-label="Adjust loyalty points"' in listed
    for label in ("Adjust Loyalty Points", "Add Points", "Deduct Points", "Number of Points", "Reason"):
        assert label in await (await visitor.get(f"/admin/customer/{customer}/loyalty")).text()
    assert (await visitor.post(f"/admin/loyalty/{customer}", form)).status == 303
    text = await (await visitor.get(f"/admin/customer/{customer}/loyalty")).text()
    assert "Successfully added 100 points. New balance: 100 points." in text
    assert "&lt;b&gt;Nice&lt;/b&gt;" in text
    for wrong in ("0", "-5", "1.5", str(10**18), ""):
        answer = await visitor.post(f"/admin/loyalty/{customer}", {**form, "points": wrong})
        assert answer.status == 422
        assert "positive whole number" in await answer.text()
    answer = await visitor.post(f"/admin/loyalty/{customer}", {**form, "reason": ""})
    assert "A reason is required" in await answer.text()
    answer = await visitor.post(f"/admin/loyalty/{customer}", {**form, "action": "deduct", "points": "101"})
    assert (answer.status, "cannot be deducted" in await answer.text()) == (409, True)
    assert await club.kinds() == [("ADD", 100)]
    assert "worth $1.00 when redeemed" in await (await visitor.get("/admin/loyalty")).text()
    await club.terms(enabled=False)
    assert "Adjust loyalty points" not in await (await visitor.get("/admin/customer")).text()
    assert "points stay as they are" in await (await visitor.get(f"/admin/customer/{customer}/loyalty")).text()


async def test_the_api(club: Club, visitor: Visitor, users: UserService) -> None:
    customer = (await club.customer()).id
    await users.create_user("Owner", PASSWORD, store=club.store.id, role="Owner")
    headers = {"Authorization": f"Bearer {await TokenService(club.app).create('Owner', club.store.id)}"}

    async def post(body: object) -> tuple[int, dict[str, object]]:
        answer = await visitor.http.post(f"/api/loyalty/{customer}/adjust", json=body, headers=headers)
        return answer.status, await answer.json()

    wanted = {"action": "add", "points": 70, "reason": "Hello"}
    status, told = await post(wanted)
    assert (status, told["detail"]) == (409, "Customer does not have a loyalty account.")
    await club.join()
    assert (await post(wanted))[1]["message"] == "Successfully added 70 points. New balance: 70 points."
    for change, expected in (
        ({"points": 10**18}, 422),
        ({"points": 0}, 422),
        ({"points": 1.5}, 422),
        ({"reason": " "}, 422),
        ({"action": "deduct", "points": 71}, 409),
    ):
        assert (await post({**wanted, **change}))[0] == expected
    read = await (await visitor.http.get(f"/api/loyalty/{customer}", headers=headers)).json()
    assert (read["balance"], [one["points"] for one in read["entries"]]) == (70, [70])
    listed = await (await visitor.http.get("/api/loyalty", headers=headers)).json()
    assert [one["balance"] for one in listed["items"]] == [70]
