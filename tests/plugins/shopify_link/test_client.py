"""The client against the double of Shopify: tokens, points, failures of every kind, and what it finds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from guildshop.config.secret import Secret
from guildshop.plugins.shopify_link.api import ShopifySettings
from guildshop.plugins.shopify_link.client import Found, ShopifyClient
from guildshop.plugins.shopify_link.wire import (
    ShopifyDenied,
    ShopifyFailure,
    ShopifyHiccup,
    ShopifyThrottled,
    ShopifyUnauthorized,
)
from tests.plugins.shopify_link.double import CLIENT, SECRET, TOKEN, ShopifyDouble

EMAIL = "john@example.com"


class Time:
    """Time that passes only while somebody waits for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def client(time: Time) -> AsyncIterator[ShopifyClient]:
    made = ShopifyClient()
    made.sleep, made.spread = time.sleep, lambda: 0.5
    made.points.clock = made.tokens.clock = time
    async with made.running():
        yield made


@pytest.fixture
def settings(shopify: ShopifyDouble) -> ShopifySettings:
    return ShopifySettings(shop="sample", access_token=Secret(TOKEN), api_url=shopify.url)


async def one(client: ShopifyClient, settings: ShopifySettings, email: str = EMAIL) -> Found:
    (found,) = await client.find(settings, [email])
    return found


async def test_a_customer_is_found_by_exactly_their_email(
    client: ShopifyClient, settings: ShopifySettings, shopify: ShopifyDouble
) -> None:
    shopify.customer(2**63 + 5, name="Jöhn “Ä” Doe", email="John@Example.com")
    shopify.customer(8, email="john@example.com.au")
    found = (await one(client, settings)).customer
    assert found is not None
    assert (found.id, found.name, found.email) == (str(2**63 + 5), "Jöhn “Ä” Doe", "John@Example.com")
    assert (found.orders, found.spent, found.currency) == (15, 124550, "USD")
    assert await client.find(settings, ["nobody@example.com"]) == [Found()]
    many = await client.find(settings, [f"{n}@example.com" for n in range(23)] + [EMAIL])
    assert [bool(each.customer) for each in many] == [False] * 23 + [True]
    assert shopify.operations.count("Find") == 5


async def test_spellings_that_shopify_tells_apart_are_ambiguous(
    client: ShopifyClient, settings: ShopifySettings, shopify: ShopifyDouble
) -> None:
    shopify.customer(1, email="john@example.com")
    shopify.customer(2, email="JOHN@example.com")
    assert (await one(client, settings)).several


