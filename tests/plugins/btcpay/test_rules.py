"""What BTCPay's answers mean, without BTCPay."""

from __future__ import annotations

from typing import Any

import pytest

from guildshop.config.settings import validate_section
from guildshop.errors import ConfigurationError
from guildshop.plugins.btcpay.api import BtcpaySettings
from guildshop.plugins.btcpay.rules import codes, standing
from guildshop.plugins.payments.api import StandingState
from guildshop.plugins.payments.rules import is_page


def method(kind: str, link: str) -> dict[str, Any]:
    return {"paymentMethodId": kind, "destination": "bc1q", "paymentLink": link, "due": "0.00010000"}


def test_codes_lead_to_wallets() -> None:
    found = codes([method("BTC-CHAIN", "bitcoin:bc1q?amount=0.0001"), method("BTC-LN", "lightning:lnbc1")])
    assert [(code.label, code.amount) for code in found] == [
        ("Bitcoin", "0.0001 BTC"),
        ("Bitcoin · Lightning", "0.0001 BTC"),
    ]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "https://elsewhere.example", "bitcoin:", "bitcoin:a b", "", "x"]
)
def test_what_a_browser_would_open_is_no_code(link: str) -> None:
    assert codes([method("BTC-CHAIN", link)]) == ()


def test_payers_are_sent_to_web_pages_only() -> None:
    assert [is_page(url) for url in ("https://a.example", "http://127.0.0.1/i")] == [True, True]
    assert not any(is_page(url) for url in ("javascript:alert(1)", "//a.example", "", "data:,x", " https://a.example"))


def test_settings_are_taken_as_people_write_them() -> None:
    made = BtcpaySettings(url="https://btcpay.example.org/", store_id="demo-store_1")
    assert (made.url, made.store_id) == ("https://btcpay.example.org", "demo-store_1")
    assert BtcpaySettings(url="https://shop.example.org/btcpay").url == "https://shop.example.org/btcpay"
    for wrong in ({"url": "btcpay.example.org"}, {"url": "https://"}, {"store_id": "../other"}, {"store_id": "…"}):
        with pytest.raises(ConfigurationError):
            validate_section(BtcpaySettings, wrong, "btcpay")


def test_an_invoice_that_says_nothing_unusual_is_as_it_is() -> None:
    found = standing({"id": "inv1", "currency": "USD", "amount": "15.00", "status": "Settled"}, [])
    assert (found.state, found.taken, found.money_id) == (StandingState.PAID, 1500, "inv1")
