"""Tell Piccolo of the tables and migrations of sales tax by TaxJar."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.taxjar.tables import TaxjarCustomer, TaxjarOrder, TaxjarProduct, TaxjarReport

APP_CONFIG = AppConfig(
    app_name="taxjar",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[TaxjarOrder, TaxjarReport, TaxjarProduct, TaxjarCustomer],
    migration_dependencies=["guildshop.plugins.orders.piccolo_app"],
)
