"""The section of Stripe in the configuration."""

from __future__ import annotations

import pytest

from guildshop.config.settings import validate_section
from guildshop.errors import ConfigurationError
from guildshop.plugins.stripe.api import StripeSettings


def test_an_address_may_end_with_a_slash() -> None:
    assert StripeSettings(api_url="http://127.0.0.1:9000/stripe/").api_url == "http://127.0.0.1:9000/stripe"
    assert validate_section(StripeSettings, {}, "stripe").api_url == "https://api.stripe.com"


@pytest.mark.parametrize("address", ["", "api.stripe.com", "https:///v1", "ftp://api.stripe.com"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="api_url"):
        validate_section(StripeSettings, {"api_url": address}, "stripe")
