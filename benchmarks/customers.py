"""A store with many customers: how long its list, a search and one's page take, beside Piccolo Admin's own list."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import structlog
from yarl import URL

from guildshop.app import App
from guildshop.config.settings import Settings, WebSettings
from guildshop.database import new_id
from guildshop.permissions import Actor
from guildshop.plugins import BUILT_IN
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service.registering import new_columns
from guildshop.plugins.customers.tables import Customer
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.web.users import UserService

GUILD = 100000000000000001
PASSWORD = "a password of a benchmark"
CHUNK = 2000
_FIRST = ("Ada", "Bob", "Cem", "Dora", "Emil", "Fatima", "Gustav", "Hélène", "Ivo", "Jürgen", "Kim", "Lena")
_LAST = ("Lovelace", "Müller", "Smith", "Šimek", "Øster", "Brown", "García", "Kowalski", "Nguyễn", "Rossi")


async def measure(url: str, customers: int, rounds: int) -> Sequence[tuple[str, float]]:
    """Return the median in milliseconds of each page, with that many customers in a fresh database."""
    structlog.configure(processors=[drop])
    async with (
        await App.open(Settings(), plugins=list(BUILT_IN), database_url=url) as app,
        opened_browser(app) as browser,
    ):
        store = app.stores.by_guild(GUILD)
        if store is None:
            raise AssertionError(GUILD)
        some = await fill(app, store, customers)
        pages = (
            ("list of customers", "/admin/customer"),
            ("search, many found", "/admin/customer?text=muller"),
            ("search, one found", f"/admin/customer?text=ada{customers // 2}@example.org"),
            ("search, none found", "/admin/customer?text=nobody+here"),
            ("header search, many found", "/admin/search/hits?q=muller"),
            ("header search, one found", f"/admin/search/hits?q=ada{customers // 2}@example.org"),
            ("header search, none found", "/admin/search/hits?q=nobody+here"),
            ("a customer's page", f"/admin/customer/{some}"),
            ("list in Piccolo Admin", "/admin/api/tables/customer/?__page=1&__page_size=25&__order=-created"),
            ("search in Piccolo Admin", f"/admin/api/tables/customer/?email=ada{customers // 2}&email__match=contains"),
        )
        return [(name, await median(browser, path, rounds)) for name, path in pages]


@asynccontextmanager
async def opened_browser(app: App) -> AsyncIterator[aiohttp.ClientSession]:
    """Create the store, serve its pages, and sign its owner in."""
    app.settings = app.settings.model_copy(update={"web": WebSettings(port=0)})
    store = await app.stores.create(GUILD, "Bench")
    await UserService(app).create_user("Olga", PASSWORD, store=store.id, role="Owner")
    await app.start_web()
    if app.web is None:
        raise AssertionError("the web server did not start")
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(URL(app.web.url), cookie_jar=jar, headers={"Accept": "text/html,*/*"}) as http:
        await (await http.get("/login")).read()
        token = next(cookie.value for cookie in jar if cookie.key == "csrftoken")
        form = {"username": "Olga", "password": PASSWORD, "csrftoken": token}
        answer = await http.post("/login", data=form)
        answer.raise_for_status()
        yield http
    await app.stop_web()


async def fill(app: App, store: Store, customers: int) -> str:
    """Enter the customers; return the ID of one in the middle."""
    dice = random.Random(7)
    middle = ""
    with scope(store.id):
        for begin in range(0, customers, CHUNK):
            rows = []
            async with app.work(Actor.system(store.id, "bench")) as work:
                for number in range(begin, min(begin + CHUNK, customers)):
                    first, last = dice.choice(_FIRST), dice.choice(_LAST)
                    given = CustomerInput(
                        display_name=f"{first} {last}",
                        first_name=first,
                        last_name=last,
                        email=f"{first.lower().encode('ascii', 'ignore').decode()}{number}@example.org",
                        username=f"{last.lower()}.{number}",
                        discord_id=300000000000000000 + number,
                    )
                    if number == customers // 2:
                        given = CustomerInput(display_name="Ada", email=f"ada{number}@example.org")
                    row = {"id": new_id(), "created": work.now, **new_columns(given), "dm_preferences": {}}
                    middle = str(row["id"]) if number == customers // 2 else middle
                    rows.append(row)
                work.insert_many(Customer, rows)
    if app.database.dialect == "postgres":
        # What it does by itself within a minute.
        await app.database.execute_ddl("ANALYZE")
    return middle


async def median(browser: aiohttp.ClientSession, path: str, rounds: int) -> float:
    """Return the median of some requests in milliseconds; the first one warms up and does not count."""
    times = []
    for number in range(rounds + 1):
        begin = time.perf_counter()
        async with browser.get(path, allow_redirects=False) as answer:
            await answer.read()
            if answer.status != 200:
                raise AssertionError((path, answer.status))
        if number:
            times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def drop(_logger: object, _name: str, _event: object) -> str:
    """Log nothing: a processor for structlog."""
    raise structlog.DropEvent
