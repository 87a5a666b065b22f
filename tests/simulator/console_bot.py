"""The bare bot with what only a console shows: rich embeds, new modals, hostile text."""

import base64
import io
from typing import Any

import discord
from discord import app_commands

from .bare_bot import BareBot

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = '<img src="x" onerror="window.hacked = 1"><script>window.hacked = 1</script>'


class Payment(discord.ui.Modal, title="How you paid"):
    """A modal of labels: a text with limits and a select."""

    reference: discord.ui.Label[Any] = discord.ui.Label(
        text="Reference", component=discord.ui.TextInput(custom_id="reference", min_length=4, max_length=20)
    )
    method: discord.ui.Label[Any] = discord.ui.Label(
        text="Method",
        component=discord.ui.Select(
            custom_id="method",
            options=[
                discord.SelectOption(label="Venmo", value="venmo"),
                discord.SelectOption(label="Zelle", value="z"),
            ],
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        reference, method = self.reference.component, self.method.component
        assert isinstance(reference, discord.ui.TextInput)
        assert isinstance(method, discord.ui.Select)
        await interaction.response.send_message(f"Paid by {method.values[0]}: {reference.value}", ephemeral=True)


class Pay(discord.ui.View):
    """A button that opens the modal, one that stays silent, and a select of several."""

    @discord.ui.button(label="I've paid", style=discord.ButtonStyle.success, custom_id="pay")
    async def pay(self, interaction: discord.Interaction, _button: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(Payment())

    @discord.ui.button(label="Silent", custom_id="silent")
    async def silent(self, _interaction: discord.Interaction, _button: discord.ui.Button[Any]) -> None:
        return

    @discord.ui.select(
        placeholder="Extras", min_values=1, max_values=2, custom_id="extras",
        options=[discord.SelectOption(label=name, value=name.lower()) for name in ("Wrap", "Card", "Ribbon")],
    )  # fmt: skip
    async def extras(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
        await interaction.response.edit_message(content=f"With {', '.join(sorted(select.values))}")


class Shelf(discord.ui.LayoutView):
    """Components V2 of nearly every kind."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        order: discord.ui.Button[Any] = discord.ui.Button(label="Order", style=discord.ButtonStyle.primary)
        order.callback = self.ordered  # type: ignore[method-assign]
        text = "**Founder pack**\nA role and our thanks.\n-# $25.00 · 7 in stock"
        row: discord.ui.ActionRow[Any] = discord.ui.ActionRow(
            discord.ui.Button(label="Previous", disabled=True),
            discord.ui.Button(label="Website", url="https://example.org/"),
        )
        self.add_item(
            discord.ui.Container(
                discord.ui.TextDisplay("## The shelf"),
                discord.ui.Separator(),
                discord.ui.Section(text, accessory=order),
                row,
                accent_color=0x1ABC9C,
            )
        )

    async def ordered(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Ordered", ephemeral=True)


def receipt() -> discord.Embed:
    """Return an embed that uses every part but images."""
    embed = discord.Embed(title="Receipt GS-7K2M9", description="**Thank you!**", color=0xFBBF24)
    embed.set_author(name="Guildshop Demo")
    embed.add_field(name="Subtotal", value="$25.00", inline=True)
    embed.add_field(name="Total", value="$22.50", inline=True)
    embed.set_footer(text="Reserved for 48 hours")
    embed.timestamp = discord.utils.utcnow()
    return embed


def hostile_embed() -> discord.Embed:
    """Return an embed whose every text tries to be HTML."""
    embed = discord.Embed(title=HOSTILE, description=HOSTILE)
    embed.add_field(name=HOSTILE, value=HOSTILE)
    embed.set_footer(text=HOSTILE)
    return embed


class ConsoleBot(BareBot):
    """The bare bot with more commands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        tree: app_commands.CommandTree[Any] = self.tree

        @tree.command(description="What you owe, with ways to pay")
        async def invoice(interaction: discord.Interaction) -> None:
            await interaction.response.send_message(embed=receipt(), view=Pay(), ephemeral=True)

        @tree.command(description="The shelf, in Components V2")
        async def shelf(interaction: discord.Interaction) -> None:
            await interaction.response.send_message(view=Shelf())

        @tree.command(description="A picture within an embed, and one beside it")
        async def chart(interaction: discord.Interaction) -> None:
            files = [
                discord.File(io.BytesIO(PIXEL), name, description=name[:-4]) for name in ("within.png", "beside.png")
            ]
            embed = discord.Embed(title="Chart").set_image(url="attachment://within.png")
            await interaction.response.send_message(embed=embed, files=files)

        @tree.command(description="Text that wants to be HTML")
        async def hostile(interaction: discord.Interaction) -> None:
            button: discord.ui.Button[Any] = discord.ui.Button(label=HOSTILE[:80], custom_id="hostile")
            select: discord.ui.Select[Any] = discord.ui.Select(
                placeholder=HOSTILE[:80], options=[discord.SelectOption(label=HOSTILE[:80])]
            )
            view = discord.ui.View(timeout=None).add_item(button).add_item(select)
            await interaction.response.send_message(HOSTILE, embed=hostile_embed(), view=view)

        @tree.command(description="Add pieces to the stock")
        async def restock(interaction: discord.Interaction, quantity: app_commands.Range[int, 1, 10_000]) -> None:
            await interaction.response.send_message(f"{quantity} more")
