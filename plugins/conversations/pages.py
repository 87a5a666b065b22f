"""The pages of conversations: the lists, one conversation, the forms of staff, transcripts; they look for news."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from aiohttp import hdrs, web
from yarl import URL

from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.hookspecs import Page, SearchHit, SearchKind
from guildshop.i18n import _, grouped, lazy, pgettext
from guildshop.permissions import Actor
from guildshop.plugins.conversations.api import (
    CONVERSATION_READ,
    CONVERSATION_REPLY,
    STATE_LABELS,
    TEXT_LIMIT,
    WAY_LABELS,
    Conversation,
    ConversationView,
    Message,
    MessageKind,
    MessageState,
)
from guildshop.plugins.conversations.service import ConversationService
from guildshop.plugins.customers.api import CUSTOMER_READ, Customer, CustomerTab
from guildshop.plugins.customers.service import CustomerService
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, page_url, read_form, redirect, render
from guildshop.web.sheets import sheet_response

if TYPE_CHECKING:
    from guildshop.app import App

PATH = "customer-chat"
PAGE_SIZE = 50
EVERYTHING = 10_000
SEARCH_LIMIT = 100
BODY_LIMIT = 64 * 1024
STATE_TONES = {
    MessageState.QUEUED: "info",
    MessageState.SENT: "good",
    MessageState.FALLBACK: "warn",
    MessageState.FAILED: "bad",
}
ANSWER, NOTE = "answer", "note"


# Looking


async def list_page(request: web.Request) -> web.StreamResponse:
    """Show the conversations of one kind, those with the latest message first."""
    return render(request, "conversations/list.html", await _listed(request))


async def list_news(request: web.Request) -> web.StreamResponse:
    """Return the list alone, unless the page shows the same already."""
    return _news(request, render(request, "conversations/rows.html", await _listed(request)))


async def detail_page(request: web.Request) -> web.StreamResponse:
    """Show a conversation with its messages, and the form of staff."""
    return await _detail(request, {})


async def detail_news(request: web.Request) -> web.StreamResponse:
    """Return the messages alone, unless the page shows the same already."""
    return _news(request, render(request, "conversations/messages.html", await _shown(request)))


async def transcript(request: web.Request) -> web.StreamResponse:
    """Send a conversation as a file of text or of rows; notes of staff are in it where they are asked for."""
    app, actor = app_of(request), actor_of(request)
    kind = request.match_info["kind"]
    if kind not in ("txt", "csv"):
        raise NotFound(_("A transcript is a txt or a csv file."))
    notes = request.query.get("notes") == "1"
    service, key = app.get(ConversationService), _key(request)
    conversation = await service.exported(actor, key, notes=notes)
    messages = await service.messages(actor, key, notes=notes, limit=EVERYTHING)
    zone = store_of(request).time_zone
    name = f"conversation-{conversation.id}.{kind}"
    if kind == "csv":
        return sheet_response(name, ["time", "kind", "author", "text", "files", "state", "reason"], _as_rows(messages))
    text = _as_text(conversation, messages, store_of(request).name, str(zone))
    return web.Response(
        body=text.encode("utf-8-sig"),
        content_type="text/plain",
        charset="utf-8",
        headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'},
    )


def customer_tab(app: App) -> CustomerTab:
    """Return what Communication on a customer's page begins with: the conversations, and the form for a message."""

    async def load(actor: Actor, customer: Customer) -> Mapping[str, Any]:
        return {
            "conversations": await app.get(ConversationService).of_customer(actor, customer.id),
            "text_limit": TEXT_LIMIT,
            "form_key": str(uuid4()),
        }

    template = "conversations/customer_tab.html"
    return CustomerTab("communication", lazy("Communication"), CONVERSATION_READ, template, load, position=45)


def search_kind(app: App) -> SearchKind:
    """Return what the search in the header finds: open conversations by customer and by what was said."""

    async def find(actor: Actor, text: str, limit: int) -> Sequence[SearchHit]:
        found = await app.get(ConversationService).listed(actor, ConversationView.OPEN, text, limit=limit)
        return [SearchHit(one.customer_name or "–", f"{PATH}/{one.id}", one.preview) for one in found.items]

    return SearchKind(lazy("Customer chat"), find, CONVERSATION_READ, PATH, position=40)


# Changing


