"""What the documents show is tried: Python, configuration, commands and requests, by the rule of each language.

A sample that cannot be tried stands in `EXCEPTIONS` with the reason.
"""

from __future__ import annotations

import ast
import asyncio
import configparser
import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.exceptions import Exit, TyperException

from guildshop.app import App
from guildshop.cli.commands import command
from guildshop.config.settings import Settings, check_sections, load_settings
from guildshop.plugins import BUILT_IN
from guildshop.plugins.catalog.api import ProductInput
from guildshop.plugins.catalog.service import CatalogService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, ShopFactory
from guildshop.web.server import WebServer
from tests.docs.samples import ROOT, Command, Sample, commands, samples

SAMPLES = samples()
EXCEPTIONS = {
    "text": "what a program prints, or a table of words",
    "nginx": "nginx is not a part of the set-up",
    "caddyfile": "Caddy is not a part of the set-up",
    "dockerfile": "taken from docs/hosting/Containerfile, whose steps test_containerfile.py runs",
}
"""Languages without a rule of their own, and why."""
OF_THE_SYSTEM = {
    ".venv/bin/uv", "apt-get", "cd", "chmod", "chown", "createdb", "createuser", "curl", "export", "git",
    "install", "journalctl",
    "pg_dump", "pg_restore", "pip", "podman", "pytest", "systemctl", "tar", "useradd", "cp", "mv", ".ci/run",
    ".venv/bin/pytest",
}  # fmt: skip
"""Programs that are not ours: their lines are only looked at for being a shell's."""
OF_THE_PROCESS = {"database", "discord", "web", "security", "email", "plugins", "stores"}
EXAMPLES = {folder.name.removeprefix("guildshop-") for folder in (ROOT / "examples").glob("guildshop-*")}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
NEEDS_A_FILE = re.compile(r"does not exist|is not readable")


def of(*languages: str) -> list[Any]:
    return [pytest.param(one, id=str(one)) for one in SAMPLES if one.language in languages]


def test_every_sample_has_a_rule_or_a_reason() -> None:
    tried = {"python", "toml", "json", "console", "bash", "ini"}
    assert [str(one) for one in SAMPLES if one.language not in tried | set(EXCEPTIONS)] == []
    fences = sum(
        len(re.findall(r"^ *```", (ROOT / page).read_text("utf-8"), re.MULTILINE)) for page in {s.page for s in SAMPLES}
    )
    assert fences == 2 * len(SAMPLES)
    assert {"python", "toml", "console", "bash"} <= {one.language for one in SAMPLES}


