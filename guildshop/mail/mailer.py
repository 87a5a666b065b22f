"""Sending email: one message to one person, from a delivery of the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.i18n import _
from guildshop.mail.addresses import LONGEST_NAME, Mailbox, mailbox, one_line
from guildshop.mail.outcome import MailOutcome, MailProblem
from guildshop.mail.rendering import LETTER, Content, Letter, MailTemplates, letter_values
from guildshop.mail.server import MailServer

if TYPE_CHECKING:
    from datetime import datetime

    from guildshop.app import App
    from guildshop.stores import Store

LARGEST = 512 * 1024
"""Bytes of a whole message; ours have no attachments."""
CONNECTIONS = 4
"""How many messages are handed over at a time."""


class Mailer:
    """Sends through the configured mail server; `enabled` says whether there is one."""

    def __init__(self, app: App) -> None:
        """Belong to an application."""
        self._app = app
        self._templates: MailTemplates | None = None
        self._turns = asyncio.Semaphore(CONNECTIONS)

    @property
    def enabled(self) -> bool:
        """Whether email is configured, with a server and a sender that can be used."""
        return not self.problem

    @property
    def problem(self) -> str:
        """Why email is off, as a sentence; empty when it is on."""
        settings = self._app.settings.email
        return mail_problem(settings.url, settings.sender)

    @property
    def server(self) -> MailServer:
        """The configured mail server; ValueError while email is off."""
        return _server(self._app.settings.email.url)

    def render(
        self,
        store: Store | None,
        template: str,
        *,
        subject: str,
        values: Mapping[str, Any],
        unsubscribe: str = "",
    ) -> Content:
        """Return an email from `<template>.txt` and `<template>.html`, in the current language.

        The HTML escapes all values. Extend `mail/base.html` and `mail/base.txt` for the shop's frame.
        """
        if self._templates is None:
            self._templates = MailTemplates(self._app)
        return self._templates.render(store, template, subject, values, unsubscribe)

    def letter(self, store: Store | None, letter: Letter, *, subject: str = "", unsubscribe: str = "") -> Content:
        """Return an email made by the kernel's own template; its subject is the heading unless one is given."""
        values = letter_values(letter)
        return self.render(store, LETTER, subject=subject or letter.heading, values=values, unsubscribe=unsubscribe)

    async def send(self, store: Store | None, to: str, content: Content, *, key: UUID) -> MailOutcome:
        """Send an email; call it from a delivery only, with the delivery's ID as the key.

        The key makes the Message-ID, so that a copy sent after a lost answer is known as one by mail programs. What
        the server refuses for good is an outcome; what may pass raises MailUnavailable, and the delivery is retried.
        """
        if not self.enabled:
            remedy = _("Set email.url and email.sender in the configuration.")
            return MailOutcome(MailProblem.OFF, self.problem, remedy)
        sender = mailbox(self._app.settings.email.sender, named=True)
        try:
            receiver = mailbox(to)
        except ValueError:
            reason = _("“{address}” is no email address.").format(address=to[:80])
            return MailOutcome(MailProblem.BAD_ADDRESS, reason, _("Correct the customer's email address."))
        shop = sender.name or (store.name if store is not None else "Guildshop")
        message_id = f"<{key.hex}@{sender.domain}>"
        data = compose(Mailbox(sender.address, shop), receiver, content, message_id, self._app.now())
        if len(data) > LARGEST:
            reason = _("The message has {size} bytes, more than the {most} that are sent.")
            return MailOutcome(MailProblem.TOO_LARGE, reason.format(size=len(data), most=LARGEST))
        async with self._turns:
            outcome = await self.server.send(sender, receiver, data)
        return MailOutcome(outcome.problem, outcome.reason, outcome.remedy, message_id)


def compose(sender: Mailbox, to: Mailbox, content: Content, message_id: str, now: datetime) -> bytes:
    """Return the message as it goes over the wire: text and HTML, no header longer or other than meant."""
    plain = sender.plain and to.plain
    policy = SMTP.clone(cte_type="7bit") if plain else SMTPUTF8
    message = EmailMessage(policy=policy)
    message["From"] = _header_address(sender)
    message["To"] = _header_address(to)
    message["Subject"] = one_line(content.subject, 200)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    if content.unsubscribe:
        message["List-Unsubscribe"] = f"<{one_line(content.unsubscribe, 900)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(content.text, charset="utf-8", cte="quoted-printable")
    if content.html:
        message.add_alternative(content.html, subtype="html", charset="utf-8", cte="quoted-printable")
    return message.as_bytes()


def _header_address(box: Mailbox) -> Address:
    local, _at, domain = box.address.rpartition("@")
    return Address(one_line(box.name, LONGEST_NAME), local, domain)


@lru_cache(maxsize=8)
def _server(url: str) -> MailServer:
    return MailServer.of(url)


def mail_problem(url: str, sender: str) -> str:
    """Return why no email can be sent with these settings, as a sentence; empty when it can."""
    if not url:
        return _("Email is off: email.url is not set.")
    try:
        _server(url)
    except ValueError as error:
        return str(error)
    if not sender:
        return _("Email is off: email.sender is not set.")
    try:
        mailbox(sender, named=True)
    except ValueError:
        return _("Email is off: email.sender is “{sender}”, which is no email address.").format(sender=sender[:80])
    return ""
