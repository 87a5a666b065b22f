"""Links to Shopify in Piccolo Admin, to look at only: they are made and ended on their own page."""

from __future__ import annotations

from guildshop.hookspecs import AdminSection
from guildshop.i18n import lazy
from guildshop.plugins.shopify_link.admin_labels import LABELS
from guildshop.plugins.shopify_link.api import LINK_READ
from guildshop.plugins.shopify_link.tables import (
    ShopifyBulk,
    ShopifyBulkRow,
    ShopifyLink,
    ShopifyLinkLog,
    ShopifyVerification,
    ShopifyWebhook,
)
from guildshop.web.admin import service_table


def admin_section() -> AdminSection:
    """Return the section of links to Shopify."""
    return AdminSection(
        lazy("Shopify"),
        [
            service_table(ShopifyLink, read=LINK_READ, order_by=[ShopifyLink.created], newest_first=True),
            service_table(ShopifyLinkLog, read=LINK_READ, order_by=[ShopifyLinkLog.created], newest_first=True),
            service_table(
                ShopifyVerification,
                read=LINK_READ,
                hidden=[ShopifyVerification.token_hash, ShopifyVerification.email_hash],
                order_by=[ShopifyVerification.created],
                newest_first=True,
            ),
            service_table(ShopifyWebhook, read=LINK_READ, order_by=[ShopifyWebhook.received], newest_first=True),
            service_table(ShopifyBulk, read=LINK_READ, order_by=[ShopifyBulk.created], newest_first=True),
            service_table(
                ShopifyBulkRow, read=LINK_READ, hidden=[ShopifyBulkRow.email_hash], order_by=[ShopifyBulkRow.number]
            ),
        ],
        labels=LABELS,
    )
