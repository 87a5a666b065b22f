"""Tell Piccolo of the tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop_reviews.tables import Review, ReviewRequest

APP_CONFIG = AppConfig(
    app_name="reviews",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Review, ReviewRequest],
)
