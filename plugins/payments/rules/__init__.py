"""What decides about payments, pure and synchronous."""

from guildshop.plugins.payments.rules.links import (
    Link,
    LinkExpired,
    LinkUnknown,
    form_token,
    invoice_token,
    is_form_token,
    is_page,
    read_invoice_token,
)
from guildshop.plugins.payments.rules.money import SETTLING, judge, paid_so_far
from guildshop.plugins.payments.rules.settling import PART, differences, next_ask

__all__ = [
    "PART",
    "SETTLING",
    "Link",
    "LinkExpired",
    "LinkUnknown",
    "differences",
    "form_token",
    "invoice_token",
    "is_form_token",
    "is_page",
    "judge",
    "next_ask",
    "paid_so_far",
    "read_invoice_token",
]
