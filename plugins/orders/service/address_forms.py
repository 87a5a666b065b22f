"""The questions by which a customer gives an address: country, its form, and what the country writes differently."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

from guildshop.countries import (
    COMMON_COUNTRIES,
    country_name,
    needs_postal_code,
    needs_region,
    postal_code_example,
    required_parts,
)
from guildshop.i18n import _, current_locale
from guildshop.plugins.customers.api import AddressInput, address_labels
from guildshop.plugins.orders.api import Choice, FormField, Question, ShippingAddress

ADDRESS = "address"
SUGGESTION = "address_check"

USE, KEEP, OTHER = "use", "keep", "other"
"""The buttons: take the suggestion over, leave the address as it was written, give another address."""

_PARTS = ("recipient", "street", "street2", "city", "region", "postal_code", "country")


def ask_country(step: str, allowed: Collection[str], *, back: bool) -> Question:
    """Return the question for the country, each with its form; `allowed` are those shipped to, empty for all."""
    home = current_locale().partition("-")[2]
    offered = sorted(allowed or COMMON_COUNTRIES, key=lambda code: (code != home, country_name(code)))[:25]
    other = FormField("country", _("Country"), max_length=60, description=_("Its name, or its code of two letters"))
    complete = len(offered) == len(allowed)
    return Question(
        step=step,
        name=ADDRESS,
        title=_("New address"),
        text=_("Which country shall we send it to?"),
        choices=[Choice(code, country_name(code), form=address_form(code)) for code in offered],
        form=() if complete else (other,),
        form_label=_("Another country"),
        buttons=(Choice(OTHER, _("Saved addresses")),) if back else (),
    )


def ask_form(step: str, country: str, given: AddressInput | None, problem: str, *, back: bool) -> Question:
    """Return the question for an address in a country, with what was written before and what was wrong with it."""
    return Question(
        step=step,
        name=ADDRESS,
        title=_("Address in {country}").format(country=country_name(country)),
        text=problem or _("Where shall we send it?"),
        form=address_form(country, given),
        form_label=_("Correct it") if problem else _("Enter the address"),
        buttons=(Choice(OTHER, _("Another address")),) if back else (),
    )


def ask_suggestion(step: str, mine: AddressInput, theirs: AddressInput) -> Question:
    """Return the question which of two ways to write an address is right."""
    return Question(
        step=step,
        name=SUGGESTION,
        title=_("Which address is right?"),
        text=_("You wrote:\n{mine}\n\nIts country would write:\n{theirs}").format(
            mine="\n".join(copy_of(mine).lines), theirs="\n".join(copy_of(theirs).lines)
        ),
        buttons=(Choice(USE, _("Use suggested")), Choice(KEEP, _("Keep mine")), Choice(OTHER, _("Another address"))),
    )


def address_form(country: str, given: AddressInput | None = None) -> tuple[FormField, ...]:
    """Return the form of an address in that country; Discord's forms have five fields, so two lines share one."""
    labels, required = address_labels(), required_parts(country)
    known = asdict(given) if given else dict.fromkeys(_PARTS, "")
    street = "\n".join(part for part in (known["street"], known["street2"]) if part)
    second = _("A second line for apartment, floor and the like")
    fields = [
        FormField("recipient", labels["recipient"], value=known["recipient"]),
        FormField("street", labels["street"], max_length=400, value=street, long=True, description=second),
        FormField("city", labels["city"], value=known["city"]),
    ]
    if needs_region(country):
        fields.append(FormField("region", labels["region"], required="region" in required, value=known["region"]))
    if needs_postal_code(country):
        fields.append(postal_field(country, known["postal_code"]))
    return tuple(fields)


def postal_field(country: str, value: str = "") -> FormField:
    """Return the field of a postal code in that country."""
    example = postal_code_example(country)
    return FormField(
        "postal_code",
        address_labels()["postal_code"],
        required="postal_code" in required_parts(country),
        max_length=20,
        value=value,
        placeholder=_("such as {example}").format(example=example) if example else "",
    )


def read_form(values: Mapping[str, str], country: str) -> AddressInput:
    """Return what was written: a state behind the city's comma is taken for the region where that is not asked."""
    street, _newline, rest = values.get("street", "").strip().partition("\n")
    city, region = values.get("city", "").strip(), values.get("region", "").strip()
    if not region and "," in city and needs_region(country):
        city, _comma, region = (part.strip() for part in city.rpartition(","))
    return AddressInput(
        recipient=values.get("recipient", "").strip(),
        street=street.strip(),
        street2=" ".join(rest.split()) or values.get("street2", "").strip(),
        city=city,
        region=region,
        postal_code=values.get("postal_code", "").strip(),
        country=country,
    )


def pack(given: AddressInput, prefix: str) -> dict[str, str]:
    """Return an address that is not decided yet, as a draft's answer keeps it."""
    known = asdict(given)
    return {f"{prefix}.{name}": known[name] for name in _PARTS if known[name]}


def unpack(answer: Mapping[str, str], prefix: str) -> AddressInput | None:
    """Return what `pack` packed, if it is there."""
    known = {name: answer.get(f"{prefix}.{name}", "") for name in _PARTS}
    return AddressInput(**known) if known["country"] else None


def copy_of(address: AddressInput) -> ShippingAddress:
    """Return an address as an order keeps it."""
    return ShippingAddress(**asdict(address))


def same_place(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two addresses read the same, whatever the case."""
    return [line.casefold() for line in one] == [line.casefold() for line in other]
