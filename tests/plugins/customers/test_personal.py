"""/my-data and /forget-me, over the wire."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from guildshop.plugins.refunds.service import RefundPayments
from guildshop.tenancy import scope
from guildshop.testing import Shop
from tests.plugins.sale import Sale


async def rows(shop: Shop, table: str) -> list[dict[str, Any]]:
    return await shop.app.database.fetch(f"SELECT * FROM {table} WHERE store = :store ORDER BY id", store=shop.store.id)


async def export(shop: Shop) -> dict[str, Any]:
    reply = await shop.buyer.slash("my-data")
    assert reply.ephemeral
    (file,) = reply.attachments
    assert file["filename"] == "my-data.json"
    async with aiohttp.ClientSession() as http, http.get(file["url"]) as answer:
        found: dict[str, Any] = json.loads(await answer.read())
    return found


async def test_a_member_gets_their_own_data_and_nobody_elses(shop: Shop) -> None:
    sale = Sale(shop)
    product = await sale.product()
    mine = await sale.order(product)
    theirs = await sale.order(product, person=shop.owner)
    found = await export(shop)
    assert found["profile"]["username"] == shop.buyer.user["username"]
    assert [order["number"] for order in found["orders"]] == [mine.number]
    assert theirs.number not in json.dumps(found)


async def test_who_is_unknown_is_told_so(shop: Shop) -> None:
    assert "/register" in (await shop.buyer.slash("my-data")).text
    assert "/register" in (await shop.buyer.slash("forget-me")).text


async def test_forgetting_takes_the_name_and_keeps_the_order(shop: Shop) -> None:
    sale = Sale(shop)
    order = await sale.paid(await sale.product(ships=True))
    modal = await shop.buyer.slash("forget-me")
    refused = await modal.submit(typed="yes")
    assert "FORGET ME" in refused.text
    waiting = await (await shop.buyer.slash("forget-me")).submit(typed="forget me")
    assert f"Order {order.number} is not finished yet" in waiting.text
    before = await rows(shop, "customer")
    assert before[0]["discord_id"] == int(shop.buyer.id)
    await sale.cancel(order)
    waiting = await (await shop.buyer.slash("forget-me")).submit(typed="forget me")
    assert f"A refund of order {order.number} is on its way" in waiting.text
    (refund,) = await rows(shop, "refund")
    with scope(shop.store.id):
        await shop.app.get(RefundPayments).paid_back(shop.actor(), refund["id"], "By Venmo")
    await shop.settle()
    done = await (await shop.buyer.slash("forget-me")).submit(typed="forget me")
    assert "Your data is erased" in done.text
    (customer,) = await rows(shop, "customer")
    assert (customer["discord_id"], customer["username"], customer["display_name"]) == (None, "", "Erased customer")
    assert await rows(shop, "address") == []
    (kept,) = await rows(shop, "orders")
    assert (kept["number"], kept["address"], kept["total"]) == (order.number, None, order.total)
