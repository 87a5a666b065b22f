"""What the site finds by itself: decisions, and the reference. Called by mkdocs."""

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
    """Add to the pages of the reference what is made from the code."""
    page_of = {
        "reference/hooks.md": "extension_points.hooks_page",
        "reference/events.md": "extension_points.events_page",
        "reference/settings.md": "reference_pages.settings_page",
        "reference/commands.md": "reference_pages.commands_page",
        "reference/permissions.md": "reference_pages.permissions_page",
        "reference/api.md": "reference_api.api_page",
    }.get(page.file.src_uri)
    if page_of is None:
        return markdown
    module, _dot, name = page_of.partition(".")
    points, maker = _module("extension_points"), _module(module)
    app = points.installed()
    missing = [*points.undocumented(app), *getattr(maker, "unexplained", lambda _app: [])(app)]
    if missing:
        message = f"nothing is said of these, so the reference cannot be made: {', '.join(missing)}"
        raise RuntimeError(message)
    return f"{markdown}\n{getattr(maker, name)(app)}"


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    if spec is None or spec.loader is None:
        message = f"docs/{name}.py is missing"
        raise FileNotFoundError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look themselves up
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of libraries, and none of the site's
        spec.loader.exec_module(module)
    return module
