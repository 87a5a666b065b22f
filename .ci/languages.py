#!/usr/bin/env python
"""The catalogues of the checkout: `update` them from the sources, `compile` them, or `check` that nothing lacks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guildshop.translating import Room

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("de", "es", "fr")
CATALOGUES = "*/LC_MESSAGES/guildshop.po"


def stale() -> bool:
    """Tell, without loading anything, whether a compiled catalogue is missing or older than its source."""
    for locales in _locales():
        for po in locales.glob(CATALOGUES):
            mo = po.with_suffix(".mo")
            if not mo.is_file() or mo.stat().st_mtime_ns <= po.stat().st_mtime_ns:
                return True
    return False


def _rooms() -> list[Room]:
    from guildshop import translating

    kernel = translating.kernel()
    known = translating.find_texts(kernel)
    folders = [path.parent for path in ROOT.glob("plugins/*/plugin.py")]
    folders += [path.parent for path in ROOT.glob("examples/*/*/locales")]
    return [kernel, *(translating.plugin(folder, known) for folder in sorted(folders))]


def _locales() -> list[Path]:
    return [ROOT / "guildshop/locales", *ROOT.glob("plugins/*/locales"), *ROOT.glob("examples/*/*/locales")]


def main(action: str) -> int:
    """Do what was asked; return 1 when the check found something."""
    if action == "compile" and not stale():
        return 0
    sys.path.insert(0, str(ROOT))
    from guildshop import translating

    if action == "update":
        for path in translating.update_all(_rooms(), LANGUAGES):
            print(f"updated {path.relative_to(ROOT)}")
    elif action == "check":
        found = translating.all_problems(_rooms(), LANGUAGES)
        for problem in found:
            print(problem.replace(f"{ROOT}/", ""))
        if found:
            print(f"{len(found)} texts to see to: run `make languages`, then translate what is empty in those files.")
        return 1 if found else 0
    translating.compile_all(_locales())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
