"""What the site finds by itself: decisions, hooks and events. Called by mkdocs."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]


def on_config(config: Any) -> Any:
    """Put every decision into the navigation."""
    decisions = sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs/adr").glob("*.md"))
    decisions.sort(key=lambda name: not name.endswith("index.md"))
    config["nav"] = [*config["nav"], {"Decisions": decisions}]
    return config


def on_page_markdown(markdown: str, page: Any, **_others: Any) -> str:
    """Add the hooks and events to their pages."""
    if page.file.src_uri not in {"reference/hooks.md", "reference/events.md"}:
        return markdown
    points = _extension_points()
    app = points.installed()
    missing = points.undocumented(app)
    if missing:
        message = f"these hooks, types and events have no docstring: {', '.join(missing)}"
        raise RuntimeError(message)
    made = points.hooks_page(app) if page.file.src_uri == "reference/hooks.md" else points.events_page(app)
    return f"{markdown}\n{made}"


def _extension_points() -> ModuleType:
    spec = importlib.util.spec_from_file_location("extension_points", ROOT / "docs" / "extension_points.py")
    if spec is None or spec.loader is None:
        message = "docs/extension_points.py is missing"
        raise FileNotFoundError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look themselves up
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of libraries, and none of the site's
        spec.loader.exec_module(module)
    return module
