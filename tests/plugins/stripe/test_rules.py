"""What Stripe's answers mean, without Stripe."""

from __future__ import annotations

from typing import Any

from guildshop.plugins.payments.api import StandingState
from guildshop.plugins.stripe import rules

SESSION: dict[str, Any] = {"id": "cs_1", "currency": "usd", "amount_total": 1500, "payment_status": "paid"}


def test_a_session_without_its_payment_spread_out_is_understood() -> None:
    found = rules.standing({**SESSION, "payment_intent": "pi_1"}, live=False)
    assert (found.state, found.money_id, found.taken, found.live) == (StandingState.PAID, "pi_1", 1500, True)
    spread = {"id": "pi_2", "amount_received": 1400, "latest_charge": {"amount_refunded": 100}}
    found = rules.standing({**SESSION, "livemode": True, "payment_intent": spread}, live=False)
    assert (found.money_id, found.taken, found.refunded, found.live) == ("pi_2", 1400, 100, False)
    unpaid = rules.standing({**SESSION, "payment_status": "unpaid", "payment_intent": None}, live=True)
    assert (unpaid.state, unpaid.money_id, unpaid.taken) == (StandingState.OPEN, "", 0)
