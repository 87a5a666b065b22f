"""Imports as jobs: counted as they go, all or nothing also when they are cut off, seen by whoever may do them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from guildshop.app import App
from guildshop.deliveries import LEASE
from guildshop.errors import Forbidden, Invalid, NotFound, Refusal
from guildshop.jobs import Job, JobState, running, service
from guildshop.outbox import Dispatcher
from guildshop.permissions import Actor
from guildshop.stores import Store
from guildshop.testing import ActorFactory, Clock
from tests.jobs.conftest import Notes

FOUR = b"text\nred\ngreen\nblue\nwhite\n"
COLOURS = ["red", "green", "blue", "white"]


@pytest.fixture
def sam(store: Store, staff: ActorFactory) -> Actor:
    return staff(store, "note.update")


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Note how far an import is as often as it can be noted."""
    monkeypatch.setattr(running, "PAUSE", 0)


async def checked(app: App, sam: Actor, content: bytes = FOUR) -> Job:
    job = await app.jobs.begin_import(sam, "notes", content, "notes.csv")
    await app.dispatcher.drain()
    return await app.jobs.get(sam, job.id)


async def started(app: App, sam: Actor) -> Job:
    return await app.jobs.start(sam, (await checked(app, sam)).id)


async def files(app: App, store: Store) -> int:
    row = await app.database.fetch_one("SELECT COUNT(*) AS n FROM job_file WHERE store = :store", store=store.id)
    return int(row["n"]) if row else 0


async def test_a_file_is_looked_at_then_written(app: App, store: Store, sam: Actor, notes: Notes) -> None:
    job = await app.jobs.begin_import(sam, "notes", FOUR, "C:\\files\\notes.csv")
    assert (job.state, job.total, job.done, job.file, job.made_by) == (JobState.WAITING, 4, 0, "notes.csv", sam.name)
    await app.dispatcher.drain()
    ready = await app.jobs.get(sam, job.id)
    assert (ready.state, ready.total, ready.done, ready.bad) == (JobState.READY, 4, 4, 0)
    assert await notes.written(store.id) == []
    assert (await app.jobs.start(sam, job.id)).state is JobState.WAITING
    await app.dispatcher.drain()
    done = await app.jobs.get(sam, job.id)
    assert (done.state, done.done, done.written, done.message) == (JobState.DONE, 4, 4, "")
    assert await notes.written(store.id) == COLOURS
    assert await files(app, store) == 0
    assert [one.id for one in await app.jobs.latest(sam)] == [job.id]


async def test_rows_are_counted_while_they_are_looked_at(
    app: App, store: Store, sam: Actor, notes: Notes, eager: None
) -> None:
    notes.checking.closed = True
    job = await app.jobs.begin_import(sam, "notes", b"text\nbad\ngreen\nblue\nbad\n", "notes.csv")
    draining = asyncio.create_task(app.dispatcher.drain())
    await notes.checking.reached.wait()
    while (seen := await app.jobs.get(sam, job.id)).done < 2:
        await asyncio.sleep(0)
    assert (seen.state, seen.done, seen.bad, seen.total) == (JobState.RUNNING, 2, 1, 4)
    notes.checking.opened.set()
    await draining
    over = await app.jobs.get(sam, job.id)
    assert (over.state, over.done, over.bad, over.written) == (JobState.REFUSED, 4, 2, 0)
    lines = await app.jobs.bad_lines(sam, job.id)
    assert [(line.number, line.message) for line in lines] == [(2, "This one is bad."), (5, "This one is bad.")]
    assert await files(app, store) == 0
    with pytest.raises(Refusal, match="started or discarded"):
        await app.jobs.start(sam, job.id)
    assert await notes.written(store.id) == []


