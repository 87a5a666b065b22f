"""Tell Piccolo of the tables and migrations of store credit."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.store_credit.tables import CreditAccount, CreditEntry, CreditUse

APP_CONFIG = AppConfig(
    app_name="store_credit",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[CreditAccount, CreditEntry, CreditUse],
    migration_dependencies=["guildshop.plugins.orders.piccolo_app"],
)
