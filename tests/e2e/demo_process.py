"""The demo as a stranger starts it: a process of its own, whose screen is read."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 240


@dataclass
class Demo:
    """A running demo: where its pages are, and how to sign in."""

    process: asyncio.subprocess.Process
    screen: str
    console_url: str
    web_url: str
    username: str
    password: str

    async def stop(self) -> int:
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        rest, _errors = await self.process.communicate()
        self.screen += rest.decode()
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def demo(home: Path, web_port: int, simulator_port: int, *more: str) -> AsyncIterator[Demo]:
    """Start the demo and wait until it says that it is running; at the end it is gone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "bot.py"),
        "demo",
        f"--web-port={web_port}",
        f"--simulator-port={simulator_port}",
        *more,
        cwd=home,
        env={**os.environ, "GUILDSHOP_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield await _started(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _started(process: asyncio.subprocess.Process) -> Demo:
    assert process.stdout is not None
    screen = ""
    async with asyncio.timeout(START_SECONDS):
        while "Ctrl-C" not in screen:
            line = await process.stdout.readline()
            assert line, f"the demo ended: {screen}"
            screen += line.decode()
    console, web = re.findall(r"http://127\.0\.0\.1:\d+/(?:admin/)?", screen)[:2]
    signing_in = re.search(r"Sign in\s+(\S+) / (\S+)", screen)
    assert signing_in is not None, screen
    return Demo(process, screen, console, web, signing_in[1], signing_in[2])
