"""The scripts that make pages of the documentation, imported as the site does it."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from guildshop.app import App

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def script() -> Iterator[Callable[[str], ModuleType]]:
    """Import a script of the documentation by its name; afterwards it is gone again."""
    loaded: list[str] = []

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of libraries
            spec.loader.exec_module(module)
        loaded.append(name)
        return module

    yield load
    for name in loaded:
        del sys.modules[name]


@pytest.fixture(scope="module")
def points(script: Callable[[str], ModuleType]) -> ModuleType:
    """The script that makes the pages of hooks and events."""
    return script("extension_points")


@pytest.fixture(scope="module")
def installed(points: ModuleType) -> App:
    """An application with the built-in plugins."""
    app: App = points.installed()
    assert app.plugins.failures == []
    return app
