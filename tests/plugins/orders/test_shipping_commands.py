"""/ship and /buy-label over the wire."""

from __future__ import annotations

from guildshop.plugins.orders.api import OrderStatus
from guildshop.plugins.orders.service import OrderService
from guildshop.tenancy import scope
from guildshop.testing import Shop
from tests.plugins.sale import Sale


async def test_staff_ship_an_order_from_discord(shop: Shop) -> None:
    sale = Sale(shop)
    order = await sale.order(await sale.product("MUG", ships=True))
    number = order.number
    early = await shop.staff.slash("ship", order=number, carrier="UPS", tracking="1Z 1")
    assert "only a paid order ships" in early.text
    await sale.confirm(order)
    (choice,) = await shop.staff.autocomplete("ship", focused="order", value=number[:3])
    assert choice.value == number
    carriers = await shop.staff.autocomplete("ship", focused="carrier", value="fed", order=number)
    assert [choice.value for choice in carriers] == ["FedEx"]
    for _again in range(2):
        sent = await shop.staff.slash("ship", order=number, carrier="fedex", tracking="77 *1*")
        assert "no tracking number" in sent.text
        sent = await shop.staff.slash("ship", order=number, carrier="fedex", tracking="77 1")
        assert "FedEx 771" in sent.text
        assert "https://www.fedex.com/fedextrack/?trknbr=771" in sent.text
        assert sent.ephemeral
    await shop.settle()
    assert (await sale.get(order.id)).status is OrderStatus.SHIPPED
    with scope(shop.store.id):
        (shipment,) = await shop.app.get(OrderService).shipments(order.id)
    assert shipment.name == "FedEx 771"
    label = await shop.staff.slash("buy-label", order=number)
    assert "EasyPost is not configured" in label.text
    refused = await shop.buyer.slash("ship", order=number, carrier="UPS", tracking="1", stale=True)
    assert refused.text
    assert len(await sale.rows("shipment")) == 1
    assert not shop.sim.violations
