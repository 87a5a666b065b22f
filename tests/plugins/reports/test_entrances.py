"""Reports as staff meet them: the page, its files, links, the start page, and `/sales` over the wire."""

from __future__ import annotations

import csv
import io
import re
from typing import Any
from uuid import UUID

import pytest

from guildshop.bot.testing import SECRET_KEY
from guildshop.config.settings import Settings
from guildshop.plugins.catalog.api import ProductInput
from guildshop.simulator.client import SimulatorError
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import Shop
from guildshop.web.testing import PASSWORD, NewVisitor, Visitor
from guildshop.web.users import UserService
from tests.plugins.refunds.conftest import Till
from tests.plugins.sale import Sale

WHOLE = {"period": "custom", "first": "2026-11-01", "last": "2026-11-22"}


async def test_sales_answers_with_a_picture_and_posts_it(shop: Shop) -> None:
    with pytest.raises(SimulatorError, match="not shown"):
        await shop.buyer.slash("sales")
    assert "Nothing was ordered" in (await shop.staff.slash("sales")).text
    sale = Sale(shop)
    await sale.paid(await sale.product("MUG", name="**Mug** @everyone", price=2000))
    reply = await shop.staff.slash("sales", {"period": "7d"})
    assert reply.ephemeral
    for told in ("$20.00", "100.0%", "\\*\\*Mug"):
        assert told in reply.text
    (file,) = reply["attachments"]
    assert file["filename"] == "sales.png"
    assert "revenue $20.00" in file["description"]
    await shop.restart()
    await reply.press("Show to everybody here")
    await shop.settle()
    assert shop.sim.violations == []


async def test_the_page_its_files_and_permissions(
    till: Till, visitors: NewVisitor, users: UserService, other_store: Store
) -> None:
    evil = await till.catalog.create_product(
        till.boss, ProductInput(sku="EVIL", name="=cmd|' /C calc'!A0", price=1500, tracked=True, quantity=10)
    )
    sold = await till.sold((evil, 2))
    await till.refund(sold, "amount", 500)
    await till.settle()
    await users.create_user("Olga", PASSWORD, store=till.store.id, role="Owner")
    await users.create_user("Rita", PASSWORD, store=till.store.id, role="Read only")
    await users.create_user("Sam", PASSWORD, store=till.store.id, role="Support")
    with scope(other_store.id):
        await users.create_user("Theo", PASSWORD, store=other_store.id, role="Owner")
    olga, rita, sam, theo = [await visitors() for _ in range(4)]
    for visitor, name in ((olga, "Olga"), (rita, "Rita"), (sam, "Sam"), (theo, "Theo")):
        await visitor.sign_in(name)
    text = await (await olga.get("/admin/reports")).text()
    for told in ("$30.00", "$5.00", "$25.00", "100.0%", "16.7%", "<svg", "Top customers", "Make a link"):
        assert told in text
    assert "=cmd|&#39; /C calc&#39;!A0" in text
    assert " style=" not in text
    assert "Make a link" not in await (await rita.get("/staff/reports")).text()
    assert (await sam.get("/staff/reports")).status == 403
    assert (await rita.post("/staff/reports/share", {**WHOLE, "days": "7"})).status == 403
    assert "Nothing in these days" in await (await theo.get("/admin/reports")).text()
    for table, expected in (
        ("days", ["2026-11-22", "USD", "1", "1", "1", "30.00", "5.00", "25.00", "1"]),
        ("products", ["EVIL", "'=cmd|' /C calc'!A0", "2", "30.00", "USD"]),
        ("customers", [str(sold.customer), None, "1", "25.00", "USD"]),
        ("statuses", ["PARTIALLY_REFUNDED", "1", "USD"]),
    ):
        head, *rows = await _csv(olga, f"/admin/reports/{table}.csv", WHOLE)
        assert len(head) == len(expected)
        assert all(cell in {told, None} or told is None for cell, told in zip(rows[-1], expected, strict=True)), rows
    assert len(await _csv(olga, "/admin/reports/owed.csv", WHOLE)) == 1
    assert (await olga.get("/admin/reports/secrets.csv")).status == 404
    for wrong in ({"period": "<script>"}, {"first": "x", "last": "y"}, {"currency": "XXX"}, {"first": "2026-12-24"}):
        answer = await olga.get("/admin/reports", params=wrong)
        assert answer.status == 422
        assert "<script>" not in await answer.text()
        assert (await olga.get("/admin/reports/days.csv", params=wrong)).status == 422
    start = await (await olga.get("/admin/dashboard")).text()
    for told in ("Orders today", "Revenue today", "Revenue of 30 days", "<polyline"):
        assert told in start
    orders = await (await olga.get(f"/admin/customer/{sold.customer}/orders")).text()
    link = re.search(r'href="([^"]+export\.csv[^"]+)"', orders)
    assert link is not None
    head, *rows = await _csv(olga, link[1].replace("&amp;", "&"), {})
    assert [row[head.index("number")] for row in rows] == [sold.number]


