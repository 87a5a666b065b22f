"""Addresses: how they are shown, and the forms they are written in."""

from __future__ import annotations

import re
from collections.abc import Sequence

import discord

from guildshop.bot import Fields, TextField
from guildshop.bot.rendering import COLOUR, QUIET, clip, embed, error_embed, escape
from guildshop.countries import (
    COMMON_COUNTRIES,
    country_name,
    needs_postal_code,
    needs_region,
    postal_code_example,
    required_parts,
    town_line,
)
from guildshop.i18n import _
from guildshop.plugins.customers.api import Address, AddressInput, address_labels

_NOTHING = "—"
_ESCAPED = re.compile(r"\\([\\*_~`|\[<#>-])")


def address_lines(address: AddressInput | Address) -> str:
    """Return an address in lines, escaped."""
    place = town_line(address.country, address.city, address.region, address.postal_code)
    parts = (
        address.recipient,
        address.company,
        address.street,
        address.street2,
        place,
        country_name(address.country),
        address.phone,
    )
    return "\n".join(escape(part) for part in parts if part)


def short_address(address: Address) -> str:
    """Return an address in one line, as an option of a select."""
    return clip(", ".join(filter(None, (address.recipient, address.street, address.city, address.country))), 100)


def list_embed(addresses: Sequence[Address]) -> discord.Embed:
    """Return all addresses of a customer."""
    if not addresses:
        return embed(_("Your addresses"), _("You have saved no address yet. Add one with the button."), colour=QUIET)
    fields = [(_title(address, number), address_lines(address)) for number, address in enumerate(addresses, 1)]
    text = _("Choose one below to change it.")
    return embed(_("Your addresses"), text, colour=COLOUR, fields=fields)


def address_embed(address: Address, heading: str, suggestion: AddressInput | None = None) -> discord.Embed:
    """Return one address, with what its country would write instead."""
    text = address_lines(address)
    if suggestion is None:
        return embed(heading, text, fields=[(_("Used as"), _uses(address))])
    return embed(
        heading,
        _("The address is saved as you wrote it. Its country writes it a little differently: which one is right?"),
        fields=[(_("Yours"), text), (_("Suggested"), address_lines(suggestion))],
    )


def address_options(addresses: Sequence[Address]) -> list[discord.SelectOption]:
    """Return the customer's addresses as options of a select."""
    return [
        discord.SelectOption(label=short_address(address), value=str(address.id), description=_uses(address) or None)
        for address in addresses[:25]
    ]


def country_options(first: str = "") -> list[discord.SelectOption]:
    """Return the offered countries, the likeliest first, then by name."""
    codes = sorted(COMMON_COUNTRIES, key=lambda code: (code != first, country_name(code)))
    return [discord.SelectOption(label=clip(country_name(code), 100), value=code) for code in codes]


def address_fields(country: str, given: AddressInput | Address | None = None) -> list[TextField]:
    """Return the form of an address in that country; Discord's forms have five fields, so two lines share one."""
    labels, required = address_labels(), required_parts(country)
    streets = "\n".join(filter(None, (given.street, given.street2))) if given else ""
    fields = [
        TextField("recipient", labels["recipient"], default=given.recipient if given else "", maximum=100),
        TextField(
            "street",
            labels["street"],
            long=True,
            default=streets,
            maximum=400,
            description=_("A second line for apartment, floor and the like"),
        ),
        TextField("city", labels["city"], default=given.city if given else "", maximum=100),
    ]
    if needs_region(country):
        fields.append(
            TextField(
                "region",
                labels["region"],
                required="region" in required,
                default=given.region if given else "",
                maximum=100,
            )
        )
    if needs_postal_code(country):
        example = postal_code_example(country)
        fields.append(
            TextField(
                "postal_code",
                labels["postal_code"],
                required="postal_code" in required,
                default=given.postal_code if given else "",
                maximum=20,
                placeholder=_("such as {example}").format(example=example) if example else "",
            )
        )
    return fields


def more_fields(address: Address) -> list[TextField]:
    """Return the form of what the first one has no room for."""
    labels = address_labels()
    return [
        TextField("company", labels["company"], required=False, default=address.company, maximum=100),
        TextField("phone", labels["phone"], required=False, default=address.phone, maximum=40),
    ]


def read_address(fields: Fields, country: str) -> AddressInput:
    """Return what was written into the form."""
    street, _newline, rest = fields["street"].partition("\n")
    return AddressInput(
        recipient=fields["recipient"],
        street=street,
        street2=" ".join(rest.split()),
        city=fields["city"],
        region=fields["region"],
        postal_code=fields["postal_code"],
        country=country,
    )


def refused_embed(sentence: str, given: AddressInput) -> discord.Embed:
    """Return why an address was not saved, with what was written, so that it can be corrected from there."""
    made = error_embed(sentence, _("The address was not saved"))
    labels = address_labels()
    for name in ("recipient", "street", "street2", "city", "region", "postal_code"):
        made.add_field(name=labels[name], value=clip(escape(getattr(given, name)), 1024) or _NOTHING)
    return made


def from_refused(message: discord.Message | None, country: str) -> AddressInput | None:
    """Return what was written, from the message that `refused_embed` made."""
    if message is None or not message.embeds or len(message.embeds[0].fields) != 6:
        return None
    texts = [_ESCAPED.sub(r"\1", field.value or "") for field in message.embeds[0].fields]
    recipient, street, street2, city, region, postal_code = ("" if text == _NOTHING else text for text in texts)
    return AddressInput(
        recipient=recipient,
        street=street,
        street2=street2,
        city=city,
        region=region,
        postal_code=postal_code,
        country=country,
    )


def _title(address: Address, number: int) -> str:
    uses = _uses(address)
    return f"{number}. {uses}" if uses else f"{number}."


def _uses(address: Address) -> str:
    uses = [_("Default")] if address.is_default else []
    if address.is_billing:
        uses.append(_("Billing"))
    return ", ".join(uses)
