"""What the doctor looks at: the account at Shopify, what it may do, and what could not be given or written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _, lazy, ngettext
from guildshop.plugins.shopify_link.api import PLUGIN, ShopifySettings
from guildshop.plugins.shopify_link.client import Probe
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.plugins.shopify_link.wire import ShopifyDenied, ShopifyFailure, ShopifyUnauthorized
from guildshop.tenancy import scope

if TYPE_CHECKING:
    from guildshop.app import App

NEEDED = {
    "read_customers": (Severity.BROKEN, lazy("no customer can be found")),
    "write_customers": (Severity.WARNING, lazy("Shopify's customers do not show who they are in Discord")),
    "read_orders": (Severity.WARNING, lazy("refunds are noticed hours late")),
}


def examination(app: App) -> Callable[[int | None], Awaitable[Sequence[Finding]]]:
    """Return what examines a store's account."""

    async def examine(store: int | None) -> Sequence[Finding]:
        number = store or 0
        service = app.get(LinkService)
        settings = service.settings(number)
        if not app.stores.enabled(number, PLUGIN) or not settings.begun:
            return []
        with scope(number):
            findings = [*await _account(service, settings), *_surroundings(app, number, settings)]
            findings += _counted(await service.counts(number))
        return findings

    return examine


async def _account(service: LinkService, settings: ShopifySettings) -> list[Finding]:
    if not settings.complete:
        return [
            Finding(
                Severity.BROKEN,
                "Shopify",
                _("Shopify is half set up, so nobody can be linked."),
                _("Set shop and access_token of the section shopify_link, or shop, client_id and client_secret."),
            )
        ]
    try:
        probe = await service.client.probe(settings)
    except (ShopifyUnauthorized, ShopifyDenied) as failure:
        return [
            Finding(
                Severity.BROKEN,
                "Shopify",
                _("{reason}.").format(reason=str(failure).rstrip(".")),
                _("Check shop, access_token, client_id and client_secret of the section shopify_link."),
            )
        ]
    except ShopifyFailure as failure:
        return [
            Finding(
                Severity.WARNING,
                "Shopify",
                _("Shopify gives no usable answer: {reason}.").format(reason=str(failure).rstrip(".")),
                _("Check api_url and this machine's way to the net; see Shopify's status page."),
            )
        ]
    return [*_scopes(probe), *_domain(probe, settings)] or [
        Finding(Severity.FINE, "Shopify", _("Shopify takes the credentials of {shop}.").format(shop=probe.domain))
    ]


def _scopes(probe: Probe) -> Iterable[Finding]:
    for scope_name, (severity, consequence) in NEEDED.items():
        if not probe.scopes & {scope_name, scope_name.replace("read_", "write_")}:
            yield Finding(
                severity,
                "Shopify",
                _("The app lacks the scope {scope}: {consequence}.").format(
                    scope=scope_name, consequence=_(consequence)
                ),
                _("Grant it in the app's configuration at Shopify, then install the app again."),
            )


def _domain(probe: Probe, settings: ShopifySettings) -> Iterable[Finding]:
    if settings.shop and probe.domain != settings.shop:
        yield Finding(
            Severity.WARNING,
            "Shopify",
            _("The shop calls itself {domain}, not {shop}: its webhooks are not taken.").format(
                domain=probe.domain, shop=settings.shop
            ),
            _("Set shop of the section shopify_link to {domain}.").format(domain=probe.domain),
        )


def _surroundings(app: App, number: int, settings: ShopifySettings) -> Iterable[Finding]:
    store = app.stores.get(number)
    if not settings.webhook_secrets:
        yield Finding(
            Severity.WARNING,
            "Shopify",
            _("No webhook secret is set, so changes are noticed hours late, and requests to erase not at all."),
            _("Set webhook_secret of the section shopify_link, and subscribe to the webhooks that the guide names."),
        )
    if "shopify_log" not in store.channels:
        yield Finding(
            Severity.WARNING,
            "Shopify",
            _("No channel is set in which links are logged."),
            _("Choose one in /settings, under Channels: Shopify log."),
        )
    if not app.mail.enabled:
        yield Finding(
            Severity.WARNING,
            "Shopify",
            _("Email is off, so members cannot link themselves by /link."),
            _("Set email.url and email.sender, or link members by /link-customer."),
        )


def _counted(counts: Mapping[str, int]) -> Iterable[Finding]:
    roles, metafields = counts.get("roles", 0), counts.get("metafields", 0)
    if roles:
        text = ngettext(
            "{count} linked member could not be given the client role.",
            "{count} linked members could not be given the client role.",
            roles,
        )
        remedy = _("See the page Shopify for each one's reason; the doctor's other lines say how to mend it.")
        yield Finding(Severity.BROKEN, "Shopify", text.format(count=roles), remedy)
    if metafields:
        text = ngettext(
            "Shopify refused the metafields of {count} customer.",
            "Shopify refused the metafields of {count} customers.",
            metafields,
        )
        remedy = _("Give the app write_customers; links work without metafields too.")
        yield Finding(Severity.WARNING, "Shopify", text.format(count=metafields), remedy)
