"""Tell Piccolo of the tables and migrations of refunds."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.refunds.tables import (
    Refund,
    RefundItem,
    RefundPart,
    RefundProposal,
    ReturnItem,
    ReturnRequest,
)

APP_CONFIG = AppConfig(
    app_name="refunds",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Refund, RefundItem, RefundPart, RefundProposal, ReturnItem, ReturnRequest],
    migration_dependencies=["guildshop.plugins.orders.piccolo_app", "guildshop.plugins.customers.piccolo_app"],
)
