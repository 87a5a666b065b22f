"""What a customer's record says after another one of the same person was merged into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.customers.rules.people import NOTES_LIMIT, clean_tags, email_key, tags_key


def merged(gone: Customer, kept: Customer, member: int | None) -> dict[str, Any]:
    """Return the columns of the record that stays: its own, and what it lacks from the other one.

    Names of Discord are those of the `member` that stays; a message that either record does not want is not wanted.
    """
    mails = kept if kept.email else gone
    named = gone if member is not None and member == gone.discord_id else kept
    tags = clean_tags((*kept.tags, *gone.tags))
    return {
        "discord_id": member,
        "username": named.username or kept.username or gone.username,
        "display_name": named.display_name or kept.display_name or gone.display_name,
        "locale": named.locale or kept.locale or gone.locale,
        "first_name": kept.first_name or gone.first_name,
        "last_name": kept.last_name or gone.last_name,
        "email": mails.email,
        "email_key": email_key(mails.email),
        "email_confirmed": mails.email_confirmed,
        "phone": kept.phone or gone.phone,
        "notes": _notes(kept.notes, gone.notes),
        "tags": ", ".join(tags),
        "tags_key": tags_key(tags),
        "user_account": kept.user or gone.user,
        "active": kept.active or gone.active,
        "dm_preferences": _wanted(kept.dm_preferences, gone.dm_preferences),
        "email_preferences": _wanted(kept.email_preferences, gone.email_preferences),
        "created": min(kept.created, gone.created),
    }


def _notes(ours: str, theirs: str) -> str:
    text = "\n\n".join(part for part in (ours, theirs) if part)
    if len(text) > NOTES_LIMIT:
        raise Invalid.field(
            "notes",
            _("The notes of both together have {length} characters; at most {limit} fit. Shorten one first.").format(
                length=len(text), limit=NOTES_LIMIT
            ),
        )
    return text


def _wanted(ours: Mapping[str, bool], theirs: Mapping[str, bool]) -> dict[str, bool]:
    return {topic: ours.get(topic, True) and theirs.get(topic, True) for topic in sorted(ours.keys() | theirs.keys())}
