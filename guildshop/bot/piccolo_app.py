"""Piccolo's registration of the bot's tables."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.bot.tables import GreetedServer, SyncedCommands

APP_CONFIG = AppConfig(
    app_name="bot",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[SyncedCommands, GreetedServer],
)
