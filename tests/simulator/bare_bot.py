"""A small, unmodified discord.py bot that uses what a shop uses."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import discord
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket

from guildshop.simulator import Simulator


class Counter(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"counter:(?P<n>\d+)"):
    """A button that lives across restarts: everything it needs is in its custom_id."""

    def __init__(self, n: int) -> None:
        super().__init__(discord.ui.Button(label=f"Count {n}", custom_id=f"counter:{n}"))
        self.n = n

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction, _item: discord.ui.Item[Any], match: re.Match[str]
    ) -> "Counter":
        return cls(int(match["n"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None).add_item(Counter(self.n + 1))
        await interaction.response.edit_message(content=f"Counted to {self.n + 1}", view=view)


class Form(discord.ui.Modal, title="How many?"):
    quantity: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Quantity", custom_id="quantity", max_length=3)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"You want {self.quantity.value}", ephemeral=True)


class Choose(discord.ui.View):
    @discord.ui.select(placeholder="Product", options=[discord.SelectOption(label="Mug", value="sku-mug"),
                                                       discord.SelectOption(label="Cap", value="sku-cap")])  # fmt: skip
    async def product(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content=f"You chose {select.values[0]}")

    @discord.ui.button(label="Ask", custom_id="ask")
    async def ask(self, interaction: discord.Interaction, _button: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.select(cls=discord.ui.UserSelect, placeholder="Friend")
    async def friend(self, interaction: discord.Interaction, select: discord.ui.UserSelect[Any]) -> None:
        await interaction.response.send_message(f"For {select.values[0].mention}", ephemeral=True)


class Layout(discord.ui.LayoutView):
    def __init__(self) -> None:
        super().__init__()
        row: discord.ui.ActionRow[Any] = discord.ui.ActionRow()
        button: discord.ui.Button[Any] = discord.ui.Button(label="Go", custom_id="layout-go")
        button.callback = self.go  # type: ignore[method-assign]
        row.add_item(button)
        self.add_item(discord.ui.Container(discord.ui.TextDisplay("# Shop"), row))

    async def go(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Gone", ephemeral=True)


class BareBot(discord.AutoShardedClient):
    def __init__(self, *, intents: discord.Intents | None = None, **options: Any) -> None:
        intents = intents or discord.Intents(guilds=True, members=True, dm_messages=True, guild_messages=True)
        super().__init__(intents=intents, guild_ready_timeout=0.05, **options)
        self.tree = app_commands.CommandTree(self)
        self.failures: list[BaseException] = []
        self.joined: list[str] = []
        self.heard: list[str] = []
        self.caught: asyncio.Queue[discord.Interaction] = asyncio.Queue()
        add_commands(self)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Counter)
        await self.tree.sync()

    async def on_member_join(self, member: discord.Member) -> None:
        self.joined.append(member.name)

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message.content)


def add_commands(bot: BareBot) -> None:
    """Register the commands."""

    @bot.tree.error
    async def failed(_interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        bot.failures.append(getattr(error, "original", error))

    @bot.tree.command(description="Answer at once")
    async def ping(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Pong")

    @bot.tree.command(description="Answer later, to one person")
    async def later(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send("Here it is", ephemeral=True)
        await interaction.followup.send("And this", ephemeral=True)

    @bot.tree.command(description="A select and a modal")
    async def choose(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Choose", view=Choose(), ephemeral=True)

    @bot.tree.command(description="A button that survives restarts")
    async def count(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Count", view=discord.ui.View(timeout=None).add_item(Counter(0)))

    @bot.tree.command(description="Components V2")
    async def layout(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(view=Layout())

    @bot.tree.command(description="Stay silent")
    async def silent(interaction: discord.Interaction) -> None:
        await bot.caught.put(interaction)

    @bot.tree.command(description="Write to a member")
    async def write(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.defer(ephemeral=True)
        try:
            await member.send(embed=discord.Embed(title="Receipt", description="1 × Mug"))
        except discord.Forbidden as refusal:
            await interaction.edit_original_response(content=f"Refused: {refusal.code}")
        else:
            await interaction.edit_original_response(content="Sent")

    @bot.tree.command(description="Give a role")
    @app_commands.default_permissions(manage_roles=True)
    async def give(interaction: discord.Interaction, member: discord.Member, role: discord.Role) -> None:
        try:
            await member.add_roles(role, reason="bought")
        except discord.Forbidden as refusal:
            await interaction.response.send_message(f"Refused: {refusal.code}")
        else:
            await interaction.response.send_message("Given")

    async def suggest(_interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        known = ("mug", "cap", "mouse")
        return [app_commands.Choice(name=n.title(), value=n) for n in known if n.startswith(current)]

    @bot.tree.command(description="How many are left")
    @app_commands.autocomplete(product=suggest)
    async def stock(interaction: discord.Interaction, product: str, channel: discord.TextChannel | None = None) -> None:
        await interaction.response.send_message(f"{product} in {channel.mention if channel else 'no channel'}")

    @bot.tree.command(description="Send a file back")
    async def file(interaction: discord.Interaction, file: discord.Attachment) -> None:
        import io

        again = discord.File(io.BytesIO(b"second"), "again.txt")
        await interaction.response.send_message(f"{file.filename} {file.size}", file=again)

    group = app_commands.Group(name="customer", description="Customers")

    @group.command(description="Show one")
    async def show(interaction: discord.Interaction, number: app_commands.Range[int, 1, 10]) -> None:
        await interaction.response.send_message(f"Customer {number}")

    bot.tree.add_command(group)


@contextlib.asynccontextmanager
async def running(sim: Simulator, bot: BareBot | None = None) -> AsyncIterator[BareBot]:
    """Run a bot against the simulator until the block ends."""
    discord.http.Route.BASE = sim.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(sim.gateway_url)
    bot = bot or BareBot()
    await bot.login(sim.token)
    connection = asyncio.create_task(bot.connect())
    ready = asyncio.create_task(bot.wait_until_ready())
    try:
        await asyncio.wait([connection, ready], return_when=asyncio.FIRST_COMPLETED)
        if connection.done():
            connection.result()
        yield bot
    finally:
        ready.cancel()
        await bot.close()
        await asyncio.gather(connection, ready, return_exceptions=True)
