"""Piccolo's registration of entitlements."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.entitlements.tables import Entitlement, LicenceKey, ProductFile, ProductTerms

APP_CONFIG = AppConfig(
    app_name="entitlements",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Entitlement, ProductTerms, LicenceKey, ProductFile],
)
