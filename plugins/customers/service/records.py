"""Rows of the database as the dataclasses of `api`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from guildshop.plugins.customers.api import Address, Customer, Source

CUSTOMER_COLUMNS = (
    "id, store, discord_id, username, display_name, display_name_by_staff, first_name, last_name, email, phone, "
    "account_number, source, notes, tags, active, blocked, email_confirmed, dm_preferences, "
    "email_preferences, created, last_seen, version, user_account, revenue, revenue_currency, paid_orders, "
    "last_order, merged_into, locale"
)
ADDRESS_COLUMNS = (
    "id, store, customer, recipient, company, street, street2, city, region, postal_code, country, phone, "
    "is_default, is_billing, created, version"
)


def customer_of(row: Mapping[str, Any]) -> Customer:
    """Return a row of `customer`."""
    return Customer(
        id=row["id"],
        store=row["store"],
        discord_id=row["discord_id"],
        username=row["username"],
        display_name=row["display_name"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        email=row["email"],
        phone=row["phone"],
        account_number=row["account_number"] or "",
        source=Source(row["source"]),
        notes=row["notes"],
        tags=split_tags(row["tags"]),
        active=bool(row["active"]),
        blocked=bool(row["blocked"]),
        email_confirmed=bool(row["email_confirmed"]),
        dm_preferences=preferences_of(row["dm_preferences"]),
        created=row["created"],
        last_seen=row["last_seen"],
        version=row["version"],
        email_preferences=preferences_of(row["email_preferences"]),
        user=row["user_account"],
        revenue=row["revenue"],
        revenue_currency=row["revenue_currency"],
        paid_orders=row["paid_orders"],
        last_order=row["last_order"],
        merged_into=row["merged_into"],
        locale=row["locale"],
    )


def address_of(row: Mapping[str, Any]) -> Address:
    """Return a row of `address`."""
    values = {name: row[name] for name in ADDRESS_COLUMNS.split(", ")}
    return Address(**values | {"is_default": bool(row["is_default"]), "is_billing": bool(row["is_billing"])})


def split_tags(text: str) -> tuple[str, ...]:
    """Return the tags of a text with commas between."""
    return tuple(tag for tag in (part.strip() for part in text.split(",")) if tag)


def preferences_of(value: object) -> Mapping[str, bool]:
    """Return stored preferences, whether the database gave them as text or decoded."""
    decoded = json.loads(value) if isinstance(value, str | bytes) else value
    return {str(topic): bool(wanted) for topic, wanted in decoded.items()} if isinstance(decoded, dict) else {}
