"""An unmodified discord.py bot does what a shop does, over HTTP and WebSocket."""

import pytest

from guildshop.simulator import Choice, Simulator, SimulatorError

from .bare_bot import running


async def test_a_command_is_answered_at_once(sim: Simulator) -> None:
    async with running(sim):
        reply = await sim.member("buyer").slash("ping")
    assert reply.content == "Pong"
    assert not reply.ephemeral
    assert [m.content for m in sim.messages("shop")] == ["Pong"]


async def test_the_first_follow_up_takes_the_place_of_thinking(sim: Simulator) -> None:
    async with running(sim):
        reply = await sim.member("buyer").slash("later")
        await sim.wait_for(lambda: len(reply.messages) == 2)
    assert [m.content for m in reply.messages] == ["Here it is", "And this"]
    assert all(m.ephemeral for m in reply.messages)
    kept = sim.state.messages[sim.channel_id("shop")].values()
    assert [m.data["flags"] for m in kept] == [64, 64]  # nothing is left that thinks
    assert sim.messages("shop") == []


async def test_selects_edit_their_message_and_buttons_open_modals(sim: Simulator) -> None:
    async with running(sim):
        buyer = sim.member("buyer")
        reply = await buyer.slash("choose")
        assert reply.options == ["Mug", "Cap"]
        chosen = await reply.select("Cap")
        assert chosen.id == reply.id
        assert reply.content == "You chose sku-cap"
        asked = await reply.press("Ask")
        assert asked.modal is not None
        assert asked.modal.title == "How many?"
        with pytest.raises(SimulatorError, match="'Quantity' takes 1 to 3 characters, not 4"):
            await asked.submit(quantity="1000")
        done = await asked.submit(quantity="2")
        assert done.content == "You want 2"
        assert done.ephemeral
        friend = await reply.select(sim.member("buyer2"))
        assert friend.content == f"For {sim.member('buyer2').mention}"


async def test_a_persistent_button_works_after_a_restart(sim: Simulator) -> None:
    async with running(sim):
        reply = await sim.member("buyer").slash("count")
        assert reply.buttons == ["Count 0"]
        await reply.press("Count 0")
    async with running(sim):
        again = await reply.press("Count 1")
    assert again.content == "Counted to 2"
    assert reply.buttons == ["Count 2"]


async def test_components_v2(sim: Simulator) -> None:
    async with running(sim):
        reply = await sim.member("buyer").slash("layout")
        assert reply.content == ""
        assert reply.text == "# Shop\nGo"
        gone = await reply.press("Go")
    assert gone.content == "Gone"


async def test_options_are_resolved_and_checked(sim: Simulator) -> None:
    async with running(sim):
        buyer = sim.member("buyer")
        assert (await buyer.slash("customer show", number=3)).content == "Customer 3"
        with pytest.raises(SimulatorError, match="'customer' needs a subcommand"):
            await buyer.slash("customer")
        with pytest.raises(SimulatorError, match="1 to 10, not 11"):
            await buyer.slash("customer show", number=11)
        with pytest.raises(SimulatorError, match="'product' of 'stock' is required"):
            await buyer.slash("stock")
        with pytest.raises(SimulatorError, match="no command 'missing'"):
            await buyer.slash("missing")
        reply = await buyer.slash("stock", {"channel": "shop"}, product="mug")
        assert reply.content == f"mug in <#{sim.channel_id('shop')}>"
        choices = await buyer.autocomplete("stock", focused="product", value="m")
        assert choices == [Choice("Mug", "mug"), Choice("Mouse", "mouse")]


async def test_files_go_both_ways(sim: Simulator) -> None:
    import aiohttp

    async with running(sim):
        reply = await sim.member("buyer").slash("file", file=("list.txt", b"first"))
        assert reply.content == "list.txt 5"
        (attachment,) = reply.attachments
        async with aiohttp.ClientSession() as session, session.get(attachment["url"]) as answer:
            assert await answer.read() == b"second"


async def test_only_those_permitted_see_a_command(sim: Simulator) -> None:
    async with running(sim):
        buyer = sim.member("buyer")
        with pytest.raises(SimulatorError, match="is not shown"):
            await buyer.slash("give", member=buyer, role="vip")
        for who in ("staff", "owner"):
            assert (await sim.member(who).slash("give", member=buyer, role="vip")).content == "Given"
    assert buyer.roles() == ["VIP"]


async def test_roles_above_the_bots_are_refused(sim: Simulator) -> None:
    async with running(sim):
        buyer = sim.member("buyer")
        roles = sim.state.guilds[sim.guild_id("demo")].roles
        roles[sim.role_id("vip")]["position"] = roles[sim.role_id("bot")]["position"] + 1
        reply = await sim.member("owner").slash("give", member=buyer, role="vip")
    assert reply.content == "Refused: 50013"
    assert buyer.roles() == []


async def test_dms_arrive_unless_closed(sim: Simulator) -> None:
    async with running(sim):
        buyer, staff = sim.member("buyer"), sim.member("staff")
        assert (await staff.slash("write", member=buyer)).content == "Sent"
        (message,) = await buyer.dms()
        assert message.text == "Receipt\n1 × Mug"
        buyer.close_dms()
        assert (await staff.slash("write", member=buyer)).content == "Refused: 50007"
        assert len(await buyer.dms()) == 1
        sim.member("buyer2").leave()


async def test_silence_fails_after_three_seconds_and_a_late_answer_is_unknown(sim: Simulator) -> None:
    import discord

    async with running(sim) as bot:
        sim.acknowledge_seconds = 0.2
        reply = await sim.member("buyer").slash("silent")
        assert reply.failed == "The application did not respond"
        interaction = await bot.caught.get()
        with pytest.raises(discord.NotFound) as refusal:
            await interaction.response.send_message("Too late")
    assert refusal.value.code == 10062
    assert sim.messages("shop") == []


async def test_joins_and_messages_are_heard(sim: Simulator) -> None:
    async with running(sim) as bot:
        sim.member("newcomer").join()
        buyer = sim.member("buyer")
        buyer.dm("Hello, shop")
        buyer.say("shop", "not for the bot")
        reply = await buyer.slash("ping")  # the gateway is in order: what came before it was heard
        assert reply.content == "Pong"
        assert bot.joined == ["nia"]
        assert bot.heard[:2] == ["Hello, shop", ""]  # content of guild messages is privileged
