"""The console's server side, spoken to as the page speaks to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest

from guildshop.simulator import Simulator, demo_world
from guildshop.simulator.persistence import BadStateFile

from .bare_bot import running


class PageStandIn:
    """One person's page: requests and frames."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession, key: str) -> None:
        self.sim = sim
        self.session = session
        self.me = sim.member(key).id
        self.frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Call the console's API as this person."""
        if body is not None:
            body = {"as": self.me, **body}
        url = f"{self.sim.base_url}/console/api{path}"
        async with self.session.request(method, url, json=body) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    async def frame(self, name: str) -> Any:
        """Return the data of the next frame of this name."""
        while True:
            frame = await asyncio.wait_for(self.frames.get(), 60)
            if frame["t"] == name:
                return frame["d"]

    async def use(self, command: str, *options: dict[str, Any]) -> None:
        """Use a chat command in #shop."""
        commands = self.sim.state.commands_for(self.sim.guild_id("demo"))
        found = next(c for c in commands if c["name"] == command)
        data = {"id": found["id"], "name": command, "type": 1, "options": list(options)}
        await self.interact(2, data)

    async def interact(self, kind: int, data: dict[str, Any], status: int = 200, **more: Any) -> Any:
        """Send an interaction from #shop."""
        body = {"nonce": "n1", "guild_id": self.sim.guild_id("demo"), "channel_id": self.sim.channel_id("shop"),
                "type": kind, "data": data, **more}  # fmt: skip
        return await self.ask("POST", "/interactions", body, status)


@asynccontextmanager
async def open_page(sim: Simulator, key: str) -> AsyncIterator[PageStandIn]:
    """Open the console as somebody."""
    async with aiohttp.ClientSession() as session:
        page = PageStandIn(sim, session, key)
        url = f"{sim.base_url}/console/ws"
        async with session.ws_connect(url, params={"as": page.me}) as socket:

            async def read() -> None:
                async for frame in socket:
                    page.frames.put_nowait(frame.json())

            reader = asyncio.create_task(read())
            yield page
            reader.cancel()


async def test_everybody_one_can_be_is_listed(sim: Simulator) -> None:
    async with open_page(sim, "buyer") as page:
        people = await page.ask("GET", "/people")
    labels = [person["label"] for person in people]
    assert labels[:7] == ["Owner", "Staff", "Buyer", "Buyer 2", "Buyer 3", "Buyer 4", "Newcomer"]
    assert people[2]["guild_ids"] == [sim.guild_id("demo"), sim.guild_id("second")]


async def test_each_sees_their_channels_and_commands(sim: Simulator) -> None:
    async with running(sim), open_page(sim, "buyer") as buyer, open_page(sim, "staff") as staff:
        seen = {}
        for page in (buyer, staff):
            ready = await page.frame("READY")
            guild = next(g for g in ready["guilds"] if g["id"] == sim.guild_id("demo"))
            names = {channel["name"] for channel in guild["channels"]}
            seen[page.me] = (names, {c["name"] for c in ready["commands"][guild["id"]]}, ready["bot_online"])
    names, commands, online = seen[buyer.me]
    assert names == {"welcome", "shop", "announcements"}
    assert "give" not in commands
    assert online
    names, commands, _ = seen[staff.me]
    assert names >= {"orders", "bot-log"}
    assert "give" in commands


async def test_a_command_a_button_and_a_modal(sim: Simulator) -> None:
    async with running(sim), open_page(sim, "buyer") as page, open_page(sim, "staff") as other:
        await page.use("choose")
        message = await page.frame("MESSAGE_CREATE")
        assert message["flags"] & 64
        assert message["interaction_metadata"]["user"]["id"] == page.me
        assert (await page.frame("INTERACTION_SUCCESS"))["nonce"] == "n1"
        await page.interact(3, {"custom_id": "ask", "component_type": 2}, message_id=message["id"])
        modal = await page.frame("INTERACTION_MODAL")
        assert modal["title"] == "How many?"
        assert modal["message_id"] == message["id"]
        rows = [{"type": 1, "components": [{"type": 4, "custom_id": "quantity", "value": "2"}]}]
        if modal["components"][0]["type"] == 18:
            rows = [{"type": 18, "component": {"type": 4, "custom_id": "quantity", "value": "2"}}]
        submitted = {"custom_id": modal["custom_id"], "components": rows}
        await page.interact(5, submitted, modal_id=modal["id"], message_id=message["id"])
        assert (await page.frame("MESSAGE_CREATE"))["content"] == "You want 2"
        history = await page.ask("GET", f"/channels/{sim.channel_id('shop')}/messages?as={page.me}")
        assert [m["content"] for m in history] == ["You want 2", "Choose"]
        assert await other.ask("GET", f"/channels/{sim.channel_id('shop')}/messages?as={other.me}") == []
        gone = await other.interact(3, {"custom_id": "ask", "component_type": 2}, 404, message_id=message["id"])
        assert gone["message"] == "Unknown Message"
    assert not [f for f in other.frames._queue if f["t"] == "MESSAGE_CREATE"]  # type: ignore[attr-defined]


