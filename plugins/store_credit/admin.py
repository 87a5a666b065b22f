"""Store credit in Piccolo Admin: the ledger is to look at."""

from __future__ import annotations

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.store_credit.admin_labels import LABELS
from guildshop.plugins.store_credit.api import CREDIT_READ
from guildshop.plugins.store_credit.tables import CreditAccount, CreditEntry, CreditUse
from guildshop.web.admin import service_table


def admin_section() -> AdminSection:
    """Return the section of store credit."""
    return AdminSection(
        lazy("Store credit"),
        [
            service_table(CreditAccount, read=CREDIT_READ, order_by=[CreditAccount.created], newest_first=True),
            service_table(CreditEntry, read=CREDIT_READ, order_by=[CreditEntry.created], newest_first=True),
            service_table(CreditUse, read=CREDIT_READ, order_by=[CreditUse.created], newest_first=True),
        ],
        labels=LABELS,
    )
