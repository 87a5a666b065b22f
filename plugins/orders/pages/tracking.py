"""The page that takes a CSV file of tracking numbers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web
from markupsafe import Markup

from guildshop.errors import Invalid
from guildshop.i18n import _, grouped, ngettext
from guildshop.importing import ImportResult, import_kind, import_sheet
from guildshop.plugins.orders.service.tracking import COLUMNS
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, redirect, render

FILE = "tracking.csv"


async def tracking_page(request: web.Request) -> web.StreamResponse:
    """Ask for the file."""
    return _page(request)


async def tracking_act(request: web.Request) -> web.StreamResponse:
    """Check the file, and write all of it where that is wanted and every row is right."""
    app, actor, form = app_of(request), actor_of(request), await request.post()
    field, dry_run = form.get("file"), form.get("do") != "import"
    text = str(form.get("text", "")).replace("\0", "")
    content = await asyncio.to_thread(field.file.read) if isinstance(field, web.FileField) else text.encode()
    if not content.strip():
        return _page(request, problem=_("Choose a file, or paste its rows."))
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        await asyncio.to_thread(path.write_bytes, content)
        try:
            result = await import_sheet(app, actor, import_kind(app, "tracking"), path, dry_run=dry_run)
        except Invalid as refusal:
            return _page(request, problem=refusal.message.replace(str(path), FILE), text=text or _text(content))
    if result.problems or dry_run:
        return _page(request, result=result, text=text or _text(content))
    told = ngettext("{count} parcel is saved.", "{count} parcels are saved.", result.written)
    flash(request, told.format(count=grouped(result.written)))
    raise redirect(request, "order")


def _text(content: bytes) -> str:
    """Return the file's text, to be corrected and sent again, unless it is very long."""
    return content.decode("utf-8-sig", errors="replace") if len(content) < 100_000 else ""


def _page(
    request: web.Request, *, result: ImportResult | None = None, problem: str = "", text: str = ""
) -> web.Response:
    return render(
        request,
        "orders/tracking.html",
        {
            "columns": {Markup("<code>{}</code>").format(name): _(hint) for name, hint in COLUMNS.items()},
            "result": result,
            "problem": problem,
            "text": text,
        },
        status=422 if problem or (result is not None and result.problems) else 200,
    )
