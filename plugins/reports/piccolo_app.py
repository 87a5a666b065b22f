"""Tell Piccolo of the tables and migrations of reports."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.reports.tables import (
    ReportDay,
    ReportFigures,
    ReportProduct,
    ReportRefund,
    ReportShare,
    ReportState,
)

APP_CONFIG = AppConfig(
    app_name="reports",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[ReportState, ReportDay, ReportFigures, ReportProduct, ReportRefund, ReportShare],
    migration_dependencies=["guildshop.plugins.orders.piccolo_app"],
)
