"""What owners tell the bot in plain words, and who joins."""

from __future__ import annotations

from guildshop.bot.events import MemberJoined
from guildshop.testing import Shop


async def answers(shop: Shop) -> list[str]:
    await shop.settle()
    return [message.content for message in await shop.owner.dms() if message["author"]["id"] != shop.owner.id]


async def test_the_servers_owner_pings_and_syncs_by_dm(probe: Shop) -> None:
    probe.owner.dm("ping")
    assert (await answers(probe))[-1].startswith("Here.")
    before = probe.sim.counts["PUT /applications/{application_id}/guilds/{guild_id}/commands"]
    probe.owner.dm("sync")
    assert (await answers(probe))[-1] == "The commands of 1 server are up to date."
    after = probe.sim.counts["PUT /applications/{application_id}/guilds/{guild_id}/commands"]
    assert after == before + 1


async def test_others_are_not_answered(probe: Shop) -> None:
    probe.buyer.dm("sync")
    await probe.settle()
    assert [message.content for message in await probe.buyer.dms()] == ["sync"]


async def test_nobody_listens_so_a_join_is_not_kept(probe: Shop) -> None:
    probe.sim.member("newcomer").join()
    await probe.settle()
    assert not probe.app.listeners.of(MemberJoined(1))
    rows = await probe.app.database.fetch(
        "SELECT id FROM event WHERE store = :store AND name = 'MemberJoined'", store=probe.store.id
    )
    assert rows == []