@pytest.mark.parametrize("place", ["checking", "writing"])
async def test_one_that_is_cut_off_wrote_nothing_and_is_done_again(
    app: App, store: Store, sam: Actor, notes: Notes, clock: Clock, place: str
) -> None:
    job, hold = await started(app, sam), getattr(notes, place)
    hold.closed = True
    draining = asyncio.create_task(app.dispatcher.drain())
    await hold.reached.wait()
    draining.cancel()
    await asyncio.gather(draining, return_exceptions=True)
    assert (await app.jobs.get(sam, job.id)).state is JobState.RUNNING
    assert await notes.written(store.id) == []
    hold.closed = False
    clock.advance(seconds=LEASE.total_seconds() + 1)
    await app.dispatcher.drain()
    over = await app.jobs.get(sam, job.id)
    assert (over.state, over.written) == (JobState.DONE, 4)
    assert over.message == "It was cut off and has begun again."
    assert await notes.written(store.id) == COLOURS


async def test_a_run_that_lost_its_lease_writes_nothing(
    app: App, store: Store, sam: Actor, notes: Notes, clock: Clock
) -> None:
    job = await started(app, sam)
    notes.writing.closed = True
    late = asyncio.create_task(app.dispatcher.drain())
    await notes.writing.reached.wait()
    notes.writing.closed = False
    clock.advance(seconds=LEASE.total_seconds() + 1)
    await Dispatcher(app).drain()
    assert (await app.jobs.get(sam, job.id)).state is JobState.DONE
    notes.writing.opened.set()
    await late
    over = await app.jobs.get(sam, job.id)
    assert (over.state, over.written) == (JobState.DONE, 4)
    assert await notes.written(store.id) == COLOURS


@pytest.mark.parametrize("place", ["checking", "writing"])
async def test_one_that_is_stopped_wrote_nothing(
    app: App, store: Store, sam: Actor, notes: Notes, place: str, eager: None
) -> None:
    job, hold = await started(app, sam), getattr(notes, place)
    hold.closed = True
    draining = asyncio.create_task(app.dispatcher.drain())
    await hold.reached.wait()
    assert (await app.jobs.stop(sam, job.id)).stopping
    await draining
    assert (await app.jobs.get(sam, job.id)).state is JobState.STOPPED
    assert await notes.written(store.id) == []
    assert await files(app, store) == 0
    with pytest.raises(Refusal, match="over already"):
        await app.jobs.stop(sam, job.id)


async def test_what_an_import_does_after_it_wrote_is_not_cut_off(
    app: App, sam: Actor, notes: Notes, eager: None
) -> None:
    job = await started(app, sam)
    notes.written_all.closed = True
    draining = asyncio.create_task(app.dispatcher.drain())
    await notes.written_all.reached.wait()
    while any(task.get_name() == "job-note" for task in asyncio.all_tasks()):
        await asyncio.sleep(0)
    # Killed here, it would not say a number that nobody knows.
    assert (await app.jobs.get(sam, job.id)).written is None
    notes.written_all.opened.set()
    await draining
    over = await app.jobs.get(sam, job.id)
    assert (over.state, over.written) == (JobState.DONE, 4)


async def test_whoever_starts_it_has_done_it(
    app: App, store: Store, sam: Actor, staff: ActorFactory, notes: Notes
) -> None:
    ready = await checked(app, sam)
    rob = staff(store, "note.update", name="Rob")
    await app.jobs.start(rob, ready.id)
    await app.dispatcher.drain()
    assert (await app.jobs.get(sam, ready.id)).made_by == rob.name != sam.name
    entries = await app.database.fetch(
        "SELECT actor_name FROM audit_entry WHERE store = :store AND action = 'note.write'", store=store.id
    )
    assert {entry["actor_name"] for entry in entries} == {rob.name}


async def test_one_that_breaks_says_so_and_wrote_nothing(app: App, store: Store, sam: Actor, notes: Notes) -> None:
    job = await checked(app, sam, b"text\nred\nbreak\n")
    assert job.state is JobState.FAILED
    assert "The plugin notes failed" in job.message
    assert await notes.written(store.id) == []
    assert await app.dispatcher.failed() == []


