"""Tell Piccolo of the tables and migrations of the organization."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.organization.tables import (
    CustomerOrganization,
    DiscountGroup,
    GroupPrice,
    ProductLimit,
    Unit,
)

APP_CONFIG = AppConfig(
    app_name="organization",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Unit, DiscountGroup, GroupPrice, CustomerOrganization, ProductLimit],
    migration_dependencies=["guildshop.plugins.customers.piccolo_app", "guildshop.plugins.catalog.piccolo_app"],
)
