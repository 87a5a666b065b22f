"""What the doctor looks at: whether TaxJar takes the key, and which orders wait for a review."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _, ngettext
from guildshop.plugins.taxjar.api import TaxJarFailure, TaxJarSettings, TaxJarUnauthorized
from guildshop.plugins.taxjar.service import TaxService

if TYPE_CHECKING:
    from guildshop.app import App


def examination(app: App) -> Callable[[int | None], Awaitable[Sequence[Finding]]]:
    """Return what examines a store's account."""

    async def examine(store: int | None) -> Sequence[Finding]:
        service, number = app.get(TaxService), store or 0
        settings = app.stores.settings(number, TaxJarSettings)
        findings = [] if not settings.wanted else [await _account(service, settings)]
        flagged = await service.count_flagged(number)
        if flagged:
            findings.append(
                Finding(
                    Severity.WARNING,
                    _("Sales tax"),
                    ngettext(
                        "{count} order was charged no sales tax because TaxJar did not answer.",
                        "{count} orders were charged no sales tax because TaxJar did not answer.",
                        flagged,
                    ).format(count=flagged),
                    _("Look at them on the page Sales tax, then mark them as reviewed."),
                )
            )
        return findings

    return examine


async def _account(service: TaxService, settings: TaxJarSettings) -> Finding:
    subject = _("Sales tax")
    if not settings.has_key:
        variable = settings.api_key.variable if settings.api_key is not None else None
        return Finding(
            Severity.BROKEN,
            subject,
            _("The key of TaxJar is not set, so no tax can be worked out."),
            _("Set the environment variable {name}, or take taxjar.api_key out.").format(name=variable or "–"),
        )
    if settings.from_address is None:
        return Finding(
            Severity.BROKEN,
            subject,
            _("TaxJar does not know where the shop sends from, so no tax can be worked out."),
            _("Set taxjar.from_address: country, state, postal_code, city and street."),
        )
    try:
        regions = await service.client.nexus_regions(settings)
    except TaxJarUnauthorized as failure:
        return Finding(
            Severity.BROKEN,
            subject,
            _("{reason}.").format(reason=failure),
            _("Make a new API token in TaxJar's account settings and set taxjar.api_key to it."),
        )
    except TaxJarFailure as failure:
        return Finding(
            Severity.WARNING,
            subject,
            _("TaxJar gives no usable answer: {reason}.").format(reason=str(failure).rstrip(".")),
            _("Check taxjar.api_url and this machine's way to the net; see TaxJar's status page."),
        )
    if not regions and not settings.nexus:
        return Finding(
            Severity.WARNING,
            subject,
            _("The account with TaxJar names no region in which the shop must collect tax, so it will collect none."),
            _("Add your states in TaxJar's account, or set taxjar.nexus."),
        )
    return Finding(Severity.FINE, subject, _("TaxJar takes the key."))
