"""Messages in Piccolo Admin: to look at only."""

from __future__ import annotations

from piccolo_admin.endpoints import TableConfig

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.notifications.tables import MessageDelivery as Row


def admin_section() -> AdminSection:
    """Return the section."""
    columns = [Row.purpose, Row.discord_id, Row.state, Row.reason, Row.created]
    return AdminSection(
        lazy("Messages"),
        [
            TableConfig(
                Row,
                visible_columns=columns,
                visible_filters=[Row.purpose, Row.state, Row.discord_id],
                menu_group="Messages",
            )
        ],
    )
