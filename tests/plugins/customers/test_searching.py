"""The search of customers: by what, and without reading rows that it does not find."""

from __future__ import annotations

import pytest

from guildshop.app import App
from guildshop.errors import Invalid
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.testing import ActorFactory


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LOVELACE", True),
        ("Hélène", True),
        ("helene", True),
        ("lace ada", True),
        ("ada@", True),
        ("5550123", True),
        ("C-77", True),
        ("ada_l", True),
        ("a_a", False),
        ("%", False),
        ("!", False),
        ("'; DROP TABLE customer; --", False),
        ("ada bob", False),
        ("x" * 1000, False),
    ],
)
async def test_what_is_found(
    customers: CustomerService, store: Store, staff: ActorFactory, text: str, found: bool
) -> None:
    given = CustomerInput(
        display_name="Ada Hélène",
        last_name="Lovelace",
        username="ada_l",
        email="ada@example.org",
        phone="+14155550123",
        account_number="C-77",
    )
    await customers.create(staff(store), given)
    assert bool(await customers.find(staff(store), text)) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("n2", False),
        ("c-7", False),
        ("k9q", False),
        ("k9qx", True),
        ("c-7n2k9qxwpt", True),
        ("77", True),
        ("9b n2", False),
    ],
)
async def test_a_short_text_is_not_found_in_a_random_account_number(
    customers: CustomerService, store: Store, staff: ActorFactory, text: str, found: bool
) -> None:
    await customers.create(staff(store), CustomerInput(display_name="9b", account_number="C-7N2K9QXWPT"))
    await customers.create(staff(store), CustomerInput(display_name="Own", account_number="K-77"))
    assert bool(await customers.find(staff(store), text)) is found


async def test_there_is_an_index_for_it(app: App, store: Store) -> None:
    if app.database.dialect == "sqlite":
        rows = await app.database.fetch("SELECT name AS found FROM sqlite_master WHERE name = 'customer_search'")
    else:
        rows = await app.database.fetch("SELECT indexname AS found FROM pg_indexes WHERE indexname = 'customer_search'")
    assert [row["found"] for row in rows] == ["customer_search"]


async def test_one_of_many_namesakes_is_found_by_what_is_theirs(
    customers: CustomerService, store: Store, staff: ActorFactory
) -> None:
    boss = staff(store)
    given = {"display_name": "Ada", "username": "ada", "email": "ada@example.org", "phone": "+14155550123"}
    ada = await customers.create(boss, CustomerInput(**given, account_number="ADA-1"))
    for number in range(30):
        await customers.create(
            boss,
            CustomerInput(display_name="Ada", email=f"ada@example.org.{number}.net", account_number=f"ADA-1{number}"),
        )
    for text in (" @ADA ", "Ada@Example.org", "+14155550123", "ada-1", str(ada.id)):
        assert (await customers.find_one(boss, text)).id == ada.id
    for text in ("", "@", "example.org", "ada%", "ad_", "x" * 5000):
        with pytest.raises(Invalid, match="no account number"):
            await customers.find_one(boss, text)
