"""A hundred ways to reach another store's rows: none does, on either database."""

# ruff: noqa: TID251 - the probes go past the scope on purpose

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from piccolo.columns import ForeignKey, Integer, Varchar, column_types
from piccolo.columns.combination import WhereRaw
from piccolo.query.functions.aggregate import Count as CountFunction
from piccolo.query.functions.aggregate import Max
from piccolo.query.methods.count import Count
from piccolo.query.methods.delete import Delete
from piccolo.query.methods.exists import Exists
from piccolo.query.methods.insert import Insert
from piccolo.query.methods.objects import Objects
from piccolo.query.methods.select import Select
from piccolo.query.methods.update import Update
from piccolo.querystring import QueryString

from guildshop.database import Database, new_id
from guildshop.database.tables import StoreRow
from guildshop.errors import ScopeError
from guildshop.permissions import Actor
from guildshop.tenancy import StoreTable, every_store, scope

OURS, THEIRS = 1, 2
SECRET = "Their Secret"


class ProbePerson(StoreTable, tablename="probe_person"):
    """Somebody."""

    id = column_types.UUID(primary_key=True)
    name = Varchar(100)
    points = Integer(default=0)


class ProbeThing(StoreTable, tablename="probe_thing"):
    """Something of somebody; no composite key keeps it from pointing into another store."""

    id = column_types.UUID(primary_key=True)
    owner = ForeignKey(references=ProbePerson, null=True)
    code = Varchar(20)


DDL = (
    """CREATE TABLE probe_person (id UUID PRIMARY KEY, store BIGINT NOT NULL REFERENCES store (id),
        name VARCHAR(100) NOT NULL, points INTEGER NOT NULL, UNIQUE (store, name))""",
    """CREATE TABLE probe_thing (id UUID PRIMARY KEY, store BIGINT NOT NULL REFERENCES store (id),
        owner UUID REFERENCES probe_person (id), code VARCHAR(20) NOT NULL)""",
)

OUR_PERSON, THEIR_PERSON = UUID(int=1), UUID(int=2)
OUR_THING, THEIR_THING, CROSSED_THING = UUID(int=11), UUID(int=12), UUID(int=13)


@pytest.fixture
async def probed(database: Database) -> AsyncIterator[Database]:
    """A database with rows of two stores, one of ours pointing at one of theirs."""
    await database.execute_ddl(*DDL)
    database.bind(ProbePerson, ProbeThing)
    for store in (OURS, THEIRS):
        async with database.work(Actor.system(store, "tests")) as work:
            work.insert(StoreRow, id=store, guild_id=store, name=f"Store {store}")
    async with database.work(Actor.system(OURS, "tests")) as work:
        work.insert(ProbePerson, id=OUR_PERSON, name="Ours", points=1)
        work.insert(ProbeThing, id=OUR_THING, owner=OUR_PERSON, code="O")
    async with database.work(Actor.system(THEIRS, "tests")) as work:
        work.insert(ProbePerson, id=THEIR_PERSON, name=SECRET, points=77)
        work.insert(ProbeThing, id=THEIR_THING, owner=THEIR_PERSON, code="T77")
    async with database.work(Actor.system(OURS, "tests")) as work:
        work.insert(ProbeThing, id=CROSSED_THING, owner=THEIR_PERSON, code="X")
    with scope(OURS):
        yield database


P, T = ProbePerson, ProbeThing
Probe = Callable[[Database], Awaitable[Any]]


async def _built_elsewhere(_database: Database) -> Any:
    with scope(THEIRS):
        frozen = P.select().freeze()
    return await frozen.query


async def _row_saved_elsewhere(_database: Database) -> Any:
    with scope(THEIRS):
        row = await P.objects().first()
    assert row is not None
    row.points = 0
    return await row.save()


async def _row_removed_elsewhere(_database: Database) -> Any:
    with scope(THEIRS):
        row = await P.objects().first()
    assert row is not None
    return await row.remove()


async def _row_updated_elsewhere(_database: Database) -> Any:
    with scope(THEIRS):
        row = await P.objects().first()
    assert row is not None
    return await row.update_self({P.points: 0})


async def _row_refreshed(_database: Database) -> Any:
    row = P(id=THEIR_PERSON, name="?", _exists_in_db=True)
    await row.refresh()
    return row.name