async def test_autocompletion_options_and_refusals(sim: Simulator) -> None:
    async with running(sim), open_page(sim, "buyer") as page:
        commands = {c["name"]: c for c in sim.state.commands_for(sim.guild_id("demo"))}
        option = {"name": "product", "type": 3, "value": "m"}
        data = {"id": commands["stock"]["id"], "name": "stock", "type": 1}
        answer = await page.interact(4, {**data, "options": [{**option, "focused": True}]})
        assert answer == {"choices": [{"name": "Mug", "value": "mug"}, {"name": "Mouse", "value": "mouse"}]}
        channel = {"name": "channel", "type": 7, "value": sim.channel_id("shop")}
        await page.use("stock", option, channel)
        assert (await page.frame("MESSAGE_CREATE"))["content"].startswith("m in <#")
        refused = await page.interact(2, {**data, "options": []}, 400)
        assert refused["message"] == "Option 'product' of 'stock' is required."
        hidden = {"id": commands["give"]["id"], "name": "give", "type": 1}
        assert (await page.interact(2, hidden, 400))["message"] == "/give is no longer available here."


async def test_a_silent_bot_is_said_to_fail(sim: Simulator) -> None:
    sim.acknowledge_seconds = 0.2
    async with running(sim), open_page(sim, "buyer") as page:
        await page.use("silent")
        assert (await page.frame("INTERACTION_FAILURE"))["reason"] == "The application did not respond"


async def test_files_messages_and_dms(sim: Simulator) -> None:
    async with running(sim) as bot, open_page(sim, "buyer") as page:
        form = aiohttp.FormData()
        form.add_field("file", b"hello", filename="note.txt")
        url = f"{sim.base_url}/console/api/attachments?as={page.me}"
        async with page.session.post(url, data=form) as answer:
            attachment = await answer.json()
        assert (attachment["filename"], attachment["size"]) == ("note.txt", 5)
        dm = await page.ask("POST", "/dms", {})
        assert dm["recipients"][0]["id"] == sim.state.bot["id"]
        body = {"channel_id": dm["id"], "content": "Hi", "attachment_ids": [attachment["id"]]}
        sent = await page.ask("POST", "/messages", body)
        assert sent["attachments"] == [attachment]
        await page.ask("POST", "/messages", {"channel_id": sim.channel_id("orders"), "content": "Hi"}, 403)
        await page.ask("POST", "/messages", {"channel_id": dm["id"], "content": "x" * 2001}, 400)
        await page.use("ping")
        await page.frame("INTERACTION_SUCCESS")
        assert bot.heard == ["Hi", "Pong"]


async def test_joining_leaving_and_roles(sim: Simulator) -> None:
    guild_id = sim.guild_id("demo")
    async with open_page(sim, "newcomer") as page, open_page(sim, "owner") as owner:
        assert (await page.frame("READY"))["guilds"] == []
        await page.ask("POST", "/members", {"action": "join", "user_id": page.me, "guild_id": guild_id})
        assert (await page.frame("READY"))["guilds"][0]["id"] == guild_id
        path = f"/members/{guild_id}/{page.me}/roles"
        refused = await page.ask("PUT", path, {"roles": [sim.role_id("staff")]}, 400)
        assert refused["message"] == "Only the server's owner may change roles here."
        await owner.ask("PUT", path, {"roles": [sim.role_id("staff")]})
        shown = {(await page.frame("CHANNEL_CREATE"))["name"] for _ in range(2)}
        assert shown == {"orders", "bot-log"}
        await owner.ask("PUT", path, {"roles": []})
        hidden = {(await page.frame("CHANNEL_DELETE"))["id"] for _ in range(2)}
        assert hidden == {sim.channel_id("orders"), sim.channel_id("bot-log")}
        await page.ask("POST", "/members", {"action": "leave", "user_id": page.me, "guild_id": guild_id})
        assert (await page.frame("READY"))["guilds"] == []
        made = await page.ask("POST", "/people", {"name": "Ned New"})
        assert made["label"] == "Newcomer 2"


