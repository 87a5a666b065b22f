"""Fixtures for tests of pages: a web server on a real socket, people who sign in, browsers with and without scripts."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from argon2 import PasswordHasher
from yarl import URL

from guildshop.app import App
from guildshop.config.settings import WebSettings
from guildshop.stores import Store
from guildshop.web import passwords
from guildshop.web.server import WebServer
from guildshop.web.tokens import TokenService
from guildshop.web.users import UserService

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

CHROMIUM = tuple(
    Path("/usr/bin", name)
    # The first has no windows of its own to draw: a third less work.
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
)
CHROMIUM_ARGUMENTS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What a browser does to tabs that nobody looks at, or that one has left, would hold a test up.
    "--disable-back-forward-cache",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-ipc-flooding-protection",
    "--disable-hang-monitor",
    "--disable-breakpad",
    "--disable-extensions",
    "--disable-features=PaintHolding,HttpsUpgrades,Translate,MediaRouter,OptimizationHints",
    "--force-color-profile=srgb",
    "--password-store=basic",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--mute-audio",
)
LISTENING = "DevTools listening on "
PATIENCE = 45_000
"""How long a page may take to show what is waited for, in milliseconds: the machine may be busy."""
PASSWORD = "correct horse battery"  # noqa: S105 - of users that live as long as a test
CSRF = "csrftoken"


@pytest.fixture
async def server(app: App) -> AsyncIterator[WebServer]:
    """The web server of the application, on a free port."""
    app.settings = app.settings.model_copy(update={"web": WebSettings(port=0)})
    await app.start_web(at_once=False)
    if app.web is None:
        pytest.fail("the web server did not start")
    yield app.web
    await app.stop_web()


@dataclass
class Visitor:
    """A browser without scripts: keeps cookies and fills in forms."""

    http: aiohttp.ClientSession

    async def get(self, path: str, **given: Any) -> aiohttp.ClientResponse:
        """Open an address, without following redirections."""
        return await self.http.get(path, allow_redirects=False, **given)

    async def post(self, path: str, fields: dict[str, str] | None = None, **given: Any) -> aiohttp.ClientResponse:
        """Send a form with the CSRF token of this browser."""
        data = {**(fields or {}), CSRF: self.csrf}
        return await self.http.post(path, data=data, allow_redirects=False, **given)

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
def users(app: App, monkeypatch: pytest.MonkeyPatch) -> UserService:
    """The service of users, with password hashes that are quick to make."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return UserService(app)


@pytest.fixture
async def owner(visitors: NewVisitor, users: UserService, store: Store) -> Visitor:
    """A browser in which the owner of the store is signed in."""
    await users.create_user("Olga", PASSWORD, store=store.id, role="Owner")
    browser = await visitors()
    await browser.sign_in("Olga")
    return browser


@pytest.fixture
async def support(visitors: NewVisitor, users: UserService, store: Store) -> Visitor:
    """A browser in which somebody of the store's support is signed in."""
    await users.create_user("Sam", PASSWORD, store=store.id, role="Support")
    browser = await visitors()
    await browser.sign_in("Sam")
    return browser


@pytest.fixture
async def token(app: App, users: UserService, store: Store) -> str:
    """A bearer token of an owner of the store."""
    await users.create_user("Robot", PASSWORD, store=store.id, role="Owner")
    return await TokenService(app).create("Robot", store.id, "tests")


class Chromium:
    """A real Chromium that the tests of a process share; started when it is wanted, and again if it has died."""

    def __init__(self, executable: Path) -> None:
        """Run this program."""
        self._executable = executable
        self._process: subprocess.Popen[str] | None = None
        self._address = ""

    @property
    def address(self) -> str:
        """Where it listens for those who drive it."""
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._start()
        return self._address

    def _start(self) -> None:
        self._profile = TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        arguments = [*CHROMIUM_ARGUMENTS, f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(  # noqa: S603 - the system's Chromium
            [self._executable, *arguments], stderr=subprocess.PIPE, text=True
        )
        said: list[str] = []
        for line in self._process.stderr or ():
            said.append(line)
            if LISTENING in line:
                self._address = line.partition(LISTENING)[2].strip()
                # Read on, or it would stop when the pipe is full.
                Thread(target=self._process.communicate, daemon=True).start()
                return
        pytest.fail(f"{self._executable} did not start: {''.join(said)}")

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._profile.cleanup()


@pytest.fixture(scope="session")
def shared_chromium() -> Iterator[Chromium]:
    """The Chromium of this process; tests that want it are skipped where none is installed."""
    executable = next((path for path in CHROMIUM if path.exists()), None)
    if executable is None:
        pytest.skip("no Chromium is installed (looked for " + ", ".join(str(path) for path in CHROMIUM) + ")")
    found = Chromium(executable)
    yield found
    found.stop()


@pytest.fixture
async def chromium(shared_chromium: Chromium) -> AsyncIterator[Browser]:
    """A real Chromium. Pages are its own for each test, and go with it.

    They are not closed one by one: asked to close a page that is on its way to another, Chromium may never answer.
    """
    from playwright.async_api import async_playwright, expect

    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        yield await playwright.chromium.connect_over_cdp(shared_chromium.address)


@dataclass
class Tab:
    """A page in Chromium, with everything that its console complained about."""

    page: Page
    complaints: list[str]


NewTab = Callable[..., Awaitable[Tab]]


@pytest.fixture
async def tabs(chromium: Browser, server: WebServer) -> NewTab:
    """Open tabs at the server: `await tabs(width=390, height=844, dark=True)`."""

    async def open_tab(*, width: int = 1280, height: int = 900, dark: bool = False, scripts: bool = True) -> Tab:
        context = await chromium.new_context(
            base_url=server.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale="en-US",
        )
        context.set_default_timeout(PATIENCE)
        tab = Tab(await context.new_page(), [])
        tab.page.on("console", lambda message: tab.complaints.append(message.text) if message.type == "error" else None)
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        return tab

    return open_tab


async def sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    """Sign in by the form, as a person does."""
    await page.goto("/login")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/dashboard")


async def serious_findings(page: Page) -> list[str]:
    """Return what axe-core finds serious or critical about the page."""
    from axe_playwright_python.async_playwright import Axe

    results = await Axe().run(page)
    return [
        f"{violation['id']}: {violation['help']} ({', '.join(str(node['target']) for node in violation['nodes'][:3])})"
        for violation in results.response["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]
