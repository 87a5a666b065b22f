"""Tokens of invoice links: what is signed is taken, anything else is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from aiohttp.test_utils import make_mocked_request

from guildshop.plugins.payments.rules import (
    Link,
    LinkExpired,
    LinkUnknown,
    form_token,
    invoice_token,
    is_form_token,
    read_invoice_token,
)
from guildshop.web.context import path_for_logs

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LINK = Link(7, UUID("0191aaaa-bbbb-7ccc-8ddd-eeeeffff0000"), NOW + timedelta(hours=1))


def test_a_token_stands_for_its_link_and_for_nothing_else() -> None:
    token = invoice_token("one", LINK)
    assert read_invoice_token(["one"], token, NOW) == LINK
    assert len(token) < 130
    for at, letter in enumerate(token):
        for changed in ("", "g", letter.upper(), "1" if letter == "0" else "0"):
            forged = token[:at] + changed + token[at + 1 :]
            if forged != token:
                with pytest.raises(LinkUnknown):
                    read_invoice_token(["one"], forged, NOW)


@pytest.mark.parametrize("text", ["", "x", "7", "7-0-0-0", "-" * 80, "٧" + invoice_token("one", LINK)[1:], "0" * 300])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(LinkUnknown):
        read_invoice_token(["one"], text, NOW)


def test_two_secrets_are_taken_while_they_are_changed_and_the_first_signs() -> None:
    old, new = invoice_token("old", LINK), invoice_token("new", LINK)
    for token in (old, new):
        assert read_invoice_token(["new", "old"], token, NOW) == LINK
    with pytest.raises(LinkUnknown):
        read_invoice_token(["new"], old, NOW)
    with pytest.raises(LinkUnknown):
        read_invoice_token([], new, NOW)


def test_a_link_ends() -> None:
    token = invoice_token("one", LINK)
    assert read_invoice_token(["one"], token, LINK.expires - timedelta(seconds=1)) == LINK
    with pytest.raises(LinkExpired):
        read_invoice_token(["one"], token, LINK.expires)


def test_the_form_of_another_page_or_of_yesterday_is_not_taken() -> None:
    text = form_token("one", LINK, NOW)
    assert is_form_token(["two", "one"], text, LINK, NOW)
    assert not is_form_token(["one"], text, LINK, NOW + timedelta(hours=24))
    assert not is_form_token(["one"], text, Link(8, LINK.order, LINK.expires), NOW)
    assert not is_form_token(["one"], text[:-1] + ("0" if text[-1] != "0" else "1"), LINK, NOW)
    assert not is_form_token(["one"], invoice_token("one", LINK), LINK, NOW)
    assert not is_form_token(["one"], "", LINK, NOW)


def test_logs_do_not_hold_the_token_of_a_link() -> None:
    path = f"/invoice/{invoice_token('one', LINK)}/state"
    asked = make_mocked_request("GET", path, match_info={"token": invoice_token("one", LINK)})
    assert path_for_logs(asked) == "/invoice/…/state"
    assert path_for_logs(make_mocked_request("GET", "/healthz")) == "/healthz"
