"""Licence keys and files: each key to one buyer, each message once, and nothing for others."""

from __future__ import annotations

import asyncio

import pytest

from guildshop.errors import Forbidden, Invalid, NotFound, Refusal
from guildshop.hookspecs import ImportReport
from guildshop.importing import import_kind
from guildshop.plugins.catalog.api import Product
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.entitlements.api import KEYS_AT_ONCE, LARGEST_FILE
from guildshop.plugins.entitlements.rules import check_file, check_keys
from guildshop.plugins.entitlements.service import EntitlementService, GoodsService
from guildshop.plugins.orders.api import OrderStatus
from guildshop.tenancy import scope
from guildshop.testing import Shop
from tests.plugins.sale import Sale


@pytest.fixture
def sale(shop: Shop) -> Sale:
    return Sale(shop)


def goods(shop: Shop) -> GoodsService:
    return shop.app.get(GoodsService)


async def with_keys(sale: Sale, *keys: str, sku: str = "GAME") -> Product:
    product = await sale.product(sku)
    with scope(sale.shop.store.id):
        await goods(sale.shop).add_keys(sale.shop.actor(), product.id, "\n".join(keys))
    return product


async def test_a_key_and_a_file_are_sent_once_and_shown_again(shop: Shop, sale: Sale) -> None:
    game = await with_keys(sale, "AAAA-BBBB-CCCC", "DDDD-EEEE-FFFF")
    with scope(shop.store.id):
        await goods(shop).add_file(shop.actor(), game.id, "manual.txt", b"Read me")
    order = await sale.paid(game)
    assert order.status is OrderStatus.COMPLETE
    sent = [dm for dm in await shop.buyer.dms() if dm["embeds"][0]["title"].startswith("From ")]
    (message,) = sent
    text = message["embeds"][0]["description"]
    (taken,) = [key for key in ("AAAA-BBBB-CCCC", "DDDD-EEEE-FFFF") if key in text]
    assert "manual.txt" in text
    given = await shop.buyer.press(message, "manual.txt")
    assert given.message is not None
    assert given.message["attachments"][0]["filename"] == "manual.txt"
    again = await shop.buyer.slash("downloads")
    assert again.ephemeral
    assert taken in again.text
    # Nobody else: not by the button of another's message, not by the command.
    stranger = shop.sim.member("buyer2")
    assert taken not in (await stranger.slash("downloads")).text
    custom_id = message["components"][0]["components"][0]["custom_id"]
    refused = await shop.sim.press_raw(stranger, message["id"], custom_id)
    assert refused.message is not None
    assert not refused.message.get("attachments")
    customers = shop.app.get(CustomerService)
    with scope(shop.store.id):
        exported = await customers.my_data(shop.actor(person=shop.buyer))
    assert taken in str(exported)
    # Taken back: not shown, not given, and the key is never sold again.
    with scope(shop.store.id):
        await shop.app.get(EntitlementService).revoke(shop.actor(), order.id)
    assert taken not in (await shop.buyer.slash("downloads")).text
    assert "cancelled or refunded" in (await shop.buyer.press(message, "manual.txt")).text
    await sale.paid(game, person=stranger)
    assert taken not in (await stranger.slash("downloads")).text
    rows = await sale.rows("licence_key")
    assert len({row["order_id"] for row in rows}) == 2
    assert all(key.encode() not in bytes(row["sealed"]) for row in rows for key in ("AAAA-BBBB-CCCC", "DDDD-EEEE-FFFF"))


async def test_who_bought_when_no_key_was_left_gets_the_next_one(shop: Shop, sale: Sale) -> None:
    game = await with_keys(sale, "ONLY-ONE-HERE")
    await sale.paid(game)
    order = await sale.paid(game, person=shop.sim.member("buyer2"))
    assert order.status is OrderStatus.PAID
    (notice,) = shop.sim.messages("bot-log")
    assert "No licence key of Game is left" in notice["embeds"][0]["description"]
    with scope(shop.store.id):
        assert (await goods(shop).of_product(shop.actor(), game.id)).keys_are_out
        (finding,) = await goods(shop).examine(shop.store.id)
        assert "GAME" in finding.message
        await goods(shop).add_keys(shop.actor(), game.id, "SECOND-ONE-HERE")
    await shop.settle()
    assert "SECOND-ONE-HERE" in (await shop.sim.member("buyer2").slash("downloads")).text
    assert (await sale.get(order.id)).status is OrderStatus.COMPLETE


async def test_buyers_of_the_same_moment_get_different_keys(shop: Shop, sale: Sale) -> None:
    keys = [f"KEY-{number:04}" for number in range(8)]
    game = await with_keys(sale, *keys)
    orders = [await sale.order(game, person=shop.sim.member(who)) for who in ("buyer", "buyer2", "buyer3")]
    from guildshop.plugins.payments.service import PaymentService

    with scope(shop.store.id):
        await asyncio.gather(*(shop.app.get(PaymentService).confirm(shop.actor(), order.id) for order in orders))
    await shop.settle()
    taken = [row["order_id"] for row in await sale.rows("licence_key") if row["order_id"] is not None]
    assert sorted(taken) == sorted(order.id for order in orders)
    assert [row["status"] for row in await sale.rows("entitlement")] == ["GRANTED"] * 3