async def _adopted(_database: Database) -> Any:
    row = P(id=THEIR_PERSON, name="Taken", points=0, store=OURS, _exists_in_db=True)
    return await row.save()


async def _related(_database: Database) -> Any:
    thing = await T.objects().get(T.id == CROSSED_THING)
    assert thing is not None
    return await thing.get_related(T.owner)


async def _prefetched(_database: Database) -> Any:
    return [thing.owner.to_dict() if thing.owner else None for thing in await T.objects(T.owner)]


async def _inserted_elsewhere(_database: Database) -> Any:
    return await P.insert(P(id=new_id(), name="Planted", store=THEIRS))


async def _inserted_by_add(_database: Database) -> Any:
    return await P.insert().add(P(id=new_id(), name="Planted", store=THEIRS))


async def _inserted_by_class(_database: Database) -> Any:
    return await Insert(P).add(P(id=new_id(), name="Planted", store=THEIRS))


async def _inserted_without_store(_database: Database) -> Any:
    return await Insert(P).add(P(id=new_id(), name="Planted"))


def _conflict_of(target: Any) -> Probe:
    async def probe(_database: Database) -> Any:
        row = P(id=THEIR_PERSON, name=SECRET, points=0)
        return await P.insert(row).on_conflict(target=target, action="DO UPDATE", values=[P.points])

    return probe


async def _class_conflict(_database: Database) -> Any:
    row = P(id=THEIR_PERSON, name="Other", points=0, store=OURS)
    return await Insert(P).add(row).on_conflict(target=P.id, action="DO UPDATE", values=[P.points])


async def _moved(_database: Database) -> Any:
    return await P.update({P.store: THEIRS}).where(P.id == OUR_PERSON)


async def _moved_by_name(_database: Database) -> Any:
    return await P.update(store=THEIRS, force=True)


async def _get_or_create(_database: Database) -> Any:
    return (await P.objects().get_or_create(P.id == THEIR_PERSON, defaults={P.name: "Mine"})).name


def _raw(text: str, *arguments: Any) -> Probe:
    async def probe(_database: Database) -> Any:
        return await P.raw(text, *arguments)

    return probe


def _engine(text: str, *arguments: Any) -> Probe:
    async def probe(database: Database) -> Any:
        return await database.engine.run_querystring(QueryString(text, *arguments))

    return probe


def _fetch(text: str, **values: Any) -> Probe:
    async def probe(database: Database) -> Any:
        return await database.fetch(text, **values)

    return probe


def _query(make: Callable[[], Any]) -> Probe:
    async def probe(_database: Database) -> Any:
        return await make()

    return probe


async def _work_elsewhere(database: Database) -> Any:
    async with database.work(Actor.system(THEIRS, "tests")) as work:
        work.guard(P, set="points = 0", where="id = :id", id=THEIR_PERSON)


async def _work_inserts_elsewhere(database: Database) -> Any:
    async with database.work(Actor.system(OURS, "tests")) as work:
        work.insert(P, id=new_id(), name="Planted", points=0, store=THEIRS)


async def _work_moves(database: Database) -> Any:
    async with database.work(Actor.system(OURS, "tests")) as work:
        work.guard(P, set="store = :other", where="id = :id", other=THEIRS, id=OUR_PERSON)


async def _work_updates(database: Database) -> Any:
    async with database.work(Actor.system(OURS, "tests")) as work:
        work.update(P, THEIR_PERSON, points=0)


async def _work_or(database: Database) -> Any:
    async with database.work(Actor.system(OURS, "tests")) as work:
        work.guard(P, set="points = 5", where="id = :id OR TRUE", rows=None, id=OUR_PERSON)


async def _work_deletes(database: Database) -> Any:
    async with database.work(Actor.system(OURS, "tests")) as work:
        work.delete(T, where="code = 'T77' OR code = 'T77'")


async def _work_breaks_out(database: Database) -> Any:
    async with database.work(Actor.system(OURS, "tests")) as work:
        work.guard(P, set="points = 0", where="id = :id) OR (TRUE", rows=None, id=OUR_PERSON)


