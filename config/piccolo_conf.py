"""For Piccolo's own command line: `PICCOLO_CONF=guildshop.config.piccolo_conf piccolo …`.

It reads the configured database with Piccolo's plain engines: good for looking (`migrations check`, `sql_shell`,
`playground`). Migrations are applied by `guildshop migrate`, which does all apps in one transaction under a lock.
"""

from __future__ import annotations

from typing import Any

from piccolo.conf.apps import AppRegistry
from piccolo.engine.base import Engine
from piccolo.engine.postgres import PostgresEngine
from piccolo.engine.sqlite import SQLiteEngine

from guildshop.config.settings import load_settings
from guildshop.database.url import parse_url
from guildshop.loading import load_plugins

_settings = load_settings()
_address = parse_url(_settings.database.url)


def _engine() -> Engine[Any]:
    if _address.path is not None:
        _address.path.parent.mkdir(parents=True, exist_ok=True)
        return SQLiteEngine(path=str(_address.path))
    return PostgresEngine(config={"dsn": _address.dsn})


DB = _engine()

APP_REGISTRY = AppRegistry(
    apps=[
        "guildshop.piccolo_app",
        "guildshop.web.piccolo_app",
        "guildshop.bot.piccolo_app",
        *(
            f"{type(plugin).__module__.rpartition('.')[0]}.piccolo_app"
            for plugin in load_plugins(_settings.plugins.enabled)
            if plugin.piccolo_app is not None
        ),
    ]
)
