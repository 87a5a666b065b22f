"""A web server on a real socket, people who can sign in on it, and browsers without scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import pytest
from yarl import URL

from guildshop.app import App
from guildshop.config.settings import WebSettings
from guildshop.stores import Store
from guildshop.web.server import WebServer
from guildshop.web.users import UserService

PASSWORD = "correct horse battery"
CSRF = "csrftoken"


@pytest.fixture
async def server(app: App) -> AsyncIterator[WebServer]:
    """The web server of the application, on a free port."""
    app.settings = app.settings.model_copy(update={"web": WebSettings(port=0)})
    await app.start_web()
    assert app.web is not None
    yield app.web
    await app.stop_web()


@dataclass
class Visitor:
    """A browser without scripts: keeps cookies and fills in forms."""

    http: aiohttp.ClientSession

    async def get(self, path: str, **given: object) -> aiohttp.ClientResponse:
        """Open an address, without following redirections."""
        return await self.http.get(path, allow_redirects=False, **given)  # type: ignore[arg-type]

    async def post(self, path: str, fields: dict[str, str] | None = None, **given: object) -> aiohttp.ClientResponse:
        """Send a form with the CSRF token of this browser."""
        data = {**(fields or {}), CSRF: self.csrf}
        return await self.http.post(path, data=data, allow_redirects=False, **given)  # type: ignore[arg-type]

    async def send(self, method: str, path: str, json: object, **headers: str) -> aiohttp.ClientResponse:
        """Send JSON with the CSRF token in the header, as scripts do."""
        together = {"X-CSRFToken": self.csrf, **headers}
        return await self.http.request(method, path, json=json, headers=together, allow_redirects=False)

    async def sign_in(self, username: str, password: str = PASSWORD) -> aiohttp.ClientResponse:
        """Fill in the sign-in form."""
        await self.get("/login")
        return await self.post("/login", {"username": username, "password": password})

    @property
    def csrf(self) -> str:
        """The token in this browser's cookie."""
        found = [cookie.value for cookie in self.http.cookie_jar if cookie.key == CSRF]
        return found[0] if found else ""


NewVisitor = Callable[[], Awaitable[Visitor]]


@pytest.fixture
async def visitors(server: WebServer) -> AsyncIterator[NewVisitor]:
    """Make browsers, each with cookies of its own."""
    opened: list[aiohttp.ClientSession] = []

    async def make() -> Visitor:
        jar = aiohttp.CookieJar(unsafe=True)
        opened.append(aiohttp.ClientSession(URL(server.url), cookie_jar=jar, headers={"Accept": "text/html,*/*"}))
        return Visitor(opened[-1])

    yield make
    for session in opened:
        await session.close()


@pytest.fixture
async def visitor(visitors: NewVisitor) -> Visitor:
    """A browser in which nobody is signed in."""
    return await visitors()


@pytest.fixture
def users(app: App) -> UserService:
    """The service of users."""
    return UserService(app)


@pytest.fixture
async def owner(visitors: NewVisitor, users: UserService, store: Store) -> Visitor:
    """A browser in which the owner of the store is signed in."""
    await users.create_user("Olga", PASSWORD, store=store.id, role="Owner")
    browser = await visitors()
    assert (await browser.sign_in("Olga")).status == 303
    return browser


@pytest.fixture
async def support(visitors: NewVisitor, users: UserService, store: Store) -> Visitor:
    """A browser in which somebody of the store's support is signed in."""
    await users.create_user("Sam", PASSWORD, store=store.id, role="Support")
    browser = await visitors()
    assert (await browser.sign_in("Sam")).status == 303
    return browser


@pytest.fixture
async def token(users: UserService, store: Store) -> str:
    """A bearer token of an owner of the store."""
    await users.create_user("Robot", PASSWORD, store=store.id, role="Owner")
    return await users.create_token("Robot", store.id, "tests")