async def _work_reads_theirs(database: Database) -> Any:
    async with database.work(Actor.system(OURS, "tests")) as work:
        work.guard(
            P,
            set="name = (SELECT name FROM probe_person WHERE store = :theirs LIMIT 1)",
            where="id = :id",
            id=OUR_PERSON,
            theirs=THEIRS,
        )
    return await P.select()


async def _drop(_database: Database) -> Any:
    return await P.alter().drop_table()


PROBES: dict[str, Probe] = {
    "select": _query(lambda: P.select()),
    "select by key": _query(lambda: P.select().where(P.id == THEIR_PERSON)),
    "select or": _query(lambda: P.select().where((P.id == THEIR_PERSON) | (P.id == OUR_PERSON))),
    "select raw or": _query(lambda: P.select().where(WhereRaw("1 = 1 OR 1 = 1"))),
    "select raw or with argument": _query(lambda: P.select().where(WhereRaw("points = {} OR 1 = 1", 1))),
    "select querystring or": _query(lambda: P.select().where(QueryString("1 = 1 OR 1 = 1"))),
    "select raw or second": _query(lambda: P.select().where(P.points > 0).where(WhereRaw("1 = 1 OR 1 = 1"))),
    "select raw broken brackets": _query(lambda: P.select().where(WhereRaw("1 = 1) OR (1 = 1"))),
    "select max": _query(lambda: P.select(Max(P.name))),
    "select count function": _query(lambda: P.select(CountFunction(P.id).as_alias("n"))),
    "select group": _query(lambda: P.select(P.name, CountFunction(P.id)).group_by(P.name)),
    "select subquery column": _query(lambda: P.select(QueryString('(SELECT MAX("name") FROM "probe_person")'))),
    "select in class subquery": _query(lambda: P.select().where(P.id.is_in(Select(P, [P.id])))),
    "select in raw subquery": _query(
        lambda: P.select().where(WhereRaw("EXISTS (SELECT 1 FROM probe_person o WHERE o.points = 77)"))
    ),
    "select order by subquery": _query(
        lambda: P.select().order_by(QueryString("(SELECT MAX(points) FROM probe_person)"))
    ),
    "select first": _query(lambda: P.select().where(P.points == 77).first()),
    "select list": _query(lambda: P.select(P.name).output(as_list=True)),
    "select json": _query(lambda: P.select().output(as_json=True)),
    "select joined": _query(lambda: T.select(T.code, T.owner.name)),
    "select all related": _query(lambda: T.select(*T.all_related())),
    "select where joined": _query(lambda: T.select(T.owner.name).where(T.owner.points == 77)),
    "select order joined": _query(lambda: T.select(T.owner.name).order_by(T.owner.name)),
    "select nested": _query(lambda: T.select(*T.owner.all_columns()).output(nested=True)),
    "objects": _query(lambda: P.objects().output(load_json=True)),
    "objects get": _query(lambda: P.objects().get(P.id == THEIR_PERSON)),
    "objects raw or": _query(lambda: P.objects().where(WhereRaw("1 = 1 OR 1 = 1"))),
    "objects prefetch": _prefetched,
    "get related": _related,
    "get or create": _get_or_create,
    "refresh": _row_refreshed,
    "count joined": _query(lambda: T.count().where(T.owner.points == 77)),
    "class select": _query(lambda: Select(P)),
    "class select with store of theirs": _query(lambda: Select(P).where(P.store == THEIRS)),
    "class select or store": _query(lambda: Select(P).where((P.store == OURS) | (P.points > 0))),
    "class select not store": _query(lambda: Select(P).where(P.store != OURS)),
    "class objects": _query(lambda: Objects(P, ())),
    "class count": _query(lambda: Count(P).where(P.store == THEIRS)),
    "class exists": _query(lambda: Exists(P).where(P.points == 77)),
    "class update": _query(lambda: Update(P, force=True).values({P.points: 0})),
    "class update where": _query(lambda: Update(P).values({P.points: 0}).where(P.id == THEIR_PERSON)),
    "class delete": _query(lambda: Delete(T, force=True)),
    "frozen in another scope": _built_elsewhere,
    "save a row of theirs": _row_saved_elsewhere,
    "remove a row of theirs": _row_removed_elsewhere,
    "update self of theirs": _row_updated_elsewhere,
    "adopt their row": _adopted,
    "insert into theirs": _inserted_elsewhere,
    "insert add into theirs": _inserted_by_add,
    "class insert into theirs": _inserted_by_class,
    "class insert without store": _inserted_without_store,
    "on conflict by key": _conflict_of(P.id),
    "class on conflict": _class_conflict,
    "move a row": _moved,
    "move all rows": _moved_by_name,
    "update theirs": _query(lambda: P.update({P.points: 0}).where(P.id == THEIR_PERSON)),
    "update forced": _query(lambda: P.update({P.points: 5}, force=True)),
    "update raw or": _query(lambda: P.update({P.points: 5}).where(WhereRaw("1 = 1 OR 1 = 1"))),
    "update where joined": _query(lambda: T.update({T.code: "Z"}).where(T.owner.points == 77)),
    "delete theirs": _query(lambda: T.delete().where(T.id == THEIR_THING)),
    "delete raw or": _query(lambda: T.delete().where(WhereRaw("code = 'T77' OR code = 'T77'"))),
    "raw all": _raw("SELECT * FROM probe_person"),
    "raw quoted": _raw('SELECT * FROM "probe_person" AS p'),
    "raw upper": _raw("SELECT * FROM PROBE_PERSON"),
    "raw comment": _raw("SELECT * FROM/**/probe_person -- WHERE store = 1\n"),
    "raw store in a string": _raw("SELECT * FROM probe_person WHERE name <> 'store = 1'"),
    "raw theirs": _raw("SELECT * FROM probe_person WHERE store = {}", THEIRS),
    "raw literal": _raw("SELECT * FROM probe_person WHERE store = 2"),
    "raw or": _raw("SELECT * FROM probe_person WHERE store = {} OR 1 = 1", OURS),
    "raw not": _raw("SELECT * FROM probe_person WHERE NOT (store = {})", OURS),
    "raw arithmetic": _raw("SELECT * FROM probe_person WHERE store = {} + 1", OURS),
    "raw selected condition": _raw("SELECT store = {} AS mine, name FROM probe_person", OURS),
    "raw union": _raw("SELECT name FROM probe_person WHERE store = {} UNION SELECT name FROM probe_person", OURS),
    "raw comma join": _raw("SELECT b.name FROM probe_person a, probe_person b WHERE a.store = {}", OURS),
    "raw join": _raw("SELECT p.name FROM probe_thing t JOIN probe_person p ON p.id = t.owner WHERE t.store = {}", OURS),
    "raw left join on": _raw(
        "SELECT p.name FROM probe_person p LEFT JOIN probe_thing t ON (t.owner = p.id AND p.store = {}"
        " AND t.store = p.store)",
        OURS,
    ),
    "raw self chain": _raw("SELECT p.name FROM probe_person p WHERE p.store = p.store"),
    "raw mutual chain": _raw(
        "SELECT p.name FROM probe_person p JOIN probe_thing t ON t.store = p.store AND p.store = t.store"
    ),
    "raw with": _raw("WITH everyone AS (SELECT * FROM probe_person) SELECT * FROM everyone"),
    "raw subquery condition": _raw(
        "SELECT * FROM probe_person p WHERE EXISTS (SELECT 1 FROM probe_person q WHERE p.store = {})", OURS
    ),
    "raw case": _raw("SELECT * FROM probe_person WHERE CASE WHEN store = {} THEN TRUE ELSE TRUE END", OURS),
    "raw having": _raw("SELECT name FROM probe_person GROUP BY name, store HAVING store = {}", THEIRS),
    "raw insert": _raw(
        "INSERT INTO probe_person (id, store, name, points) VALUES ({}, {}, 'Planted', 0)", new_id(), THEIRS
    ),
    "raw insert second row": _raw(
        "INSERT INTO probe_person (id, store, name, points) VALUES ({}, {}, 'A', 0), ({}, {}, 'Planted', 0)",
        new_id(),
        OURS,
        new_id(),
        THEIRS,
    ),
    "raw insert select": _raw(
        "INSERT INTO probe_person (id, store, name, points) SELECT {}, store, name || '!', 0 FROM probe_person"
        " WHERE store = {}",
        new_id(),
        THEIRS,
    ),
    "raw update": _raw("UPDATE probe_person SET points = 0 WHERE store = {}", THEIRS),
    "raw update set is no condition": _raw("UPDATE probe_person SET store = {} WHERE points > 0", OURS),
    "raw update moves": _raw("UPDATE probe_person SET store = 2 WHERE store = {}", OURS),
    "raw update moves in a list": _raw(
        "UPDATE probe_person SET (store, points) = ({}, 0) WHERE store = {}", OURS, OURS
    ),
    "raw delete": _raw("DELETE FROM probe_thing WHERE code = 'T77'"),
    "raw drop": _raw("DROP TABLE probe_thing"),
    "engine": _engine("SELECT * FROM probe_person"),
    "engine theirs": _engine("SELECT * FROM probe_person WHERE store = {}", THEIRS),
    "alter": _drop,
    "fetch all": _fetch("SELECT * FROM probe_person"),
    "fetch theirs": _fetch("SELECT * FROM probe_person WHERE store = :store", store=THEIRS),
    "fetch or": _fetch("SELECT * FROM probe_person WHERE store = :store OR TRUE", store=OURS),
    "work of theirs": _work_elsewhere,
    "work inserts into theirs": _work_inserts_elsewhere,
    "work moves": _work_moves,
    "work updates theirs": _work_updates,
    "work or": _work_or,
    "work breaks out": _work_breaks_out,
    "work reads theirs": _work_reads_theirs,
    "work deletes": _work_deletes,
}