async def test_faults_requests_and_reset(sim: Simulator) -> None:
    async with running(sim), open_page(sim, "buyer") as page:
        faults = await page.ask("PUT", "/faults", {"closed_dms": [page.me], "slow_ms": 5})
        assert faults["closed_dms"] == [page.me]
        assert await page.frame("FAULTS_UPDATE") == faults
        await page.ask("PUT", "/faults", {"rate_limit": {"path_pattern": "*"}}, 400)
        await page.use("ping")
        await page.frame("INTERACTION_SUCCESS")
        requests = await page.ask("GET", "/requests?since=0")
        assert requests[-1]["route"].endswith("/callback")
        commands = list(sim.state.commands[None])
        await page.ask("POST", "/reset", {})
        ready = await page.frame("READY")
        assert ready["faults"]["closed_dms"] == []
        assert sim.messages("shop") == []
        assert list(sim.state.commands[None]) == commands
        await sim.wait_for(lambda: sim.gateway.online)
        await page.use("ping")
        assert (await page.frame("MESSAGE_CREATE"))["content"] == "Pong"


async def test_a_private_thread_appears_for_its_members(sim: Simulator) -> None:
    async with running(sim) as bot, open_page(sim, "buyer") as page, open_page(sim, "buyer2") as other:
        channel = await bot.fetch_channel(int(sim.channel_id("shop")))
        assert isinstance(channel, discord.TextChannel)
        thread = await channel.create_thread(name="Order 1", invitable=False)
        await thread.add_user(discord.Object(int(page.me)))
        await thread.send("For you")
        shown = await page.frame("THREAD_CREATE")
        assert (shown["name"], shown["guild_id"]) == ("Order 1", sim.guild_id("demo"))
        assert (await page.frame("MESSAGE_CREATE"))["content"] == "For you"
        await other.ask("GET", f"/channels/{thread.id}/messages?as={other.me}", status=403)
        await channel.send("For all")
        assert (await other.frame("MESSAGE_CREATE"))["content"] == "For all"
        await thread.delete()
        assert (await page.frame("CHANNEL_DELETE"))["id"] == str(thread.id)


async def test_other_sites_cannot_use_the_console(sim: Simulator) -> None:
    async with aiohttp.ClientSession(headers={"Origin": "https://evil.example"}) as session:
        async with session.get(f"{sim.base_url}/console/api/people") as answer:
            assert answer.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{sim.base_url}/console/ws", params={"as": sim.member("buyer").id})


async def test_a_second_run_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    path = tmp_path / "state" / "simulator.json"
    first = Simulator(world=demo_world(), state_file=path)
    await first.start()
    async with running(first):
        first.member("newcomer").join()
        first.member("buyer").set_roles("vip")
        reply = await first.member("buyer").slash("count")
        uploaded = await first.member("buyer").slash("file", file=("a.txt", b"abc"))
    await first.stop()
    second = Simulator(world=demo_world(), state_file=path)
    await second.start()
    try:
        assert second.member("newcomer").member() is not None
        assert second.member("buyer").roles() == ["VIP"]
        async with running(second):
            again = await second.member("buyer").press(
                second.state.message(reply["channel_id"], reply.id).data, "Count 0"
            )
            assert again.content == "Counted to 1"
            url = second.messages("shop")[1].attachments[0]["url"]
            assert url.startswith(second.base_url)
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                assert await answer.read() == b"second"
        assert uploaded.attachments[0]["id"] in second.state.attachments
    finally:
        await second.stop()


async def test_a_broken_state_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "simulator.json"
    path.write_text('{"version": 99}')
    sim = Simulator(state_file=path)
    with pytest.raises(BadStateFile, match=r"simulator\.json.*version 99"):
        await sim.start()
    assert path.read_text() == '{"version": 99}'
