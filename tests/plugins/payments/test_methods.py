"""The ways to pay that a store is set to."""

from __future__ import annotations

from guildshop.permissions import Actor
from guildshop.plugins.payments.methods import Methods

from ..orders.conftest import Bench, bench

__all__ = ["bench"]


async def test_the_doctor_tells_of_methods_that_nobody_knows(bench: Bench) -> None:
    methods, store = Methods(bench.app), bench.store.id
    assert await methods.examine(store) == []
    assert await methods.examine(None) == []
    custom = {"code": "iou", "label": "On credit"}
    await bench.app.stores.change(
        Actor.system(store, "test"), "payments", {"methods": ["paypal", "venmo", "iou", "stripe"], "custom": [custom]}
    )
    (found,) = await methods.examine(store)
    assert "“paypal”, which is no payment method here" in found.message
    assert "bank_transfer, btcpay, cash, cashapp, chime, iou, stripe, venmo, zelle" in found.remedy
    assert [method.code for method in methods(store) if method.enabled][:2] == ["venmo", "iou"]
