"""Tell Piccolo of the tables and migrations of orders."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.orders.tables import (
    CreditNoteSequence,
    InvoiceSequence,
    Order,
    OrderAdjustment,
    OrderCreditNote,
    OrderDraft,
    OrderHistory,
    OrderInvoice,
    OrderLine,
    OrderNote,
    SavedFilter,
    Shipment,
    ShipmentLine,
    TermsText,
)

APP_CONFIG = AppConfig(
    app_name="orders",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        Order,
        OrderLine,
        OrderAdjustment,
        OrderHistory,
        OrderNote,
        OrderDraft,
        Shipment,
        ShipmentLine,
        InvoiceSequence,
        CreditNoteSequence,
        OrderInvoice,
        OrderCreditNote,
        SavedFilter,
        TermsText,
    ],
    migration_dependencies=["guildshop.plugins.catalog.piccolo_app", "guildshop.plugins.customers.piccolo_app"],
)
