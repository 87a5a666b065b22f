"""Tell Piccolo of the tables and migrations of discounts."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.discounts.tables import (
    Discount,
    DiscountAssignment,
    DiscountAttempt,
    DiscountCustomer,
    DiscountUse,
)

APP_CONFIG = AppConfig(
    app_name="discounts",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Discount, DiscountCustomer, DiscountAssignment, DiscountUse, DiscountAttempt],
    migration_dependencies=["guildshop.plugins.orders.piccolo_app"],
)