async def test_one_file_is_worked_on_once_at_a_time(app: App, store: Store, sam: Actor, notes: Notes) -> None:
    first = await checked(app, sam)
    second = await checked(app, sam)
    await app.jobs.start(sam, first.id)
    with pytest.raises(Refusal, match="started or discarded"):
        await app.jobs.start(sam, first.id)
    with pytest.raises(Refusal, match="This very file"):
        await app.jobs.start(sam, second.id)
    with pytest.raises(Refusal, match="This very file"):
        await app.jobs.begin_import(sam, "notes", FOUR, "copy.csv")
    assert await app.jobs.same_file(sam, second) is None
    await app.dispatcher.drain()
    assert await notes.written(store.id) == COLOURS
    before = await app.jobs.same_file(sam, second)
    assert before is not None
    assert before.id == first.id
    assert (await app.jobs.stop(sam, second.id)).state is JobState.STOPPED
    assert await notes.written(store.id) == COLOURS


async def test_others_do_not_see_it(
    app: App, store: Store, other_store: Store, sam: Actor, staff: ActorFactory, notes: Notes
) -> None:
    job = await checked(app, sam)
    stranger, helper = staff(other_store, "note.update"), staff(store, "order.read")
    for act in (app.jobs.get, app.jobs.start, app.jobs.stop, app.jobs.bad_lines):
        with pytest.raises(NotFound):
            await act(stranger, job.id)
        with pytest.raises(Forbidden):
            await act(helper, job.id)
    with pytest.raises(Forbidden):
        await app.jobs.begin_import(helper, "notes", FOUR, "notes.csv")
    assert list(await app.jobs.latest(stranger)) == list(await app.jobs.latest(helper)) == []
    assert (await app.jobs.get(sam, job.id)) == job
    assert await notes.written(other_store.id) == await notes.written(store.id) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "file.csv is empty"),
        (b"text\n", "has no rows"),
        (b"colour\nred\n", "The column “colour” is unknown"),
        (b"more\nred\n", "This column is missing: text"),
        (b"\xff\xfet\x00", "is UTF-16"),
        (b"text\n\xe4\n", "is not UTF-8"),
        (b'text\n"open\n', "is broken at line 2"),
        (b"PK\x03\x04", "is XLSX"),
    ],
)
async def test_what_is_no_such_file_is_refused_at_once(app: App, sam: Actor, content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        await app.jobs.begin_import(sam, "notes", content, " /../ ")
    assert list(await app.jobs.latest(sam)) == []


async def test_rows_that_are_none_are_told_with_the_rest(app: App, sam: Actor) -> None:
    job = await checked(app, sam, b"text,more\nred,\ngreen\nbad,\n=1+1(,\n")
    assert (job.state, job.total, job.bad) == (JobState.REFUSED, 4, 3)
    assert [line.number for line in await app.jobs.bad_lines(sam, job.id)] == [3, 4, 5]


async def test_a_file_that_is_too_large_is_refused(app: App, sam: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_BYTES", 20)
    with pytest.raises(Invalid, match="Split it"):
        await app.jobs.begin_import(sam, "notes", FOUR, "notes.csv")
    assert list(await app.jobs.latest(sam)) == []


async def test_one_whose_plugin_is_switched_off_meanwhile_wrote_nothing(
    app: App, store: Store, sam: Actor, staff: ActorFactory, notes: Notes
) -> None:
    job = await started(app, sam)
    await app.stores.switch(staff(store), "notes", on=False)
    await app.dispatcher.drain()
    over = await app.jobs.get(sam, job.id)
    assert (over.state, over.message) == (JobState.FAILED, "The plugin that does this is switched off.")
    assert await notes.written(store.id) == []
    with pytest.raises(NotFound, match="switched off"):
        await app.jobs.begin_import(sam, "notes", FOUR, "notes.csv")


async def test_they_are_kept_for_thirty_days(app: App, sam: Actor, clock: Clock) -> None:
    bad = await checked(app, sam, b"text\nbad\n")
    clock.advance(days=29)
    await app.dispatcher.drain()
    assert (await app.jobs.get(sam, bad.id)).bad == 1
    fresh = await checked(app, sam)
    clock.now += timedelta(days=2)
    await app.dispatcher.drain()
    with pytest.raises(NotFound, match="30 days"):
        await app.jobs.get(sam, bad.id)
    assert [one.id for one in await app.jobs.latest(sam)] == [fresh.id]
