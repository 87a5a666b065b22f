"""Messages and roles sent without being asked: each has its defined outcome."""

from __future__ import annotations

import discord
import pytest

from guildshop.bot.rendering import embed
from guildshop.bot.sending import Message, Problem, Sent, short_nonce
from guildshop.events import DeliveryPostponed
from guildshop.simulator.faults import Failure
from guildshop.testing import Shop


def requests_to(shop: Shop, method: str, fragment: str) -> int:
    return sum(1 for request in shop.sim.requests if request.method == method and fragment in request.path)


async def test_a_dm_arrives(probe: Shop) -> None:
    message = Message("hello", embeds=[embed("Title", "text")])
    outcome = await probe.app.messenger.dm(probe.store, int(probe.buyer.id), message)
    (got,) = await probe.buyer.dms()
    assert (outcome.sent, str(outcome.message_id), outcome.reason) == (Sent.DELIVERED, got.id, "")
    assert got.content == "hello"


async def test_closed_dms_fall_back_to_a_private_thread_and_are_not_retried(probe: Shop) -> None:
    probe.buyer.close_dms()
    messenger = probe.app.messenger
    first = await messenger.dm(probe.store, int(probe.buyer.id), Message("your receipt"))
    assert (first.sent, first.problem) == (Sent.FALLBACK, Problem.CLOSED_DMS)
    thread = probe.sim.state.channel(str(first.channel_id))
    assert thread["type"] == discord.ChannelType.private_thread.value
    assert [m["content"] for m in probe.sim.messages(str(first.channel_id))][-1] == "your receipt"
    await probe.settle()
    second = await messenger.dm(probe.store, int(probe.buyer.id), Message("again"))
    assert second.channel_id == first.channel_id
    probe.sim.delete_channel(str(first.channel_id))
    third = await messenger.dm(probe.store, int(probe.buyer.id), Message("in a new one"))
    assert (third.sent, third.channel_id != first.channel_id) == (Sent.FALLBACK, True)
    assert [m["content"] for m in probe.sim.messages(str(third.channel_id))][-1] == "in a new one"
    probe.buyer.leave()
    gone = await messenger.dm(probe.store, int(probe.buyer.id), Message("x"))
    assert (gone.problem, "not sent again by itself" in gone.remedy) == (Problem.MEMBER_GONE, True)
    nobody = await messenger.dm(probe.store, 1, Message("x"))
    assert (nobody.problem, nobody.remedy) == (Problem.MEMBER_GONE, gone.remedy)


async def test_closed_dms_without_fallback_are_undeliverable(probe: Shop) -> None:
    probe.buyer.close_dms()
    outcome = await probe.app.messenger.dm(probe.store, int(probe.buyer.id), Message("x"), fallback=False)
    assert (outcome.sent, outcome.problem) == (Sent.UNDELIVERABLE, Problem.CLOSED_DMS)
    assert outcome.reason
    assert outcome.remedy
    assert requests_to(probe, "POST", "/messages") == 1


async def test_channels_unset_gone_and_forbidden_have_a_remedy(probe: Shop) -> None:
    messenger, store = probe.app.messenger, probe.store
    assert (await messenger.channel(store, "orders", Message("ok"))).delivered
    unset = await messenger.channel(store, "announcements", Message("x"))
    assert (unset.problem, "channels.announcements" in unset.remedy) == (Problem.CHANNEL_UNSET, True)
    probe.sim.delete_channel(probe.sim.channel_id("orders"))
    gone = await messenger.channel(store, "orders", Message("x"))
    assert (gone.problem, bool(gone.remedy)) == (Problem.CHANNEL_GONE, True)


async def test_roles_are_given_and_taken_once(probe: Shop) -> None:
    messenger, store, buyer = probe.app.messenger, probe.store, int(probe.buyer.id)
    gold = int(probe.sim.role_id("gold"))
    for _attempt in range(2):
        assert (await messenger.grant_role(store, buyer, gold, reason="bought")).sent is Sent.DELIVERED
    assert probe.buyer.roles() == ["Gold"]
    assert await messenger.member_roles(store, buyer) == {gold}
    for _attempt in range(2):
        assert (await messenger.revoke_role(store, buyer, gold)).sent is Sent.DELIVERED
    assert probe.buyer.roles() == []


async def test_what_stands_in_the_way_of_a_role_is_named(probe: Shop) -> None:
    messenger, store, buyer = probe.app.messenger, probe.store, int(probe.buyer.id)
    gold = int(probe.sim.role_id("gold"))
    assert messenger.may_grant(store, gold)
    await probe.sim.set_faults({"role_too_high": True})
    await probe.settle()
    assert not messenger.may_grant(store, gold)
    high = await messenger.grant_role(store, buyer, gold)
    assert (high.sent, high.problem) == (Sent.UNDELIVERABLE, Problem.ROLE_TOO_HIGH)
    assert "Gold" in high.reason
    assert "Drag the bot's role above Gold" in high.remedy
    await probe.sim.set_faults({"role_too_high": False})
    assert (await messenger.grant_role(store, buyer, 424242)).problem is Problem.ROLE_GONE
    probe.buyer.leave()
    await probe.settle()
    assert (await messenger.grant_role(store, buyer, gold)).problem is Problem.MEMBER_GONE
    assert await messenger.member_roles(store, buyer) is None


async def test_a_channel_is_opened_and_closed(probe: Shop) -> None:
    messenger, store, buyer = probe.app.messenger, probe.store, int(probe.buyer.id)
    channel = probe.sim.channel_id("shop")
    assert (await messenger.open_channel(store, buyer, int(channel))).delivered
    overwrites = probe.sim.state.channel(channel)["permission_overwrites"]
    assert [(o["id"], o["type"], o["allow"]) for o in overwrites if o["type"] == 1] == [(probe.buyer.id, 1, "1024")]
    for _attempt in range(2):
        assert (await messenger.close_channel(store, buyer, int(channel))).delivered
    assert not [o for o in probe.sim.state.channel(channel)["permission_overwrites"] if o["type"] == 1]


async def test_what_may_pass_is_raised_so_that_the_delivery_is_retried(probe: Shop) -> None:
    probe.sim.faults.fail_next = Failure(503, 1, "*/messages")
    with pytest.raises(discord.DiscordServerError):
        await probe.app.messenger.dm(probe.store, int(probe.buyer.id), Message("x"))
    await probe.app.stop_discord()
    with pytest.raises(DeliveryPostponed):
        await probe.app.messenger.dm(probe.store, int(probe.buyer.id), Message("x"))


async def test_the_same_nonce_is_one_message(probe: Shop) -> None:
    for _attempt in range(2):
        outcome = await probe.app.messenger.dm(probe.store, int(probe.buyer.id), Message("once", nonce="event 1"))
        assert outcome.delivered
    assert len(await probe.buyer.dms()) == 1
    assert len(short_nonce("x" * 500)) <= 25


async def test_a_message_is_changed(probe: Shop) -> None:
    messenger, store = probe.app.messenger, probe.store
    sent = await messenger.channel(store, "orders", Message("before"))
    assert sent.channel_id is not None
    assert sent.message_id is not None
    await messenger.edit(store, sent.channel_id, sent.message_id, Message("after"))
    assert [m["content"] for m in probe.sim.messages("orders")] == ["after"]
    gone = await messenger.edit(store, sent.channel_id, 12345, Message("x"))
    assert not gone.delivered
