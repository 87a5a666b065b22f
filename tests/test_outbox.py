"""Deliveries: at least once, effects once, in order per key, put off, given up, retried; timers; two processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.database.tables import StoreRow, StoreSetting
from guildshop.deliveries import LEASE, RETRY_AFTER, Deliveries
from guildshop.errors import Forbidden, NotFound, Refusal
from guildshop.events import AlreadyDelivered, Delivery, DeliveryPostponed, Event
from guildshop.hookspecs import Listener, Timer, hookimpl
from guildshop.loading import Plugin, Plugins
from guildshop.outbox import Dispatcher
from guildshop.permissions import Actor, ActorKind
from guildshop.stores import Store
from guildshop.tenancy import current_store, scope


@dataclass(frozen=True, slots=True)
class Happened(Event):
    thing: str
    number: int

    @property
    def key(self) -> str:
        return self.thing


Reaction = Callable[[Happened, Delivery], Awaitable[None]]


@dataclass
class Recorder:
    heard: list[tuple[str, int]] = field(default_factory=list)
    scopes: list[int] = field(default_factory=list)
    reaction: Reaction | None = None
    ticks: list[int] = field(default_factory=list)
    ticked: Callable[[int], None] | None = None
    courtesies: int = 0

    async def hear(self, event: Happened, delivery: Delivery) -> None:
        self.scopes.append(current_store())
        if self.reaction is not None:
            await self.reaction(event, delivery)
        self.heard.append((event.thing, event.number))

    async def be_polite(self, event: Happened, delivery: Delivery) -> None:
        self.courtesies += 1

    async def tick(self, store: int) -> None:
        self.ticks.append(store)
        if self.ticked is not None:
            self.ticked(store)


class Hearing(Plugin):
    name: ClassVar[str] = "hearing"
    title = "Hearing"

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        return [
            Listener(Happened, "hearing.hear", self.recorder.hear),
            Listener(Happened, "hearing.courtesy", self.recorder.be_polite, courtesy=True),
            Listener(Happened, "hearing.discord", self.recorder.hear, discord=True),
        ]

    @hookimpl
    def register_timers(self, app: App) -> list[Timer]:
        return [Timer("hearing.tick", timedelta(hours=1), self.recorder.tick)]


class World:
    """An app with one listening plugin, one store, and a clock that only the test moves."""

    def __init__(self, app: App, recorder: Recorder, store: Store, started: datetime) -> None:
        self.app, self.recorder, self.store = app, recorder, store
        self.now = started
        app.clock = lambda: self.now

    @property
    def actor(self) -> Actor:
        return Actor.system(self.store.id, "test")

    async def record(self, *events: Happened, due: datetime | None = None) -> None:
        async with self.app.work(self.actor) as work:
            for event in events:
                work.record(event, due=due)

    async def statuses(self, listener: str = "hearing.hear") -> list[str]:
        rows = await self.app.database.fetch(
            "SELECT status FROM delivery WHERE listener = :listener AND store = :store ORDER BY id",
            listener=listener,
            store=self.store.id,
        )
        return [row["status"] for row in rows]


@pytest.fixture
async def world(database_url: str) -> Any:
    recorder = Recorder()
    settings = Settings()
    async with await App.open(settings, plugins=Plugins([Hearing(recorder)]), database_url=database_url) as app:
        store = app.stores.by_guild(1) or await app.stores.create(1, "One")
        yield World(app, recorder, store, datetime(2026, 11, 22, 12, tzinfo=UTC))


async def test_a_fact_is_heard_once_in_its_store(world: World) -> None:
    await world.record(Happened("a", 1))
    await world.app.dispatcher.drain()
    await world.app.dispatcher.drain()
    assert world.recorder.heard == [("a", 1)]
    assert world.recorder.scopes == [world.store.id]
    assert await world.statuses() == ["DONE"]


async def test_nothing_is_heard_of_a_work_that_was_refused(world: World) -> None:
    with pytest.raises(Refusal, match="no such setting"):
        async with world.app.work(world.actor) as work:
            work.record(Happened("a", 1))
            work.guard(StoreSetting, set="version = 2", where="section = 'none'", refusal=Refusal("no such setting"))
    await world.app.dispatcher.drain()
    assert world.recorder.heard == []
    assert await world.statuses() == []


async def test_a_promise_waits_for_its_time(world: World) -> None:
    await world.record(Happened("a", 1), due=world.now + timedelta(hours=48))
    await world.app.dispatcher.drain()
    assert world.recorder.heard == []
    world.now += timedelta(hours=48)
    await world.app.dispatcher.drain()
    assert world.recorder.heard == [("a", 1)]


async def test_failures_are_tried_again_with_growing_pauses_then_given_up(world: World) -> None:
    async def fail(_event: Happened, _delivery: Delivery) -> None:
        raise RuntimeError("the other side is down")

    world.recorder.reaction = fail
    await world.record(Happened("a", 1))
    attempts = 0
    for pause in RETRY_AFTER:
        attempts += await _tries(world)
        world.now += pause - timedelta(seconds=1)
        assert await _tries(world) == 0
        world.now += timedelta(seconds=1)
    attempts += await _tries(world)
    assert attempts == len(RETRY_AFTER) + 1
    assert await world.statuses() == ["FAILED"]
    (failed,) = await world.app.dispatcher.failed(world.store.id)
    assert (failed.listener, failed.attempts) == ("hearing.hear", attempts)
    assert failed.error == "RuntimeError: the other side is down"


async def _tries(world: World) -> int:
    before = len(world.recorder.scopes)
    await world.app.dispatcher.drain()
    return len(world.recorder.scopes) - before


async def test_staff_retry_a_failed_delivery_and_others_may_not(world: World) -> None:
    await world.record(Happened("a", 1))
    await world.app.database.execute("UPDATE delivery SET status = 'FAILED' WHERE listener = 'hearing.hear'")
    (failed,) = await world.app.dispatcher.failed(world.store.id)
    nobody = Actor(ActorKind.USER, "7", "Nobody", world.store.id)
    with pytest.raises(Forbidden):
        await world.app.dispatcher.retry(nobody, failed.id)
    assert await world.statuses() == ["FAILED"]
    await world.app.dispatcher.retry(world.actor, failed.id)
    await world.app.dispatcher.drain()
    assert world.recorder.heard == [("a", 1)]
    with pytest.raises(NotFound, match="no failed delivery"):
        await world.app.dispatcher.retry(world.actor, failed.id)


async def test_another_store_cannot_retry_it(world: World) -> None:
    other = await world.app.stores.create(2, "Two")
    await world.record(Happened("a", 1))
    await world.app.database.execute("UPDATE delivery SET status = 'FAILED' WHERE listener = 'hearing.hear'")
    (failed,) = await world.app.dispatcher.failed(world.store.id)
    with pytest.raises(NotFound):
        await world.app.dispatcher.retry(Actor.system(other.id, "test"), failed.id)
    assert await world.statuses() == ["FAILED"]


async def test_one_key_is_heard_in_order_and_holds_back_no_other(world: World) -> None:
    async def stuck(event: Happened, _delivery: Delivery) -> None:
        if event == Happened("a", 1) and len(world.recorder.scopes) < 3:
            raise RuntimeError("not yet")

    world.recorder.reaction = stuck
    await world.record(Happened("a", 1), Happened("a", 2), Happened("b", 1))
    await world.app.dispatcher.drain()
    assert world.recorder.heard == [("b", 1)]
    world.now += timedelta(minutes=10)
    await world.app.dispatcher.drain()
    assert world.recorder.heard == [("b", 1), ("a", 1), ("a", 2)]


async def test_putting_off_is_no_failure(world: World) -> None:
    async def later(_event: Happened, delivery: Delivery) -> None:
        if len(world.recorder.scopes) < 20:
            raise DeliveryPostponed(world.now + timedelta(minutes=1))
        assert delivery.attempt == 1

    world.recorder.reaction = later
    await world.record(Happened("a", 1))
    for _ in range(20):
        await world.app.dispatcher.drain()
        world.now += timedelta(minutes=1)
    assert world.recorder.heard == [("a", 1)]


async def test_effects_and_the_mark_happen_together(world: World) -> None:
    seen: list[BaseException] = []

    async def effect(event: Happened, delivery: Delivery) -> None:
        async with delivery.work() as work:
            work.insert(StoreSetting, section=f"{event.thing}{event.number}", value="{}", version=1)
        try:
            async with delivery.work() as work:
                work.insert(StoreSetting, section="twice", value="{}", version=1)
        except AlreadyDelivered as error:
            seen.append(error)
            raise

    world.recorder.reaction = effect
    await world.record(Happened("a", 1))
    await world.app.dispatcher.drain()
    assert len(seen) == 1
    assert await world.statuses() == ["DONE"]
    rows = await world.app.database.fetch(
        "SELECT section FROM store_setting WHERE store = :store", store=world.store.id
    )
    assert [row["section"] for row in rows] == ["a1"]


async def test_a_courtesy_stops_when_the_plugin_is_off_and_the_rest_goes_on(world: World) -> None:
    await world.app.stores.switch(world.actor, "hearing", False)
    await world.record(Happened("a", 1))
    await world.app.dispatcher.drain()
    assert world.recorder.heard == [("a", 1)]
    assert world.recorder.courtesies == 0
    assert await world.statuses("hearing.courtesy") == ["DROPPED"]


async def test_a_timer_runs_for_every_store_again_and_again(world: World) -> None:
    other = await world.app.stores.create(2, "Two")
    await world.app.dispatcher.ensure_timers()
    await world.app.dispatcher.ensure_timers()
    await world.app.dispatcher.drain()
    assert sorted(world.recorder.ticks) == sorted([world.store.id, other.id])
    await world.app.dispatcher.drain()
    assert len(world.recorder.ticks) == 2
    world.now += timedelta(hours=1)
    await world.app.dispatcher.drain()
    assert len(world.recorder.ticks) == 4


async def test_two_dispatchers_share_the_work(world: World) -> None:
    await world.record(*(Happened(f"k{number % 7}", number) for number in range(200)))
    second = Dispatcher(world.app)
    await asyncio.gather(world.app.dispatcher.drain(), second.drain())
    await world.app.dispatcher.drain()
    assert sorted(number for _thing, number in world.recorder.heard) == list(range(200))
    for thing in {thing for thing, _number in world.recorder.heard}:
        numbers = [number for other, number in world.recorder.heard if other == thing]
        assert numbers == sorted(numbers)


async def test_the_loop_wakes_on_commit(world: World) -> None:
    heard = asyncio.Event()

    async def tell(_event: Happened, _delivery: Delivery) -> None:
        heard.set()

    world.recorder.reaction = tell
    await world.app.start_dispatcher()
    await world.record(Happened("a", 1))
    async with asyncio.timeout(60):
        await heard.wait()
    await world.app.dispatcher.stop()
    assert not world.app.dispatcher.alive


async def test_what_runs_when_the_loop_stops_is_free_again(world: World) -> None:
    begun = asyncio.Event()

    async def hang(_event: Happened, _delivery: Delivery) -> None:
        begun.set()
        await asyncio.Event().wait()

    world.recorder.reaction = hang
    await world.app.start_dispatcher()
    await world.record(Happened("a", 1))
    async with asyncio.timeout(60):
        await begun.wait()
    await world.app.dispatcher.stop(seconds=0.01)
    world.recorder.reaction = None
    await world.app.dispatcher.drain()
    assert world.recorder.heard == [("a", 1)]
    assert await world.statuses() == ["DONE"]


async def test_a_process_without_a_bot_leaves_alone_what_needs_one(world: World) -> None:
    await world.record(Happened("a", 1))
    await world.app.dispatcher.drain()
    rows = await world.app.database.fetch(
        "SELECT status, attempts FROM delivery WHERE listener = 'hearing.discord' AND store = :store",
        store=world.store.id,
    )
    assert rows == [{"status": "PENDING", "attempts": 0}]
    assert world.recorder.heard == [("a", 1)]
    world.app.bot = object()  # type: ignore[assignment]
    await world.app.dispatcher.drain()
    world.app.bot = None
    assert world.recorder.heard == [("a", 1), ("a", 1)]
    assert await world.statuses("hearing.discord") == ["DONE"]


async def test_processes_that_start_at_once_share_the_timers(world: World) -> None:
    await world.app.stores.create(2, "Two")
    await asyncio.gather(*(Dispatcher(world.app).ensure_timers() for _process in range(4)))
    await world.app.dispatcher.drain()
    assert len(world.recorder.ticks) == 2


async def test_a_store_made_while_the_loop_runs_has_its_timers(world: World) -> None:
    ticked = asyncio.Event()
    world.recorder.ticked = lambda store: ticked.set() if store != world.store.id else None
    await world.app.start_dispatcher()
    second = await world.app.stores.create(2, "Two")
    async with asyncio.timeout(60):
        await ticked.wait()
    await world.app.dispatcher.stop()
    assert world.recorder.ticks.count(second.id) == 1


async def test_closing_twice_is_closing_once(database_url: str) -> None:
    app = await App.open(Settings(), plugins=Plugins([Hearing(Recorder())]), database_url=database_url)
    await app.close()
    await app.close()


async def test_the_events_of_a_store_made_elsewhere_are_delivered_at_once(world: World) -> None:
    made = Actor.system(77, "another process")
    async with world.app.work(made) as work:
        work.insert(StoreRow, id=77, guild_id=77, name="Elsewhere", currency="USD", active=True, created=work.now)
        work.record(Happened("a", 1))
    await world.app.dispatcher.drain()
    assert world.recorder.heard == [("a", 1)]
    rows = await world.app.database.fetch(
        "SELECT status, attempts FROM delivery WHERE store = 77 AND listener = 'hearing.hear'"
    )
    assert rows == [{"status": "DONE", "attempts": 1}]


async def test_a_store_can_be_made_while_another_one_is_acted_in(world: World) -> None:
    with scope(world.store.id):
        second = await world.app.stores.create(2, "Two")
        await world.app.stores.set_active(second.id, False)
        moved = await world.app.stores.move(2, 3)
        await world.app.dispatcher.ensure_timers()
    assert (moved.id, moved.guild_id, moved.active) == (second.id, 3, True)
    await world.app.dispatcher.drain()
    assert second.id in world.recorder.ticks


async def test_a_lost_lease_changes_nothing_of_the_claim_that_followed(world: World) -> None:
    await world.record(Happened("a", 1))
    first, second = Deliveries(world.app), Deliveries(world.app)

    async def row() -> dict[str, Any]:
        found = await world.app.database.fetch_one(
            "SELECT status, attempts, claimed_by, claimed_until, next_attempt, last_error FROM delivery"
            " WHERE listener = 'hearing.hear' AND store = :store",
            store=world.store.id,
        )
        assert found is not None
        return found

    async def lost(rows: Deliveries, claim: Delivery) -> None:
        kept = await row()
        await rows.mark(claim, "DONE")
        await rows.put_off(claim, world.now + timedelta(hours=1), "late", counted=True)
        await rows.give_up(claim, "late")
        assert await row() == kept

    mine = _claimed(world, await first.claim(["hearing.hear"], world.now))
    world.now += LEASE + timedelta(seconds=1)
    theirs = _claimed(world, await second.claim(["hearing.hear"], world.now))
    await lost(first, mine)
    kept = await row()
    await first.extend([mine.id])
    await first.release_mine()
    assert await row() == kept

    world.now += LEASE + timedelta(seconds=1)
    again = _claimed(world, await second.claim(["hearing.hear"], world.now))
    await lost(second, theirs)
    await second.mark(again, "DONE")
    assert await world.statuses() == ["DONE"]


def _claimed(world: World, rows: list[dict[str, Any]]) -> Delivery:
    (row,) = rows
    return Delivery(world.app, row["id"], row["event"], row["store"], row["listener"], row["attempts"], world.now)
