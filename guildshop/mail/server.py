"""The mail server: where it is, how it is spoken to, and what its answers mean."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import aiosmtplib

from guildshop.config.secret import remember_secret
from guildshop.i18n import _
from guildshop.logging import mask
from guildshop.mail.addresses import Mailbox
from guildshop.mail.outcome import MailOutcome, MailProblem, MailUnavailable

SECONDS = 20.0
"""How long the server may take to answer each command."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PERMANENT = 500
TOO_LARGE = 552
NEEDS_PASSWORD = 530
_ADDRESS = re.compile(r"[^\s<>()]+@[^\s<>()]+")


@dataclass(frozen=True, slots=True)
class MailServer:
    """One mail server, as `email.url` says.

    A password is never sent without encryption to another machine, and then the certificate must be right.
    """

    host: str
    port: int
    tls: bool
    """From the first byte (smtps://); otherwise STARTTLS where the server offers it."""
    username: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> MailServer:
        """Read the address; ValueError says what is wrong with it."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            port, parts = 0, urlsplit("")
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == 0 or parts.path not in ("", "/"):
            message = _("email.url must look like smtp://user:password@mail.example.org:587 or smtps://….")
            raise ValueError(message)
        tls, username = parts.scheme == "smtps", unquote(parts.username or "")
        password = unquote(parts.password or "")
        remember_secret(password)
        default = 465 if tls else 587 if username else 25
        return cls(parts.hostname, port or default, tls, username, password)

    @property
    def local(self) -> bool:
        """Whether nothing leaves this machine."""
        return self.host in LOOPBACK

    @property
    def shown(self) -> str:
        """Host and port, without the password."""
        return f"{self.host}:{self.port}"

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Connect, encrypt and sign in; MailUnavailable says why that failed and what to do."""
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls,
            start_tls=False,
            timeout=SECONDS,
            tls_context=self._tls() if self.tls else None,
            local_hostname=socket.gethostname() or "localhost",
        )
        try:
            await self._open(client)
            yield client
        finally:
            # What was taken stays taken, however the goodbye goes.
            with suppress(aiosmtplib.SMTPException, OSError, ValueError):
                await client.quit(timeout=2)
            client.close()

    async def greet(self) -> None:
        """Connect, sign in and leave; MailUnavailable says why that failed and what to do."""
        async with self.session():
            pass

    async def send(self, sender: Mailbox, to: Mailbox, data: bytes) -> MailOutcome:
        """Hand over a message; MailUnavailable when that may work later, an outcome when it never will."""
        async with self.session() as client:
            utf8 = not (sender.plain and to.plain)
            if utf8 and not client.supports_extension("smtputf8"):
                reason = _("The mail server cannot send to addresses with letters beyond a–z: {address}.")
                return MailOutcome(MailProblem.BAD_ADDRESS, reason.format(address=to.address))
            encoding = "utf-8" if utf8 else "ascii"
            options = ["SMTPUTF8"] if utf8 else []
            if client.supports_extension("size"):
                options.append(f"SIZE={len(data)}")
            with self._spoken(_("Check email.sender: the server may let this user send from another address only.")):
                try:
                    await client.mail(sender.address, options=options, encoding=encoding)
                except aiosmtplib.SMTPSenderRefused as error:
                    if error.code == TOO_LARGE:
                        return _refused(error, MailProblem.TOO_LARGE)
                    raise
            with self._spoken(uncertain=True):
                try:
                    await client.rcpt(to.address, encoding=encoding)
                    await client.data(data)
                except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError) as error:
                    if error.code == NEEDS_PASSWORD or error.code < PERMANENT:
                        raise
                    large = error.code == TOO_LARGE and isinstance(error, aiosmtplib.SMTPDataError)
                    return _refused(error, MailProblem.TOO_LARGE if large else MailProblem.REFUSED)
        return MailOutcome()

    async def _open(self, client: aiosmtplib.SMTP) -> None:
        where = _("Check host and port in email.url, and that a firewall lets this machine out.")
        if self.tls:
            where += " " + _("If the server expects STARTTLS (port 587), write smtp:// in place of smtps://.")
        with self._spoken(where):
            await client.connect()
            await client.ehlo()
        if not self.tls and client.supports_extension("starttls"):
            with self._spoken(_("The server's certificate may not fit its name: write that name into email.url.")):
                await client.starttls(tls_context=self._tls(), server_hostname=self.host)
                await client.ehlo()
        elif not self.tls and self.username and not self.local:
            raise MailUnavailable(
                _("The mail server {server} offers no encryption, so the password was not sent.").format(
                    server=self.shown
                ),
                _("Write smtps:// in email.url, or leave user and password out."),
            )
        if self.username:
            with self._spoken(
                _("Check user and password in email.url; special characters are written as %40 and so on.")
            ):
                await client.login(self.username, self.password)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.local or not (self.tls or self.username):
            # Opportunistic: without a password there is nothing to lose to a stranger that plain text would keep.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _spoken(self, remedy: str = "", *, uncertain: bool = False) -> _Spoken:
        return _Spoken(self.shown, remedy, uncertain)


class _Spoken:
    """Turns whatever goes wrong while speaking to the server into MailUnavailable."""

    def __init__(self, server: str, remedy: str, uncertain: bool) -> None:
        self._server = server
        self._remedy = remedy
        self._uncertain = uncertain

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, aiosmtplib.SMTPException | OSError | ValueError):
            answered = isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0
            said = _answer(error) if isinstance(error, aiosmtplib.SMTPResponseException) else mask(str(error)[:300])
            reason = _("The mail server {server} cannot be used: {reason}.").format(
                server=self._server, reason=said.rstrip(".") or type(error).__name__
            )
            raise MailUnavailable(reason, self._remedy, uncertain=self._uncertain and not answered) from None


def _refused(error: aiosmtplib.SMTPResponseException, problem: MailProblem) -> MailOutcome:
    if problem is MailProblem.TOO_LARGE:
        reason = _("The mail server finds the message too large: {answer}.")
        return MailOutcome(problem, reason.format(answer=_answer(error)), _("Send a shorter message."))
    reason = _("The mail server refused the message: {answer}.")
    remedy = _("Ask the customer for another email address.")
    return MailOutcome(problem, reason.format(answer=_answer(error)), remedy)


def _answer(error: aiosmtplib.SMTPResponseException) -> str:
    # The address is known where the answer is kept, and need not be repeated where others read it.
    text = _ADDRESS.sub("…", " ".join(str(error.message).split()))
    return mask(f"{error.code} {text}")[:300].rstrip(".")
