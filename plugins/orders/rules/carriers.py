"""Carriers: what they are called, and where a parcel of theirs can be followed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import quote

from guildshop.errors import Invalid
from guildshop.folding import fold
from guildshop.i18n import _

CARRIER_LENGTH = 64
TRACKING_LENGTH = 100
PLACE = "{tracking}"

KNOWN: Mapping[str, str] = MappingProxyType(
    {
        "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={tracking}",
        "UPS": "https://www.ups.com/track?tracknum={tracking}",
        "FedEx": "https://www.fedex.com/fedextrack/?trknbr={tracking}",
        "DHL": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={tracking}",
        "Australia Post": "https://auspost.com.au/mypost/track/details/{tracking}",
        "Canada Post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={tracking}",
        "Deutsche Post": "https://www.deutschepost.de/de/s/sendungsverfolgung.html?piececode={tracking}",
        "DPD": "https://tracking.dpd.de/status/en_US/parcel/{tracking}",
        "Evri": "https://www.evri.com/track/parcel/{tracking}",
        "GLS": "https://gls-group.eu/track/{tracking}",
        "Japan Post": "https://trackings.post.japanpost.jp/services/srv/search/direct?locale=en&reqCodeNo1={tracking}",
        "La Poste": "https://www.laposte.fr/outils/suivre-vos-envois?code={tracking}",
        "PostNL": "https://postnl.nl/tracktrace/?B={tracking}",
        "Royal Mail": "https://www.royalmail.com/track-your-item#/tracking-results/{tracking}",
    }
)
"""The carriers that every store can choose from, with the address of their tracking page."""

_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_TRACKING = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/#-]*")


def carrier_name(typed: str, known: Iterable[str]) -> str:
    """Return a carrier as it is kept: a known one as it is called, any other as it was typed."""
    name = " ".join(typed.split())
    if len(name) > CARRIER_LENGTH:
        raise Invalid.field(
            "carrier",
            _("The carrier's name has {given} characters; at most {length} fit. Shorten it.").format(
                given=len(name), length=CARRIER_LENGTH
            ),
        )
    if not name.isprintable():
        raise Invalid.field("carrier", _("The carrier's name holds a character that cannot be shown. Type it anew."))
    folded = fold(name)
    return next((one for one in known if fold(one) == folded), name)


def clean_tracking(typed: str) -> str:
    """Return a tracking number without the spaces that people copy along; refuse what cannot be one."""
    number = _INVISIBLE.sub("", typed)
    if len(number) > TRACKING_LENGTH:
        raise Invalid.field(
            "tracking_number",
            _("The tracking number has {given} characters; at most {length} fit.").format(
                given=len(number), length=TRACKING_LENGTH
            ),
        )
    if number and not _TRACKING.fullmatch(number):
        raise Invalid.field(
            "tracking_number",
            _("“{text}” is no tracking number: letters, digits and - . / # make one.").format(text=number[:40]),
        )
    return number


def tracking_url(carrier: str, tracking: str, patterns: Mapping[str, str]) -> str:
    """Return where a parcel can be followed, empty where nobody knows."""
    pattern = patterns.get(carrier, "")
    return pattern.replace(PLACE, quote(tracking, safe="")) if pattern and tracking else ""
