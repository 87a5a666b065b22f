"""BTCPay's Greenfield API over aiohttp, by the routes of one store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp

from guildshop.errors import NotConfigured, Refusal, Unavailable
from guildshop.i18n import _
from guildshop.plugins.btcpay.api import BtcpaySettings

SECONDS = 10.0
"""How long BTCPay may take to answer."""

Answer = Mapping[str, Any]


class PaymentRefused(Refusal):
    """BTCPay says no for good, and why."""

    code = "payment-refused"


class BtcpayClient:
    """Asks a store's BTCPay Server."""

    def __init__(self) -> None:
        """Wait for `running`."""
        self._http: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep connections open inside the block."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as http:
            self._http = http
            yield
        self._http = None

    async def create(self, settings: BtcpaySettings, body: Answer) -> Answer:
        """Open an invoice. Asked twice, BTCPay opens two."""
        return _mapping(await self._ask(settings, "POST", "invoices", body))

    async def invoices(self, settings: BtcpaySettings, **query: str) -> Sequence[Answer]:
        """Return the store's invoices that match."""
        return _list(await self._ask(settings, "GET", "invoices", query=query))

    async def invoice(self, settings: BtcpaySettings, invoice_id: str) -> Answer:
        """Return an invoice."""
        return _mapping(await self._ask(settings, "GET", f"invoices/{quote(invoice_id, safe='')}"))

    async def methods(self, settings: BtcpaySettings, invoice_id: str) -> Sequence[Answer]:
        """Return by what an invoice can be paid, and what was."""
        return _list(await self._ask(settings, "GET", f"invoices/{quote(invoice_id, safe='')}/payment-methods"))

    async def mark_invalid(self, settings: BtcpaySettings, invoice_id: str) -> None:
        """Make an invoice impossible to pay; one that is over already is left as it is."""
        try:
            path = f"invoices/{quote(invoice_id, safe='')}/status"
            await self._ask(settings, "POST", path, {"status": "Invalid"})
        except PaymentRefused:
            return

    async def refund(self, settings: BtcpaySettings, invoice_id: str, body: Answer) -> Answer:
        """Make a pull payment that gives money of an invoice back. Asked twice, BTCPay makes two."""
        return _mapping(await self._ask(settings, "POST", f"invoices/{quote(invoice_id, safe='')}/refund", body))

    async def pull_payments(self, settings: BtcpaySettings) -> Sequence[Answer]:
        """Return the store's pull payments, those that were taken back too."""
        return _list(await self._ask(settings, "GET", "pull-payments", query={"includeArchived": "true"}))

    async def payouts(self, settings: BtcpaySettings, pull_id: str) -> Sequence[Answer]:
        """Return what was claimed of a pull payment."""
        path = f"/api/v1/pull-payments/{quote(pull_id, safe='')}/payouts"
        return _list(await self._ask(settings, "GET", path, query={"includeCancelled": "true"}))

    async def _ask(
        self,
        settings: BtcpaySettings,
        method: str,
        path: str,
        body: Answer | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        if self._http is None or settings.api_key is None or not settings.reachable:
            raise NotConfigured(_("BTCPay is not set up in this shop. Ask the staff for another way to pay."))
        place = path if path.startswith("/") else f"/api/v1/stores/{settings.store_id}/{path}"
        headers = {"Authorization": f"token {settings.api_key.reveal()}"}
        try:
            async with self._http.request(
                method, settings.url + place, json=body, params=query, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status in {401, 403}:
                    raise NotConfigured(
                        _("BTCPay refused the key of this shop. The staff must check api_key and store_id.")
                    )
                if answer.status in {400, 422}:
                    reason = (await answer.text())[:200]
                    raise PaymentRefused(_("BTCPay refused it: {reason}").format(reason=reason))
                if answer.status >= 300:
                    raise Unavailable(_unavailable())
                return await answer.json()
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise Unavailable(_unavailable()) from error


def _mapping(answer: Any) -> Answer:
    if not isinstance(answer, Mapping):
        raise Unavailable(_unavailable())
    return answer


def _list(answer: Any) -> Sequence[Answer]:
    if not isinstance(answer, list) or not all(isinstance(one, Mapping) for one in answer):
        raise Unavailable(_unavailable())
    return answer


def _unavailable() -> str:
    return _("BTCPay does not answer at the moment. Please try again in a few minutes.")
