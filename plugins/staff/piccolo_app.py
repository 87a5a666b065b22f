"""Tell Piccolo of the table and migrations of the staff plugin."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.staff.tables import SignInLink

APP_CONFIG = AppConfig(
    app_name="staff",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[SignInLink],
)
