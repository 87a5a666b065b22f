"""Imports and bulk changes: the page that takes a file, the page that shows how far it is, and what was before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aiohttp import hdrs, web
from markupsafe import Markup

from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.hookspecs import ImportKind, Page
from guildshop.i18n import _, lazy, ngettext
from guildshop.jobs import Job, JobState
from guildshop.jobs.api import IMPORT
from guildshop.web.context import actor_of, app_of
from guildshop.web.formats import FILTERS
from guildshop.web.pages import flash, page_url, redirect, render, render_part
from guildshop.web.sheets import sheet_response

if TYPE_CHECKING:
    from guildshop.app import App

PATH = "job"
PASTED = "rows.csv"
MAX_BODY = 33 * 1024 * 1024
EARLIER = 10
STATES: Mapping[JobState, tuple[str, str]] = {
    JobState.WAITING: (lazy("Waiting"), "neutral"),
    JobState.RUNNING: (lazy("At work"), "info"),
    JobState.READY: (lazy("Ready to start"), "warn"),
    JobState.DONE: (lazy("Done"), "good"),
    JobState.REFUSED: (lazy("Wrong rows"), "bad"),
    JobState.FAILED: (lazy("Broken off"), "bad"),
    JobState.STOPPED: (lazy("Stopped"), "neutral"),
}


# Imports


async def import_form(request: web.Request) -> web.StreamResponse:
    """Ask for a file, and show what was imported before."""
    return await _form(request)


async def import_file(request: web.Request) -> web.StreamResponse:
    """Begin to check a file."""
    form = await request.post()
    kind = _kind(request)
    field = form.get("file")
    if isinstance(field, web.FileField) and field.filename:
        content, name, shown = await asyncio.to_thread(field.file.read), field.filename, ""
    else:
        shown = str(form.get("text", "")).replace("\0", "")
        content, name = shown.encode(errors="replace"), PASTED
    if not content.strip():
        return await _form(request, problem=_("Choose a file, or paste its rows."), text=shown)
    try:
        job = await app_of(request).jobs.begin_import(actor_of(request), kind.name, content, name)
    except Invalid as refusal:
        return await _form(request, problem=refusal.message, text=shown)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _form(request, problem=refusal.message, text=shown)
    raise redirect(request, f"{PATH}/{job.id}")


# Jobs


async def job_list(request: web.Request) -> web.StreamResponse:
    """Show the latest imports and bulk changes, and which files can be imported."""
    app, actor = app_of(request), actor_of(request)
    jobs = await app.jobs.latest(actor)
    kinds = [kind for kind in app.jobs.visible(actor).values() if isinstance(kind, ImportKind)]
    links = sorted((title_of(kind), page_url(request, kind.page or f"import/{kind.name}")) for kind in kinds)
    return render(request, "web/jobs.html", {"jobs": jobs, "imports": links, **_words(app)})


async def job_page(request: web.Request) -> web.StreamResponse:
    """Show how far a job is, or how it ended."""
    return render(request, "web/job.html", await _shown(request))


async def job_part(request: web.Request) -> web.StreamResponse:
    """Return what changes of that page."""
    part = render_part(request, "web/job_state.html", await _shown(request))
    return web.Response(text=part, content_type="text/html", headers={hdrs.CACHE_CONTROL: "no-store"})


async def start(request: web.Request) -> web.StreamResponse:
    """Begin to do what was looked at."""
    return await _change(request, app_of(request).jobs.start)


async def stop(request: web.Request) -> web.StreamResponse:
    """Stop a job, or throw it away before it was started."""
    return await _change(request, app_of(request).jobs.stop)


async def report(request: web.Request) -> web.StreamResponse:
    """Send every row that something was wrong with, as CSV."""
    jobs, actor, key = app_of(request).jobs, actor_of(request), _key(request)
    job = await jobs.get(actor, key)
    return sheet_response(
        "problems.csv",
        ["line" if job.is_import else "row", "name", "problem"],
        [[str(line.number), line.label, line.message] for line in await jobs.bad_lines(actor, key, limit=job.total)],
    )


def title_of(kind: Any) -> str:
    """Return what a kind of import or a bulk action is called."""
    return _(kind.title) if kind.title else _("Import {name}").format(name=kind.name)


def outcome(job: Job) -> str:
    """Return in a sentence or two how a job stands."""
    number = FILTERS["number"]
    given = {"rows": number(job.total), "done": number(job.done), "bad": number(job.bad)}
    return (_import_outcome if job.is_import else _bulk_outcome)(job).format(
        **given, written=number(job.written or 0), message=job.message
    )


# Within


def _import_outcome(job: Job) -> str:
    if job.stopping and job.going:
        return _("It is being stopped …")
    if job.state is JobState.RUNNING and not job.dry_run:
        if job.done < job.total:
            return _("Every row is checked once more. Nothing is written before all of them are right.")
        return _("All rows are right. They are being written now, all together.")
    return {
        JobState.WAITING: _("It begins in a moment. Files of one shop are taken one after another."),
        JobState.RUNNING: _("The rows are being checked. Nothing is written."),
        JobState.READY: ngettext(
            "{rows} row is right. Nothing was written yet.",
            "All {rows} rows are right. Nothing was written yet.",
            job.total,
        ),
        JobState.DONE: _("All rows are imported.")
        if job.written is None
        else ngettext(
            "{rows} row is imported; new or changed: {written}.",
            "{rows} rows are imported; new or changed: {written}.",
            job.total,
        ),
        JobState.REFUSED: ngettext(
            "{bad} of {rows} row cannot be imported. Nothing was written.",
            "{bad} of {rows} rows cannot be imported. Nothing was written.",
            job.total,
        ),
        JobState.FAILED: _("{message} Nothing was written."),
        JobState.STOPPED: _("It was stopped. Nothing was written."),
    }[job.state]


def _bulk_outcome(job: Job) -> str:
    if job.stopping and job.going:
        return _("It is being stopped …")
    return {
        JobState.WAITING: _("It begins in a moment."),
        JobState.RUNNING: _("Each one is changed by itself: what is done stays, also when you stop it."),
        JobState.READY: ngettext(
            "{rows} is chosen. Nothing was changed yet.", "{rows} are chosen. Nothing was changed yet.", job.total
        ),
        JobState.DONE: ngettext(
            "{written} of {rows} is done. What could not be changed stands below.",
            "{written} of {rows} are done. What could not be changed stands below.",
            job.total,
        )
        if job.bad
        else ngettext("{rows} is done.", "All {rows} are done.", job.total),
        JobState.REFUSED: "",
        JobState.FAILED: _("{message} {written} of {rows} are done."),
        JobState.STOPPED: _("It was stopped. {written} of {rows} are done and stay so; nothing more is changed."),
    }[job.state]


async def _shown(request: web.Request) -> dict[str, Any]:
    app, actor, key = app_of(request), actor_of(request), _key(request)
    job = await app.jobs.get(actor, key)
    kind = app.jobs.kinds()[job.kind][1]
    return {
        "job": job,
        "title": title_of(kind),
        "back": page_url(request, kind.back) if kind.back else page_url(request, PATH),
        "again": page_url(request, f"import/{job.name}") if job.is_import else "",
        "said": outcome(job),
        "counted": ngettext("{done} of {total} row", "{done} of {total} rows", job.total).format(
            done=FILTERS["number"](job.done), total=FILTERS["number"](job.total)
        ),
        "writing": job.is_import and job.state is JobState.RUNNING and not job.dry_run and job.done == job.total,
        "lines": await app.jobs.bad_lines(actor, key) if job.bad else [],
        "before": await app.jobs.same_file(actor, job) if job.state is JobState.READY else None,
        **_words(app),
    }


async def _change(request: web.Request, act: Any) -> web.StreamResponse:
    key = _key(request)
    try:
        await act(actor_of(request), key)
    except NotFound:
        raise
    except Refusal as refusal:
        if refusal.status == web.HTTPForbidden.status_code:
            raise
        flash(request, refusal.message, "error")
    raise redirect(request, f"{PATH}/{key}")


async def _form(request: web.Request, *, problem: str = "", text: str = "") -> web.Response:
    app, actor, kind = app_of(request), actor_of(request), _kind(request)
    values = {
        "title": title_of(kind),
        "back": page_url(request, kind.back or PATH),
        "columns": {Markup("<code>{}</code>").format(name): _(hint) for name, hint in kind.columns.items()},
        "jobs": await app.jobs.latest(actor, f"{IMPORT}{kind.name}", EARLIER),
        "problem": problem,
        "text": text,
        **_words(app),
    }
    return render(request, "web/import.html", values, status=422 if problem else 200)


def _kind(request: web.Request) -> ImportKind:
    """Return the kind of file that the address names; refuse whoever may not import it."""
    app, actor, name = app_of(request), actor_of(request), request.match_info["kind"]
    plugin, kind = app.jobs.kinds().get(f"{IMPORT}{name}", ("", None))
    if not isinstance(kind, ImportKind):
        raise NotFound(_("There is no such page."))
    actor.require(kind.permission)
    if not app.stores.enabled(actor.store, plugin):
        raise NotFound(_("{plugin} is switched off in this store.").format(plugin=_(app.plugins[plugin].title)))
    if kind.page:
        raise redirect(request, kind.page)
    return kind


def _key(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise NotFound(_("There is no such import or bulk change. They are kept for 30 days.")) from None


def _words(app: App) -> dict[str, Any]:
    kinds = app.jobs.kinds()
    return {
        "states": {state: (_(label), tone) for state, (label, tone) in STATES.items()},
        "title_of": lambda job: title_of(kinds[job.kind][1]),
    }


PAGES: Sequence[Page] = (
    Page("import/{kind}", import_form, permission=""),
    Page("import/{kind}", import_file, permission="", methods=("POST",), max_body=MAX_BODY),
    Page(PATH, job_list, permission=""),
    Page(f"{PATH}/{{id}}", job_page, permission=""),
    Page(f"{PATH}/{{id}}/part", job_part, permission=""),
    Page(f"{PATH}/{{id}}/start", start, permission="", methods=("POST",)),
    Page(f"{PATH}/{{id}}/stop", stop, permission="", methods=("POST",)),
    Page(f"{PATH}/{{id}}/problems.csv", report, permission=""),
)
