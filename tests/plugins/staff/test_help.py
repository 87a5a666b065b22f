"""`/help` over the wire: each sees what they may do here, as links, and nothing of a plugin that is off."""

from __future__ import annotations

from guildshop.bot.testing import Shop


async def test_each_sees_what_they_may_do(shop: Shop) -> None:
    seen = await shop.buyer.slash("help")
    assert seen.ephemeral
    assert "</catalog:" in seen.text
    assert "</order:" in seen.text
    assert "payment-confirm" not in seen.text
    assert "settings" not in seen.text
    assert "/help" not in seen.text
    staff = await shop.staff.slash("help")
    assert "</payment-confirm:" in staff.text
    owner = await shop.owner.slash("help")
    assert "</settings:" in owner.text
    assert sum(len(str(embed.get("description", ""))) for embed in owner.embeds) < 6000
    await shop.app.stores.switch(shop.actor(), "entitlements", False)
    await shop.settle()
    assert "downloads" not in (await shop.buyer.slash("help")).text
