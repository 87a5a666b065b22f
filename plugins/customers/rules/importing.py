"""One row of a customers' CSV file, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from guildshop.countries import country_named
from guildshop.errors import Invalid
from guildshop.i18n import _, lazy
from guildshop.plugins.customers.api import AddressInput, Source
from guildshop.plugins.customers.rules.addresses import check_address
from guildshop.plugins.customers.rules.people import (
    ACCOUNT_NUMBER_LIMIT,
    NAME_LIMIT,
    NOTES_LIMIT,
    clean,
    clean_account_number,
    clean_discord_id,
    clean_email,
    clean_locale,
    clean_phone,
    clean_tags,
    email_key,
    tags_key,
)

COLUMNS = {
    "discord_id": lazy("Discord ID; empty for a customer who is no Discord member"),
    "username": lazy("Discord username"),
    "display_name": lazy("Display name"),
    "first_name": lazy("First name"),
    "last_name": lazy("Last name"),
    "email": lazy("Email address; this or the Discord ID is needed"),
    "phone": lazy("Phone with the country's code, such as +14155552671"),
    "account_number": lazy("Account number; empty: given out by the shop"),
    "source": lazy("DISCORD, EMAIL or MANUAL"),
    "language": lazy("Language of messages, such as de or en-GB; empty: the shop's, until they use Discord here"),
    "tags": lazy("Tags with | between"),
    "notes": lazy("Notes for staff"),
    "active": lazy("true or false; empty: true"),
    "blocked": lazy("true or false; empty: false"),
    "recipient": lazy("Address: recipient; empty: the customer's name"),
    "street": lazy("Address: street and house number; all address columns empty: none"),
    "line2": lazy("Address: second line"),
    "city": lazy("Address: city"),
    "state": lazy("Address: state or region"),
    "postal_code": lazy("Address: postal code"),
    "country": lazy("Address: country, by code or name"),
    "created_days_ago": lazy("Days before today; empty: now"),
}
_ADDRESS = ("recipient", "street", "line2", "city", "state", "postal_code", "country")
_LONGEST_AGO = 36_500


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A checked row: the columns it gives, clean, and its address if it has one."""

    columns: Mapping[str, Any]
    """By the table's names; what the file leaves empty is not in it."""
    address: AddressInput | None
    created: datetime | None

    @property
    def discord_id(self) -> int | None:
        """The Discord ID, if the row has one."""
        return self.columns.get("discord_id")

    @property
    def email_key(self) -> str | None:
        """What the email is compared by, if the row has one."""
        return self.columns.get("email_key")

    @property
    def account_number(self) -> str | None:
        """The account number, if the row has one."""
        return self.columns.get("account_number")


def read_row(row: Mapping[str, str], now: datetime) -> CustomerRow:
    """Return the row checked; refuse what is not acceptable, naming the column."""
    given = {name: value.strip() for name, value in row.items() if value and value.strip()}
    columns: dict[str, Any] = {}
    for name in ("username", "display_name", "first_name", "last_name"):
        if name in given:
            columns[name] = clean(name, name, given[name], 64 if name == "username" else NAME_LIMIT)
    if "discord_id" in given:
        columns["discord_id"] = clean_discord_id(given["discord_id"], "discord_id")
    if "email" in given:
        columns["email"] = clean_email(given["email"])
        columns["email_key"] = email_key(columns["email"])
    if not columns.keys() & {"discord_id", "email"}:
        raise Invalid.field("email", _("The row has neither a Discord ID nor an email address. Give one of them."))
    if "phone" in given:
        columns["phone"] = clean_phone(given["phone"], country_named(given["country"]) if "country" in given else "")
    if "account_number" in given:
        columns["account_number"] = clean_account_number(given["account_number"][: ACCOUNT_NUMBER_LIMIT + 1])
    if "notes" in given:
        columns["notes"] = clean("notes", "notes", given["notes"], NOTES_LIMIT, lines=True)
    if "tags" in given:
        tags = clean_tags(given["tags"].split("|"))
        columns |= {"tags": ", ".join(tags), "tags_key": tags_key(tags)}
    for name in ("active", "blocked"):
        if name in given:
            columns[name] = truth(name, given[name])
    if "language" in given:
        columns["locale"] = clean_locale(given["language"], "language")
    if "source" in given:
        columns["source"] = _source(given["source"])
    return CustomerRow(columns, _address(given, columns), _created(given.get("created_days_ago", ""), now))


def truth(name: str, text: str) -> bool:
    """Return what a cell says of yes or no."""
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        return known[text.casefold()]
    except KeyError:
        raise Invalid.field(
            name, _("“{column}” is “{value}”; write true or false.").format(column=name, value=text[:40])
        ) from None


def _source(text: str) -> str:
    try:
        return Source(text.upper()).value
    except ValueError:
        raise Invalid.field(
            "source", _("“{value}” is no source. Write DISCORD, EMAIL or MANUAL.").format(value=text[:40])
        ) from None


def _created(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        days = float(text)
    except ValueError:
        days = -1
    if not 0 <= days <= _LONGEST_AGO:
        raise Invalid.field(
            "created_days_ago",
            _("“{value}” is no number of days. Write a number from 0 to {limit}.").format(
                value=text[:40], limit=_LONGEST_AGO
            ),
        )
    return now - timedelta(days=days)


def _address(given: Mapping[str, str], columns: Mapping[str, Any]) -> AddressInput | None:
    if not any(name in given for name in _ADDRESS):
        return None
    full = f"{columns.get('first_name', '')} {columns.get('last_name', '')}".strip()
    recipient = given.get("recipient") or full or columns.get("display_name") or columns.get("email", "")
    return check_address(
        AddressInput(
            recipient=recipient,
            street=given.get("street", ""),
            street2=given.get("line2", ""),
            city=given.get("city", ""),
            region=given.get("state", ""),
            postal_code=given.get("postal_code", ""),
            country=given.get("country", ""),
            phone=columns.get("phone", ""),
        )
    ).given
