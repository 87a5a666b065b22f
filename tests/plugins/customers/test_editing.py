"""What staff change, find and see, and what only customers change themselves."""

import asyncio

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, Invalid, NotFound, Stale
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import (
    AlreadyTaken,
    CustomerChange,
    CustomerFilter,
    CustomerInput,
    CustomerStatus,
    CustomerType,
    CustomerUnknown,
)
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.testing import ActorFactory


@pytest.fixture
def sam(store: Store, staff: ActorFactory) -> Actor:
    return staff(store)


async def audit(app: App, store: Store, action: str) -> list[dict[str, object]]:
    return await app.database.fetch(
        "SELECT actor_id, before, after FROM audit_entry WHERE store = :store AND action = :action",
        store=store.id,
        action=action,
    )


async def test_a_change_is_audited_and_counted(app: App, store: Store, customers: CustomerService, sam: Actor) -> None:
    ann = await customers.create(sam, CustomerInput(first_name="Ann", email="ann@example.org"))
    change = CustomerChange(last_name=" Lee ", email="ann.lee@example.org", tags=("VIP", "Partner"))
    changed = await customers.change(sam, ann.id, change, version=1)
    assert (changed.last_name, changed.email, changed.tags) == ("Lee", "ann.lee@example.org", ("Partner", "VIP"))
    assert changed.version == 2
    (entry,) = await audit(app, store, "customer.update")
    assert entry["actor_id"] == sam.id
    assert "ann@example.org" in str(entry["before"])
    assert "Partner, VIP" in str(entry["after"])
    assert await customers.change(sam, ann.id, change) == changed
    assert len(await audit(app, store, "customer.update")) == 1


async def test_a_new_email_is_not_confirmed(app: App, store: Store, customers: CustomerService, sam: Actor) -> None:
    ann = await customers.create(sam, CustomerInput(email="ann@example.org"))
    async with app.work(sam) as work:
        work.guard(app_table(app), set="email_confirmed = TRUE", where="id = :id", id=ann.id)
    assert (await customers.change(sam, ann.id, CustomerChange(notes="x"))).email_confirmed
    assert not (await customers.change(sam, ann.id, CustomerChange(email="lee@example.org"))).email_confirmed


def app_table(app: App):
    return app.plugins["customers"].piccolo_app.table_classes[0]


async def test_a_stale_change_is_refused(customers: CustomerService, sam: Actor) -> None:
    ann = await customers.create(sam, CustomerInput(first_name="Ann"))
    changed = await customers.change(sam, ann.id, CustomerChange(notes="first"), version=1)
    with pytest.raises(Stale, match="Ann in the meantime"):
        await customers.change(sam, ann.id, CustomerChange(notes="second"), version=1)
    assert await customers.get(ann.id) == changed


async def test_two_changes_at_once_do_not_lose_one_silently(customers: CustomerService, sam: Actor) -> None:
    ann = await customers.create(sam, CustomerInput(first_name="Ann"))
    results = await asyncio.gather(
        *(customers.change(sam, ann.id, CustomerChange(notes=str(n)), version=1) for n in range(6)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Stale) for result in results) == 5
    assert (await customers.get(ann.id)).version == 2


async def test_an_email_of_another_customer_is_refused(customers: CustomerService, sam: Actor) -> None:
    await customers.create(sam, CustomerInput(email="ann@example.org"))
    bob = await customers.create(sam, CustomerInput(email="bob@example.org"))
    with pytest.raises(AlreadyTaken, match=r"ANN@example\.org"):
        await customers.change(sam, bob.id, CustomerChange(email="ANN@example.org"))
    with pytest.raises(Invalid):
        await customers.change(sam, bob.id, CustomerChange(phone="1"))
    assert await customers.get(bob.id) == bob
    assert (await customers.change(sam, bob.id, CustomerChange(email="BOB@example.org"))).email == "BOB@example.org"


async def test_search_forgets_case_and_accents(customers: CustomerService, sam: Actor, store: Store) -> None:
    zoe = await customers.create(
        sam,
        CustomerInput(first_name="Zoë", last_name="Müller-Straße", email="zoe@example.org", phone="+4930901820"),
    )
    await customers.create(sam, CustomerInput(first_name="Bob", discord_id=77, username="bob_100%"))
    for text in ("zoe", "MULLER", "strasse zoe", "ZOE@EXAMPLE", "30901820", zoe.account_number.lower()):
        assert [found.id for found in await customers.find(sam, text)] == [zoe.id], text
    assert [found.first_name for found in await customers.find(sam, "100%")] == ["Bob"]
    assert await customers.find(sam, "1001") == []
    assert await customers.find(sam, "zoe bob") == []


