"""A proxy before PostgreSQL that can swallow an answer and hang up, as a network does at the worst moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


class LossyProxy:
    """Passes everything on; once `armed`, it swallows the next answer, and hangs up when it is told to."""

    def __init__(self, dsn: str) -> None:
        """Stand before the server of a DSN."""
        self._parts = urlsplit(dsn)
        self._host = parse_qs(self._parts.query).get("host", [self._parts.hostname or "localhost"])[0]
        self.armed = False
        self.swallowed = asyncio.Event()
        self.hang_up = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def dsn(self) -> str:
        """The DSN of the proxy."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        user = unquote(self._parts.username or "postgres")
        password = f":{self._parts.password}" if self._parts.password else ""
        return f"postgresql://{user}{password}@127.0.0.1:{port}{self._parts.path}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[LossyProxy]:
        """Listen while the block runs."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield self
        finally:
            self._server.close()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self._host.startswith("/"):
            socket = Path(self._host) / f".s.PGSQL.{self._parts.port or 5432}"
            server, to_server = await asyncio.open_unix_connection(str(socket))
        else:
            server, to_server = await asyncio.open_connection(self._host, self._parts.port or 5432)
        try:
            await asyncio.gather(self._pass(client, to_server), self._pass_answers(server, to_client))
        except OSError:
            return
        finally:
            to_client.close()
            to_server.close()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.close()

    async def _pass_answers(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            # "2" and "C": parameters bound and command complete, so that this answers a statement that was executed.
            if self.armed and data[:1] == b"2":
                self.armed = False
                self.swallowed.set()
                await self.hang_up.wait()
                break
            target.write(data)
            await target.drain()
        target.close()
