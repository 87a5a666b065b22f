"""Tell Piccolo of the tables and migrations of loyalty."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.loyalty.tables import LoyaltyAccount, LoyaltyEntry, LoyaltyOrder

APP_CONFIG = AppConfig(
    app_name="loyalty",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[LoyaltyAccount, LoyaltyEntry, LoyaltyOrder],
    migration_dependencies=["guildshop.plugins.orders.piccolo_app"],
)
