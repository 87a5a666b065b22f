"""Staff look a member up in Discord, over the wire."""

from __future__ import annotations

from guildshop.bot.testing import Shop
from guildshop.plugins.customers.api import CustomerChange
from guildshop.plugins.customers.service import CustomerService
from guildshop.tenancy import scope
from tests.plugins.sale import Sale


async def revealed(shop: Shop) -> list[str]:
    rows = await shop.app.database.fetch(
        "SELECT actor_id FROM audit_entry WHERE store = :store AND action = 'customer.reveal'", store=shop.store.id
    )
    return [row["actor_id"] for row in rows]


async def test_staff_see_what_a_member_bought_and_the_email_only_on_purpose(shop: Shop) -> None:
    unknown = await shop.staff.slash("customer", member=shop.buyer)
    assert "no customer of this shop yet" in unknown.text
    sale = Sale(shop)
    order = await sale.paid(await sale.product())
    with scope(shop.store.id):
        service = shop.app.get(CustomerService)
        customer = await service.by_discord_id(int(shop.buyer.id))
        assert customer is not None
        assert (customer.revenue, customer.revenue_currency, customer.paid_orders) == (1500, "USD", 1)
        assert customer.last_order == order.created
        await service.change(shop.actor(), customer.id, CustomerChange(email="bea@example.org", display_name="**Bea**"))
    refused = await shop.buyer.slash("customer", stale=True, member=shop.buyer)
    assert order.number not in str(refused.embeds)
    seen = await shop.staff.slash("customer", member=shop.buyer)
    assert seen.ephemeral
    shown = str(seen.embeds)
    for text in ("||REDACTED||", "$15.00", order.number, "This shop: paid orders", shop.buyer.id):
        assert text in shown, text
    assert seen.embeds[0]["title"] == r"\*\*Bea\*\*"
    assert "bea@example.org" not in shown
    assert await revealed(shop) == []
    await shop.restart()
    told = await seen.press("Reveal")
    assert told.ephemeral
    assert "bea@example.org" in told.text
    assert await revealed(shop) == [shop.staff.id]
    stolen = await shop.buyer.press_raw(seen.message["id"], f"customers.reveal:{shop.store.id}:{customer.id}")
    assert "bea@example.org" not in stolen.text
    assert await revealed(shop) == [shop.staff.id]
    await shop.app.stores.change(shop.actor(), "store", {"show_pii": True})
    open_ = await shop.staff.slash("customer", member=shop.buyer)
    assert "bea@example.org" in str(open_.embeds)
    assert open_.buttons == []
