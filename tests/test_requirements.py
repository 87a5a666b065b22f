"""The lock files and the page on dependencies: complete, hashed, and naming no registry."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ("bootstrap", "dev", "runtime")


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


RUNTIME = names(PROJECT["project"]["dependencies"])
DEVELOPMENT = names(PROJECT["dependency-groups"]["dev"])


def locked(lock: str) -> dict[str, list[str]]:
    """Return the lines of each locked distribution."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (ROOT / f"requirements/{lock}.txt").read_text("utf-8").splitlines():
        if match := re.match(r"([a-z0-9.-]+)==", line):
            current = found[match[1].replace(".", "-")] = []
        current.append(line)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_distribution_is_pinned_and_hashed(lock: str) -> None:
    distributions = locked(lock)
    assert distributions
    for name, lines in distributions.items():
        assert re.match(r"\S+==\S+", lines[0]), name
        assert any("--hash=sha256:" in line for line in lines), name


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_registry(lock: str) -> None:
    text = (ROOT / f"requirements/{lock}.txt").read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|@ ", text)


def test_what_is_declared_is_locked() -> None:
    runtime, development = locked("runtime"), locked("dev")
    assert {name.replace(".", "-") for name in RUNTIME} <= runtime.keys()
    assert {name.replace(".", "-") for name in RUNTIME | DEVELOPMENT} <= development.keys()
    for name, lines in runtime.items():
        assert development[name] == lines, f"{name} is locked differently in dev.txt"


def test_the_page_names_what_is_declared_and_nothing_else() -> None:
    page = (ROOT / "docs/dependencies.md").read_text("utf-8")
    runtime, _heading, development = page.partition("## For development")
    assert set(re.findall(r"^\| ([a-z][a-z0-9.-]*) \|", runtime, re.MULTILINE)) - {"library"} == RUNTIME
    assert set(re.findall(r"^\| ([a-z][a-z0-9.-]*) \|", development, re.MULTILINE)) - {"library"} == DEVELOPMENT