async def test_filters_and_pages(customers: CustomerService, sam: Actor, member: ActorFactory, store: Store) -> None:
    made = [await customers.create(sam, CustomerInput(first_name=f"Guest {n}")) for n in range(5)]
    bea = await customers.register(member(store), "bea", "Bea")
    await customers.block(sam, made[0].id)
    await customers.deactivate(sam, made[1].id)
    assert await customers.tag(sam, [made[2].id, made[3].id, made[2].id], add=["VIP"]) == 2

    async def names(**chosen: object) -> list[str]:
        found = await customers.list_customers(sam, CustomerFilter(**chosen))
        assert await customers.count(sam, CustomerFilter(**chosen)) == len(found.items)
        return [customer.name for customer in found.items]

    assert await names(status=CustomerStatus.BLOCKED) == ["Guest 0"]
    assert await names(status=CustomerStatus.INACTIVE) == ["Guest 1"]
    assert len(await names(status=CustomerStatus.ACTIVE)) == 4
    assert await names(type=CustomerType.REGISTERED) == [bea.name]
    assert sorted(await names(tag="vip")) == ["Guest 2", "Guest 3"]
    assert await names(tag="vi") == []
    seen: list[str] = []
    cursor = ""
    while True:
        page = await customers.list_customers(sam, cursor=cursor, limit=4)
        seen += [customer.name for customer in page.items]
        cursor = page.cursor
        if not cursor:
            break
    assert sorted(seen) == sorted(["Bea", *(f"Guest {n}" for n in range(5))])
    with pytest.raises(Invalid, match="cursor"):
        await customers.list_customers(sam, cursor="rubbish")


async def test_tags_come_and_go(customers: CustomerService, sam: Actor) -> None:
    ann = await customers.create(sam, CustomerInput(first_name="Ann", tags=("VIP",)))
    await customers.tag(sam, [ann.id], add=["Partner"], remove=["vip"])
    assert (await customers.get(ann.id)).tags == ("Partner",)
    assert await customers.tag(sam, [ann.id], add=["partner"]) == 0


async def test_preferences_are_the_customers_own(
    app: App, store: Store, customers: CustomerService, sam: Actor, member: ActorFactory
) -> None:
    bea = member(store)
    mine = await customers.register(bea, "bea", "Bea")
    assert all([await customers.wants_message(mine.id, topic.name) for topic in customers.topics()])
    await customers.set_dm_preference(bea, "refunds", False)
    assert not await customers.wants_message(mine.id, "refunds")
    assert await customers.wants_message(mine.id, "order_shipped")
    with pytest.raises(CustomerUnknown, match="/register"):
        await customers.set_dm_preference(sam, "refunds", True)
    with pytest.raises(NotFound, match="nonsense"):
        await customers.set_dm_preference(bea, "nonsense", False)
    assert not await customers.wants_message(mine.id, "refunds")
    assert "dm_preferences" not in CustomerChange.__dataclass_fields__


async def test_switching_several_topics_at_once_keeps_all(
    store: Store, customers: CustomerService, member: ActorFactory
) -> None:
    bea = member(store)
    mine = await customers.register(bea, "bea", "Bea")
    topics = [topic.name for topic in customers.topics()]
    await asyncio.gather(*(customers.set_dm_preference(bea, topic, False) for topic in topics))
    assert dict((await customers.get(mine.id)).dm_preferences) == dict.fromkeys(topics, False)


async def test_topics_begin_with_the_shops_own(customers: CustomerService) -> None:
    names = [topic.name for topic in customers.topics()]
    assert names[:4] == ["order_received", "payment_confirmed", "order_shipped", "refunds"]
    assert len(set(names)) == len(names)


async def test_an_unwanted_message_leaves_an_audit_entry(
    app: App, store: Store, customers: CustomerService, sam: Actor
) -> None:
    ann = await customers.create(sam, CustomerInput(first_name="Ann"))
    async with app.work(sam) as work:
        customers.note_unwanted(work, ann.id, "refunds", "A1B2")
    assert len(await audit(app, store, "message.suppress")) == 1


async def test_readers_cannot_change(customers: CustomerService, sam: Actor, store: Store, staff: ActorFactory) -> None:
    ann = await customers.create(sam, CustomerInput(first_name="Ann"))
    reader = staff(store, "customer.read")
    for attempt in (
        customers.change(reader, ann.id, CustomerChange(notes="x")),
        customers.block(reader, ann.id),
        customers.deactivate(reader, ann.id),
        customers.tag(reader, [ann.id], add=["VIP"]),
    ):
        with pytest.raises(Forbidden, match=r"customer\.update"):
            await attempt
    assert await customers.get(ann.id) == ann
