"""Signatures: who, what and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guildshop_paylater.api import BadSignature
from guildshop_paylater.rules import sign, verify

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BODY = '{"id": "evt_1", "note": "Zürich"}'.encode()


def header(at: datetime, body: bytes = BODY, secret: str = "s") -> str:
    moment = int(at.timestamp())
    return f"t={moment},v1={sign(secret, moment, body)}"


@pytest.mark.parametrize("apart", [timedelta(), timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_signature_of_now_is_taken(apart: timedelta) -> None:
    verify("s", header(NOW + apart), BODY, NOW)


@pytest.mark.parametrize("apart", [timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1), timedelta(1)])
def test_an_old_one_and_one_of_the_future_are_refused(apart: timedelta) -> None:
    with pytest.raises(BadSignature, match="seconds away"):
        verify("s", header(NOW + apart), BODY, NOW)


def test_another_body_secret_or_time_is_refused() -> None:
    good = header(NOW)
    for secret, sent, body in (
        ("s", good, BODY + b" "),
        ("other", good, BODY),
        ("s", good.replace("t=1", "t=2"), BODY),
    ):
        with pytest.raises(BadSignature):
            verify(secret, sent, body, NOW)


@pytest.mark.parametrize("text", ["", "t=1", "v1=" + "0" * 64, "t=,v1=", "t=1,v1=XYZ", "t=1,v1=" + "0" * 64 + ",v1=x"])
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(BadSignature, match="must read"):
        verify("s", text, BODY, NOW)
