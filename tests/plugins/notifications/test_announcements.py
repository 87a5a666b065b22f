"""Announcements: to whom, by what, once each, over a restart, until they are stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, Invalid, NotFound, Refusal
from guildshop.plugins.customers.api import CustomerChange, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.notifications.api import Announcement, AnnouncementState, Audience, ReceiverState
from guildshop.plugins.notifications.service import AnnouncementService, announcements
from guildshop.simulator.driver import Person
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, MailboxServer, Shop, ShopFactory


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "PACE", timedelta(0))
    monkeypatch.setattr(announcements, "BATCH", 2)


async def members(shop: Shop, count: int, *, roles: tuple[str, ...] = ()) -> list[Person]:
    """Make members who are customers."""
    people = [shop.sim.new_member(f"Member {number}", roles=roles) for number in range(count)]
    with scope(shop.store.id):
        for person in people:
            await shop.app.get(CustomerService).register(shop.actor(person=person), person.user["username"], "")
    return people


async def begun(shop: Shop, audience: Audience = Audience.ALL, target: str = "") -> Announcement:
    service = shop.app.get(AnnouncementService)
    draft = await service.begin(shop.actor(), audience, target)
    return await service.write(shop.actor(), draft.id, "Sale", "All mugs *half* price. @everyone")


async def announced(person: Person) -> list[str]:
    return [each.text for each in await person.dms()]


async def states(shop: Shop) -> list[str]:
    rows: list[dict[str, Any]] = await shop.app.database.fetch(
        "SELECT state FROM announcement_receiver WHERE store = :store ORDER BY id", store=shop.store.id
    )
    return [row["state"] for row in rows]


async def test_all_who_want_it_are_told_once_by_what_works(make_shop: ShopFactory, mailbox: MailboxServer) -> None:
    shop = await make_shop(settings={"email": {"url": mailbox.url, "sender": "shop@example.org"}})
    plain, unwilling, closed, gone = await members(shop, 4)
    closed.close_dms()
    gone.leave()
    gone.close_dms()
    with scope(shop.store.id):
        customers = shop.app.get(CustomerService)
        await customers.set_dm_preference(shop.actor(person=unwilling), "announcements", False)
        for person, email in ((plain, "plain@example.org"), (gone, "gone@example.org")):
            customer = await customers.by_discord_id(int(person.id))
            assert customer is not None
            await customers.change(shop.actor(), customer.id, CustomerChange(email=email))
        guest = await customers.create(shop.actor(), CustomerInput(display_name="Guest", email="guest@example.org"))
        await customers.create(shop.actor(), CustomerInput(display_name="No way"))
        blocked = await customers.create(shop.actor(), CustomerInput(display_name="B", email="blocked@example.org"))
        await customers.block(shop.actor(), blocked.id)
    opened = await shop.owner.slash("notify")
    assert opened.modal is not None
    preview = await opened.modal.submit(title="Sale", text="All mugs *half* price. @everyone")
    assert preview.ephemeral
    assert "all 5 customers" in preview.text
    assert preview.buttons == ["Send", "Discard"]
    await preview.press("Send")
    assert preview.buttons == ["Look again", "Stop"]
    await shop.restart()
    await preview.press("Look again")
    assert "5 of 5" in preview.text
    assert preview.buttons == []
    assert [len(await announced(person)) for person in (plain, unwilling, gone)] == [1, 0, 0]
    assert "All mugs *half* price." in (await announced(plain))[0]
    assert sorted(email.to for email in mailbox.emails) == ["gone@example.org", "guest@example.org"]
    assert sorted(await states(shop)) == ["DELIVERED", "DELIVERED", "DELIVERED", "FALLBACK", "SUPPRESSED"]
    with scope(shop.store.id):
        assert [row[:3] for row in await shop.app.get(AnnouncementService).told(guest.id)] == [
            ("Sale", "EMAIL", "DELIVERED")
        ]
        (done,) = await shop.app.get(AnnouncementService).latest(shop.actor())
    assert (done.state, done.told) == (AnnouncementState.DONE, 4)


async def test_a_tag_a_role_and_nobody(shop: Shop) -> None:
    ann, bob, cem = await members(shop, 3)
    cem.set_roles("client")
    with scope(shop.store.id):
        customers, service = shop.app.get(CustomerService), shop.app.get(AnnouncementService)
        customer = await customers.by_discord_id(int(bob.id))
        assert customer is not None
        await customers.tag(shop.actor(), [customer.id], add=["VIP"])
        tagged = await begun(shop, Audience.TAG, "vip")
        await service.start(shop.actor(), tagged.id)
    await shop.settle()
    assert [len(await announced(person)) for person in (ann, bob, cem)] == [0, 1, 0]
    with scope(shop.store.id):
        role = await begun(shop, Audience.ROLE, shop.sim.role_id("client"))
        await service.start(shop.actor(), role.id)
    await shop.settle()
    assert [len(await announced(person)) for person in (ann, bob, cem)] == [0, 1, 1]
    assert "not both" in (await shop.owner.slash("notify", tag="VIP", role="client")).text
    with scope(shop.store.id):
        nobody = await begun(shop, Audience.TAG, "no such tag")
        with pytest.raises(Refusal, match="nobody to tell"):
            await service.start(shop.actor(), nobody.id)
        assert (await service.get(shop.actor(), nobody.id)).state is AnnouncementState.DRAFT


async def test_stopped_and_interrupted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    people = await members(shop, 5)
    with scope(shop.store.id):
        service = shop.app.get(AnnouncementService)
        running = await begun(shop)
        await service.start(shop.actor(), running.id)
        waiting = await begun(shop)
        with pytest.raises(Refusal, match="still being sent"):
            await service.start(shop.actor(), waiting.id)
    send = AnnouncementService._send
    told = 0

    async def third_one_dies(self: AnnouncementService, *args: Any) -> Any:
        nonlocal told
        told += 1
        outcome = await send(self, *args)
        if told == 3:
            raise ConnectionResetError
        return outcome

    monkeypatch.setattr(AnnouncementService, "_send", third_one_dies)
    await shop.settle()
    assert await states(shop) == ["DELIVERED", "DELIVERED", "SENDING", "WAITING", "WAITING"]
    await shop.app.database.execute(
        "UPDATE delivery SET next_attempt = due WHERE store = :store AND status = 'PENDING' AND attempts > 0",
        store=shop.store.id,
    )
    monkeypatch.setattr(announcements, "PACE", timedelta(hours=1))
    await shop.settle()
    assert await states(shop) == ["DELIVERED", "DELIVERED", "UNKNOWN", "DELIVERED", "DELIVERED"]
    assert [len(await announced(person)) for person in people] == [1] * 5
    with scope(shop.store.id):
        await service.start(shop.actor(), waiting.id)
        await service.stop(shop.actor(), waiting.id)
        with pytest.raises(Refusal, match="not running"):
            await service.stop(shop.actor(), waiting.id)
    await shop.settle()
    assert [len(await announced(person)) for person in people] == [1] * 5
    with scope(shop.store.id):
        stopped = await service.get(shop.actor(), waiting.id)
    assert (stopped.state, stopped.counts) == (AnnouncementState.STOPPED, {ReceiverState.WAITING: 5})


async def test_refusals(app: App, store: Store, staff: ActorFactory) -> None:
    service = app.get(AnnouncementService)
    helper, chief = staff(store, "order.read"), staff(store)
    with scope(store.id):
        await app.get(CustomerService).create(chief, CustomerInput(display_name="Ada", discord_id=3 * 10**17))
        for blank in ("", "  ", "\u0301"):
            with pytest.raises(Invalid, match="no tag"):  # or all customers would have it
                await service.begin(chief, Audience.TAG, blank)
        draft = await service.begin(chief, Audience.ALL)
        for attempt in (
            service.begin(helper, Audience.ALL),
            service.write(helper, draft.id, "A", "B"),
            service.start(helper, draft.id),
            service.stop(helper, draft.id),
            service.discard(helper, draft.id),
        ):
            with pytest.raises(Forbidden):
                await attempt
        for title, text in (("", "text"), ("x" * 201, "text"), ("title", " "), ("title", "x" * 3001)):
            with pytest.raises(Invalid):
                await service.write(chief, draft.id, title, text)
        await service.discard(chief, draft.id)
        with pytest.raises(NotFound):
            await service.get(chief, draft.id)
        with pytest.raises(Refusal):
            await service.write(chief, draft.id, "title", "text")