async def test_what_is_not_counted_yet_is_told(
    till: Till, visitors: NewVisitor, users: UserService, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await till.sold((await till.product("MUG"), 1))
    clock.advance(days=1)
    await users.create_user("Olga", PASSWORD, store=till.store.id, role="Owner")
    olga = await visitors()
    await olga.sign_in("Olga")
    monkeypatch.setattr("guildshop.plugins.reports.service.PATIENCE", -1)
    refused = await olga.get("/admin/reports/days.csv?period=year")
    assert (refused.status, "still being counted" in await refused.text()) == (503, True)
    rows = await _csv(olga, "/admin/reports/days.csv", {"period": "year"})
    assert [row[5] for row in rows[-2:]] == ["15.00", "0.00"]


async def test_a_link_is_read_without_signing_in_until_it_is_over(
    till: Till, visitors: NewVisitor, users: UserService, clock: Any, other_store: Store
) -> None:
    await till.sold((await till.product("MUG"), 1))
    await users.create_user("Olga", PASSWORD, store=till.store.id, role="Owner")
    olga, anybody = await visitors(), await visitors()
    await olga.sign_in("Olga")
    refused = await olga.post("/admin/reports/share", {**WHOLE, "days": "7"})
    assert (refused.status, await till.rows("report_share")) == (503, [])
    till.app.settings = till.app.settings.model_copy(
        update={"security": Settings.model_validate({"security": {"secret_key": SECRET_KEY}}).security}
    )
    for days in ("", "0", "-1", "8", "9" * 50, "²", "seven"):
        assert (await olga.post("/admin/reports/share", {**WHOLE, "days": days})).status == 422
    assert await till.rows("report_share") == []
    page = await (await olga.post("/admin/reports/share", {**WHOLE, "days": "7"})).text()
    found = re.search(r"/reports/(1-[0-9a-f]{32}-[0-9]+-[0-9a-f]{64})", page)
    assert found is not None
    token = found[1]
    shown = await anybody.get(f"/reports/{token}")
    text = await shown.text()
    assert shown.status == 200
    assert "$15.00" in text
    for hidden in ("Buyer", "Top customers", "Make a link", "/admin/"):
        assert hidden not in text
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in shown.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in shown.headers
    assert anybody.csrf == ""
    for forged in (
        token[:-1] + ("0" if token[-1] != "0" else "1"),
        "2" + token[1:],
        "x",
        "%00",
        "a" * 300,
        f"{token}0",
    ):
        answer = await anybody.get(f"/reports/{forged}")
        assert (answer.status, "There is no report at this address" in await answer.text()) == (404, True)
    with scope(other_store.id):
        await users.create_user("Theo", PASSWORD, store=other_store.id, role="Owner")
    theo = await visitors()
    await theo.sign_in("Theo")
    (row,) = await till.rows("report_share")
    assert (await theo.post(f"/admin/reports/share/{row['id']}/revoke")).status == 404
    assert (await anybody.get(f"/reports/{token}")).status == 200
    clock.advance(days=7)
    over = await anybody.get(f"/reports/{token}")
    assert (over.status, "has expired" in await over.text()) == (410, True)
    clock.advance(days=-7)
    assert (await olga.post(f"/admin/reports/share/{row['id']}/revoke")).status == 303
    over = await anybody.get(f"/reports/{token}")
    assert (over.status, "was revoked" in await over.text()) == (410, True)
    for again in (row["id"], UUID(int=1), "x"):
        assert (await olga.post(f"/admin/reports/share/{again}/revoke")).status == 404


async def _csv(visitor: Visitor, path: str, query: dict[str, str]) -> list[list[str]]:
    answer = await visitor.get(path, params=query)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    body = await answer.read()
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
