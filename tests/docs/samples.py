"""The samples of the documents: every fenced block, with its page, line, language and title."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "plugins/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").glob("**/README.md")),
]
FENCE = re.compile(
    r'^(?P<indent> *)```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?\n(?P<body>.*?)^(?P=indent)```$',
    re.MULTILINE | re.DOTALL,
)
PROMPT = re.compile(r"^[$#] ")
AS_SOMEBODY = re.compile(r"^(runuser -u \w+ -- |sudo |podman exec (--\w+ )*guildshop )")
ANOTHER = re.compile(r"\$\(.*\)")
INCLUDED = re.compile(r'^--8<-- "([^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sample:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    title: str
    body: str

    def __str__(self) -> str:
        """Return where it is."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command line of a console sample, without its prompt."""

    sample: Sample
    line: str

    def __str__(self) -> str:
        """Return where it is, and what."""
        return f"{self.sample}: {self.line}"

    @property
    def words(self) -> list[str]:
        """Its words, without variables before it and without whom it runs as."""
        words = shlex.split(ANOTHER.sub("x", AS_SOMEBODY.sub("", self.line)), comments=True)
        while words and re.match(r"^[A-Z_]+=", words[0]):
            words.pop(0)
        return words


def samples() -> list[Sample]:
    """Return all samples of all documents."""
    found = []
    for document in DOCUMENTS:
        text, page = document.read_text("utf-8"), document.relative_to(ROOT).as_posix()
        for match in FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            body = INCLUDED.sub(_included, textwrap.dedent(match["body"]))
            found.append(Sample(page, line, match["language"], match["title"] or "", body))
    return found


def _included(match: re.Match[str]) -> str:
    return (ROOT / "docs" / match[1]).read_text("utf-8")


def commands(sample: Sample) -> Iterator[Command]:
    """Yield what is typed in a console sample; lines without a prompt are what is printed."""
    typed = re.sub(r"\\\n\s*", "", sample.body)
    for line in typed.splitlines():
        if PROMPT.match(line):
            yield from (Command(sample, part.strip()) for part in PROMPT.sub("", line).split(" && "))
