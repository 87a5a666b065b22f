"""Payments in Piccolo Admin: money moves by the services only, so here all of it is to look at."""

from __future__ import annotations

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.payments.admin_labels import LABELS
from guildshop.plugins.payments.tables import Payment, PaymentAttempt, PaymentDifference, PaymentWebhook
from guildshop.web.admin import service_table

READ = "order.read"


def admin_section() -> AdminSection:
    """Return the section of payments."""
    attempt, webhook, differs = PaymentAttempt, PaymentWebhook, PaymentDifference
    tables = [
        service_table(
            Payment,
            read=READ,
            visible=[
                Payment.order_number,
                Payment.method,
                Payment.amount,
                Payment.refunded,
                Payment.currency,
                Payment.state,
                Payment.reference,
                Payment.created,
            ],
            hidden=[Payment.idempotency_key],
            order_by=[Payment.created],
            newest_first=True,
            link=Payment.order_number,
        ),
        service_table(
            attempt,
            read=READ,
            visible=[
                attempt.order_number,
                attempt.method,
                attempt.processor_id,
                attempt.amount,
                attempt.currency,
                attempt.state,
                attempt.created,
            ],
            # Whoever has its address can pay.
            hidden=[attempt.url, attempt.codes],
            order_by=[attempt.created],
            newest_first=True,
            link=attempt.order_number,
        ),
        service_table(
            webhook,
            read=READ,
            visible=[webhook.processor, webhook.kind, webhook.event_id, webhook.subject, webhook.received],
            order_by=[webhook.received],
            newest_first=True,
            link=webhook.event_id,
        ),
        service_table(
            differs,
            read=READ,
            visible=[
                differs.kind,
                differs.processor,
                differs.order_number,
                differs.ours,
                differs.theirs,
                differs.currency,
                differs.found,
                differs.settled_at,
            ],
            order_by=[differs.found],
            newest_first=True,
            link=differs.kind,
        ),
    ]
    return AdminSection(lazy("Payments"), tables, labels=LABELS)
