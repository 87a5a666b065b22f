"""The application: opens settings, database, plugins, bot and web in order, and closes them in reverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import BaseModel

from guildshop.bot.piccolo_app import APP_CONFIG as BOT_APP
from guildshop.bot.registry import Registry
from guildshop.config.settings import Settings, check_sections, validate_section
from guildshop.database import Database, Work, open_database
from guildshop.database.carried import open_carried
from guildshop.database.errors import MigrationFailed
from guildshop.errors import ConfigurationError, LoadError, Refusal
from guildshop.events import Delivery, EventCodec
from guildshop.hookspecs import SettingsSection
from guildshop.jobs import Jobs
from guildshop.listeners import Listeners
from guildshop.loading import Plugins, load_plugins
from guildshop.mail import Mailer
from guildshop.names import Names
from guildshop.outbox import Dispatcher
from guildshop.permissions import KERNEL_PERMISSIONS, Actor, PermissionTable
from guildshop.piccolo_app import APP_CONFIG as KERNEL_APP
from guildshop.plugins import BUILT_IN
from guildshop.registration import blamed, register, rehearse
from guildshop.settings_watch import SettingsWatch
from guildshop.stores import Stores
from guildshop.tenancy import scope
from guildshop.web.piccolo_app import APP_CONFIG as WEB_APP

if TYPE_CHECKING:
    from piccolo.conf.apps import AppConfig

    from guildshop.bot.client import Bot
    from guildshop.bot.sending import Messenger
    from guildshop.web.server import WebServer


Service = TypeVar("Service")
Model = TypeVar("Model", bound=BaseModel)
SettingsListener = Callable[[int], Any]


class App:
    """One running Guildshop: what every hook gets as its first argument."""

    def __init__(self, settings: Settings, plugins: Plugins) -> None:
        """Hold the parts together; use `App.open`."""
        self.settings = settings
        self.plugins = plugins
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.codec = EventCodec()
        self.listeners = Listeners()
        self.permissions = PermissionTable(KERNEL_PERMISSIONS)
        self.names = Names()
        self.stores = Stores(self)
        self.dispatcher = Dispatcher(self)
        self.settings_watch = SettingsWatch(self)
        self.mail = Mailer(self)
        self.jobs = Jobs(self)
        self.database: Database
        self.registry: Registry
        """The commands, buttons and modals of the plugins, with who owns each."""
        self.bot: Bot | None = None
        self.web: WebServer | None = None
        self._messenger: Messenger | None = None
        self._collected: dict[str, list[tuple[str, Any]]] = {}
        self._services: dict[type[Any], object] = {}
        self._sections: dict[type[BaseModel], SettingsSection] = {}
        self._settings_listeners: list[SettingsListener] = []
        self._closing = AsyncExitStack()

    @classmethod
    async def open(
        cls,
        settings: Settings,
        *,
        plugins: Sequence[str] | Plugins | None = None,
        database_url: str | None = None,
        migrate: bool = True,
        beside: bool = False,
    ) -> Self:
        """Load the plugins, open and migrate the database, register everything; nothing listens or connects yet.

        `plugins` (names, or loaded ones) and `database_url` stand in for what the settings say; `beside` is for short
        work that may be done while another process serves the shop from a SQLite file. Raises
        `ConfigurationError`, `LoadError` or `DatabaseError`, each with a sentence for the owner.

        A plugin of the settings that is not built in and fails is left out, see `app.plugins.failures`; among
        `plugins` given here a failing one raises.
        """
        if isinstance(plugins, Plugins):
            loaded = plugins
        else:
            loaded = load_plugins(plugins or settings.plugins.enabled, strict=plugins is not None)
        while True:
            try:
                return await cls._open(settings, loaded, database_url, migrate=migrate, beside=beside)
            except LoadError as error:
                if plugins is not None:
                    raise
                loaded = loaded.without(error)

    @classmethod
    def registered(cls, settings: Settings, enabled: Sequence[str] | Plugins | None = None) -> Self:
        """Return an application with everything registered and no database, for looking at what there is.

        `enabled` (names, or loaded plugins) stands in for what the settings say.
        """
        loaded = enabled if isinstance(enabled, Plugins) else load_plugins(enabled or settings.plugins.enabled)
        while True:
            app = cls(settings, loaded)
            try:
                register(app)
                rehearse(app)
            except LoadError as error:
                loaded = loaded.without(error)
            else:
                return app

    @classmethod
    async def _open(
        cls, settings: Settings, loaded: Plugins, database_url: str | None, *, migrate: bool, beside: bool
    ) -> Self:
        app = cls(settings, loaded)
        register(app)
        if loaded.others:
            rehearse(app)
        check_sections(
            settings,
            {section.name: model for model, section in app._sections.items()},
            installed={*BUILT_IN, *loaded.names, *(failure.name for failure in loaded.failures)},
        )
        try:
            app.database = await open_database(
                database_url or settings.database.url,
                apps=app.piccolo_apps(),
                migrate=migrate,
                listeners_of=app.listeners.of,
                encode=app.codec.encode,
                beside=beside,
            )
        except MigrationFailed as error:
            raise app.blame(error) from error
        try:
            app._closing.push_async_callback(app.database.close)
            app.database.on_commit(app.dispatcher.wake)
            await app.stores.refresh()
            await app._create_configured_stores()
            for plugin, contexts in loaded.call("lifespan", app=app):
                with blamed(plugin, "its lifespan"):
                    for context in contexts:
                        await app._closing.enter_async_context(context)
        except BaseException:
            await app._closing.aclose()
            raise
        return app

    async def __aenter__(self) -> Self:
        """Return the opened application."""
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Close the application."""
        await self.close()

    async def close(self) -> None:
        """Stop what was started, in reverse order, and close the database last, also when some of it fails."""
        async with AsyncExitStack() as steps:
            steps.push_async_callback(self._closing.aclose)
            for stop in (self.settings_watch.stop, self.dispatcher.stop, self.stop_web, self.stop_discord):
                steps.push_async_callback(stop)

    # What plugins use

    def now(self) -> datetime:
        """Return the time, UTC; tests set `clock`."""
        return self.clock()

    def work(self, actor: Actor, *, delivery: Delivery | None = None) -> Work:
        """Open a Work in the actor's store: the only way to write."""
        work, carried = self.database.work(actor, now=self.now(), delivery=delivery), open_carried()
        if carried is not None:
            work.carry(carried)
        return work

    def get(self, service: type[Service]) -> Service:
        """Return the service object of that class; LoadError when its plugin is not loaded."""
        found = self._services.get(service)
        if not isinstance(found, service):
            raise LoadError(f"nobody registered the service {service.__qualname__}; is its plugin in plugins.enabled?")
        return found

    def hooks(self, name: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Ask all plugins a hook; return (plugin, result) in the order of `requires`.

        A hook that takes the application alone is asked once.
        """
        if arguments:
            return self.plugins.call(name, app=self, **arguments)
        if name not in self._collected:
            self._collected[name] = self.plugins.call(name, app=self)
        return self._collected[name]

    def add_service(self, service: object) -> None:
        """Let `get` find a service by its class."""
        self._services[type(service)] = service

    @property
    def messenger(self) -> Messenger:
        """What sends to Discord, with a defined outcome also while the bot is away."""
        if self._messenger is None:
            from guildshop.bot.sending import Messenger as MessengerRoom

            self._messenger = MessengerRoom(self)
        return self._messenger

    # Settings

    def section_of(self, model: type[BaseModel]) -> str:
        """Return the name of the section that a settings model was registered for."""
        try:
            return self._sections[model].name
        except KeyError:
            raise LoadError(f"nobody registered the settings {model.__qualname__}") from None

    def model_of(self, section: str) -> type[BaseModel]:
        """Return the settings model of a section."""
        for model, registered in self._sections.items():
            if registered.name == section:
                return model
        raise ConfigurationError(f"there are no settings called {section}")

    @property
    def sections(self) -> Mapping[type[BaseModel], SettingsSection]:
        """All sections of a store's settings, by model."""
        return self._sections

    def validate_section(self, model: type[Model], raw: Mapping[str, Any], where: str) -> Model:
        """Return the values as that model; ConfigurationError names each key that is wrong."""
        return validate_section(model, raw, where, source=self.settings.source, environ=self.settings.environ)

    def add_section(self, section: SettingsSection) -> None:
        """Make a section of the stores' settings known."""
        self._sections[section.model] = section

    def on_settings_changed(self, listener: SettingsListener) -> None:
        """Call `listener(store_id)` after a store's settings changed; it may return an awaitable."""
        self._settings_listeners.append(listener)

    async def settings_changed(self, store_id: int) -> None:
        """Tell those who want to know that a store's settings changed."""
        with scope(store_id):
            for listener in self._settings_listeners:
                result = listener(store_id)
                if hasattr(result, "__await__"):
                    await result

    # Starting and stopping the edges

    async def start_dispatcher(self) -> None:
        """Begin to deliver events."""
        await self.settings_watch.start()
        await self.dispatcher.start()

    async def start_discord(self, *, shard_ids: Sequence[int] | None = None, shard_count: int | None = None) -> None:
        """Connect the bot, with some of its shards or all; return once it is ready."""
        from guildshop.bot.client import start_bot

        self.bot = await start_bot(self, shard_ids=shard_ids, shard_count=shard_count)
        self.dispatcher.wake()

    async def stop_discord(self) -> None:
        """Disconnect the bot, after it has finished what it is answering."""
        if self.bot is not None:
            await self.bot.shut_down()
            self.bot = None

    async def start_web(self, *, at_once: bool = True) -> None:
        """Listen on the configured address; without `at_once`, what is slow to build waits for its first request."""
        from guildshop.web.server import WebServer as Server

        server = Server(self)
        await server.start(at_once=at_once)
        self.web = server

    async def stop_web(self) -> None:
        """Stop listening, after giving requests a moment to finish."""
        if self.web is not None:
            await self.web.stop()
            self.web = None

    def piccolo_apps(self) -> list[AppConfig]:
        """Return the Piccolo apps of the kernel, the web and the plugins."""
        return [*self.kernel_apps(), *(plugin.piccolo_app for plugin in self.plugins if plugin.piccolo_app)]

    @staticmethod
    def kernel_apps() -> list[AppConfig]:
        """Return the Piccolo apps of the kernel and the web."""
        return [KERNEL_APP, WEB_APP, BOT_APP]

    def blame(self, error: MigrationFailed) -> LoadError:
        """Return whose migration failed, as a plugin that can be left out; raise the error again for one of ours."""
        owner = self.names.owner("Piccolo app", error.app)
        if owner not in self.plugins.others:
            raise error
        return LoadError(str(error), plugin=owner)

    # Within

    async def _create_configured_stores(self) -> None:
        for guild_id, values in self.settings.configured_stores().items():
            if self.stores.by_guild(guild_id) is not None:
                continue
            try:
                await self.stores.create(
                    guild_id, str(values.get("name") or guild_id), str(values.get("currency") or "USD")
                )
            except Refusal:
                if self.stores.by_guild(guild_id) is None:  # else another process that starts with us made it
                    raise
        for store in self.stores.all():
            # So that a wrong key stops the start, and not the first customer.
            for model in self._sections:
                self.stores.settings(store.id, model)
