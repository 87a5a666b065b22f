"""Store credit as members and staff meet it: a command, the list of customers, the pages, the API."""

from __future__ import annotations

import re

from guildshop.app import App
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.store_credit.api import CreditAction
from guildshop.plugins.store_credit.service import CreditService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import Shop
from guildshop.web.testing import PASSWORD, Visitor
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService
from tests.plugins.sale import Sale
from tests.plugins.store_credit.conftest import Purse


async def test_a_member_sees_and_spends_it(shop: Shop) -> None:
    assert "gives no store credit" in (await shop.buyer.slash("credit")).text
    await shop.app.stores.change(shop.actor(), "store_credit", {"enabled": True})
    with scope(shop.store.id):
        people = shop.app.get(CustomerService)
        await shop.buyer.slash("register")
        customer = await people.by_discord_id(int(shop.buyer.id))
        assert customer is not None
        await shop.app.get(CreditService).adjust(
            shop.actor(), customer.id, CreditAction.TOP_UP, 400, "**Sorry** @everyone"
        )
    reply = await shop.buyer.slash("credit")
    assert reply.ephemeral
    assert "$4.00" in reply.text
    assert "**Sorry**" not in reply.text
    sale = Sale(shop)
    order = await sale.order(await sale.product("GOLD", price=1000))
    assert (order.credit, order.due) == (400, 600)
    text = (await shop.buyer.slash("credit")).text
    assert "$0.00" in text
    assert order.number in text
    assert "takes no credit" not in text
    assert shop.sim.violations == []


async def test_staff_adjust_it_on_the_web(purse: Purse, visitor: Visitor, users: UserService) -> None:
    customer = await purse.customer()
    await users.create_user("Olga", PASSWORD, store=purse.store.id, role="Owner")
    await visitor.sign_in("Olga")
    listed = await (await visitor.get("/admin/customer")).text()
    assert f'href="/admin/credit/{customer}" aria-label="Adjust credit"' in listed
    form = {"amount": "12.50", "reason": "<b>Nice</b>", "action": "top_up"}
    answer = await visitor.post(f"/admin/credit/{customer}", form)
    assert answer.status == 303
    text = await (await visitor.get(f"/admin/customer/{customer}/credit")).text()
    assert "Topped up by $12.50. Current Credit: $12.50." in text
    assert "&lt;b&gt;Nice&lt;/b&gt;" in text
    problems = {"1.234": "more decimals", "-5": "more than 0", "x": "is no amount", "99": "cannot be taken"}
    for wrong, told in problems.items():
        answer = await visitor.post(f"/admin/credit/{customer}", {**form, "amount": wrong, "action": "reduce"})
        assert answer.status in {409, 422}
        assert told in await answer.text()
    assert "Give a reason" in await (await visitor.post(f"/admin/credit/{customer}", {**form, "reason": " "})).text()
    assert await purse.kinds() == [("TOP_UP", 1250)]
    assert re.search(r"Total owed.*\$12\.50", await (await visitor.get("/admin/credit")).text(), re.DOTALL)
    rows = (await (await visitor.get("/admin/credit/export.csv")).text()).splitlines()
    assert rows[1].endswith("12.50,USD")
    assert rows[2] == ",Total owed,,12.50,USD"
    await purse.enable(False)
    assert "Adjust credit" not in await (await visitor.get("/admin/customer")).text()
    assert "neither topped up nor used" in await (await visitor.get(f"/admin/customer/{customer}/credit")).text()


async def test_the_api(app: App, store: Store, purse: Purse, visitor: Visitor, users: UserService) -> None:
    customer = await purse.customer()
    await users.create_user("Owner", PASSWORD, store=store.id, role="Owner")
    token = await TokenService(app).create("Owner", store.id)
    headers = {"Authorization": f"Bearer {token}"}

    async def post(body: object, **more: str) -> tuple[int, dict[str, object]]:
        answer = await visitor.http.post(f"/api/credit/{customer}/adjust", json=body, headers={**headers, **more})
        return answer.status, await answer.json()

    wanted = {"action": "top_up", "amountCents": 700, "reason": "Hello"}
    assert (await post(wanted, **{"Idempotency-Key": "one"}))[1]["balanceCents"] == 700
    assert (await post(wanted, **{"Idempotency-Key": "one"}))[1]["balanceCents"] == 700
    for change, status in (
        ({"amountCents": 10**18}, 422),
        ({"amountCents": 0}, 422),
        ({"amountCents": 1.5}, 422),
        ({"currency": "EUR"}, 422),
        ({"action": "reduce", "amountCents": 701}, 409),
    ):
        assert (await post({**wanted, **change}))[0] == status
    read = await (await visitor.http.get(f"/api/credit/{customer}", headers=headers)).json()
    assert [one["amountCents"] for one in read["entries"]] == [700]
    owed = await (await visitor.http.get("/api/credit/owed", headers=headers)).json()
    assert owed == [{"currency": "USD", "amountCents": 700, "customers": 1}]