async def test_an_answer_for_another_address_is_nobody(
    client: ShopifyClient, settings: ShopifySettings, shopify: ShopifyDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = shopify.customer(1, email="stranger@example.com")
    monkeypatch.setattr(
        "tests.plugins.shopify_link.double._Root.customerByIdentifier",
        lambda self, _info, identifier: self._node(stranger),
    )
    assert await one(client, settings) == Found()


@pytest.mark.parametrize("hidden", [True, False])
async def test_a_customer_whose_email_is_not_told_is_found(
    client: ShopifyClient, settings: ShopifySettings, shopify: ShopifyDouble, hidden: bool
) -> None:
    customer = shopify.customer(1)
    if hidden:
        shopify.closed = {"email"}
        found = (await one(client, settings)).customer
        assert found is not None
        assert (found.id, found.email) == ("1", "")
    else:
        customer.email = None
        (known,) = (await client.customers(settings, ["1", "2"])).values()
        assert known.email == ""


async def test_client_credentials_are_renewed(
    client: ShopifyClient, settings: ShopifySettings, shopify: ShopifyDouble, time: Time
) -> None:
    account = ShopifySettings(shop="sample", client_id=CLIENT, client_secret=Secret(SECRET), api_url=shopify.url)
    shopify.customer(1)
    await asyncio.gather(*(one(client, account) for _each in range(10)))
    assert shopify.issued == 1
    time.now += 86399 - 600
    await one(client, account)
    assert shopify.issued == 2
    shopify.tokens = {TOKEN}  # taken back before its time
    await one(client, account)
    assert shopify.issued == 3
    wrong = account.model_copy(update={"client_secret": Secret("no secret of theirs")})
    with pytest.raises(ShopifyUnauthorized):
        await one(client, wrong)
    with pytest.raises(ShopifyUnauthorized):
        await one(client, settings.model_copy(update={"access_token": Secret("shpat_of_somebody_else")}))
    assert shopify.issued == 3


async def test_of_many_whose_token_is_taken_back_all_get_the_next_one(
    client: ShopifyClient, shopify: ShopifyDouble
) -> None:
    account = ShopifySettings(shop="sample", client_id=CLIENT, client_secret=Secret(SECRET), api_url=shopify.url)
    shopify.customer(1)
    await one(client, account)
    shopify.tokens = {TOKEN}
    found = await asyncio.gather(*(one(client, account) for _each in range(10)))
    assert all(each.customer is not None for each in found)
    assert shopify.issued == 2


@pytest.mark.parametrize("fault", ["429", "throttle", "503", "500", "hang up"])
async def test_what_may_pass_is_tried_again(
    client: ShopifyClient, settings: ShopifySettings, shopify: ShopifyDouble, time: Time, fault: str
) -> None:
    shopify.customer(1)
    shopify.faults = [fault] * 2
    assert (await one(client, settings)).customer is not None
    assert shopify.requests == 3
    assert len(time.waits) == 2
    if fault == "429":
        assert min(time.waits) >= 2
    shopify.faults = [fault] * 9
    with pytest.raises(ShopifyFailure):
        await one(client, settings)
    assert shopify.requests == 7


async def test_an_answer_that_does_not_come_is_given_up(
    settings: ShopifySettings, shopify: ShopifyDouble, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guildshop.plugins.shopify_link.client.SECONDS", 0.05)
    shopify.hold = asyncio.Event()
    impatient = ShopifyClient()
    impatient.sleep = time.sleep
    impatient.spread = lambda: 0.5
    account = ShopifySettings(shop="sample", client_id=CLIENT, client_secret=Secret(SECRET), api_url=shopify.url)
    async with impatient.running():
        with pytest.raises(ShopifyHiccup, match="in time"):
            await one(impatient, settings)
        # Tries are counted by the waits between them: one may be given up before it arrives.
        assert len(time.waits) == 3
        assert shopify.requests <= 4
        # Nor does one wait for a token in vain after the other.
        given_up = await asyncio.gather(*(one(impatient, account) for _each in range(10)), return_exceptions=True)
    assert all(isinstance(each, ShopifyHiccup) for each in given_up)
    assert shopify.asked_for_tokens <= 4
    assert shopify.requests <= 4
    shopify.hold.set()


async def test_it_waits_for_points_and_not_for_ever(
    client: ShopifyClient, settings: ShopifySettings, shopify: ShopifyDouble, time: Time
) -> None:
    shopify.customer(1)
    shopify.available, shopify.restore = 20.0, 10.0
    await one(client, settings)
    cost = 20.0 - shopify.available
    shopify.available = 20.0
    while time.waits == []:
        await one(client, settings)
        shopify.available = min(shopify.available + 3, 20.0)
    assert shopify.requests == shopify.operations.count("Find")  # it waited before Shopify had to say so
    assert sum(time.waits) <= cost / shopify.restore
    shopify.restore = 0.001
    shopify.available = 0.0
    with pytest.raises(ShopifyThrottled):
        await one(client, settings)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("401", ShopifyUnauthorized),
        ("403", ShopifyDenied),
        ("404", ShopifyUnauthorized),
        ("418", ShopifyFailure),
        ("no json", ShopifyFailure),
        ("[1]", ShopifyFailure),
        ('{"data": null}', ShopifyFailure),
        ('{"data": {"customerByIdentifier": {"id": "x"}}}', ShopifyFailure),
        (
            '{"data": {"customerByIdentifier": null}, "errors": [{"message": "oh", "path": ["customerByIdentifier"]}]}',
            ShopifyFailure,
        ),
        ('{"errors": "no"}', ShopifyFailure),
    ],
)
async def test_answers_that_will_not_do(
    client: ShopifyClient, settings: ShopifySettings, shopify: ShopifyDouble, fault: str, kind: type[Exception]
) -> None:
    shopify.faults = [fault]
    with pytest.raises(kind) as failed:
        await one(client, settings)
    assert not isinstance(failed.value, ShopifyHiccup)
    assert shopify.requests == 1


async def test_what_the_app_may_not_do_is_told_apart(
    client: ShopifyClient, settings: ShopifySettings, shopify: ShopifyDouble
) -> None:
    shopify.customer(1)
    shopify.order_customers = {5: 1}
    assert await client.customer_of_order(settings, "5") == "1"
    assert await client.customer_of_order(settings, "6") == ""
    shopify.closed = {"customers", "metafields", "orders"}
    for asking in (
        one(client, settings),
        client.customers(settings, ["1"]),
        client.customer_of_order(settings, "5"),
        client.write_metafields(settings, "1", {"user_id": "7"}),
        client.remove_metafields(settings, "1"),
    ):
        with pytest.raises(ShopifyDenied, match="Access denied"):
            await asking
    shopify.closed, shopify.metafield_error = set(), "Value is not permitted."
    with pytest.raises(ShopifyDenied, match="not permitted"):
        await client.write_metafields(settings, "1", {"user_id": "7"})


async def test_metafields_come_and_go(client: ShopifyClient, settings: ShopifySettings, shopify: ShopifyDouble) -> None:
    gid = shopify.customer(1).gid
    await client.write_metafields(settings, "1", {"user_id": "7", "username": "", "server_id": "9"})
    assert shopify.metafields == {(gid, "discord.user_id"): "7", (gid, "discord.server_id"): "9"}
    await client.remove_metafields(settings, "1")
    assert shopify.metafields == {}
    probe = await client.probe(settings)
    assert probe.domain == "sample.myshopify.com"
    assert "read_customers" in probe.scopes
