"""Idempotency-Key: a POST of the API that is repeated with the same key gets the same answer and happens once."""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guildshop.database import new_id
from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.tenancy import every_store
from guildshop.web.context import current_identity
from guildshop.web.errors import PROBLEM_TYPE, problem
from guildshop.web.tables import IdempotencyKey

if TYPE_CHECKING:
    from guildshop.app import App

HEADER = b"idempotency-key"
LONGEST_KEY = 255
KEPT = timedelta(days=7)
SERVER_ERROR = 500


class _Known(Refusal):
    """The key was used before."""


class Idempotency:
    """Wraps the API: keeps the answer of each keyed POST in the database, for its token or user."""

    def __init__(self, api: ASGIApp, app: App) -> None:
        """Wrap this ASGI application."""
        self._api = api
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, from what is kept where its key is known."""
        identity = current_identity()
        key = _header(scope, HEADER)
        if scope.get("method") != "POST" or key is None or identity is None or identity.actor is None:
            await self._api(scope, receive, send)
            return
        if not 0 < len(key) <= LONGEST_KEY:
            await _tell(
                send, 400, _("The Idempotency-Key has to have 1 to {most} characters.").format(most=LONGEST_KEY)
            )
            return
        body = await _whole_body(receive)
        owner = (
            f"{identity.actor.kind}:{identity.signed_in.id if identity.actor.kind == 'token' else identity.actor.id}"
        )
        claim = _Claim(self._app, identity.actor, owner, key, _fingerprint(scope, body))
        if await claim.take():
            await self._answer(claim, scope, body, receive, send)
        else:
            await claim.replay(send)

    async def _answer(self, claim: _Claim, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        kept: dict[str, Any] = {"status": SERVER_ERROR, "media_type": "", "body": b""}
        given = False

        async def replayed_receive() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        held: list[Message] = []

        async def keeping_send(message: Message) -> None:
            held.append(message)
            if message["type"] == "http.response.start":
                kept["status"] = message["status"]
                kept["media_type"] = dict(message.get("headers", ())).get(b"content-type", b"").decode("latin-1")
            elif message["type"] == "http.response.body":
                kept["body"] += message.get("body", b"")
                if not message.get("more_body", False):
                    # Kept before the client can know even the status, so that a repetition always finds it.
                    await claim.keep(kept["status"], kept["media_type"], kept["body"])
                    for one in held:
                        await send(one)

        try:
            await self._api(scope, replayed_receive, keeping_send)
        except BaseException:
            if kept["status"] >= SERVER_ERROR:
                await claim.release()
            raise


class _Claim:
    """One key of one owner: taken by whoever comes first."""

    def __init__(self, app: App, actor: Actor, owner: str, key: str, fingerprint: str) -> None:
        self._app = app
        self._actor = actor
        self._owner = owner
        self._key = key
        self._fingerprint = fingerprint
        self._id = new_id()

    async def take(self) -> bool:
        try:
            async with self._app.work(self._actor) as work:
                work.delete(
                    IdempotencyKey,
                    where="store = :at AND created < :old",
                    at=self._actor.store,
                    old=work.now - KEPT,
                )
                work.insert(
                    IdempotencyKey,
                    conflict=_Known(self._key),
                    id=self._id,
                    store=self._actor.store,
                    owner=self._owner,
                    key=self._key,
                    fingerprint=self._fingerprint,
                    status=None,
                    media_type="",
                    body="",
                    created=work.now,
                )
        except _Known:
            return False
        return True

    async def keep(self, status: int, media_type: str, body: bytes) -> None:
        if status >= SERVER_ERROR:
            await self.release()
            return
        async with self._app.work(self._actor) as work:
            work.update(IdempotencyKey, self._id, status=status, media_type=media_type, body=body.decode())

    async def release(self) -> None:
        """Forget the key: nothing was done, so a repetition may try again."""
        async with self._app.work(self._actor) as work:
            work.delete(IdempotencyKey, where="id = :id AND status IS NULL", id=self._id)

    async def replay(self, send: Send) -> None:
        with every_store():
            row = await self._app.database.fetch_one(
                "SELECT fingerprint, status, media_type, body FROM idempotency_key"
                " WHERE store = :store AND owner = :owner AND key = :key",
                store=self._actor.store,
                owner=self._owner,
                key=self._key,
            )
        if row is None or (row["status"] is None and row["fingerprint"] == self._fingerprint):
            await _tell(
                send,
                409,
                _(
                    "A request with this Idempotency-Key was begun and has no answer yet. Wait and repeat it; if this"
                    " stays, check whether it took effect before you use another key."
                ),
            )
        elif row["fingerprint"] != self._fingerprint:
            await _tell(
                send,
                409,
                _("This Idempotency-Key was used for another request. Use a new key for each different request."),
            )
        else:
            await _send(
                send, row["status"], row["media_type"], row["body"].encode(), [(b"idempotency-replayed", b"true")]
            )


def _header(scope: MutableMapping[str, Any], name: bytes) -> str | None:
    for found, value in scope["headers"]:
        if found.lower() == name:
            return bytes(value).decode("latin-1").strip()
    return None


def _fingerprint(scope: Scope, body: bytes) -> str:
    digest = hashlib.sha256()
    for part in (scope["path"].encode(), scope["query_string"], body):
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()


async def _whole_body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _tell(send: Send, status: int, detail: str) -> None:
    body = orjson.dumps(problem(status, detail, code="idempotency-key"))
    await _send(send, status, PROBLEM_TYPE, body, [])


async def _send(send: Send, status: int, media_type: str, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    together = [
        (b"content-type", media_type.encode("latin-1")),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": together})
    await send({"type": "http.response.body", "body": body})
