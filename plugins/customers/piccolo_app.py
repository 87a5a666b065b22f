"""Tell Piccolo of the tables of customers."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.customers.tables import Address, Customer, CustomerSnapshot, EmailConfirmation

APP_CONFIG = AppConfig(
    app_name="customers",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Customer, Address, EmailConfirmation, CustomerSnapshot],
)
