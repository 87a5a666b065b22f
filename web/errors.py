"""How errors are told: a page with the sentence, RFC 9457 problem details, or plain text; accidents by reference."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from yarl import URL

from guildshop.errors import FieldError, Invalid, Refusal, ScopeError
from guildshop.i18n import _, lazy
from guildshop.web.again import show_before, what_was_typed
from guildshop.web.auth import FormTooOld, SignInRequired, identity_of
from guildshop.web.context import APP, context_of, path_for_logs
from guildshop.web.interrupted import kept_form, seal, show_kept
from guildshop.web.pages import page_before, render
from guildshop.web.routes import Problem, rules_of
from guildshop.web.signin import login_form, safe_target

log = structlog.get_logger(__name__)

PROBLEM_TYPE = "application/problem+json"
NOT_STORED: dict[str, str] = {hdrs.CACHE_CONTROL: "no-store"}


PHRASES = (
    lazy("Bad Request"), lazy("Unauthorized"), lazy("Forbidden"), lazy("Not Found"), lazy("Method Not Allowed"),
    lazy("Not Acceptable"), lazy("Request Timeout"), lazy("Conflict"), lazy("Gone"), lazy("Length Required"),
    lazy("Request Entity Too Large"), lazy("Unsupported Media Type"), lazy("Unprocessable Entity"),
    lazy("Too Many Requests"), lazy("Internal Server Error"), lazy("Service Unavailable"),
)  # fmt: skip
"""What HTTP calls errors, which are the titles of pages that tell of one."""


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: Sequence[FieldError] = (),
    extra: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """Return problem details (RFC 9457) as a dictionary."""
    body: dict[str, Any] = {
        "type": f"urn:guildshop:problem:{code}" if code else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [{"field": error.field, "message": error.message} for error in errors]
    return body | {key: value for key, value in (extra or {}).items() if key not in body}


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """Return a refusal as problem details."""
    errors = refusal.errors if isinstance(refusal, Invalid) else ()
    return problem(refusal.status, refusal.message, code=refusal.code, errors=errors, extra=refusal.details)


def sentence_of_accident(reference: str) -> str:
    """Return what is said of something that should not have happened; the log knows the rest by the reference."""
    return _(
        "Something went wrong on our side. Try again; if it stays, tell the shop's owner the reference {id}."
    ).format(id=reference)


@web.middleware
async def tell_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raises into an answer of the kind that the route's clients read."""
    try:
        return await handler(request)
    except SignInRequired as refusal:
        if _may_redirect(request):
            raise web.HTTPSeeOther(URL("/login").with_query(next=request.rel_url.raw_path_qs)) from refusal
        return await _keep(request, refusal) or _tell(request, problem_of(refusal))
    except FormTooOld as refusal:
        return await _keep(request, refusal) or _tell(request, problem_of(refusal))
    except Refusal as refusal:
        again = await show_before(request, refusal) if _reads_pages(request) else None
        return again or _tell(request, problem_of(refusal))
    except web.HTTPException as answer:
        if answer.status < HTTPStatus.BAD_REQUEST:
            raise
        return _tell(request, problem(answer.status, _sentence(answer)), _headers(answer))
    except ScopeError as error:
        # A query that reached for another store's rows: for whoever asked there is no such thing.
        log.warning(
            "web.scope_error", path=path_for_logs(request), reference=context_of(request).request_id, error=str(error)
        )
        return _tell(
            request, problem(HTTPStatus.NOT_FOUND, _("There is no such thing in this store."), code="not-found")
        )
    except (asyncio.CancelledError, ConnectionResetError):
        raise
    except Exception:
        reference = context_of(request).request_id
        log.exception("web.error", reference=reference, path=path_for_logs(request))
        body = problem(
            HTTPStatus.INTERNAL_SERVER_ERROR, sentence_of_accident(reference), extra={"reference": reference}
        )
        return _tell(request, body)


async def _keep(request: web.Request, refusal: Refusal) -> web.Response | None:
    """Return the page by which a form that came too late goes on, where a browser sent one from a page of ours."""
    if hdrs.ORIGIN not in request.headers or not _reads_pages(request):
        return None
    kept = await kept_form(request)
    if kept is None:
        return None
    if identity_of(request) is not None:
        return show_kept(request, kept, status=refusal.status)
    sealed = seal(request.config_dict[APP], kept)
    return login_form(request, safe_target(kept.page), kept=sealed, status=HTTPStatus.UNAUTHORIZED)


def _may_redirect(request: web.Request) -> bool:
    return request.method in {hdrs.METH_GET, hdrs.METH_HEAD} and rules_of(request).problem is Problem.PAGE


def _headers(answer: web.HTTPException) -> dict[str, str]:
    return {hdrs.ALLOW: answer.headers[hdrs.ALLOW]} if hdrs.ALLOW in answer.headers else {}


def _sentence(answer: web.HTTPException) -> str:
    if isinstance(answer, web.HTTPNotFound):
        return _("There is nothing at this address.")
    if isinstance(answer, web.HTTPMethodNotAllowed):
        return _("This address does not take {method}.").format(method=answer.method)
    if isinstance(answer, web.HTTPRequestEntityTooLarge):
        return _("What was sent is too large.")
    return answer.text if answer.text and not answer.text.startswith(f"{answer.status}:") else answer.reason


def _tell(request: web.Request, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> web.Response:
    kind = rules_of(request).problem
    status = int(body["status"])
    together: dict[str, str] = {**NOT_STORED, **(headers or {})}
    if kind is Problem.JSON:
        return web.json_response(body, status=status, content_type=PROBLEM_TYPE, headers=together)
    if kind is Problem.TEXT or not _reads_pages(request):
        return web.Response(text=body["detail"], status=status, headers=together)
    values = {"problem": body, "back": page_before(request) or "/", "typed": what_was_typed(request)}
    response = render(request, "web/error.html", values, status=status)
    response.headers.update(together)
    return response


def _reads_pages(request: web.Request) -> bool:
    accept = request.headers.get(hdrs.ACCEPT, "")
    return "text/html" in accept or (identity_of(request) is not None and accept in {"", "*/*"})
