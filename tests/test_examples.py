"""The plugins of strangers: each one's own tests pass against installed wheels, on both databases."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from tests.wheels import LEFT_OUT, ROOT, UV, build, run

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/pyproject.toml"))
NAMES = [path.name for path in EXAMPLES]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def python(guildshop_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment: the locked libraries, and the wheels of Guildshop and every example."""
    folder = tmp_path_factory.mktemp("strangers")
    environment = folder / "venv"
    run(UV, "venv", "--quiet", "--python", sys.executable, environment, cwd=folder)
    python = environment / "bin/python"
    # What is locked is installed beside these tests. Its editable Guildshop stays out of sight: only the import
    # hooks of a site folder itself are run, and this one is merely added to the path.
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", ask, cwd=folder).strip())
    (site / "locked.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    wheels = [guildshop_wheel]
    for example in EXAMPLES:
        copy = folder / example.name
        shutil.copytree(example, copy, ignore=LEFT_OUT)
        wheels.append(build(copy))
    run(UV, "pip", "install", "--quiet", "--python", python, "--no-deps", "--offline", *wheels, cwd=folder)
    return python


def environ(home: Path) -> dict[str, str]:
    """Return what a test run sees of this process: where PostgreSQL and the official descriptions are, no more."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("GUILDSHOP_TEST_")}
    specifications = os.environ.get("GUILDSHOP_SPECS", str(ROOT.parent / "shared" / "specs"))
    return kept | {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8", "GUILDSHOP_SPECS": specifications}


@pytest.mark.parametrize("example", NAMES)
def test_its_own_tests_pass_against_the_wheels(python: Path, example: str, tmp_path: Path) -> None:
    # Its tests and their configuration, but not its code: that comes from the wheel.
    for name in ("tests", "pyproject.toml"):
        source = ROOT / "examples" / example / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=LEFT_OUT)
        else:
            shutil.copy(source, tmp_path / name)
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=tmp_path,
        env=environ(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 5
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("example", NAMES)
def test_it_is_loaded_from_its_entry_point(python: Path, example: str, tmp_path: Path) -> None:
    declared = tomllib.loads((ROOT / "examples" / example / "pyproject.toml").read_text())
    (name,) = declared["project"]["entry-points"]["guildshop.plugins"]
    text = (
        "import guildshop; from guildshop.loading import load_plugins; from guildshop.plugins import BUILT_IN\n"
        f"plugin = load_plugins([*BUILT_IN, {name!r}])[{name!r}]\n"
        "import inspect; print(guildshop.__file__, inspect.getfile(type(plugin)))"
    )
    where = run(python, "-c", text, cwd=tmp_path, environ=environ(tmp_path))
    assert str(ROOT) not in where
    assert where.count(str(python.parents[1])) == 2


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_it_touches_nothing_of_ours(example: Path) -> None:
    """A stranger uses what is public: `api`, `service` and `hookspecs` of plugins, never their other rooms."""
    private = re.compile(r"guildshop\.plugins\.\w+\.(?!api\b|service\b|hookspecs\b)\w+")
    for file in example.rglob("*.py"):
        found = private.search(file.read_text("utf-8"))
        assert found is None, f"{file}: {found and found[0]}"
