"""Customers in Discord, over the wire."""

import pytest

from guildshop.bot.testing import Shop
from guildshop.plugins.customers.api import Address, Customer, CustomerChange
from guildshop.plugins.customers.service import CustomerService
from guildshop.simulator.driver import Person
from guildshop.tenancy import scope

FORM = {
    "recipient": "Bea Buyer",
    "street": "1 Main St",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94111",
}


def service(shop: Shop) -> CustomerService:
    return shop.app.get(CustomerService)


async def me(shop: Shop, person: Person | None = None) -> Customer | None:
    with scope(shop.store.id):
        return await service(shop).by_discord_id(int((person or shop.buyer).id))


async def addresses(shop: Shop) -> list[Address]:
    customer = await me(shop)
    assert customer is not None
    with scope(shop.store.id):
        return await service(shop).addresses(customer.id)


async def add_home(shop: Shop, **changed: str):
    form = await shop.buyer.slash("address-add", country="US")
    return await form.modal.submit(**FORM | changed)


async def test_register_is_private_and_happens_once(shop: Shop) -> None:
    first = await shop.buyer.slash("register")
    assert first.ephemeral
    assert "You are registered" in first.text
    again = await shop.buyer.slash("register")
    assert again.text == first.text
    customer = await me(shop)
    assert customer is not None
    assert (customer.username, customer.display_name) == ("bea", "Bea Buyer")
    assert customer.account_number in first.text


@pytest.mark.parametrize(("change", "words"), [({"blocked": True}, "blocked"), ({"active": False}, "deactivated")])
async def test_blocked_and_inactive_members_are_told(shop: Shop, change: dict[str, bool], words: str) -> None:
    await shop.buyer.slash("register")
    customer = await me(shop)
    assert customer is not None
    with scope(shop.store.id):
        await service(shop).change(shop.actor(), customer.id, CustomerChange(**change))
    for command in ("register", "address-list", "dm-prefs"):
        assert words in (await shop.buyer.slash(command)).text


async def test_an_address_is_added_through_the_form_of_its_country(shop: Shop) -> None:
    reply = await shop.buyer.slash("address-add")
    assert reply.ephemeral
    form = await reply.select("United States")
    saved = await form.modal.submit(**FORM)
    assert "Address saved" in saved.text
    (address,) = await addresses(shop)
    assert (address.street, address.region, address.country, address.is_default) == ("1 Main St", "CA", "US", True)


async def test_a_form_has_a_second_line_and_asks_only_what_the_country_needs(shop: Shop) -> None:
    form = await shop.buyer.slash("address-add", country="HK")
    assert [field["custom_id"] for field in form.modal.fields] == ["recipient", "street", "city", "region"]
    saved = await form.modal.submit(recipient="Bea", street="1 Nathan Road\nFlat 2", city="Mong Kok", region="Kowloon")
    assert "Address saved" in saved.text
    (address,) = await addresses(shop)
    assert (address.street, address.street2, address.postal_code) == ("1 Nathan Road", "Flat 2", "")


async def test_countries_are_suggested_and_others_can_be_written(shop: Shop) -> None:
    choices = await shop.buyer.autocomplete("address-add", focused="country", value="germ")
    assert [choice.value for choice in choices] == ["DE"]
    reply = await shop.buyer.slash("address-add")
    form = await reply.press("Another country")
    reply = await form.modal.submit(country="Iceland")
    assert "Iceland" in reply.text
    await shop.restart()
    form = await reply.press("Enter the address")
    saved = await form.modal.submit(recipient="Bea", street="Laugavegur 1", city="Reykjavik", postal_code="101")
    assert "Address saved" in saved.text
    refused = await shop.buyer.slash("address-add", country="Atlantis")
    assert "“Atlantis” is no country" in refused.text


async def test_a_wrong_address_is_refused_and_can_be_corrected(shop: Shop) -> None:
    await shop.buyer.slash("register")
    refused = await add_home(shop, postal_code="10001", recipient="**Bea** [x]")
    assert "The postal code “10001” is not used in CA" in refused.text
    assert await addresses(shop) == []
    await shop.restart()
    form = await refused.press("Correct it")
    values = {field["custom_id"]: field.get("value") for field in form.modal.fields}
    assert values == FORM | {"recipient": "**Bea** [x]", "postal_code": "10001"}
    saved = await form.modal.submit(**FORM | {"recipient": "**Bea** [x]"})
    assert "Address saved" in saved.text
    assert [address.recipient for address in await addresses(shop)] == ["**Bea** [x]"]


@pytest.mark.parametrize(("button", "region"), [("Use suggested", "CA"), ("Keep mine", "california")])
async def test_the_suggestion_is_used_or_not(shop: Shop, button: str, region: str) -> None:
    saved = await add_home(shop, region="california")
    assert "Suggested" in str(saved.embeds)
    await shop.restart()
    await saved.press(button)
    assert [address.region for address in await addresses(shop)] == [region]


async def test_addresses_are_listed_changed_and_deleted(shop: Shop) -> None:
    await add_home(shop)
    await add_home(shop, recipient="Second", street="2 Main St")
    reply = await shop.buyer.slash("address-list")
    assert reply.ephemeral
    assert "Second" in str(reply.embeds)
    reply = await reply.select("Second, 2 Main St, San Francisco, US")
    reply = await reply.press("Make default")
    assert [address.recipient for address in await addresses(shop)] == ["Second", "Bea Buyer"]
    reply = await reply.press("Use for billing")
    form = await reply.press("Company and phone")
    reply = await form.modal.submit(company="ACME", phone="(415) 555-2671")
    form = await reply.press("Edit")
    reply = await form.modal.submit(**FORM | {"recipient": "Third"})
    first = (await addresses(shop))[0]
    assert (first.recipient, first.company, first.phone) == ("Third", "ACME", "+14155552671")
    assert (first.is_default, first.is_billing) == (True, True)
    await reply.press("Delete")
    assert [(address.recipient, address.is_default) for address in await addresses(shop)] == [("Bea Buyer", True)]
    reply = await shop.buyer.slash("address-update")
    reply = await reply.press("Delete")
    assert "no address yet" in reply.text
    assert await addresses(shop) == []


async def test_nobody_else_can_use_ones_buttons(shop: Shop) -> None:
    await add_home(shop)
    reply = await shop.buyer.slash("address-update")
    (before,) = await addresses(shop)
    other = shop.sim.member("buyer2")
    custom_id = f"customers.address_action:{shop.store.id}:{before.id}:delete"
    stolen = await other.press_raw(reply.message["id"], custom_id)
    assert "no longer exists" in stolen.text
    assert await addresses(shop) == [before]


async def test_preferences_switch_in_place(shop: Shop) -> None:
    reply = await shop.buyer.slash("dm-prefs")
    assert reply.ephemeral
    assert "Refunds: on" in str(reply.buttons)
    await shop.restart()
    reply = await reply.press("Refunds: on")
    assert "Refunds: off" in str(reply.buttons)
    assert "Order shipped: on" in str(reply.buttons)
    customer = await me(shop)
    assert customer is not None
    assert dict(customer.dm_preferences) == {"refunds": False}
    reply = await reply.press("Refunds: off")
    assert "Refunds: on" in str(reply.buttons)
    customer = await me(shop)
    assert customer is not None
    assert dict(customer.dm_preferences) == {"refunds": True}
