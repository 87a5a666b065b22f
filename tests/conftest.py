"""All tests may use the fixtures that plugin authors use."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

from guildshop.translating import compile_all

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["guildshop.testing", "tests.languages.wire", "tests.wheels"]

ROOT = Path(__file__).parents[1]

# The same examples every time, and none too slow on a busy machine. For new ones: `--hypothesis-profile=default`.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("repeatable")


# A moment in which the machine does something else is no property of what is tested.
settings.register_profile("guildshop", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("guildshop")


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at once: some of their time they wait for a database, a browser or a process."""
    return 3 * (os.cpu_count() or 1) // 2


def pytest_configure() -> None:
    """Have the catalogues as they are in the sources; takes a moment when none changed."""
    compile_all([ROOT / "guildshop/locales", *ROOT.glob("plugins/*/locales"), *ROOT.glob("examples/*/*/locales")])


def pytest_collection_finish() -> None:
    """Look through what is there for the whole run (modules, thousands of tests) once, and not at each collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show why each test failed that was run again: whether it passed then or not, it is a defect."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"failed and run again: {report.nodeid}", sep="_")
        terminalreporter.line(report.longreprtext)
