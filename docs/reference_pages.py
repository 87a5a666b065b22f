"""The pages of settings, commands and permissions, made from what is registered.

They are made whenever the site is built, so they cannot be out of date; `unexplained()` lists what nothing is said of.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
import types
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import discord
from discord import app_commands
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from guildshop.app import App
from guildshop.bot.staff import permission_of
from guildshop.config.secret import Secret
from guildshop.config.settings import Settings, Snowflake, StoreSettings
from guildshop.permissions import OWNER, TEMPLATES
from guildshop.store_settings import StoreSettings as KeptStoreSettings

PROCESS = ("database", "discord", "web", "security", "email", "plugins")
STORE = '[stores."<guild ID>"]'
KINDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    bool: "true or false",
    Secret: "secret",
    Snowflake: "Discord ID",
}
LIMITS = {"ge": "at least {}", "gt": "more than {}", "le": "at most {}", "max_length": "up to {} characters"}


# --- Settings -------------------------------------------------------------------------------------------------------


def settings_page(app: App) -> str:
    """Return the page of settings as Markdown: the process, a store, each plugin's table of a store."""
    parts = ["## For the process\n"]
    for name in PROCESS:
        model = Settings.model_fields[name].annotation
        parts += [f"### {name}\n", f"`[{name}]` · {_said(model)}\n", _table(model, f"GUILDSHOP_{name.upper()}__")]
    parts += ["## For a store\n", f"`{STORE}` · {_said(StoreSettings)}\n", _table(StoreSettings)]
    parts.append("## For a store's plugins\n")
    for model, section in _sections(app):
        parts += [f"### {section}\n", f'`[stores."<guild ID>".{section}]`\n', _table(model)]
        for nested in _nested(model):
            parts += [f"#### {nested.__name__}\n", f"{_said(nested)}\n", _table(nested)]
    return "\n".join(parts)


def setting_names(app: App) -> list[str]:
    """Return all settings by their dotted keys; those of a store without its guild."""
    names = [f"{group}.{key}" for group in PROCESS for key in Settings.model_fields[group].annotation.model_fields]  # type: ignore[union-attr]
    names += [key for key in StoreSettings.model_fields if key != "sections"]
    return names + [f"{section}.{key}" for model, section in _sections(app) for key in model.model_fields]


def _sections(app: App) -> list[tuple[type[BaseModel], str]]:
    return [(section.model, section.name) for _plugin, found in app.hooks("register_settings") for section in found]


def _table(model: Any, variable: str = "") -> str:
    said = dict(_below(model))
    rows = ["| key | value | default | |", "| --- | --- | --- | --- |"]
    for key, field in model.model_fields.items():
        if key == "sections":
            continue
        words = _words_of(model, key, said)
        if variable and key in {"url", "token", "secret_key", "host", "port", "public_url"}:
            words += f" Environment: `{variable}{key.upper()}`."
        rows.append(f"| `{key}` | {_kind(field)} | {_default(field)} | {_cell(words)} |")
    return "\n".join(rows) + "\n"


def _words_of(model: Any, key: str, said: dict[str, str]) -> str:
    """Return what is said of a key: its description, and what stands below it in the source."""
    kept = KeptStoreSettings.model_fields.get(key) if model is StoreSettings else None
    return " ".join(filter(None, (model.model_fields[key].description, kept and kept.description, said.get(key))))


def _kind(field: FieldInfo) -> str:
    limits = [
        LIMITS[name].format(f"{getattr(item, name):,}")
        for item in field.metadata
        for name in LIMITS
        if hasattr(item, name)
    ]
    return _cell(", ".join([_words(field.annotation, field.metadata), *limits]))


def _words(kind: Any, metadata: Any = ()) -> str:
    if get_origin(kind) is Annotated:
        kind, *metadata = get_args(kind)
    if any("_snowflake" in repr(getattr(item, "func", "")) for item in metadata):
        return KINDS[Snowflake]
    origin, inner = get_origin(kind), [one for one in get_args(kind) if one is not type(None)]
    if origin in {Union, types.UnionType}:
        return " or ".join(_words(one) for one in inner)
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in inner)
    if origin in {list, tuple}:
        return f"list of {_plural(_words(inner[0]))}"
    if origin is dict:
        return f"table: {_words(inner[0])} → {_words(inner[1])}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    return KINDS[kind]


def _plural(words: str) -> str:
    return {"text": "texts", "secret": "secrets", "whole number": "whole numbers"}.get(words, words)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Secret):
        return f"`env:{value.variable}`" if value.variable else "none"
    if value is None or value in ("", [], (), {}):
        return "none"
    if isinstance(value, list | tuple) and isinstance(value[0], BaseModel):
        return ", ".join(f"`{one.model_dump(exclude_defaults=True)['code']}`" for one in value)
    if isinstance(value, list | tuple) and len(value) > 6:
        return "all built-in ones"
    return f"`{json.dumps(value)}`"


