"""The pictures of the documents: each is taken by the script, shown on a page, and small."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from tests.docs.samples import DOCUMENTS

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
SCRIPT = (ROOT / "docs" / "screenshots.py").read_text("utf-8")
BY_HAND = {"console"}
"""The README's: a moment of the demo that no script goes to."""
LARGEST, WIDEST = 150_000, 1400


def shown() -> set[str]:
    texts = [document.read_text("utf-8") for document in DOCUMENTS]
    return {name for text in texts for name in re.findall(r"\]\([\w./]*images/([\w-]+)\.png\)", text)}


def test_every_picture_is_shown_and_every_shown_one_is_there() -> None:
    assert shown() == {file.stem for file in IMAGES.glob("*.png")}


def test_the_script_takes_them() -> None:
    taken = set(re.findall(r'"([a-z][\w-]*)"', SCRIPT))
    assert shown() - BY_HAND <= taken


def test_they_are_small() -> None:
    for file in IMAGES.glob("*.png"):
        assert file.stat().st_size <= LARGEST, file.name
        with Image.open(file) as image:
            assert image.width <= WIDEST, file.name


def test_each_says_what_it_shows() -> None:
    for document in DOCUMENTS:
        for words in re.findall(r"!\[([^\]]*)\]\([\w./]*images/", document.read_text("utf-8")):
            assert len(words) > 10, document.name
