"""The README and the documents beside it: what they name exists, and does what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guildshop.cli import main

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_the_readme_begins_with_five_lines_a_picture_and_two_commands() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    introduction, _picture, rest = text.partition("![")
    lines = introduction.strip().splitlines()[1:]
    assert len([line for line in lines if line]) == 5
    picture = re.match(r"[^\]]+\]\(([^)]+)\)", rest)
    assert picture is not None
    assert (ROOT / picture[1]).stat().st_size > 1000
    block = re.search(r"```console\n(.*?)```", rest, re.DOTALL)
    assert block is not None
    assert block[1].splitlines() == ["$ make demo", "$ make test"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_make_targets_exist(document: Path) -> None:
    text = document.read_text("utf-8")
    for link in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in link:
            assert (document.parent / link).exists(), f"{document.name} links to {link}"
    for target in re.findall(r"`?make ([a-z-]+)", text):
        if f"$ make {target}" in text or f"`make {target}" in text:
            assert target in TARGETS, f"{document.name} names make {target}"


def test_the_commands_page_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/guide/command-line.md").read_text("utf-8")
    assert main(["--help"]) == 0
    listed = re.findall(r"^  ([a-z]+)  ", capsys.readouterr().out.partition("Commands:")[2], re.MULTILINE)
    assert listed
    for command in listed:
        assert f"`{command}" in page


def test_the_changelog_has_a_section_for_what_comes_next() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
