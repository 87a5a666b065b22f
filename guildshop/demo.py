"""The demo: simulator, bot and web in one process, with a sample store, so that anybody can try the whole shop."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import shutil
import string
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from guildshop.app import App
from guildshop.config.secret import Secret
from guildshop.config.settings import (
    DatabaseSettings,
    DiscordSettings,
    SecuritySettings,
    Settings,
    StoreSettings,
    WebSettings,
)
from guildshop.doctor.installation import SIGNING_SECRET
from guildshop.errors import ConfigurationError, GuildshopError, NotFound, Refusal
from guildshop.i18n import _, ngettext
from guildshop.importing import import_kind, import_sheet
from guildshop.permissions import OWNER, Actor, Origin
from guildshop.sample.play_stripe import PREFIX as STRIPE_PREFIX
from guildshop.sample.play_stripe import SECRET_KEY, WEBHOOK_SECRET, PlayStripe
from guildshop.serving import serve
from guildshop.simulator.server import DEFAULT_TOKEN, Simulator
from guildshop.simulator.worlds import DEMO_GUILD_ID, demo_world
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.web.users import UserService

HOST = "127.0.0.1"
STORE_NAME = "Guildshop Demo"
USERNAME = "demo"
PASSWORD_LENGTH = 14
KINDS = ("products", "customers", "orders", "discounts")
"""What is imported, in this order: orders name products and customers."""

_FIRST_ROLE = int(DEMO_GUILD_ID) + 20
_FIRST_CHANNEL = int(DEMO_GUILD_ID) + 40
STAFF_ROLE = _FIRST_ROLE + 1
CLIENT_ROLE = _FIRST_ROLE + 6
CLARA = "1100000000000000014"
CHANNELS = {"announcements": _FIRST_CHANNEL + 2, "orders": _FIRST_CHANNEL + 3, "log": _FIRST_CHANNEL + 4}


@dataclass(frozen=True, slots=True)
class SignIn:
    """How to sign in to the demo's web admin, and the key of its stored credentials; made at the first start."""

    username: str
    password: str
    secret_key: str


