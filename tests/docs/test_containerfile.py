"""The container file: nothing in it is careless, and in `make proof` its steps make a server that runs.

No engine is asked to build it: what base image and engine do is not tried here.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from yarl import URL

from guildshop.config.settings import load_settings
from guildshop.web.server import WebServer
from tests.wheels import LEFT_OUT, UV

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "hosting" / "Containerfile"
KNOWN = {
    "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "RUN", "STOPSIGNAL", "USER", "VOLUME",
    "WORKDIR",
}  # fmt: skip
WHOLE = bool(os.environ.get("GUILDSHOP_TEST_CONTAINER"))
"""Whether to do the steps: a minute of a processor."""


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction; `stage` counts from 0."""

    stage: int
    word: str
    rest: str


def steps() -> list[Step]:
    """Return the instructions of the container file."""
    text = re.sub(r"^#.*\n", "", FILE.read_text("utf-8"), flags=re.MULTILINE)
    stage, found = -1, []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line.strip():
            word, _space, rest = line.partition(" ")
            stage += word == "FROM"
            found.append(Step(stage, word, rest))
    return found


STEPS = steps()


def values(word: str, stage: int) -> list[str]:
    return [step.rest for step in STEPS if step.word == word and step.stage == stage]


def test_it_is_well_formed() -> None:
    assert {step.word for step in STEPS} <= KNOWN
    assert [step.stage for step in STEPS if step.word == "FROM"] == [0, 1]
    for image, *_rest in (values("FROM", stage)[0].split() for stage in (0, 1)):
        assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-\w+", image)  # whole name, a tag, and not `latest`
    for source in " ".join(rest for rest in values("COPY", 0)).split():
        assert source in {"./"} or (ROOT / source).exists(), source


def test_everything_is_checked_by_its_hash() -> None:
    fetching = [run for run in values("RUN", 0) if re.search(r"pip (install|sync)|uv build", run)]
    assert len(fetching) == 4, fetching
    for run in fetching:
        assert "--require-hashes" in run or "--offline" in run, run
    assert "--mount=type=secret" not in FILE.read_text("utf-8")


def test_it_runs_as_nobody_special_and_keeps_no_secret() -> None:
    words = [step.word for step in STEPS if step.stage == 1]
    assert values("USER", 1) == ["10001:10001"]
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert "RUN" not in words[words.index("USER") :]
    assert values("VOLUME", 1) == values("WORKDIR", 1) == ["/data"]
    assert not re.search(r"TOKEN|SECRET|PASSWORD|chmod 777|--privileged", FILE.read_text("utf-8"))
    for form in (*values("ENTRYPOINT", 1), *values("CMD", 1), values("HEALTHCHECK", 1)[0].partition("CMD ")[2]):
        assert isinstance(json.loads(form), list)  # no shell between the engine's signals and the process


def _within(folder: Path, text: str) -> str:
    """Return a step with the image's folders below a folder of ours."""
    return re.sub(r"(?<![\w.])/(src|build|wheels|opt|data)\b", rf"{folder}/\1", text)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """The folder in which the steps of the first stage were done."""
    (tmp_path / "src").mkdir()
    (tmp_path / "build/bin").mkdir(parents=True)
    (tmp_path / "build/bin/uv").symlink_to(UV)
    for step in STEPS:
        if step.stage == 0 and step.word == "COPY":
            *sources, target = step.rest.split()
            for source in sources:
                into = tmp_path / "src" / (source if target == "./" else target)
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, into, symlinks=True, ignore=LEFT_OUT)
                else:
                    shutil.copy(ROOT / source, into)
        elif step.word == "RUN" and step.stage == 0 and "bootstrap.txt" not in step.rest:  # uv is there already
            _run(_within(tmp_path, step.rest), tmp_path / "src")
    return tmp_path


def _run(line: str, folder: Path) -> None:
    """Run a step; what the set-up fetched is in the cache, only where that was cleared the registry is asked."""
    trust = {"UV_SYSTEM_CERTS": "1"} if Path("/etc/ssl/certs/ca-certificates.crt").exists() else {}
    for offline in ({"UV_OFFLINE": "1"}, trust):
        done = subprocess.run(
            ["sh", "-euc", line], cwd=folder, env={**os.environ, **offline}, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
    pytest.fail(f"{line}\n{done.stderr}")


def _environment(folder: Path, port: int) -> dict[str, str]:
    environ = dict(part.split("=", 1) for part in _within(folder, values("ENV", 1)[0]).split())
    return environ | {"GUILDSHOP_WEB__PORT": str(port), "GUILDSHOP_SECRET_KEY": "k" * 40, "HOME": str(folder / "data")}


def _health() -> list[str]:
    found: list[str] = json.loads(values("HEALTHCHECK", 1)[0].partition("CMD ")[2])
    return found


def test_its_variables_are_settings(tmp_path: Path) -> None:
    file = tmp_path / "empty.toml"
    file.touch()
    settings = load_settings(file, dict(part.split("=", 1) for part in values("ENV", 1)[0].split()))
    assert settings.database.url == "sqlite:////data/guildshop.sqlite"
    assert (settings.web.host, settings.web.port) == ("0.0.0.0", int(values("EXPOSE", 1)[0]))


async def test_its_health_check_tells_a_server_from_none(server: WebServer, tmp_path: Path) -> None:
    python, *rest = _health()
    assert python == "python"
    port = URL(server.url).port
    assert port is not None
    for asked, code in ((port, 0), (_free_port(), 1)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, *rest, env=_environment(tmp_path, asked), stderr=asyncio.subprocess.DEVNULL
        )
        assert await process.wait() == code


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.skipif(not WHOLE, reason="takes a minute: `make proof` does the steps of the container file")
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_its_steps_make_a_server_that_is_healthy_and_stops_when_told(built: Path) -> None:
    (entry,), command = (json.loads(values(word, 1)[0]) for word in ("ENTRYPOINT", "CMD"))
    program = built / "opt/guildshop/bin" / entry
    environ = _environment(built, _free_port())
    (built / "data").mkdir()
    server = subprocess.Popen(
        [program, *command, "--no-discord"],
        cwd=built / "data",
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = ""
        for line in server.stdout or ():
            said += line
            if "web.started" in line:
                break
        else:
            pytest.fail(f"it ended: {said}")
        python, *rest = _health()
        assert subprocess.run([built / "opt/guildshop/bin" / python, *rest], env=environ, check=False).returncode == 0
        server.send_signal(getattr(signal, values("STOPSIGNAL", 1)[0]))
        server.communicate(timeout=60)
    finally:
        server.kill()
    assert server.returncode == 0
    assert (built / "data/guildshop.sqlite").exists()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_is_one_that_systemd_reads(tmp_path: Path) -> None:
    unit = (FILE.parent / "guildshop.service").read_text("utf-8")
    unit = re.sub(r"^(ExecStart=)\S+", r"\1/bin/true", unit, flags=re.MULTILINE)  # which is not there
    file = tmp_path / "guildshop.service"
    file.write_text(re.sub(r"^User=.*\n", "", unit, flags=re.MULTILINE))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True, check=False)
    assert "guildshop.service" not in done.stderr, done.stderr
