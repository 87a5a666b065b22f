"""Keeping catalogues: which texts a folder has, which of them each language has, and compiling them.

Every room, the kernel and each plugin, has its own `locales/<language>/LC_MESSAGES/guildshop.po`. The files are written
sorted and without line numbers and dates, so that they change only where a text does.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from guildshop.i18n import COMMAND, DOMAIN, OPTION

FUNCTIONS = {
    "_": (0,),
    "_l": (0,),
    "gettext": (0,),
    "lazy": (0,),
    "gettext_in": (1,),
    "ngettext": (0, 1),
    "pgettext": (1,),
    "pgettext_in": (2,),
}  # fmt: skip
"""Which arguments of which functions are texts."""
CONTEXTS = {"pgettext": 0, "pgettext_in": 1}
TEMPLATES = (".html", ".txt")
LEFT_OUT = frozenset(
    {"__pycache__", "locales", "piccolo_migrations", "simulator", "skeleton", "tests", "build", "dist"}
)
"""Folders without texts for people: the simulator stands for Discord, the skeleton belongs to whoever fills it."""
HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
WIDTH = 120
_HOLE = re.compile(r"\{[^{}]*\}|%\(\w+\)[sd]|%[sd](?!\w)|</?\w+|`[^`{}]*`|https?://\S+")

Key = tuple[str | tuple[str, str], str | None]
"""A message's text, or its singular and plural, and its context."""


@dataclass(frozen=True, slots=True)
class Room:
    """A part with catalogues of its own: where its texts are, and where its `locales` lie."""

    name: str
    sources: tuple[Path, ...]
    locales: Path
    known: frozenset[Key] = frozenset()
    """What is translated already wherever this room is, as the kernel's texts are: it is not translated again."""

    def po(self, language: str) -> Path:
        """Return where the room's catalogue of a language lies."""
        return self.locales / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def kernel() -> Room:
    """Return the room that is always there: the kernel, the web and the configuration."""
    folder = Path(__file__).parent
    parts = (folder, folder / "web", folder / "config")
    return Room("guildshop", tuple(part.resolve() for part in parts), folder / "locales")


def plugin(folder: Path, known: Iterable[Key]) -> Room:
    """Return the room of a plugin's folder; `known` is what the kernel has."""
    return Room(folder.name, (folder,), folder / "locales", frozenset(known))


def update_all(rooms: Sequence[Room], languages: Iterable[str]) -> list[Path]:
    """Bring the catalogues of all rooms up to date with their sources; return which changed."""
    texts = [find_texts(room) for room in rooms]
    changed = []
    for language in languages:
        known: dict[Key, Message] = {}
        for room in rooms:
            have = read(room.po(language), language)
            known = {key: message for key, message in have.items() if _is_translated(message)} | known
        for room, found in zip(rooms, texts, strict=True):
            if update(room, language, found, known):
                changed.append(room.po(language))
    return changed


def all_problems(rooms: Sequence[Room], languages: Iterable[str]) -> list[str]:
    """Say what is wrong with the catalogues of all rooms, one sentence each; nothing when all are complete."""
    found: list[str] = []
    texts = [find_texts(room) for room in rooms]
    for language in languages:
        said: dict[Key, tuple[Any, Path]] = {}
        for room, wanted in zip(rooms, texts, strict=True):
            found += problems(room, language, wanted)
            for key, message in read(room.po(language), language).items():
                other, where = said.setdefault(key, (message.string, room.po(language)))
                if other != message.string:
                    fault = f"is translated otherwise than in {where}: one text has one translation"
                    found.append(f"{room.po(language)}: {_shown(key)} {fault}")
    return found


def find_texts(room: Room) -> Mapping[Key, Sequence[str]]:
    """Return the messages of a room and in which of its files they are."""
    found: dict[Key, set[str]] = {}
    for source in room.sources:
        for path in _files(source):
            name = f"{source.name}/{path.relative_to(source).as_posix()}"
            for key in _in_python(path) if path.suffix == ".py" else _in_template(path):
                if key[0] and key not in room.known:
                    found.setdefault(key, set()).add(name)
    return {key: sorted(places) for key, places in found.items()}


def update(room: Room, language: str, texts: Mapping[Key, Sequence[str]], known: Mapping[Key, Message]) -> bool:
    """Bring a room's catalogue of a language up to date, with what other rooms know; return whether it changed."""
    path = room.po(language)
    have = read(path, language)
    catalogue = _empty(language)
    for key, places in texts.items():
        message = have.get(key)
        if message is None or not _is_translated(message):
            message = known.get(key, message)
        text, context = key
        catalogue.add(
            text,
            message.string if message is not None else ("", "") if isinstance(text, tuple) else "",
            locations=[(places[0], 0)],  # of all the files it is in only one: the others come and go
            flags=message.flags & {"fuzzy"} if message is not None else (),
            user_comments=message.user_comments if message is not None else (),
            context=context,
        )
    written = _written(catalogue, language)
    if path.is_file() and path.read_bytes() == written:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written)
    return True


def read(path: Path, language: str) -> dict[Key, Message]:
    """Return what a .po file holds, nothing when there is none; the obsolete under the context of that name."""
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    found = {_key(message): message for message in catalogue if message.id}
    return found | {(_key(message)[0], "obsolete"): message for message in catalogue.obsolete.values()}


