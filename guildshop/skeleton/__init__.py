"""A new plugin that works from the start: written from the templates beside this file."""

from __future__ import annotations

import keyword
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from guildshop.errors import Invalid, Refusal
from guildshop.i18n import _

TEMPLATES = Path(__file__).parent
LONGEST_NAME = 30
"""A slash command's name has at most 32 characters."""
KERNEL_NAMES = frozenset({"guildshop", "kernel", "outbox", "piccolo", "web"})
"""What Guildshop's own listeners, actors and templates are called."""
RESERVED_PREFIXES = ("sqlite", "pg")
"""SQLite and PostgreSQL keep tables that begin so for themselves."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_MARK = re.compile(r"@(\w+)@")
_OWN_IMPORT = re.compile(r"^( *)from \.", re.MULTILINE)
_IMPORTS = re.compile(r"^from guildshop.*\n(?:\n?from guildshop.*\n)*", re.MULTILINE)
_SUFFIX = ".txt"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the plugin's folder or distribution, its tests, and the name that it is imported by."""

    plugin: Path
    tests: Path
    package: str


def check_name(name: str) -> None:
    """Refuse a name that cannot be a plugin's, whatever else is installed."""
    if not _NAME.fullmatch(name):
        raise Invalid.field(
            "name",
            _(
                "“{name}” cannot be a plugin's name: take lower-case letters, digits and single underscores, with a"
                " letter first, such as product_reviews."
            ).format(name=name),
        )
    if keyword.iskeyword(name):
        raise Invalid.field("name", _("“{name}” is a word of Python itself. Take another name.").format(name=name))
    if len(name) > LONGEST_NAME:
        raise Invalid.field(
            "name",
            _("“{name}” has {count} characters; a plugin's name has at most {limit}. Take a shorter one.").format(
                name=name, count=len(name), limit=LONGEST_NAME
            ),
        )
    if name in KERNEL_NAMES:
        raise Refusal(_("The name “{name}” is kept for Guildshop itself. Take another name.").format(name=name))
    prefix = name.split("_")[0]
    if prefix in RESERVED_PREFIXES:
        raise Invalid.field(
            "name",
            _("Tables that begin with “{prefix}_” belong to the database itself. Take another name.").format(
                prefix=prefix
            ),
        )


def names_of(name: str) -> list[tuple[str, str]]:
    """Return what the new plugin will call its own, as (kind, name), see `guildshop.names`."""
    values = _values(name, name)
    return [
        ("Piccolo app", name),
        ("settings section", name),
        ("table", f"{name}_note"),
        ("permission", f"{name}.read"),
        ("permission", f"{name}.update"),
        ("command", values["command"]),
        ("page", f"GET {values['path']}"),
    ]


def write_folder(name: str, plugins: Path) -> Written:
    """Write the plugin as a folder into a checkout's `plugins/`, and its tests into `tests/plugins/`."""
    plugins = plugins.resolve()
    root = plugins.parent
    if not (plugins / "__init__.py").is_file() or not (root / "guildshop").is_dir() or not (root / "tests").is_dir():
        raise Refusal(
            _(
                "{folder} is not the plugins folder of a Guildshop checkout. Use --distribution to write a package of"
                " its own, which fits any installation."
            ).format(folder=plugins)
        )
    package = f"guildshop.plugins.{name}"
    values = _values(name, package)
    target, tests = plugins / name, root / "tests" / "plugins" / name
    with _written_whole(plugins, target, tests) as made:
        _fill("plugin", made / "0", values)
        _fill_tests(made / "1", values)
    return Written(target, tests, package)


def write_distribution(name: str, folder: Path) -> Written:
    """Write the plugin as a distribution of its own into `folder`."""
    package = f"guildshop_{name}"
    values = _values(name, package)
    target = folder / values["distribution"]
    if not folder.is_dir():
        raise Refusal(_("There is no folder {folder}. Make it first.").format(folder=folder))
    with _written_whole(folder, target) as made:
        _fill("distribution", made / "0", values)
        _fill("plugin", made / "0" / package, values)
        _fill_tests(made / "0" / "tests", values)
    return Written(target, target / "tests", package)


@contextmanager
def _written_whole(beside: Path, *targets: Path) -> Iterator[Path]:
    """Yield a folder whose `0`, `1`, … become the targets when the block ends: all of them or none."""
    for target in targets:
        if target.exists():
            raise Refusal(
                _("{target} exists already, and nothing was written. Take another name, or move it away.").format(
                    target=target
                )
            )
    moved: list[Path] = []
    try:
        with TemporaryDirectory(prefix=".new-", dir=beside) as new:
            yield Path(new)
            for number, target in enumerate(targets):
                target.parent.mkdir(parents=True, exist_ok=True)
                (Path(new) / str(number)).rename(target)
                moved.append(target)
    except OSError as error:
        for target in moved:
            shutil.rmtree(target)
        raise Refusal(
            _("{folder} cannot be written: {reason}. Nothing was left behind.").format(
                folder=error.filename or beside, reason=error.strerror
            )
        ) from error


def _values(name: str, package: str) -> dict[str, str]:
    now = datetime.now(UTC)
    kind = "".join(part.capitalize() for part in name.split("_"))
    return {
        "name": name,
        "Class": kind,
        "Title": name.replace("_", " ").capitalize(),
        "package": package,
        "command": name.replace("_", "-"),
        "path": name.replace("_", "-"),
        "distribution": f"guildshop-{name.replace('_', '-')}",
        "migration": now.strftime("%Y-%m-%dT%H:%M:%S:%f"),
        "migration_file": now.strftime(f"{name}_%Y_%m_%dt%H_%M_%S"),
        "version": version("guildshop"),
    }


def _fill_tests(target: Path, values: Mapping[str, str]) -> None:
    target.mkdir()
    text = (TEMPLATES / f"test_plugin.py{_SUFFIX}").read_text(encoding="utf-8")
    (target / f"test_{values['name']}.py").write_text(_filled(text, values), encoding="utf-8")


def _fill(template: str, target: Path, values: Mapping[str, str]) -> None:
    source = TEMPLATES / template
    for file in sorted(source.rglob(f"*{_SUFFIX}")):
        place = target / file.relative_to(source)
        name = file.name.removesuffix(_SUFFIX)
        if name == "migration.py":
            name = f"{values['migration_file']}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.with_name(name).write_text(_filled(file.read_text(encoding="utf-8"), values), encoding="utf-8")


def _filled(text: str, values: Mapping[str, str]) -> str:
    filled = _MARK.sub(lambda found: values[found[1]], text)
    return _IMPORTS.sub(_sorted_lines, _OWN_IMPORT.sub(rf"\1from {values['package']}.", filled))


def _sorted_lines(found: re.Match[str]) -> str:
    """Return lines of imports in order, the plugin's own among Guildshop's."""
    return "".join(f"{line}\n" for line in sorted(found[0].split("\n"), key=lambda line: line.split(" ")[1:2]) if line)
