"""CSV files as answers, which spreadsheets open without running anything in them."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from aiohttp import hdrs, web

from guildshop.spreadsheets import BYTE_ORDER_MARK, write_row

CHUNK = 32 * 1024
"""Characters that are gathered before they are sent."""


async def stream_sheet(
    request: web.Request, name: str, columns: Sequence[str], rows: AsyncIterator[Mapping[str, str]]
) -> web.StreamResponse:
    """Send a file row by row, however long it becomes: the header also where there are no rows."""
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/csv; charset=utf-8", **_attached(name)})
    text = io.StringIO()
    write_row(text, columns)
    await response.prepare(request)
    await response.write(BYTE_ORDER_MARK)
    async for row in rows:
        write_row(text, [row[column] for column in columns])
        if text.tell() >= CHUNK:
            await response.write(text.getvalue().encode())
            text = io.StringIO()
    await response.write(text.getvalue().encode())
    await response.write_eof()
    return response


def sheet_response(name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> web.Response:
    """Return a file that is not long."""
    text = io.StringIO()
    for row in (head, *rows):
        write_row(text, row)
    return web.Response(
        body=BYTE_ORDER_MARK + text.getvalue().encode(),
        content_type="text/csv",
        charset="utf-8",
        headers=_attached(name),
    )


def _attached(name: str) -> dict[str, str]:
    return {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'}