async def answer(request: web.Request) -> web.StreamResponse:
    """Queue an answer, or keep a note; show the form again as it was typed where something is wrong."""
    app, actor = app_of(request), actor_of(request)
    form = await read_form(request)
    note = form.get("kind") == NOTE
    try:
        await app.get(ConversationService).answer(
            actor, _key(request), form.get("text", ""), note=note, source=_source(form)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _detail(request, form, refusal)
    raise redirect(request, f"{PATH}/{_key(request)}")


async def write_page(request: web.Request) -> web.StreamResponse:
    """Show the form for a message to a customer."""
    return await _write_form(request, {"key": str(uuid4())})


async def write(request: web.Request) -> web.StreamResponse:
    """Write to a customer, and show the conversation."""
    app, actor = app_of(request), actor_of(request)
    form = await read_form(request)
    try:
        conversation = await app.get(ConversationService).write_to(
            actor, (await _customer(request)).id, form.get("text", ""), source=_source(form)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _write_form(request, form, refusal)
    raise redirect(request, f"{PATH}/{conversation.id}")


Change = Callable[[ConversationService, Actor, UUID], Awaitable[Conversation]]


def _changing(change: Change, done: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        key = _key(request)
        try:
            changed = await change(app_of(request).get(ConversationService), actor_of(request), key)
        except NotFound:
            raise
        except Refusal as refusal:
            flash(request, refusal.message, "error")
            raise redirect(request, f"{PATH}/{key}") from None
        flash(request, _(done))
        raise redirect(request, f"{PATH}/{changed.id}")

    return handle


async def retry(request: web.Request) -> web.StreamResponse:
    """Send an answer again."""
    message = _uuid(request.match_info["message"])
    try:
        await app_of(request).get(ConversationService).retry(actor_of(request), message)
    except NotFound:
        raise
    except Refusal as refusal:
        flash(request, refusal.message, "error")
    else:
        flash(request, _("The answer is sent again."))
    raise redirect(request, f"{PATH}/{_key(request)}")


# Within


async def _listed(request: web.Request) -> dict[str, Any]:
    service, actor = app_of(request).get(ConversationService), actor_of(request)
    asked = request.query.get("view", "")
    view = ConversationView(asked) if asked in {one.value for one in ConversationView} else ConversationView.OPEN
    text, cursor = request.query.get("text", "").strip()[:SEARCH_LIMIT], request.query.get("cursor", "")
    found = await service.listed(actor, view, text.replace("\0", ""), cursor=cursor, limit=PAGE_SIZE)
    counts = await service.counts(actor)
    here, query = URL(page_url(request, PATH)), {"view": view.value, **({"text": text} if text else {})}
    news = {**query, **({"cursor": cursor} if cursor else {})}
    return {
        "conversations": found.items,
        "view": view,
        "text": text,
        "views": [
            (label, str(here.with_query({**query, "view": one.value})), one is view, _figure(counts, one))
            for one, label in _views().items()
        ],
        "news_url": str(URL(page_url(request, f"{PATH}/news")).with_query(news)),
        "next_url": str(here.with_query({**query, "cursor": found.cursor})) if found.cursor else "",
        "first_url": str(here.with_query(query)) if cursor else "",
    }


def _views() -> Mapping[ConversationView, str]:
    return {
        ConversationView.OPEN: pgettext("conversations", "Open"),
        ConversationView.WAITING: _("Waiting for us"),
        ConversationView.MINE: pgettext("conversations", "Mine"),
        ConversationView.CLOSED: pgettext("conversations", "Closed"),
    }


def _figure(counts: Mapping[ConversationView, int], view: ConversationView) -> str:
    return grouped(counts[view]) if view in counts else ""


async def _shown(request: web.Request) -> dict[str, Any]:
    service, actor, key = app_of(request).get(ConversationService), actor_of(request), _key(request)
    conversation = await service.get(actor, key)
    everything = request.query.get("all") == "1"
    messages = await (service.messages(actor, key, limit=EVERYTHING) if everything else service.messages(actor, key))
    here = URL(page_url(request, f"{PATH}/{key}"))
    return {
        "conversation": conversation,
        "messages": messages,
        "cut": bool(messages) and not everything and len(messages) >= 200,
        "all_url": str(here.with_query(all="1")),
        "news_url": str((here / "news").with_query({"all": "1"} if everything else {})),
        "mine": conversation.claimed_by == await service.who(actor),
        "kinds": MessageKind,
        "failed": MessageState.FAILED,
        "ways": {one: _(label) for one, label in WAY_LABELS.items()},
        "states": {one: (_(label), STATE_TONES[one]) for one, label in STATE_LABELS.items()},
    }


async def _detail(request: web.Request, form: Mapping[str, str], refusal: Refusal | None = None) -> web.StreamResponse:
    shown, actor = await _shown(request), actor_of(request)
    customers = app_of(request).get(CustomerService)
    values = {
        **shown,
        "customer": await customers.get(shown["conversation"].customer) if actor.may(CUSTOMER_READ) else None,
        "typed": form.get("text", ""),
        "problem": refusal.message if refusal is not None else "",
        "form_key": form.get("key") or str(uuid4()),
        "text_limit": TEXT_LIMIT,
    }
    return render(request, "conversations/detail.html", values, status=200 if refusal is None else refusal.status)


async def _write_form(
    request: web.Request, form: Mapping[str, str], refusal: Refusal | None = None
) -> web.StreamResponse:
    values = {
        "customer": await _customer(request),
        "typed": form.get("text", ""),
        "problem": refusal.message if refusal is not None else "",
        "form_key": form.get("key") or str(uuid4()),
        "text_limit": TEXT_LIMIT,
    }
    return render(request, "conversations/write.html", values, status=200 if refusal is None else refusal.status)


def _news(request: web.Request, response: web.Response) -> web.Response:
    """Return what changed; where the reader has the same already, only that (204)."""
    body = response.body
    tag = hashlib.blake2b(body if isinstance(body, bytes) else b"", digest_size=12).hexdigest()
    if request.query.get("seen") == tag:
        return web.Response(status=204)
    response.headers["X-Seen"] = tag
    return response


async def _customer(request: web.Request) -> Customer:
    return await app_of(request).get(CustomerService).get(_uuid(request.match_info["customer"]))


def _key(request: web.Request) -> UUID:
    return _uuid(request.match_info["id"])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("There is no such conversation in this shop.")) from None


def _source(form: Mapping[str, str]) -> str | None:
    """Return what names this form, so that sending it twice says something once."""
    key = form.get("key", "")
    if not key:
        return None
    try:
        return f"form:{UUID(key)}"
    except ValueError:
        raise Invalid(_("This form is out of date. Open the page again.")) from None


def _as_rows(messages: Sequence[Message]) -> list[list[str]]:
    files = [" ".join(f"{file.name} {file.url}".strip() for file in one.attachments) for one in messages]
    return [
        [one.created.isoformat(), one.kind.value, one.author, one.body, found, one.state.value, one.reason]
        for one, found in zip(messages, files, strict=True)
    ]


def _as_text(conversation: Conversation, messages: Sequence[Message], shop: str, zone: str) -> str:
    from zoneinfo import ZoneInfo

    head = _("Conversation of {shop} with {customer}").format(shop=shop, customer=conversation.customer_name)
    lines = [head, ""]
    for one in messages:
        at = one.created.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
        kind = f" ({_('internal note')})" if one.kind is MessageKind.NOTE else ""
        state = f" [{_(STATE_LABELS[one.state])}]" if one.state in STATE_LABELS else ""
        lines.append(f"{at} {zone} · {one.author}{kind}{state}")
        lines += [f"    {line}" for line in one.body.splitlines()]
        lines += [f"    {file.name} {file.url}".rstrip() for file in one.attachments]
        lines.append("")
    return "\n".join(lines)


PAGES = [
    Page(PATH, list_page, CONVERSATION_READ, label=lazy("Customer chat"), position=32, icon="chat", shortcut="h"),
    Page(f"{PATH}/news", list_news, CONVERSATION_READ),
    Page(f"{PATH}/to/{{customer}}", write_page, CONVERSATION_REPLY),
    Page(f"{PATH}/to/{{customer}}", write, CONVERSATION_REPLY, methods=("POST",), max_body=BODY_LIMIT),
    Page(f"{PATH}/{{id}}", detail_page, CONVERSATION_READ),
    Page(f"{PATH}/{{id}}/news", detail_news, CONVERSATION_READ),
    Page(f"{PATH}/{{id}}/transcript.{{kind}}", transcript, CONVERSATION_READ),
    Page(f"{PATH}/{{id}}/answer", answer, CONVERSATION_REPLY, methods=("POST",), max_body=BODY_LIMIT),
    Page(f"{PATH}/{{id}}/retry/{{message}}", retry, CONVERSATION_REPLY, methods=("POST",)),
    *(
        Page(f"{PATH}/{{id}}/{name}", _changing(change, done), CONVERSATION_REPLY, methods=("POST",))
        for name, change, done in (
            ("claim", ConversationService.claim, lazy("You see to this conversation.")),
            ("release", ConversationService.release, lazy("Released: anybody may see to it.")),
            ("close", ConversationService.close, lazy("Closed. What the customer writes in the next days reopens it.")),
            ("reopen", ConversationService.reopen, lazy("Reopened.")),
        )
    ),
]
