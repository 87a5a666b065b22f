"""Tell Piccolo of the tables and migrations of conversations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.plugins.conversations.tables import Conversation, ConversationMessage

APP_CONFIG = AppConfig(
    app_name="conversations",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Conversation, ConversationMessage],
    migration_dependencies=["guildshop.plugins.customers.piccolo_app"],
)