@pytest.mark.parametrize("sample", of("python"))
def test_python_compiles_and_imports_what_exists(sample: Sample) -> None:
    source = re.sub(r"^( *)…$", r"\1...", sample.body, flags=re.MULTILINE)
    tree = compile(source, str(sample), "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "guildshop":
            module = importlib.import_module(str(node.module))
            assert [name.name for name in node.names if not hasattr(module, name.name)] == []


@pytest.fixture(scope="module")
def registered() -> App:
    return App.registered(Settings())


@pytest.mark.parametrize("sample", of("toml"))
def test_toml_is_what_it_says(sample: Sample, registered: App, tmp_path: Path) -> None:
    read = tomllib.loads(sample.body)
    if sample.title.endswith("pyproject.toml") or "project" in read:
        (plugins,) = read["project"]["entry-points"].values()
        assert list(read["project"]["entry-points"]) == ["guildshop.plugins"]
        assert all(re.fullmatch(r"guildshop_\w+\.plugin:plugin", where) for where in plugins.values())
        return
    assert set(read) <= OF_THE_PROCESS, sample
    file = tmp_path / "guildshop.toml"
    file.write_text(sample.body)
    settings = load_settings(file, {})
    models = {section.name: model for model, section in registered.sections.items()}
    check_sections(settings, models, installed={*BUILT_IN, *EXAMPLES})


def test_json_loads() -> None:
    for sample in SAMPLES:
        if sample.language == "json":
            json.loads(sample.body)


@pytest.mark.parametrize("sample", of("ini"))
def test_a_unit_or_an_environment_is_one(sample: Sample) -> None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(sample.body if "[" in sample.body else f"[env]\n{sample.body}")
    assert parser.sections()


@pytest.fixture(scope="module")
def line_of_commands() -> TyperGroup:
    return command()


@pytest.mark.parametrize("sample", of("console"))
def test_commands_exist(sample: Sample, line_of_commands: TyperGroup) -> None:
    typed = list(commands(sample))
    assert typed, f"{sample} has no line with a prompt"
    for one in typed:
        words = [word.replace("…", "x") for word in one.words]
        if not words:
            continue
        program, *rest = words
        if program == "make":
            targets = [word for word in rest if "=" not in word and not word.startswith(("-", "/"))]
            assert targets
            assert set(targets) <= TARGETS, one
        elif program.endswith(("python", "python3")) and rest[:1] == ["bot.py"]:
            _parse(line_of_commands, rest[1:], one)
        elif program == "guildshop":
            _parse(line_of_commands, rest, one)
        else:
            assert program in OF_THE_SYSTEM, one
            _is_shell(one.line)


def _parse(group: TyperGroup, words: list[str], one: Command) -> None:
    """Have the command line itself read the words, down to the subcommand; nothing runs."""
    node: Any = group
    parent = None
    words = [word for word in words if word not in {">", "<"}]
    try:
        while hasattr(node, "commands"):
            with node.make_context("guildshop", [words[0]], parent=parent, resilient_parsing=True) as context:
                name, node, _rest = node.resolve_command(context, words)
            assert name is not None
            words, parent = words[1:], context
        node.make_context(node.name, words, parent=parent)
    except Exit:
        return
    except TyperException as error:
        if not NEEDS_A_FILE.search(error.format_message()):
            pytest.fail(f"{one}: {error.format_message()}")


def _is_shell(text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_requests_are_answered(
    server: WebServer, app: App, store: Store, staff: ActorFactory, token: str, tmp_path: Path
) -> None:
    """Run every shell sample in an empty folder, against a real server."""
    with scope(store.id):
        mug = ProductInput(sku="MUG", name="Mug", price=1500, tracked=True)
        await app.get(CatalogService).create_product(staff(store, "product.update"), mug)
    environ = {"PATH": os.environ["PATH"], "SHOP": str(server.url).rstrip("/"), "TOKEN": token}
    for sample in SAMPLES:
        if sample.language != "bash":
            continue
        _is_shell(sample.body)
        if "$SHOP" not in sample.body:
            continue
        process = await asyncio.create_subprocess_exec(
            "bash", "-euc", sample.body, cwd=tmp_path, env=environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        answer, errors = await process.communicate()
        assert process.returncode == 0, f"{sample}: {errors.decode()}"
        assert "status" not in json.loads(answer), f"{sample}: {answer.decode()}"
    with scope(store.id):
        assert (await app.get(CatalogService).find("MUG")).available == 5


@pytest.fixture
def tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The tests that the tutorial for plugins ends with, beside its other files, installed as `pip install` would."""
    files = [one for one in SAMPLES if one.page == "docs/plugins/tutorial.md" and one.title]
    assert len(files) == 6
    for one in files:
        path = tmp_path / one.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one.body)
    folder = tmp_path / "guildshop-cheers"
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    known = folder / "guildshop_cheers-0.1.0.dist-info"
    known.mkdir()
    (known / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    ((group, points),) = project["entry-points"].items()
    (known / "entry_points.txt").write_text(f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in points.items()))
    monkeypatch.syspath_prepend(folder)
    spec = importlib.util.spec_from_file_location("tutorial_test_cheers", folder / "tests/test_cheers.py")
    assert spec is not None
    assert spec.loader is not None
    tests = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tests)
    yield tests
    for name in [name for name in sys.modules if name.split(".")[0] == "guildshop_cheers"]:
        del sys.modules[name]


async def test_the_plugin_of_the_tutorial_passes_its_own_test(tutorial: ModuleType, make_shop: ShopFactory) -> None:
    found = [name for name in vars(tutorial) if name.startswith("test_")]
    assert found == ["test_staff_hear_of_a_sale_and_only_they_try_it"]
    await getattr(tutorial, found[0])(await make_shop(plugins=[*BUILT_IN, "cheers"]))
