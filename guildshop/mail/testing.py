"""A mail server for tests: real SMTP on loopback, which keeps what it is sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest

from guildshop.config.settings import EmailSettings

if TYPE_CHECKING:
    import ssl

    from aiosmtpd.smtp import SMTP, AuthResult, Envelope

    from guildshop.app import App

SENDER = "shop@example.org"
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class ReceivedEmail:
    """An email as the mail server got it."""

    sender: str
    to: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        """The subject."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML."""
        return self._part("html")

    @property
    def links(self) -> list[str]:
        """The addresses in the plain text, in order."""
        return _LINK.findall(self.text)

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


class MailboxServer:
    """What arrived, and how the server behaves. `serve(app)` has an application send through it."""

    def __init__(self) -> None:
        """Take everything, without a password."""
        self.emails: list[ReceivedEmail] = []
        self.refuse: dict[str, str] = {}
        """Answers to recipients, such as `{"ada@example.org": "550 5.1.1 No such mailbox"}`."""
        self.refuse_data = ""
        """The answer to every message, if one is set."""
        self.lose_answers = 0
        """So many messages are taken, but the connection is cut before the answer."""
        self.users: dict[str, str] = {}
        """Usernames and passwords; with any, signing in is required."""
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """What `email.url` is set to."""
        return f"smtp://127.0.0.1:{self.port}"

    def serve(self, app: App, url: str = "", sender: str = SENDER) -> None:
        """Have the application send through this server."""
        app.settings = app.settings.model_copy(update={"email": EmailSettings(url=url or self.url, sender=sender)})

    def to(self, address: str) -> list[ReceivedEmail]:
        """Return what arrived for an address, oldest first."""
        return [email for email in self.emails if email.to == address]

    async def start(self, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> None:
        """Listen on any free port: with TLS from the start, or offered."""
        # Here, so that plugins which send no email can be tested without aiosmtpd.
        from aiosmtpd.smtp import SMTP

        def connected() -> SMTP:
            self.connections += 1
            return SMTP(
                self,
                hostname="mail.test",
                loop=asyncio.get_running_loop(),
                auth_required=bool(self.users),
                auth_require_tls=False,
                authenticator=self._authenticate,
                tls_context=starttls,
                enable_SMTPUTF8=True,
            )

        self._server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = None

    # What aiosmtpd calls

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a message."""
        if self.refuse_data:
            return self.refuse_data
        content = envelope.content or b""
        message = message_from_bytes(content if isinstance(content, bytes) else content.encode(), policy=default)
        for recipient in envelope.rcpt_tos:
            self.emails.append(ReceivedEmail(str(envelope.mail_from), str(recipient), message))
        if self.lose_answers:
            self.lose_answers -= 1
            if isinstance(server.transport, asyncio.WriteTransport):
                server.transport.abort()
        return "250 OK"

    def _authenticate(self, _server: SMTP, _session: Any, _envelope: Any, _method: str, data: Any) -> AuthResult:
        from aiosmtpd.smtp import AuthResult, LoginPassword

        known = isinstance(data, LoginPassword) and self.users.get(data.login.decode()) == data.password.decode()
        # handled=False: aiosmtpd then answers itself, else a failure hangs.
        return AuthResult(success=known, handled=known)


@pytest.fixture
async def mailbox() -> AsyncIterator[MailboxServer]:
    """A mail server that is listening; `mailbox.serve(app)` switches an application's email on."""
    server = MailboxServer()
    await server.start()
    yield server
    await server.stop()
