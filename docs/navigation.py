"""What the site finds by itself: decisions, the plugins' own hooks, and every event. Called by mkdocs."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def on_config(config: Any) -> Any:
    """Put every decision into the navigation."""
    decisions = sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs/adr").glob("*.md"))
    decisions.sort(key=lambda name: not name.endswith("index.md"))
    config["nav"] = [*config["nav"], {"Decisions": decisions}]
    return config


def on_page_markdown(markdown: str, page: Any, **_others: Any) -> str:
    """Add the plugins' hooks and events to their pages."""
    if page.file.src_uri == "reference/hooks.md":
        return markdown + "".join(
            f"\n## Of {path.parent.name}\n\n::: guildshop.plugins.{path.parent.name}.hookspecs\n"
            for path in sorted((ROOT / "plugins").glob("*/hookspecs.py"))
        )
    if page.file.src_uri == "reference/events.md":
        return markdown + "".join(
            f"\n### {module.split('.')[2]}: {name}\n\n::: {module}.{name}\n" for module, name in _events()
        )
    return markdown


def _events() -> list[tuple[str, str]]:
    """Return (module, class) of every event in the plugins' public rooms, also those derived from another event."""
    found: list[tuple[str, str]] = []
    kinds = {"Event"}
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        parts = path.relative_to(ROOT / "plugins").with_suffix("").parts
        if len(parts) < 2 or parts[1] != "api":
            continue
        module = ".".join(("guildshop", "plugins", *parts)).removesuffix(".__init__")
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and kinds.intersection(map(ast.unparse, node.bases)):
                kinds.add(node.name)
                found.append((module, node.name))
    return found