class Demo:
    """One demo in its own directory."""

    def __init__(
        self,
        directory: Path,
        *,
        web_port: int,
        simulator_port: int,
        database_url: str | None,
        say: Callable[[str], object],
    ) -> None:
        """Keep everything below the directory, and the rows in another database if one is given."""
        self.directory = directory.absolute()
        self.web_port = web_port
        self.simulator_port = simulator_port
        self.database_url = database_url
        self.say = say
        self._fresh_sign_in = False

    async def run(self, *, reset: bool = False) -> None:
        """Start everything, say where it is, and keep it until Ctrl-C."""
        if reset:
            self.reset()
        self.directory.mkdir(parents=True, exist_ok=True)
        sign_in = self._sign_in()
        webhook = f"http://{HOST}:{self.web_port}/webhooks/stripe/{DEMO_GUILD_ID}"
        stripe = PlayStripe(self.directory / "stripe.json", webhook)
        stripe.load()
        state_file = self.directory / "discord.json"
        simulator = Simulator(world=demo_world(), state_file=state_file, routes=stripe.routes())
        try:
            await simulator.start(HOST, self.simulator_port)
            stripe.address = simulator.base_url
        except OSError as error:
            raise ConfigurationError(
                _("Port {port} on {host} is not free ({reason}). Stop what uses it, or set --simulator-port.").format(
                    port=self.simulator_port, host=HOST, reason=error.strerror or error
                )
            ) from None
        try:
            await serve(
                self.settings(simulator.api_url, sign_in),
                prepare=lambda app: self._furnish(app, sign_in),
                ready=lambda app: self._begin(app, simulator, sign_in),
            )
        except ConfigurationError as error:
            raise ConfigurationError(str(error).replace("web.port", "--web-port")) from None
        finally:
            await simulator.stop()
        self.say(_("Stopped. The data is kept in {directory}.").format(directory=self.directory))

    def reset(self) -> None:
        """Delete the demo's data; refused for a database that is not the demo's own file."""
        if self.database_url is not None:
            raise Refusal(
                _("--reset deletes only the demo's own file, not {name}. Empty that database yourself.").format(
                    name="--database"
                )
            )
        if self.directory.exists():
            shutil.rmtree(self.directory)

    def settings(self, api_url: str, sign_in: SignIn) -> Settings:
        """Return the settings of the demo; configuration file and environment play no part."""
        made = Settings(
            database=DatabaseSettings(url=self.database_url or f"sqlite:///{self.directory / 'guildshop.sqlite'}"),
            discord=DiscordSettings(token=Secret(DEFAULT_TOKEN), api_url=api_url),
            web=WebSettings(host=HOST, port=self.web_port, public_url=f"http://{HOST}:{self.web_port}"),
            security=SecuritySettings(secret_key=Secret(sign_in.secret_key)),
            stores={
                int(DEMO_GUILD_ID): StoreSettings(
                    name=STORE_NAME,
                    currency="USD",
                    staff_roles={STAFF_ROLE: "Manager"},
                    channels=CHANNELS,  # type: ignore[arg-type]
                    client_role=CLIENT_ROLE,
                    sections={**_SECTIONS, "stripe": _stripe(api_url)},
                )
            },
        )
        signing = hmac.digest(sign_in.secret_key.encode(), b"invoice links", "sha256").hex()
        return made.within({**os.environ, SIGNING_SECRET: signing})

    async def _furnish(self, app: App, sign_in: SignIn) -> None:
        """Bring in what is not there yet: the sample rows and the user."""
        store = app.stores.by_guild(int(DEMO_GUILD_ID))
        if store is None:
            raise GuildshopError(_("The demo's store is missing. Start it with --reset."))
        for kind in KINDS:
            await self._import(app, store, kind)
        users = UserService(app)
        try:
            user = await users.by_name(sign_in.username)
        except NotFound:
            await users.create_user(sign_in.username, sign_in.password, superuser=True, store=store.id, role=OWNER)
        else:
            if self._fresh_sign_in:
                await users.set_password(user.id, sign_in.password)

    async def _import(self, app: App, store: Store, name: str) -> None:
        kind = import_kind(app, name)
        actor = Actor.system(store.id, "demo", origin=Origin.CLI)
        if kind.export is not None:
            with scope(store.id):
                async for _row in kind.export(actor):
                    return
        with as_file(files("guildshop.sample") / f"{name}.csv") as file:
            result = await import_sheet(app, actor, kind, file)
        if result.problems:
            line, sentence = result.problems[0]
            raise GuildshopError(
                ngettext(
                    "The sample file {name}.csv has {count} bad row, at line {line}: {sentence}",
                    "The sample file {name}.csv has {count} bad rows, the first at line {line}: {sentence}",
                    len(result.problems),
                ).format(name=name, count=len(result.problems), line=line, sentence=sentence)
            )
        self.say(_("Imported {count} {kind}.").format(count=result.written, kind=name))

    def _sign_in(self) -> SignIn:
        """Return the sign-in of the first start: the database has the password hashed only."""
        file = self.directory / "sign-in.json"
        try:
            return SignIn(**json.loads(file.read_text("utf-8")))
        except FileNotFoundError:
            pass
        except (ValueError, TypeError) as error:
            raise ConfigurationError(
                _("{file} cannot be read ({error}). Start the demo with --reset.").format(file=file, error=error)
            ) from None
        letters = string.ascii_letters + string.digits
        password = "".join(secrets.choice(letters) for _position in range(PASSWORD_LENGTH))
        sign_in = SignIn(USERNAME, password, secrets.token_urlsafe(32))
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(sign_in)), "utf-8")
        self._fresh_sign_in = True
        return sign_in

    def _begin(self, app: App, simulator: Simulator, sign_in: SignIn) -> None:
        """Let a customer wait for an answer at the first start, and tell what there is."""
        if self._fresh_sign_in:
            simulator.person(CLARA).dm("Hello! Is the mug from the last drop coming back? I would take two.")
        self._tell(app, simulator, sign_in)

    def _tell(self, app: App, simulator: Simulator, sign_in: SignIn) -> None:
        web = app.settings.web.public_url
        self.say("")
        self.say(_("Guildshop is running against a simulated Discord."))
        self.say("")
        self.say(_("  Discord in the browser  {url}").format(url=simulator.console_url))
        self.say(_("  Web admin               {url}").format(url=f"{web}/admin/"))
        self.say(
            _("  Sign in                 {name} / {password}").format(name=sign_in.username, password=sign_in.password)
        )
        self.say("")
        self.say(_("Try first:"))
        self.say(_("  1. Open Discord as Bea Buyer, go to #shop, type /catalog, then /order."))
        self.say(_("  2. Become Stan Staff and press Approve under the new order in #orders."))
        self.say(_("  3. As Bea again: read the receipt, look at your new role."))
        self.say(_("  4. Sign in to the web admin and find the order there."))
        self.say(_("  5. Order again and pay online, by “Card or wallet”: no money moves. Then /refund it as Stan."))
        self.say(_("  6. Open Customer chat in the web admin: Clara Cart waits for an answer."))
        self.say("")
        self.say(
            _("Ctrl-C stops it; the data stays in {directory}, --reset deletes it.").format(directory=self.directory)
        )


def _stripe(api_url: str) -> dict[str, Any]:
    """Return the settings of an account with the stand-in, which is where the simulator is."""
    place = urlsplit(api_url)
    address = f"{place.scheme}://{place.netloc}{STRIPE_PREFIX}"
    return {"secret_key": SECRET_KEY, "webhook_secret": WEBHOOK_SECRET, "api_url": address}


_SECTIONS: dict[str, dict[str, Any]] = {
    "payments": {
        "methods": ["venmo", "zelle", "cashapp", "cash", "stripe"],
        "instructions": {
            "venmo": "Send it to @guildshop-demo with {number} as the note. This is a demo: no money moves.",
            "zelle": "Send it to pay@guildshop.example with {number} as the memo. This is a demo: no money moves.",
            "cashapp": "Send it to $guildshopdemo for {number}. This is a demo: no money moves.",
        },
    },
    "orders": {
        "expire_hours": 48,
        "shipping_types": [
            {"code": "standard", "label": "Standard", "cost": 499, "days": 5, "free_over": 10000},
            {"code": "express", "label": "Express", "cost": 1499, "days": 2, "countries": ["US", "CA", "GB", "DE"]},
        ],
        "seller_address": "1 Market Street\nSan Francisco, CA 94105\nUnited States",
        "tax_number": "US-12-3456789",
        "invoice_prefix": "DEMO-",
    },
}
