"""The pages of the staff plugin."""

from guildshop.hookspecs import Page, PublicRoute
from guildshop.i18n import lazy
from guildshop.plugins.staff.api import (
    AUDIT_READ,
    EVENT_READ,
    EVENT_UPDATE,
    SETTINGS_READ,
    SETTINGS_UPDATE,
)
from guildshop.plugins.staff.pages import audit, events, roles, settings, signin, tools

_POST = ("POST",)

PAGES = [
    Page(
        "settings",
        settings.show,
        permission=SETTINGS_READ,
        label=lazy("Settings"),
        position=80,
        icon="settings",
        shortcut="s",
    ),
    Page("settings/section/{section}", settings.show_section, permission=SETTINGS_READ),
    Page("settings/section/{section}", settings.change_section, permission=SETTINGS_UPDATE, methods=_POST),
    Page("settings/plugins", settings.show_plugins, permission=SETTINGS_READ),
    Page("settings/plugins", settings.switch, permission=SETTINGS_UPDATE, methods=_POST),
    Page("settings/server", settings.show_server, permission=SETTINGS_READ),
    Page("settings/server", settings.change_server, permission=SETTINGS_UPDATE, methods=_POST),
    Page("settings/roles", roles.show, permission=SETTINGS_READ),
    Page("settings/roles", roles.change, permission=SETTINGS_UPDATE, methods=_POST),
    Page(
        "doctor", tools.doctor, permission=SETTINGS_READ, label=lazy("Doctor"), position=82, icon="doctor", shortcut="x"
    ),
    Page("audit", audit.show, permission=AUDIT_READ, label=lazy("Audit log"), position=84, icon="audit", shortcut="a"),
    Page("events", events.show, permission=EVENT_READ, label=lazy("Events"), position=86, icon="events", shortcut="q"),
    Page("events/{id}/retry", events.retry, permission=EVENT_UPDATE, methods=_POST),
    Page("events/retry-all", events.retry_all, permission=EVENT_UPDATE, methods=_POST),
]
ROUTES = [
    PublicRoute("GET", "/signin/{token}", signin.show),
    PublicRoute("POST", "/signin/{token}", signin.enter),
]
