"""Tell Piccolo of the tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop_giftwrap.tables import Giftwrap, GiftwrapDay

APP_CONFIG = AppConfig(
    app_name="giftwrap",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[GiftwrapDay, Giftwrap],
)
