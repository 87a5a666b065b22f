"""A plugin that does nothing but be used: commands, items and modals for the tests of the bot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from guildshop.bot import (
    Context,
    Fields,
    StoreButton,
    StoreModal,
    StoreSelect,
    TextField,
    answer,
    context_of,
    defer,
    open_modal,
    staff,
    update,
    view,
)
from guildshop.errors import Refusal
from guildshop.hookspecs import hookimpl
from guildshop.i18n import current_locale
from guildshop.loading import Plugin
from guildshop.permissions import Permission
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.bot.client import Bot


class Log:
    """What the probe was asked to do."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.gate = asyncio.Event()


class CountButton(StoreButton, prefix="probe.count"):
    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        context.app.get(Log).calls.append(f"count {args} by {context.user_id} in {current_store()}")
        await update(
            interaction, content=f"pressed {args[0]}", view=view(CountButton(context.store.id, "2", label="Again"))
        )


class OwnButton(StoreButton, prefix="probe.own"):
    personal = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        context.app.get(Log).calls.append("own")
        await answer(interaction, "yours")


class StaffButton(StoreButton, prefix="probe.staff"):
    permission = "probe.use"

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        context.app.get(Log).calls.append("staff")
        await answer(interaction, "approved")


class FinishButton(StoreButton, prefix="probe.finish"):
    finishes_begun = True

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        context.app.get(Log).calls.append("finish")
        await answer(interaction, "finished")


class BrokenButton(StoreButton, prefix="probe.broken"):
    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        message = "the secret inner workings"
        raise RuntimeError(message)


class FruitSelect(StoreSelect, prefix="probe.fruit"):
    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        context.app.get(Log).calls.append(f"fruit {list(values)} {args}")
        await answer(interaction, f"chose {', '.join(values)}")


class FormButton(StoreButton, prefix="probe.form"):
    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        fields = [TextField("title", "Title", maximum=20), TextField("text", "Text", long=True, required=False)]
        await open_modal(interaction, Form.build(context.store.id, *args, title="A form", fields=fields))


class Form(StoreModal, prefix="probe.filled"):
    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        context.app.get(Log).calls.append(f"form {fields['title']!r} {fields['text']!r} {args}")
        await answer(interaction, f"got {fields['title']}")


@app_commands.command(name="panel", description="Show the buttons")
async def panel(interaction: discord.Interaction[Bot], public: bool = False) -> None:
    context = context_of(interaction)
    store = context.store.id
    items = view(
        CountButton(store, "1", label="Count"),
        OwnButton(store, context.user_id, label="Own"),
        StaffButton(store, label="Staff"),
        FinishButton(store, label="Finish"),
        BrokenButton(store, label="Broken"),
        FormButton(store, "x", label="Form"),
        FruitSelect(
            store, "s", options=[discord.SelectOption(label="Apple", value="a"), discord.SelectOption(label="Pear")]
        ),
    )
    await answer(interaction, "the panel", view=items, ephemeral=not public)


@app_commands.command(name="whoami", description="Tell who is asking")
async def whoami(interaction: discord.Interaction[Bot]) -> None:
    context = context_of(interaction)
    allowed = ",".join(sorted(name for name in context.actor.permissions if name.startswith("probe")))
    await answer(
        interaction, f"{context.store.name}|{context.actor.name}|{current_store()}|{current_locale()}|{allowed}"
    )


@app_commands.command(name="refuse", description="Say no")
async def refuse(interaction: discord.Interaction[Bot]) -> None:
    raise Refusal("Only 3 are left. Order fewer.")


@app_commands.command(name="crash", description="Break")
async def crash(interaction: discord.Interaction[Bot], deferred: bool = False) -> None:
    if deferred:
        await defer(interaction)
    message = "the secret inner workings"
    raise RuntimeError(message)


@app_commands.command(name="slow", description="Take long")
async def slow(interaction: discord.Interaction[Bot]) -> None:
    await interaction.client.app.get(Log).gate.wait()
    await answer(interaction, "done at last")


@app_commands.command(name="manage", description="For staff")
@staff("probe.use")
async def manage(interaction: discord.Interaction[Bot]) -> None:
    interaction.client.app.get(Log).calls.append("manage")
    await answer(interaction, "managed")


@app_commands.command(name="pick", description="Pick a fruit")
async def pick(interaction: discord.Interaction[Bot], fruit: str) -> None:
    await answer(interaction, f"picked {fruit}")


@pick.autocomplete("fruit")
async def suggest_fruit(interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    if current == "boom":
        message = "autocomplete broke"
        raise RuntimeError(message)
    context = context_of(interaction)
    return [app_commands.Choice(name=f"{current}-{context.store.id}", value=current)]


class Probe(Plugin):
    name = "probe"
    title = "Probe"
    description = "Tests the bot"

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        return [Log()]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        return [Permission("probe.use", "Use the probe", frozenset({"Manager"}))]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        return [panel, whoami, refuse, crash, slow, manage, pick]

    @hookimpl
    def register_items(self, app: App) -> list[type[Any]]:
        return [CountButton, OwnButton, StaffButton, FinishButton, BrokenButton, FruitSelect, FormButton, Form]


class Other(Plugin):
    """A second plugin, to be switched while the first one stays."""

    name = "other"
    title = "Other"

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        @app_commands.command(name="elsewhere", description="Of the other plugin")
        async def elsewhere(interaction: discord.Interaction[Bot]) -> None:
            await answer(interaction, "here")

        return [elsewhere]