def _nested(model: Any) -> Iterator[type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for field in model.model_fields.values():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found[kind.__name__] = kind
    yield from found.values()


def _below(model: type) -> Iterator[tuple[str, str]]:
    """Yield what stands below each field in the source."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for node, below in pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            yield ast.unparse(node.target), " ".join(str(below.value.value).split())


# --- Commands -------------------------------------------------------------------------------------------------------


def commands_page(app: App) -> str:
    """Return the page of commands as Markdown: the members', then those of staff with their permission."""
    mine, theirs = [], []
    for command, plugin in commands(app):
        permission = permission_of(command)
        hidden = permission is not None or command.default_permissions is not None
        options = "<br>".join(_option(one) for one in command.parameters)
        row = f"| `/{command.name}` | {_cell(command.description)} | {options} | "
        shown = f"`{permission}`" if permission else "staff"
        (theirs if hidden else mine).append(row + (f"{shown} | `{plugin}` |" if hidden else f"`{plugin}` |"))
    return "\n".join(
        [
            "## For members\n",
            "| command | does | options | plugin |",
            "| --- | --- | --- | --- |",
            *mine,
            "\n## For staff\n",
            "Discord hides these from members without **Manage Messages** (or, for links to Shopify, **Manage Roles**)",
            "until the server's owner says otherwise; the permission is checked on each use.\n",
            "| command | does | options | permission | plugin |",
            "| --- | --- | --- | --- | --- |",
            *theirs,
        ]
    )


def commands(app: App) -> list[tuple[app_commands.Command[Any, ..., Any], str]]:
    """Return the slash commands with their plugins, by name."""
    found = [
        (command, plugin)
        for (_kind_of, _name), (plugin, command) in app.registry.commands.items()
        if isinstance(command, app_commands.Command)
    ]
    return sorted(found, key=lambda pair: pair[0].name)


def _option(option: app_commands.Parameter) -> str:
    name = option.name if option.required else f"[{option.name}]"
    kind = {discord.AppCommandOptionType.integer: " (number)"}.get(option.type, "")
    choices = f" ({', '.join(str(choice.name) for choice in option.choices)})" if option.choices else kind
    return f"`{name}`{choices}: {_cell(str(option.description))}"


# --- Permissions and pages ------------------------------------------------------------------------------------------


def permissions_page(app: App) -> str:
    """Return the page of permissions as Markdown: template × permission, and the pages that each opens."""
    owners = {one.name: plugin for plugin, found in app.hooks("register_permissions") for one in found}
    templates = [name for name in TEMPLATES if name != OWNER]
    parts = [
        f"| permission | allows | {' | '.join(templates)} | of |",
        f"| --- | --- |{' :-: |' * len(templates)} --- |",
    ]
    for name, permission in app.permissions.permissions.items():
        has = " | ".join("✓" if name in app.permissions.of(template) else "" for template in templates)
        parts.append(f"| `{name}` | {_cell(str(permission.label))} | {has} | {owners.get(name, 'Guildshop')} |")
    parts += ["\n## Pages\n", "| address | opens with | of |", "| --- | --- | --- |"]
    for plugin, pages in app.hooks("register_pages"):
        shown: dict[str, str] = {page.path: str(page.permission or "any") for page in pages if "GET" in page.methods}
        parts += [f"| `/admin/{path}` | `{permission}` | {plugin} |" for path, permission in shown.items()]
    return "\n".join(parts) + "\n"


# --- What is left to explain ----------------------------------------------------------------------------------------


def unexplained(app: App) -> list[str]:
    """Return settings, commands and options of which nothing is said."""
    models = [(name, Settings.model_fields[name].annotation) for name in PROCESS]
    models += [("store", StoreSettings), *((section, model) for model, section in _sections(app))]
    silent = []
    for name, model in models:
        said = dict(_below(model))  # type: ignore[arg-type]
        silent += [
            f"{name}.{key}"
            for key in model.model_fields  # type: ignore[union-attr]
            if key != "sections" and not _words_of(model, key, said)
        ]
    for command, _plugin in commands(app):
        silent += [f"/{command.name}"] if len(command.description) < 3 else []
        silent += [f"/{command.name} {one.name}" for one in command.parameters if len(str(one.description)) < 3]
    return silent


def _said(thing: Any) -> str:
    return " ".join((inspect.getdoc(thing) or "").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
