"""Asking the plugins what they add, once, and holding each to names of its own.

Whatever goes wrong here names its plugin, so that a plugin of somebody else's can be left out and the rest starts.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from discord import AppCommandType
from pydantic import BaseModel

from guildshop import i18n
from guildshop.bot.registry import Registry
from guildshop.config.settings import StoreSettings
from guildshop.deliveries import TimerDue
from guildshop.errors import LoadError
from guildshop.hookspecs import (
    AdminSection,
    BulkAction,
    ImportKind,
    Listener,
    Page,
    PublicRoute,
    SettingsSection,
    Timer,
)
from guildshop.names import KERNEL, PUBLIC_PATHS, WORKSPACE_PATHS
from guildshop.permissions import Permission
from guildshop.plugins import BUILT_IN
from guildshop.settings_watch import StoreChanged
from guildshop.store_settings import PLUGINS_SECTION, ROLES_SECTION, STORE_SECTION
from guildshop.web.password_reset import PasswordResets

if TYPE_CHECKING:
    from guildshop.app import App

LATER = frozenset({"lifespan"})
"""Hooks that are asked once the database is open."""


def register(app: App) -> None:
    """Ask the plugins for everything that the kernel needs from the start; LoadError names who is at fault."""
    _add_catalogues(app)
    app.codec.add(TimerDue)
    app.codec.add(StoreChanged)
    app.listeners.add("kernel", Listener(StoreChanged, "kernel.store_changed", app.settings_watch.heard))
    for listener in app.jobs.listeners():
        app.codec.add(listener.event)
        app.listeners.add("jobs", listener)
    for listener in PasswordResets(app).listeners():
        app.codec.add(listener.event)
        app.listeners.add("web", listener)
    _claim_kernel_names(app)
    for plugin in app.plugins:
        if plugin.piccolo_app is not None:
            with blamed(plugin.name, "its tables"):
                app.names.claim(plugin.name, "Piccolo app", plugin.piccolo_app.app_name)
                app.names.claim(plugin.name, "table", *_tables(plugin.piccolo_app.table_classes))
    _ask(app, "register_services", _add_service)
    _ask(app, "register_permissions", _add_permission)
    _ask(app, "register_settings", _add_section)
    _ask(app, "register_listeners", _add_listener)
    _ask(app, "register_timers", _add_timer)
    app.registry = Registry(app)
    for (kind, name), (owner, _command) in app.registry.commands.items():
        if kind is AppCommandType.chat_input:
            app.names.claim(owner, "command", name)


def rehearse(app: App) -> None:
    """Ask every other hook too, so that a plugin that fails is known before anything has started."""
    _ask(app, "register_pages", _add_page)
    _ask(app, "register_routes", _add_route)
    _ask(app, "register_api", _add_router)
    _ask(app, "register_admin", _add_admin)
    _ask(app, "register_imports", _add_import)
    _ask(app, "register_bulk_actions", _add_bulk_action)
    for hook in app.plugins.hook_names:
        if hook not in LATER:
            app.hooks(hook)


@contextmanager
def blamed(plugin: str, what: str) -> Iterator[None]:
    """Turn whatever goes wrong inside into a LoadError that names the plugin."""
    try:
        yield
    except LoadError as error:
        if error.plugin is None:
            error.plugin = plugin
        raise
    except Exception as error:
        message = f"plugin {plugin}: {what} cannot be used: {type(error).__name__}: {error}"
        raise LoadError(message, plugin=plugin) from error


def _ask(app: App, hook: str, add: Any) -> None:
    for plugin, results in app.hooks(hook):
        with blamed(plugin, f"what {hook} returned"):
            for result in results:
                add(app, plugin, result)


def _add_catalogues(app: App) -> None:
    i18n.add_catalogues(Path(__file__).parent / "locales")
    for plugin in app.plugins:
        i18n.add_catalogues(Path(inspect.getfile(type(plugin))).parent / "locales")


def _claim_kernel_names(app: App) -> None:
    for config in app.kernel_apps():
        app.names.claim(KERNEL, "Piccolo app", config.app_name)
        app.names.claim(KERNEL, "table", *_tables(config.table_classes))
    sections = {*StoreSettings.model_fields, "disabled_plugins", STORE_SECTION, PLUGINS_SECTION, ROLES_SECTION}
    app.names.claim(KERNEL, "settings section", *sections)
    app.names.claim(KERNEL, "permission", *app.permissions.permissions)
    for path in ("dashboard", "import/{kind}", "job", "job/{id}"):
        app.names.claim_addresses(KERNEL, "page", ["GET"], path)


def _tables(classes: Sequence[Any]) -> list[str]:
    return [str(table._meta.tablename) for table in classes]


def _add_service(app: App, plugin: str, service: object) -> None:
    kind = type(service)
    app.names.claim_once(plugin, "service", f"{kind.__module__}.{kind.__qualname__}")
    app.add_service(service)


def _add_permission(app: App, plugin: str, permission: Permission) -> None:
    app.names.claim_once(plugin, "permission", permission.name)
    app.permissions.add(permission)


def _add_section(app: App, plugin: str, section: SettingsSection) -> None:
    app.names.claim_once(plugin, "settings section", section.name)
    if not issubclass(section.model, BaseModel):
        message = f"{section.model!r} is no pydantic model"
        raise TypeError(message)
    app.add_section(section)


def _add_listener(app: App, plugin: str, listener: Listener) -> None:
    app.codec.add(listener.event)
    app.listeners.add(plugin, listener)


def _add_timer(app: App, plugin: str, timer: Timer) -> None:
    app.listeners.add_timer(plugin, timer)


def _add_page(app: App, plugin: str, page: Page) -> None:
    if not page.path or page.path.split("/")[0] in WORKSPACE_PATHS or page.path.startswith("/"):
        message = f"plugin {plugin}: a page cannot have the path “{page.path}”"
        raise LoadError(message, plugin=plugin)
    app.names.claim_addresses(plugin, "page", page.methods, page.path)


def _add_route(app: App, plugin: str, route: PublicRoute) -> None:
    first = route.path.removeprefix("/").split("/")[0]
    kept = plugin not in BUILT_IN and first in PUBLIC_PATHS
    if not route.path.startswith("/") or not first or kept:
        message = f"plugin {plugin}: a public route cannot have the path “{route.path}”"
        raise LoadError(message, plugin=plugin)
    app.names.claim_addresses(plugin, "route", [route.method], route.path)


def _add_router(app: App, plugin: str, router: Any) -> None:
    for route in router.routes:
        app.names.claim_addresses(plugin, "API route", sorted(route.methods), route.path)


def _add_admin(app: App, plugin: str, section: AdminSection) -> None:
    app.names.claim(plugin, "form", *(form.slug for form in section.forms))


def _add_import(app: App, plugin: str, kind: ImportKind) -> None:
    app.names.claim(plugin, "kind of CSV file", kind.name)


def _add_bulk_action(app: App, plugin: str, action: BulkAction) -> None:
    app.names.claim(plugin, "bulk action", action.name)
