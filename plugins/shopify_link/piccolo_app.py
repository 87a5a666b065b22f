"""Tell Piccolo of the tables and migrations of links to Shopify."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.shopify_link.tables import (
    ShopifyBulk,
    ShopifyBulkRow,
    ShopifyLink,
    ShopifyLinkLog,
    ShopifyVerification,
    ShopifyWebhook,
)

APP_CONFIG = AppConfig(
    app_name="shopify_link",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[ShopifyLink, ShopifyLinkLog, ShopifyVerification, ShopifyWebhook, ShopifyBulk, ShopifyBulkRow],
    migration_dependencies=["guildshop.plugins.customers.piccolo_app"],
)
