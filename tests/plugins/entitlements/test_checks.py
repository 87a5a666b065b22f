"""The doctor looks at what products give before anybody buys them."""

from __future__ import annotations

from guildshop.doctor import examine_store
from guildshop.testing import Shop
from tests.plugins.sale import Sale


async def test_roles_and_channels_that_cannot_be_given_are_found(shop: Shop) -> None:
    sale, sim = Sale(shop), shop.sim
    guild, gold = sim.state.guilds[str(shop.store.guild_id)], sim.role_id("gold")
    channel = int(sim.channel_id("shop"))
    await sale.product("GOLD", roles=("gold",))
    await sale.product("DRAFT", granted_channels=(1,), published=False)
    await sale.product("KEY", granted_channels=(channel,))

    async def found() -> list[tuple[str, str, str]]:
        findings = await examine_store(shop.app, shop.store.id)
        broken = [one for one in findings if one.severity == "broken"]
        return [(one.subject, one.message, one.remedy) for one in broken]

    assert await found() == []
    sim.move_role(guild, gold, len(guild.roles) - 1)
    assert await found() == [
        (
            "Role order",
            "The role Gold stands above the bot's own, so the bot cannot give it.",
            "Drag the bot's role above Gold in the server's settings under Roles.",
        )
    ]
    sim.delete_role(guild, gold)
    sim.delete_channel("shop")
    mend = "Choose another one on the product's page, or take it away there."
    assert await found() == [
        ("Roles and channels", f"The role {gold}, which Gold gives, was deleted.", mend),
        ("Roles and channels", f"The channel {channel}, which Key opens, was deleted.", mend),
    ]
