"""Messages in Piccolo Admin: to look at only."""

from __future__ import annotations

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.notifications.tables import MessageDelivery as Row
from guildshop.web.admin import service_table

READ = "order.read"


def admin_section() -> AdminSection:
    """Return the section."""
    shown = [Row.purpose, Row.discord_id, Row.state, Row.reason, Row.created]
    table = service_table(Row, read=READ, visible=shown, order_by=[Row.created], newest_first=True, link=Row.purpose)
    return AdminSection(lazy("Messages"), [table])
