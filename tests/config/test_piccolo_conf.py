"""Piccolo's own command line looks at the configured database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guildshop.cli import main


def test_piccolos_command_line_finds_apps_and_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["migrate"]) == 0
    done = subprocess.run(
        [Path(sys.executable).with_name("piccolo"), "migrations", "check"],
        env=os.environ | {"PICCOLO_CONF": "guildshop.config.piccolo_conf"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for app in ("kernel", "web", "customers", "orders"):
        assert app in done.stdout
    assert "False" not in done.stdout
