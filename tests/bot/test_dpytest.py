"""The owner's words and joins against dpytest, a second stand-in for Discord that shares nothing with our simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import discord
import discord.ext.test as dpytest
import pytest

from guildshop.app import App
from guildshop.bot.events import MemberJoined
from guildshop.bot.members import record_join
from guildshop.bot.owner import handle_owner_message
from guildshop.config.settings import Settings
from guildshop.events import Delivery
from guildshop.hookspecs import Listener, hookimpl
from guildshop.loading import Plugin, Plugins
from guildshop.tenancy import scope

heard: list[int] = []


class Ear(Plugin):
    name = "ear"
    title = "Ear"

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        async def hear(event: MemberJoined, delivery: Delivery) -> None:
            heard.append(event.discord_id)

        return [Listener(MemberJoined, "ear.joined", hear)]


class PlainClient(discord.Client):
    """dpytest takes no sharded client, so this one passes its events to the same functions."""

    def __init__(self, app: App) -> None:
        super().__init__(intents=discord.Intents.all())
        self.app = app

    async def on_message(self, message: discord.Message) -> None:
        bot: Any = self
        await handle_owner_message(bot, message)

    async def on_member_join(self, member: discord.Member) -> None:
        await record_join(self.app, member)


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[PlainClient]:
    heard.clear()
    async with await App.open(Settings(), plugins=Plugins([Ear()]), database_url=database_url) as app:
        client = PlainClient(app)
        await client._async_setup_hook()
        dpytest.configure(client, members=["Olga", "Bea"])
        client.guilds[0].owner_id = dpytest.get_config().members[0].id
        yield client
        await dpytest.empty_queue()


async def test_the_owner_gets_an_answer_in_the_channel(client: PlainClient) -> None:
    assert client.user is not None
    await dpytest.message(f"<@{client.user.id}> ping", member=0)
    assert dpytest.verify().message().contains().content("Here.")
    await dpytest.message(f"<@{client.user.id}> dance", member=0)
    assert dpytest.verify().message().contains().content("I understand “ping” and “sync”.")


async def test_nobody_else_does_and_nothing_without_a_mention(client: PlainClient) -> None:
    assert client.user is not None
    await dpytest.message(f"<@{client.user.id}> ping", member=1)
    await dpytest.message("ping", member=0)
    assert dpytest.verify().message().nothing()


async def test_a_join_reaches_the_plugins_of_the_servers_store(client: PlainClient) -> None:
    store = await client.app.stores.create(client.guilds[0].id, "Shop")
    member = await dpytest.member_join(name="Nia")
    await dpytest.run_all_events()
    with scope(store.id):
        await client.app.dispatcher.drain()
    assert heard == [member.id]