async def _theirs(database: Database) -> tuple[Any, ...]:
    with every_store():
        people = await database.fetch("SELECT * FROM probe_person WHERE store = :store", store=THEIRS)
        things = await database.fetch("SELECT * FROM probe_thing WHERE store = :store", store=THEIRS)
    return people, things


async def test_no_probe_reaches_another_store(probed: Database) -> None:
    before = await _theirs(probed)
    leaks = []
    for name, probe in PROBES.items():
        try:
            shown = repr(await probe(probed))
        except Exception as error:
            shown = f"{type(error).__name__}: {error}"
        if SECRET in shown or "T77" in shown or await _theirs(probed) != before:
            leaks.append((name, shown))
    assert leaks == []


async def test_count_and_exists_see_this_store_only(probed: Database) -> None:
    assert await P.count() == 1
    assert await T.count() == 2
    assert await P.count(distinct=[P.store]) == 1
    assert not await P.exists().where(P.points == 77)
    assert await P.count().where(WhereRaw("1 = 1 OR 1 = 1")) == 1


async def test_own_rows_are_reached(probed: Database) -> None:
    row = await P.objects().get(P.id == OUR_PERSON)
    assert row is not None
    row.points = 9
    await row.save()
    assert await P.select(P.points).output(as_list=True) == [9]
    await P.insert(P(id=new_id(), name="New"))
    created = await P.objects().create(id=new_id(), name="Newer")
    assert created.store == OURS
    await P.insert(P(id=new_id(), name="New", points=4)).on_conflict(
        target=(P.store, P.name), action="DO UPDATE", values=[P.points]
    )
    assert await P.select(P.points).where(P.name == "New").first() == {"points": 4}
    owner = await T.select(T.owner.name).where(T.id == OUR_THING).first()
    assert owner == {"owner.name": "Ours"}
    assert await probed.fetch(
        "SELECT p.name FROM probe_thing t JOIN probe_person p ON p.store = t.store AND p.id = t.owner"
        " WHERE t.store = :store",
        store=OURS,
    ) == [{"name": "Ours"}]
    await T.delete().where(T.owner.name == "Ours")
    assert await T.count() == 1


async def test_without_scope_nothing_is_reached(probed: Database) -> None:
    from guildshop.database.scope import _scope

    token = _scope.set(None)
    try:
        for query in (P.select(), P.objects(), P.count(), P.exists(), P.delete(force=True)):
            with pytest.raises(ScopeError):
                await query
        with pytest.raises(ScopeError):
            await P.insert(P(id=new_id(), name="Nobody's"))
        with pytest.raises(ScopeError):
            await probed.fetch("SELECT * FROM probe_person")
    finally:
        _scope.reset(token)


async def test_every_store_is_for_the_kernel(probed: Database) -> None:
    with every_store():
        assert await P.count() == 2
        assert len(await probed.fetch("SELECT * FROM probe_person")) == 2
