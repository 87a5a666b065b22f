"""The search of customers: by what, and without reading rows that it does not find."""

from __future__ import annotations

import pytest

from guildshop.app import App
from guildshop.errors import Invalid
from guildshop.plugins.customers.api import CustomerChange, CustomerFilter, CustomerInput, CustomerSort
from guildshop.plugins.customers.service import CustomerService, searching
from guildshop.stores import Store
from guildshop.tenancy import scope
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
        ("(415) 555-0123", True),
        ("+1 415.555.0124", False),
        ("-----", False),
        ("C-77", True),
        ("ada_l", True),
        ("a_a", False),
        ("%", False),
        ("!", False),
        ("'; DROP TABLE customer; --", False),
        ('"ada', False),
        ('ada" OR "bob', False),
        ("ada@example.com", False),
        ("x@example.org", False),
        ("😀 ada", False),
        ("ÉLÈNE love", True),
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


async def test_what_all_account_numbers_begin_with_reads_nobody(
    app: App, customers: CustomerService, store: Store, staff: ActorFactory
) -> None:
    boss = staff(store)
    for number in range(3):
        await customers.create(boss, CustomerInput(display_name=f"Ada {number}"))
    own = await customers.create(boss, CustomerInput(display_name="Ada", account_number="C-7"))
    for text, found in (("c-", []), ("ada C-", []), ("C-7", [own.id]), ("c-7 ada", [own.id]), ("c-7 bob", [])):
        assert [one.id for one in await customers.find(boss, text)] == found, text
    assert (await customers.find_one(boss, "c-7")).id == own.id
    if app.database.dialect == "sqlite":
        conditions, values = await searching.conditions_of(app.database, "c-")
        where, order = " AND ".join(conditions), searching.in_order("created", values)
        query = f"SELECT id FROM customer WHERE store = :store AND {where} ORDER BY {order} DESC LIMIT 5"
        plan = [row["detail"] for row in await app.database.fetch(f"EXPLAIN QUERY PLAN {query}", store=1, **values)]
        assert any("account_number=?" in line for line in plan), plan


@pytest.mark.parametrize("few", [0, 1000])
async def test_words_are_found_where_few_have_them_and_where_many_have(
    customers: CustomerService, store: Store, staff: ActorFactory, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    boss = staff(store)
    made = [
        await customers.create(boss, CustomerInput(display_name=f"Ada {name}", email=f"{name}@example.org"))
        for name in ("lovelace", "lovell", "byron")
    ]
    for text, wanted in (("ada love", made[1::-1]), ("lovelace@example.org", made[:1]), ("ron ada", made[2:])):
        found = CustomerFilter(text=text)
        for sort in CustomerSort:
            assert (await customers.list_customers(boss, found, sort=sort)).items == wanted
        assert await customers.count(boss, found) == len(wanted)


async def test_the_index_follows_what_is_changed_and_deleted(
    app: App, customers: CustomerService, store: Store, other_store: Store, staff: ActorFactory
) -> None:
    boss = staff(store)
    ada = await customers.create(boss, CustomerInput(display_name="Lovelace"))
    with scope(other_store.id):
        await customers.create(staff(other_store), CustomerInput(display_name="Lovelace"))
    await customers.change(boss, ada.id, CustomerChange(display_name="Byron"))
    assert [one.id for one in await customers.find(boss, "byron")] == [ada.id]
    assert await customers.find(boss, "lovelace") == []
    with scope(other_store.id):
        assert len(await customers.find(staff(other_store), "lovelace")) == 1
    if app.database.dialect == "sqlite":
        assert await _with_piece(app, "byr") == 1
        assert await _with_piece(app, "elo") == 0
        await app.database.execute("DELETE FROM customer WHERE store = :store", store=store.id)
        assert await _with_piece(app, "byr") == 0
        await app.database.execute("INSERT INTO customer_pieces (customer_pieces) VALUES ('integrity-check')")


async def _with_piece(app: App, piece: str) -> int:
    rows = await app.database.fetch("SELECT rowid FROM customer_pieces WHERE customer_pieces MATCH :piece", piece=piece)
    return len(rows)


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
