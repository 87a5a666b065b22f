"""Tell Piccolo of the tables and migrations of payments."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.payments.tables import Payment, PaymentAttempt, PaymentDifference, PaymentWebhook

APP_CONFIG = AppConfig(
    app_name="payments",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Payment, PaymentAttempt, PaymentWebhook, PaymentDifference],
    migration_dependencies=["guildshop.plugins.orders.piccolo_app"],
)
