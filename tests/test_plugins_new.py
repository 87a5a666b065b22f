"""`plugins new`: what it writes works at once, in both forms; what cannot be is refused and leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guildshop.cli import main
from guildshop.skeleton import LONGEST_NAME, check_name

ROOT = Path(__file__).parents[1]
RUFF, UV = Path(sys.executable).with_name("ruff"), Path(sys.executable).with_name("uv")
ENTRANCES = 6
DATABASES = 2


def run(*command: str | Path, cwd: Path, path: Path) -> str:
    environ = os.environ | {"PYTHONPATH": str(path)}
    environ = {name: value for name, value in environ.items() if not name.startswith(("PYTEST_", "GUILDSHOP_"))}
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def passed(output: str) -> int:
    found = re.search(r"(\d+) passed", output)
    assert found, output
    assert "warning" not in output.partition("warnings summary")[0]
    return int(found[1])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout, as far as a plugin's own tests need it."""
    copy = tmp_path / "checkout"
    for name in ("guildshop", "plugins", "web", "config"):
        shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests").mkdir()
    (copy / "tests" / "conftest.py").write_text('pytest_plugins = ["guildshop.testing"]\n')
    for name in ("pyproject.toml", "bot.py"):
        shutil.copy(ROOT / name, copy / name)
    return copy


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_folder_works_at_once(checkout: Path) -> None:
    output = run(sys.executable, "bot.py", "plugins", "new", "book_club", cwd=checkout, path=checkout)
    assert f"Wrote the plugin book_club into {checkout / 'plugins/book_club'}." in output
    assert "add “book_club” to plugins.enabled" in output
    run(RUFF, "check", "plugins/book_club", "tests", cwd=checkout, path=checkout)
    run(RUFF, "format", "--check", "plugins/book_club", "tests", cwd=checkout, path=checkout)
    tests = run(sys.executable, "-m", "pytest", "-q", "tests/plugins/book_club", cwd=checkout, path=checkout)
    assert passed(tests) == ENTRANCES * DATABASES


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_distribution_works_at_once(tmp_path: Path) -> None:
    assert main(["plugins", "new", "book_club", "--distribution", "--folder", str(tmp_path)]) == 0
    made, site = tmp_path / "guildshop-book-club", tmp_path / "site"
    run(RUFF, "check", "--extend-select", "I,UP,B,W,N,RUF,TID", made, cwd=made, path=site)
    wheel = ("--no-deps", "--no-build-isolation", "--offline", "--quiet", "--python", sys.executable)
    run(UV, "pip", "install", *wheel, "--target", site, made, cwd=tmp_path, path=site)
    shutil.rmtree(made / "guildshop_book_club")  # so that it is the installed one that is tried
    shutil.rmtree(made / "build", ignore_errors=True)
    assert passed(run(sys.executable, "-m", "pytest", "-q", cwd=made, path=site)) == ENTRANCES * DATABASES


@pytest.mark.parametrize("name", ["a", "pages", "match", "x" * LONGEST_NAME, "a_1_b"])
def test_names_that_can_be(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Reviews", "“Reviews” cannot be a plugin's name: take lower-case letters"),
        ("2fast", "“2fast” cannot be a plugin's name"),
        ("book-club", "“book-club” cannot be a plugin's name"),
        ("book__club", "“book__club” cannot be a plugin's name"),
        ("../orders", "“../orders” cannot be a plugin's name"),
        ("größe", "“größe” cannot be a plugin's name"),
        ("", "“” cannot be a plugin's name"),
        ("class", "“class” is a word of Python itself"),
        ("x" * (LONGEST_NAME + 1), "has 31 characters; a plugin's name has at most 30"),
        ("sqlite_tools", "Tables that begin with “sqlite_” belong to the database itself"),
        ("pg", "Tables that begin with “pg_” belong to the database itself"),
        ("kernel", "“kernel” is kept for Guildshop itself"),
        ("orders", "“orders” is taken by an installed plugin (guildshop.plugins.orders.plugin:plugin)"),
        ("order", "belongs to orders already. Take another name than “order”"),
        ("restock", "The command restock belongs to catalog already"),
        ("currency", "The settings section currency belongs to Guildshop already"),
        ("dashboard", "belongs to "),
        ("audit", "The permission audit.read belongs to Guildshop already"),
    ],
)
def test_a_bad_name_is_refused(name: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "new", name, "--distribution", "--folder", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert files(tmp_path) == set()


def test_what_exists_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "guildshop-book-club" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    assert main(["plugins", "new", "book_club", "--distribution", "--folder", str(tmp_path)]) == 1
    assert f"{mine.parent} exists already, and nothing was written." in capsys.readouterr().err
    assert files(tmp_path) == {mine.parent, mine}


def test_a_folder_goes_into_a_checkout_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "new", "book_club", "--folder", str(tmp_path)]) == 1
    assert "is not the plugins folder of a Guildshop checkout. Use --distribution" in capsys.readouterr().err
    assert files(tmp_path) == set()


def test_a_missing_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "new", "book_club", "--distribution", "--folder", str(tmp_path / "no")]) == 1
    assert f"There is no folder {tmp_path / 'no'}" in capsys.readouterr().err


def test_nothing_half_written_is_left(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "tests" / "plugins").write_text("a file where a folder belongs")
    before = files(checkout)
    assert main(["plugins", "new", "book_club", "--folder", str(checkout / "plugins")]) == 1
    assert f"{checkout / 'tests/plugins'} cannot be written: File exists." in capsys.readouterr().err
    assert files(checkout) == before
