"""The wheel: it holds everything, and runs in an empty environment outside the checkout."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.ports import free_port
from tests.wheels import PARTS, ROOT, UV, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(guildshop_wheel: Path) -> Path:
    """The wheel, built from a copy of the checkout."""
    return guildshop_wheel


@pytest.fixture(scope="module")
def guildshop(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script in an environment that holds the runtime lock and the wheel alone."""
    environment = tmp_path_factory.mktemp("environment") / "venv"
    run(UV, "venv", "--quiet", "--python", sys.executable, environment, cwd=wheel.parent)
    python = environment / "bin/python"
    lock = ROOT / "requirements/runtime.txt"
    sync = (UV, "pip", "sync", "--quiet", "--python", python, "--require-hashes", lock)
    # What the set-up fetched is in uv's cache; only where that was cleared the registry is asked.
    if subprocess.run([*sync, "--offline"], capture_output=True, check=False).returncode:
        trust = {"UV_SYSTEM_CERTS": "1"} if Path("/etc/ssl/certs/ca-certificates.crt").exists() else {}
        run(*sync, cwd=wheel.parent, environ=trust | os.environ)
    run(UV, "pip", "install", "--quiet", "--python", python, "--no-deps", "--offline", wheel, cwd=wheel.parent)
    run(UV, "pip", "check", "--quiet", "--python", python, cwd=wheel.parent)
    return environment / "bin/guildshop"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(tmp_path), "GUILDSHOP_SECRET_KEY": "k" * 40, "LANG": "C.UTF-8"}


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    expected = {
        f"{inside}/{file.relative_to(ROOT / part)}"
        for part, inside in PARTS.items()
        for file in (ROOT / part).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {"guildshop/sample/products.csv", "guildshop/web/users.py", "guildshop/config/guildshop.toml"} <= expected
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert expected - held == set()
    assert not [name for name in held if name.startswith(("tests/", "plugins/", "web/", "config/"))]


def test_the_wheel_runs_outside_the_checkout(guildshop: Path, tmp_path: Path, environ: dict[str, str]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run(guildshop, "--version", cwd=tmp_path, environ=environ))
    run(guildshop, "store", "create", "--guild", "5", "--name", "Shop", cwd=tmp_path, environ=environ)
    assert "Shop" in run(guildshop, "store", "list", cwd=tmp_path, environ=environ)
    where = "import guildshop, guildshop.plugins; print(guildshop.__file__, guildshop.plugins.__file__)"
    found = run(guildshop.with_name("python"), "-c", where, cwd=tmp_path, environ=environ)
    assert str(ROOT) not in found
    assert found.count("site-packages") == 2


def test_the_demo_runs_from_the_wheel(guildshop: Path, tmp_path: Path, environ: dict[str, str]) -> None:
    web, simulator = free_port(), free_port()
    process = subprocess.Popen(
        [guildshop, "demo", "--web-port", str(web), "--simulator-port", str(simulator)],
        cwd=tmp_path,
        env=environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = ""
    try:
        assert process.stdout is not None
        for line in process.stdout:
            output += line
            if "Ctrl-C" in line:
                break
        else:
            pytest.fail(f"the demo ended:\n{output}")
        for address in (f"http://127.0.0.1:{web}/login", f"http://127.0.0.1:{simulator}/"):
            with urlopen(address) as answer:
                assert b"</html>" in answer.read().lower()
        process.send_signal(signal.SIGINT)
        rest, _none = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in output + rest
    assert (tmp_path / "data/demo/guildshop.sqlite").exists()
