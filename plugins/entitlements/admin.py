"""Entitlements in Piccolo Admin: to look at only."""

from __future__ import annotations

from piccolo_admin.endpoints import TableConfig

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.entitlements.tables import Entitlement as Row


def admin_section() -> AdminSection:
    """Return the section; entitlements change by orders, refunds and retries alone."""
    return AdminSection(
        lazy("Entitlements"),
        [
            TableConfig(
                Row,
                visible_columns=[
                    Row.product_name,
                    Row.discord_id,
                    Row.kind,
                    Row.target,
                    Row.status,
                    Row.reason,
                    Row.created,
                ],
                visible_filters=[Row.status, Row.kind, Row.discord_id, Row.target],
                menu_group="Entitlements",
            )
        ],
    )
