"""Tell Piccolo of the tables of the catalog."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.catalog.tables import (
    Category,
    Panel,
    Product,
    ProductList,
    ProductListItem,
    StockMovement,
    Waitlist,
)

APP_CONFIG = AppConfig(
    app_name="catalog",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Category, Product, StockMovement, ProductList, ProductListItem, Waitlist, Panel],
)
