"""Ports for servers that must be told theirs."""

from __future__ import annotations

import itertools
import os
import socket
from contextlib import suppress

FIRST, COUNT = 20_000, 12_000
"""Below those that the system gives to connections, of which one may take a free port before its server does."""

# Two processes that ask at once begin apart.
_offsets = itertools.count(os.getpid() * 61)


def free_port() -> int:
    """Return a port that nobody listens at, another one each time."""
    while True:
        port = FIRST + next(_offsets) % COUNT
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