def problems(room: Room, language: str, texts: Mapping[Key, Sequence[str]]) -> Iterator[str]:
    """Say what is wrong with a room's catalogue of a language, one sentence each."""
    path = room.po(language)
    have = read(path, language)
    where = path.as_posix()
    for key, places in texts.items():
        message, shown = have.get(key), _shown(key)
        if message is None:
            yield f"{where}: {shown} of {places[0]} is missing"
        elif message.fuzzy:
            yield f"{where}: {shown} is marked fuzzy: look at its translation, then take the mark away"
        elif not _is_translated(message):
            yield f"{where}: {shown} of {places[0]} is not translated"
        else:
            yield from (f"{where}: {shown} {fault}" for fault in _faults(message))
    for key in have.keys() - texts.keys():
        yield f"{where}: {_shown(key)} is in no source any more"


def compile_all(folders: Iterable[Path]) -> int:
    """Compile the catalogues below the folders whose .po is newer than its .mo; return how many there were."""
    count = 0
    for folder in folders:
        for po in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
            mo = po.with_suffix(".mo")
            if mo.is_file() and mo.stat().st_mtime_ns > po.stat().st_mtime_ns:
                continue
            content = BytesIO()
            with po.open("rb") as file:
                catalogue = read_po(file, locale=po.parts[-3])
            for message in [one for one in catalogue if one.id and not _is_translated(one)]:
                catalogue.delete(message.id, message.context)
            write_mo(content, catalogue)
            new = mo.with_suffix(f".{os.getpid()}")
            new.write_bytes(content.getvalue())
            new.replace(mo)
            count += 1
    return count


def _files(source: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        yield from (Path(folder, name) for name in sorted(names) if name.endswith((".py", *TEMPLATES)))


def _in_template(path: Path) -> Iterator[Key]:
    from jinja2.ext import babel_extract  # whoever only compiles, as a build does, needs no Jinja

    with path.open("rb") as file:
        for _line, function, given, _comments in babel_extract(file, tuple(FUNCTIONS), (), {"encoding": "utf-8"}):
            texts = given if isinstance(given, tuple) else (given,)
            yield from _chosen(function, texts)


def _in_python(path: Path) -> Iterator[Key]:
    content = path.read_text("utf-8")
    tree = ast.parse(content)
    in_discord = "app_commands" in content
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            if name in FUNCTIONS:
                yield from _chosen(name, [_constant(argument) for argument in node.args])
            elif in_discord and name in ("Group", "ContextMenu"):
                yield from ((given, COMMAND) for given in _keyword(node, "name"))
        elif in_discord and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _command(node)


def _command(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Key]:
    """Return the names of a slash command and of its options."""
    calls = [one for one in function.decorator_list if isinstance(one, ast.Call)]
    found = [call for call in calls if _name(call.func) == "command"]
    if not found:
        return
    yield from ((name, COMMAND) for name in _keyword(found[0], "name") or [function.name])
    renames = [call for call in calls if _name(call.func) == "rename"]
    renamed = {one.arg: _constant(one.value) for call in renames for one in call.keywords if one.arg}
    names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    for name in names[2 if names[0] == "self" else 1 :]:
        yield renamed.get(name) or name, OPTION


def _chosen(function: str | None, given: Sequence[str | None]) -> Iterator[Key]:
    wanted = FUNCTIONS[function or "_"]
    if max(wanted) >= len(given):
        return
    texts = [given[number] for number in wanted]
    if any(text is None for text in texts):
        return
    context = given[CONTEXTS[function]] if function in CONTEXTS else None
    yield (texts[0] or "") if len(texts) == 1 else (texts[0] or "", texts[1] or ""), context


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _keyword(call: ast.Call, name: str) -> list[str]:
    values = (_constant(one.value) for one in call.keywords if one.arg == name)
    return [value for value in values if value]


def _key(message: Message) -> Key:
    text: Any = message.id
    return (tuple(text) if isinstance(text, list | tuple) else text), message.context


def _shown(key: Key) -> str:
    text = key[0] if isinstance(key[0], str) else key[0][0]
    short = text if len(text) <= 70 else f"{text[:67]}…"
    return f"“{short}” ({key[1]})" if key[1] else f"“{short}”"


def _texts(given: Any) -> list[str]:
    return [text or "" for text in (given if isinstance(given, list | tuple) else (given,))]


def _is_translated(message: Message) -> bool:
    return all(_texts(message.string))


def _faults(message: Message) -> Iterator[str]:
    sources = _texts(message.id)
    wanted = [sorted(_HOLE.findall(source)) for source in sources]
    for string in _texts(message.string):
        if sorted(_HOLE.findall(string)) not in wanted:
            yield f"has other placeholders, tags, addresses or `code` in its translation: “{string}”"
        if _ends(string) != _ends(sources[0]):
            yield f"begins or ends with a space in one language only: “{string}”"


def _ends(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()


def _empty(language: str) -> Catalog:
    return Catalog(locale=language, domain=DOMAIN, fuzzy=False)


def _written(catalogue: Catalog, language: str) -> bytes:
    content = BytesIO()
    write_po(content, catalogue, width=WIDTH, omit_header=True, sort_output=True, include_lineno=False)
    header = HEADER.format(language=language, plurals=catalogue.plural_forms)
    return header.encode() + content.getvalue().lstrip(b"\n")