async def test_with_closed_messages_the_key_comes_by_a_private_thread_and_the_command(shop: Shop, sale: Sale) -> None:
    game = await with_keys(sale, "AAAA-BBBB-CCCC")
    await shop.sim.set_faults({"closed_dms": [shop.buyer.id]})
    await sale.paid(game)
    assert [row["status"] for row in await sale.rows("entitlement")] == ["GRANTED"]
    assert "AAAA-BBBB-CCCC" in (await shop.buyer.slash("downloads")).text


async def test_keys_of_many_products_by_file(shop: Shop, sale: Sale) -> None:
    game, app = await with_keys(sale, "AAAA-BBBB-CCCC"), shop.app
    await sale.product("TUNE")
    boss, kind = shop.actor(), import_kind(app, "keys")

    async def run(*rows: tuple[str, ...], dry_run: bool = False) -> ImportReport:
        with scope(shop.store.id):
            given = [dict(zip(("sku", "key", "restock"), row, strict=False)) for row in rows]
            return await kind.run(boss, given, dry_run, lambda *_counts: None)

    bad = await run(
        ("GAME", "NEW-1"),
        ("game", "AAAA-BBBB-CCCC"),
        ("TUNE", "NEW-1"),
        ("GAME", "NEW-1"),
        ("NOPE", "X"),
        ("GAME", ""),
        ("GAME", "X" * 501),
        ("GAME", "X", "perhaps"),
    )
    assert bad.written == 0
    assert {number: sentence.split(".")[0] for number, sentence in bad.problems} == {
        2: "This key is here already",
        4: "This key is in an earlier row already",
        5: "There is no product with the SKU “NOPE”",
        6: "The row has no key",
        7: "The key has 501 characters; a key has at most 500",
        8: "“perhaps” is neither yes nor no",
    }
    good = (("GAME", "NEW-1"), ("TUNE", "NEW-1"), ("GAME", "NEW-2", "no"))
    assert (await run(*good, dry_run=True)).problems == ()
    assert len(await sale.rows("licence_key")) == 1
    assert (await run(*good)).written == 3
    with scope(shop.store.id):
        assert (await goods(shop).of_product(boss, game.id)).keys_left == 3
        with pytest.raises(Forbidden):
            await kind.run(shop.actor("product.read"), [], False, lambda *_counts: None)
    assert [number for number, _sentence in (await run(*good)).problems] == [1, 2, 3]


async def test_what_staff_may_and_may_not(shop: Shop, sale: Sale) -> None:
    game = await with_keys(sale, "AAAA-BBBB-CCCC")
    other = await shop.app.stores.create(4242, "Elsewhere")
    with scope(shop.store.id):
        for refused in (
            goods(shop).add_keys(shop.actor("product.read"), game.id, "X"),
            goods(shop).set_terms(shop.actor("product.read"), game.id, 3, gives_key=True),
            goods(shop).add_file(shop.actor("product.read"), game.id, "a.txt", b"x"),
        ):
            with pytest.raises(Forbidden):
                await refused
        with pytest.raises(Invalid, match="here already"):
            await goods(shop).add_keys(shop.actor(), game.id, "NEW-KEY\nAAAA-BBBB-CCCC")
        (key,) = await goods(shop).free_keys(shop.actor(), game.id)
        assert key.hint == "CCCC"
        with pytest.raises(Invalid, match="1 to 3650 days"):
            await goods(shop).set_terms(shop.actor(), game.id, 4000, gives_key=True)
    with scope(other.id), pytest.raises(NotFound):
        await goods(shop).of_product(shop.actor(), game.id)
    assert len(await sale.rows("licence_key")) == 1
    await sale.paid(game)
    with scope(shop.store.id), pytest.raises(Refusal, match="sold or deleted"):
        await goods(shop).remove_key(shop.actor(), key.id)
    assert len(await sale.rows("licence_key")) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no key"),
        ("  \n\n ", "no key"),
        ("A\nB\nA", "Lines 1 and 3"),
        ("x" * 501, "Line 1 has 501"),
        ("A\nB\x07C", "Line 2"),
        ("\n".join(str(n) for n in range(KEYS_AT_ONCE + 1)), "more than"),
    ],
)
def test_bad_keys_are_refused_by_line(text: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        check_keys(text)


def test_files_lose_their_folders_and_keep_their_ending() -> None:
    assert check_file("C:\\temp\\a.txt", b"x") == "a.txt"
    assert check_file("../../etc/passwd", b"x") == "passwd"
    assert check_file("long" * 60 + ".pdf", b"x").endswith(".pdf")
    assert len(check_file("long" * 60 + ".pdf", b"x")) <= 100
    for name, content in (("", b"x"), ("a", b""), ("..", b"x"), ("a", b"x" * (LARGEST_FILE + 1))):
        with pytest.raises(Invalid):
            check_file(name, content)
