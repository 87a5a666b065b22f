"""Piccolo's registration of the kernel's tables."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.database.tables import (
    AuditEntry,
    CredentialRow,
    DeliveryRow,
    EventRow,
    JobFile,
    JobRow,
    JobTable,
    StoreRow,
    StoreSetting,
)

APP_CONFIG = AppConfig(
    app_name="kernel",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[StoreRow, StoreSetting, EventRow, DeliveryRow, AuditEntry, CredentialRow, JobTable, JobFile, JobRow],
)
