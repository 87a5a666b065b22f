"""`plugins list`, `plugins new`, `plugins translate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from discord import AppCommandType

import guildshop.plugins
from guildshop import skeleton, translating
from guildshop.app import App
from guildshop.cli.opening import opened, out, print_table, run_async, store_of
from guildshop.config.settings import Settings
from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.loading import available

commands = typer.Typer(no_args_is_help=True, help="What this installation can do.")


@commands.callback()
def group() -> None:
    """Show the plugins, or begin one."""


@commands.command("list")
def list_plugins(
    store: Annotated[int | None, typer.Option("--store", help="The Discord server's ID.", metavar="GUILD")] = None,
) -> None:
    """List the plugins of this process and, for a store, which are on."""

    async def work() -> None:
        async with opened() as app:
            shop = None if store is None else store_of(app, store)
            headings = [_("Plugin"), _("Needs"), _("Commands")]
            if shop is not None:
                headings.append(_("In {store}").format(store=shop.name))
            rows = []
            for plugin in app.plugins:
                row = [plugin.name, ", ".join(plugin.requires) or "–", _commands_of(app, plugin.name) or "–"]
                if shop is not None:
                    row.append(_("on") if app.stores.enabled(shop.id, plugin.name) else _("off"))
                rows.append([*row, _(plugin.description)])
            print_table([*headings, _("What it adds")], rows)
            for failure in app.plugins.failures:
                out.print(_("Left out: {reason}. {remedy}").format(reason=failure.reason, remedy=failure.remedy))

    run_async(work())


def _commands_of(app: App, plugin: str) -> str:
    slash = AppCommandType.chat_input
    found = app.registry.commands.items()
    return ", ".join(f"/{name}" if kind is slash else name for (kind, name), (owner, _one) in found if owner == plugin)


@commands.command("new")
def new_plugin(
    name: Annotated[str, typer.Argument(help="What it is called in code, such as product_reviews.")],
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where to write it: plugins/ of the checkout, or any folder for a distribution."),
    ] = None,
    distribution: Annotated[
        bool, typer.Option("--distribution", help="Write a package of its own, to be installed beside Guildshop.")
    ] = False,
) -> None:
    """Write a plugin that works from the start, with its tests."""
    skeleton.check_name(name)
    _require_free(name)
    if distribution:
        written = skeleton.write_distribution(name, folder or Path())
        test = _("Try it: cd {folder} && pip install -e . --group dev && pytest").format(folder=written.plugin)
    else:
        written = skeleton.write_folder(name, folder or Path(guildshop.plugins.__path__[0]))
        test = _("Try it: python -m pytest {folder}").format(folder=written.tests)
    out.print(_("Wrote the plugin {name} into {folder}.").format(name=name, folder=written.plugin))
    out.print(test)
    out.print(_("Use it: add “{name}” to plugins.enabled in the configuration.").format(name=name))


@commands.command("translate")
def translate_plugin(
    folder: Annotated[Path, typer.Argument(help="The plugin's package, in which plugin.py lies.")],
    language: Annotated[
        list[str] | None,
        typer.Option("--language", help="A language, such as de; left out: those it has catalogues in."),
    ] = None,
) -> None:
    """Bring a plugin's catalogues up to date with its texts, and compile them."""
    if not (folder / "plugin.py").is_file():
        raise Refusal(_("{folder} is no plugin's package: it has no plugin.py.").format(folder=folder))
    room = translating.plugin(folder.resolve(), translating.find_texts(translating.kernel()))
    languages = language or [path.parents[1].name for path in sorted(room.locales.glob("*/LC_MESSAGES/*.po"))]
    if not languages:
        raise Refusal(_("{folder} has no catalogues yet. Name a language with --language.").format(folder=folder))
    translating.update_all([room], languages)
    translating.compile_all([room.locales])
    for problem in translating.all_problems([room], languages):
        out.print(problem)


def _require_free(name: str) -> None:
    """Refuse a name under which the new plugin would collide with one that is installed."""
    installed = available()
    if name in installed:
        raise Refusal(
            _("The name “{name}” is taken by an installed plugin ({target}). Take another name.").format(
                name=name, target=installed[name]
            )
        )
    names = App.registered(Settings(), list(installed)).names
    for kind, wanted in skeleton.names_of(name):
        owner = names.owner(kind, wanted)
        if owner is not None:
            raise Refusal(
                _("The {kind} {wanted} belongs to {owner} already. Take another name than “{name}”.").format(
                    kind=kind, wanted=wanted, owner=owner or "Guildshop", name=name
                )
            )
