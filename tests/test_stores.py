"""Stores: made once per guild, set up by file and by owner, plugins switched with what needs them."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.errors import ConfigurationError, DatabaseError, Forbidden, Invalid, NotFound, Refusal, Stale
from guildshop.hookspecs import SettingsSection, hookimpl
from guildshop.loading import Plugin, Plugins
from guildshop.permissions import Actor, ActorKind
from guildshop.store_settings import STORE_SECTION
from guildshop.stores import Store
from guildshop.tenancy import every_store


class ShelfSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    height: int = 3
    label: str = "shelf"


class Shelf(Plugin):
    name: ClassVar[str] = "shelf"
    title = "Shelf"

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        return [SettingsSection("shelf", ShelfSettings, "Shelf")]


class Book(Plugin):
    name: ClassVar[str] = "book"
    title = "Book"
    requires = ("shelf",)


@pytest.fixture
async def app(database_url: str) -> Any:
    async with await App.open(Settings(), plugins=Plugins([Shelf(), Book()]), database_url=database_url) as opened:
        yield opened


@pytest.fixture
async def store(app: App) -> Store:
    return await app.stores.create(11, "Eleven", "eur")


@pytest.fixture
def owner(store: Store) -> Actor:
    return Actor(ActorKind.MEMBER, "1", "Olga Owner", store.id, frozenset({"settings.update"}))


async def test_a_store_is_found_by_its_guild(app: App, store: Store) -> None:
    assert (store.name, store.currency, store.guild_id, store.active) == ("Eleven", "EUR", 11, True)
    assert app.stores.by_guild(11) == store == app.stores.get(store.id)
    assert app.stores.by_guild(12) is None
    with pytest.raises(NotFound):
        app.stores.get(999)


@pytest.mark.parametrize(
    ("guild", "currency", "sentence"),
    [(11, "USD", "has a store already"), (12, "NONE", "no ISO 4217 currency"), (-1, "USD", "no Discord server ID")],
)
async def test_a_store_that_cannot_be_is_refused(
    app: App, store: Store, guild: int, currency: str, sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence):
        await app.stores.create(guild, "Again", currency)
    await app.stores.refresh()
    assert app.stores.all() == (store,)


async def test_a_change_applies_at_once_and_survives(app: App, store: Store, owner: Actor) -> None:
    assert app.stores.settings(store.id, ShelfSettings).height == 3
    heard: list[int] = []
    app.on_settings_changed(heard.append)
    await app.stores.change(owner, "shelf", {"height": 5})
    assert app.stores.settings(store.id, ShelfSettings).height == 5
    assert heard == [store.id]
    await app.stores.refresh()
    assert app.stores.settings(store.id, ShelfSettings) == ShelfSettings(height=5)
    await app.stores.change(owner, "shelf", {"height": None})
    assert app.stores.settings(store.id, ShelfSettings).height == 3


async def test_the_stores_own_settings_change_too(app: App, store: Store, owner: Actor) -> None:
    await app.stores.change(owner, STORE_SECTION, {"name": "Elf", "staff_roles": {"77": "Support"}})
    changed = app.stores.get(store.id)
    assert (changed.name, changed.staff_roles) == ("Elf", {77: "Support"})


@pytest.mark.parametrize("values", [{"height": "tall"}, {"depth": 1}])
async def test_a_wrong_value_is_refused_and_changes_nothing(
    app: App, store: Store, owner: Actor, values: dict[str, Any]
) -> None:
    with pytest.raises(Invalid, match=next(iter(values))):
        await app.stores.change(owner, "shelf", values)
    await app.stores.refresh()
    assert app.stores.settings(store.id, ShelfSettings) == ShelfSettings()
    assert app.stores.version_of(store.id, "shelf") == 0


async def test_the_second_of_two_admins_is_told(app: App, store: Store, owner: Actor) -> None:
    seen = app.stores.version_of(store.id, "shelf")
    await app.stores.change(owner, "shelf", {"height": 4}, version=seen)
    with pytest.raises(Stale, match="Somebody else changed"):
        await app.stores.change(owner, "shelf", {"height": 5}, version=seen)
    assert app.stores.settings(store.id, ShelfSettings).height == 4


async def test_a_member_may_not_change_settings(app: App, store: Store) -> None:
    nobody = Actor(ActorKind.MEMBER, "2", "Nobody", store.id)
    with pytest.raises(Forbidden):
        await app.stores.change(nobody, "shelf", {"height": 4})
    with pytest.raises(Forbidden):
        await app.stores.switch(nobody, "shelf", False)
    assert app.stores.enabled(store.id, "shelf")
    assert app.stores.settings(store.id, ShelfSettings).height == 3


async def test_switching_off_names_who_needs_it_and_takes_them_along(app: App, store: Store, owner: Actor) -> None:
    with pytest.raises(Refusal, match="Shelf is needed by Book") as refusal:
        await app.stores.switch(owner, "shelf", False)
    assert refusal.value.details == {"dependants": ["book"]}
    assert app.stores.enabled_plugins(store.id) == ("shelf", "book")
    assert await app.stores.switch(owner, "shelf", False, with_dependants=True) == ("shelf", "book")
    assert app.stores.enabled_plugins(store.id) == ()


async def test_switching_on_takes_along_what_it_needs(app: App, store: Store, owner: Actor) -> None:
    await app.stores.switch(owner, "shelf", False, with_dependants=True)
    assert await app.stores.switch(owner, "book", True) == ("shelf", "book")
    assert app.stores.enabled_plugins(store.id) == ("shelf", "book")


async def test_one_store_does_not_change_another(app: App, store: Store, owner: Actor) -> None:
    other = await app.stores.create(12, "Twelve")
    await app.stores.switch(owner, "book", False)
    await app.stores.change(owner, "shelf", {"height": 9})
    assert app.stores.enabled(other.id, "book")
    assert app.stores.settings(other.id, ShelfSettings).height == 3


async def test_an_unknown_plugin_is_refused(app: App, owner: Actor) -> None:
    with pytest.raises(NotFound, match="no plugin called books"):
        await app.stores.switch(owner, "books", False)


async def test_every_change_is_in_the_audit_log(app: App, store: Store, owner: Actor) -> None:
    await app.stores.change(owner, "shelf", {"height": 4})
    row = await app.database.fetch_one(
        "SELECT actor_name, subject FROM audit_entry WHERE store = :store AND action = 'settings.update'",
        store=store.id,
    )
    assert row is not None
    assert (row["actor_name"], row["subject"]) == ("Olga Owner", "shelf")


async def test_what_another_process_changes_is_read_again(
    app: App, store: Store, owner: Actor, database_url: str
) -> None:
    if app.database.dialect == "sqlite":
        with pytest.raises(DatabaseError, match=r"another process|in use"):
            await App.open(Settings(), plugins=Plugins([Shelf(), Book()]), database_url=database_url)
        return
    heard = asyncio.Event()
    app.on_settings_changed(lambda _store: heard.set())
    await app.start_dispatcher()
    async with await App.open(Settings(), plugins=Plugins([Shelf(), Book()]), database_url=database_url) as second:
        await second.stores.change(owner, "shelf", {"height": 7})
        await second.stores.switch(owner, "book", False)
        async with asyncio.timeout(60):
            while app.stores.enabled(store.id, "book"):
                heard.clear()
                await heard.wait()
    assert app.stores.settings(store.id, ShelfSettings).height == 7


async def test_of_two_changes_at_once_none_is_lost(app: App, store: Store, owner: Actor) -> None:
    results = await asyncio.gather(
        app.stores.change(owner, "shelf", {"height": 9}),
        app.stores.change(owner, "shelf", {"label": "rack"}),
        return_exceptions=True,
    )
    assert all(result is None or isinstance(result, Stale) for result in results)
    settings = app.stores.settings(store.id, ShelfSettings)
    assert (results[0] is None) == (settings.height == 9)
    assert (results[1] is None) == (settings.label == "rack")
    assert None in results


async def test_settings_that_nobody_can_read_leave_the_stores_as_they_were(
    app: App, store: Store, owner: Actor
) -> None:
    await app.stores.change(owner, "shelf", {"height": 9})
    with every_store():
        await app.database.execute(
            "INSERT INTO store (id, guild_id, name, currency, language, time_zone, logo, active, created)"
            " VALUES (77, 77, '', 'USD', 'en-US', 'UTC', '', TRUE, :now)",
            now=app.now(),
        )
    with pytest.raises(ConfigurationError):
        await app.stores.refresh()
    assert app.stores.by_guild(77) is None
    assert app.stores.all() == (store,)
    assert app.stores.settings(store.id, ShelfSettings).height == 9


async def test_two_processes_start_at_once_with_the_same_configured_store(app: App, database_url: str) -> None:
    if app.database.dialect == "sqlite":
        pytest.skip("SQLite belongs to one process")
    settings = Settings(stores={"31": {"name": "One"}, "32": {"name": "Two"}})
    opened = await asyncio.gather(
        *(App.open(settings, plugins=Plugins([Shelf(), Book()]), database_url=database_url) for _process in range(3)),
        return_exceptions=True,
    )
    started = [one for one in opened if isinstance(one, App)]
    for one in started:
        await one.close()
    assert [str(one) for one in opened if not isinstance(one, App)] == []
    await app.stores.refresh()
    assert sorted(one.guild_id or 0 for one in app.stores.all()) == [31, 32]
