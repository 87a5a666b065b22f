"""Names, email, phone, tags and account numbers."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable

import phonenumbers
from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email

from guildshop.errors import Invalid
from guildshop.folding import fold
from guildshop.i18n import _

NAME_LIMIT = 100
NOTES_LIMIT = 4000
EMAIL_LIMIT = 254
_GREATEST_ID = 2**63 - 1
ACCOUNT_NUMBER_LIMIT = 32
LOCALE_LIMIT = 20
TAG_LIMIT = 40
TAGS_LIMIT = 25

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_ACCOUNT_LENGTH = 10
"""Of 100,000 numbers in one import, two are then alike once in 100,000 imports; with 7 letters it was one in five."""


def clean(field: str, label: str, value: str, limit: int, *, lines: bool = False) -> str:
    """Return text without outer spaces and control characters; refuse what is longer than `limit` characters.

    Unless `lines`, runs of white space become one space.
    """
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", value)
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
    )
    text = kept.strip() if lines else " ".join(kept.split())
    if len(text) > limit:
        raise Invalid.field(
            field,
            _("“{label}” has {length} characters; at most {limit} fit. Shorten it.").format(
                label=label, length=len(text), limit=limit
            ),
        )
    return text


def clean_email(value: str) -> str:
    """Return the email address in its usual form, empty for none; refuse what is none."""
    text = value.strip()
    if not text:
        return ""
    try:
        return validate_email(text, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        raise Invalid.field(
            "email",
            _("“{email}” is no email address. Write it like name@example.org.").format(email=text[:EMAIL_LIMIT]),
        ) from None


def email_key(email: str) -> str | None:
    """Return what two spellings of one email address have in common, None for none."""
    return email.casefold() or None


def clean_phone(value: str, country: str = "", *, field: str = "phone") -> str:
    """Return the phone number as E.164, empty for none; without a + it is read as dialled in `country`."""
    text = value.strip()
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, country or None)
        # E.164 has no extensions: one that is typed would be lost without a word.
        valid = phonenumbers.is_valid_number(number) and not number.extension
    except phonenumbers.NumberParseException:
        valid = False
    if not valid:
        raise Invalid.field(
            field,
            _("“{phone}” is no phone number. Write it with the country's code, like +1 415 555 2671.").format(
                phone=text[:40]
            ),
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags sorted, each once whatever its capitals; refuse commas within, overlong ones and too many."""
    kept: dict[str, str] = {}
    for raw in tags:
        tag = clean("tags", _("Tag"), raw, TAG_LIMIT)
        if "," in tag:
            raise Invalid.field("tags", _("The tag “{tag}” contains a comma. Write it without.").format(tag=tag))
        if tag:
            kept.setdefault(fold(tag), tag)
    if len(kept) > TAGS_LIMIT:
        raise Invalid.field(
            "tags",
            _("{count} tags are too many for one customer; at most {limit}.").format(count=len(kept), limit=TAGS_LIMIT),
        )
    return tuple(kept[key] for key in sorted(kept))


def tags_key(tags: Iterable[str]) -> str:
    """Return the tags as they are searched: folded, each between two commas; empty for none."""
    folded = [fold(tag) for tag in tags]
    return f",{','.join(folded)}," if folded else ""


def clean_account_number(value: str) -> str:
    """Return an account number without spaces around it; refuse what is too long or has spaces within."""
    text = clean("accountNumber", _("Account number"), value, ACCOUNT_NUMBER_LIMIT)
    if " " in text:
        raise Invalid.field(
            "accountNumber", _("The account number “{number}” contains a space. Write it without.").format(number=text)
        )
    return text


def clean_discord_id(value: str, field: str = "discordId") -> int:
    """Return the ID of a Discord member; refuse what cannot be one."""
    text = value.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and 0 < int(text) <= _GREATEST_ID):
        raise Invalid.field(
            field,
            _("“{value}” is no Discord ID. Copy it from Discord; it has 17 to 20 digits.").format(value=text[:40]),
        )
    return int(text)


def clean_locale(value: str, field: str = "language") -> str:
    """Return a language as Discord writes it, such as `de` or `en-GB`, empty for none; refuse what is none."""
    text = value.strip().replace("_", "-")
    try:
        known = not text or (len(text) <= LOCALE_LIMIT and Locale.parse(text, sep="-") is not None)
    except (ValueError, UnknownLocaleError):
        known = False
    if not known:
        raise Invalid.field(
            field, _("“{value}” is no language. Write it like de or en-GB.").format(value=value.strip()[:40])
        )
    return text


def new_account_number() -> str:
    """Return a fresh account number such as `C-7K3M9QXWPT`, which tells nothing of how many customers there are."""
    return "C-" + "".join(secrets.choice(_ALPHABET) for _position in range(_ACCOUNT_LENGTH))


def search_text(*parts: str) -> str:
    """Return the folded text in which a customer is searched."""
    return fold(" ".join(part for part in parts if part))
