"""Bulk actions as jobs: each row by itself and once, also when the work is cut off or stopped."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from guildshop.app import App
from guildshop.deliveries import LEASE
from guildshop.errors import Forbidden, Invalid, NotFound, Refusal
from guildshop.jobs import Job, JobState, service
from guildshop.outbox import Dispatcher
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.testing import ActorFactory, Clock
from tests.jobs.conftest import Notes


@pytest.fixture
def sam(store: Store, staff: ActorFactory) -> Actor:
    return staff(store, "note.update")


async def begun(app: App, sam: Actor, *numbers: int) -> Job:
    subjects = [(UUID(int=number), f"No. {number}") for number in numbers]
    return await app.jobs.begin_bulk(sam, "notes.stamp", subjects, {"ink": "blue"})


async def test_each_is_done_by_itself(app: App, store: Store, sam: Actor, notes: Notes) -> None:
    job = await begun(app, sam, 1, 7, 2, 9, 17)
    assert (job.state, job.total, job.done) == (JobState.READY, 5, 0)
    await app.dispatcher.drain()
    assert await notes.written(store.id) == []
    await app.jobs.start(sam, job.id)
    with pytest.raises(Refusal, match="started or discarded"):
        await app.jobs.start(sam, job.id)
    await app.dispatcher.drain()
    over = await app.jobs.get(sam, job.id)
    assert (over.state, over.done, over.written, over.bad) == (JobState.DONE, 5, 3, 2)
    assert await notes.written(store.id) == ["blue 1", "blue 2"]
    lines = await app.jobs.bad_lines(sam, job.id)
    assert [(line.number, line.label, line.message) for line in lines] == [
        (2, "No. 7", "7 is not stamped."),
        (5, "No. 17", "17 is not stamped."),
    ]


async def test_one_that_is_cut_off_goes_on_and_repeats_nothing(
    app: App, store: Store, sam: Actor, notes: Notes, clock: Clock
) -> None:
    job = await app.jobs.start(sam, (await begun(app, sam, 1, 2, 3)).id)
    notes.acting.closed = True
    draining = asyncio.create_task(app.dispatcher.drain())
    await notes.acting.reached.wait()
    seen = await app.jobs.get(sam, job.id)
    assert (seen.state, seen.done) == (JobState.RUNNING, 1)
    draining.cancel()
    await asyncio.gather(draining, return_exceptions=True)
    notes.acting.closed = False
    clock.advance(seconds=LEASE.total_seconds() + 1)
    await app.dispatcher.drain()
    assert (await app.jobs.get(sam, job.id)).state is JobState.DONE
    assert await notes.written(store.id) == ["blue 1", "blue 2", "blue 3"]


async def test_two_processes_do_none_twice(app: App, store: Store, sam: Actor, notes: Notes, clock: Clock) -> None:
    job = await app.jobs.start(sam, (await begun(app, sam, 1, 2, 3)).id)
    notes.acting.closed = True
    late = asyncio.create_task(app.dispatcher.drain())
    await notes.acting.reached.wait()
    notes.acting.closed = False
    clock.advance(seconds=LEASE.total_seconds() + 1)
    await Dispatcher(app).drain()
    notes.acting.opened.set()
    await late
    over = await app.jobs.get(sam, job.id)
    assert (over.state, over.done, over.bad) == (JobState.DONE, 3, 0)
    assert await notes.written(store.id) == ["blue 1", "blue 2", "blue 3"]


async def test_what_was_done_before_it_was_stopped_stays(app: App, store: Store, sam: Actor, notes: Notes) -> None:
    job = await app.jobs.start(sam, (await begun(app, sam, 1, 2, 3)).id)
    notes.acting.closed = True
    draining = asyncio.create_task(app.dispatcher.drain())
    await notes.acting.reached.wait()
    await app.jobs.stop(sam, job.id)
    notes.acting.opened.set()
    await draining
    over = await app.jobs.get(sam, job.id)
    assert (over.state, over.written, over.total) == (JobState.STOPPED, 1, 3)
    assert await notes.written(store.id) == ["blue 1"]


async def test_bad_wishes_are_refused(
    app: App, store: Store, sam: Actor, staff: ActorFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid, match="nothing that fits"):
        await begun(app, sam)
    with pytest.raises(NotFound):
        await app.jobs.begin_bulk(sam, "notes.burn", [(UUID(int=1), "")], {})
    with pytest.raises(Forbidden):
        await begun(app, staff(store, "order.read"), 1)
    monkeypatch.setattr(service, "MOST_SUBJECTS", 2)
    with pytest.raises(Invalid, match="More than 2 fit"):
        await begun(app, sam, 1, 2, 3)
    assert list(await app.jobs.latest(sam)) == []
