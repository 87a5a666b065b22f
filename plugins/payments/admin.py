"""Payments in Piccolo Admin: money is confirmed and rejected by the service, so here it is to look at only."""

from __future__ import annotations

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.payments.tables import Payment
from guildshop.web.admin import service_table


def admin_section() -> AdminSection:
    """Return the section of payments."""
    table = service_table(
        Payment,
        read="order.read",
        visible=[Payment.order_id, Payment.method, Payment.amount, Payment.currency, Payment.state, Payment.reference],
        hidden=[Payment.idempotency_key],
        order_by=[Payment.created],
        newest_first=True,
        link=Payment.order_id,
    )
    return AdminSection(lazy("Payments"), [table])
