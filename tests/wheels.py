"""Wheels for tests: Guildshop's is built once for all workers of a run."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = {"guildshop": "guildshop", "plugins": "guildshop/plugins", "web": "guildshop/web", "config": "guildshop/config"}
UV = Path(sys.executable).with_name("uv")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "dist", ".*_cache")


def run(*command: str | Path, cwd: Path, environ: dict[str, str] | None = None) -> str:
    """Run a command and return what it printed; the test fails with all of it when the command does."""
    done = subprocess.run(
        command, cwd=cwd, env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build(project: Path) -> Path:
    """Return the wheel of a project, built in its folder."""
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", project / "dist", project, cwd=project)
    (built,) = (project / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="session")
def guildshop_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Guildshop's wheel, built from a copy of the checkout."""
    base = tmp_path_factory.getbasetemp()
    # Workers have a folder each, below the one of the run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "guildshop-wheel"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = list(folder.glob("checkout/dist/*.whl"))
        if made:
            return made[0]
        copy = folder / "checkout"
        copy.mkdir()
        for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        for name in PARTS:
            shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=LEFT_OUT)
        return build(copy)
