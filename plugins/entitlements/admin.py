"""Entitlements in Piccolo Admin: to look at only."""

from __future__ import annotations

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.entitlements.admin_labels import LABELS
from guildshop.plugins.entitlements.tables import Entitlement as Row
from guildshop.web.admin import service_table

READ = "order.read"


def admin_section() -> AdminSection:
    """Return the section; entitlements change by orders, refunds and retries alone."""
    shown = [Row.product_name, Row.discord_id, Row.kind, Row.target, Row.status, Row.reason, Row.created]
    table = service_table(
        Row, read=READ, visible=shown, order_by=[Row.created], newest_first=True, link=Row.product_name
    )
    return AdminSection(lazy("Roles and channels"), [table], labels=LABELS)
