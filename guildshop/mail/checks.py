"""What the doctor says of email."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _
from guildshop.mail.mailer import mail_problem
from guildshop.mail.outcome import MailUnavailable
from guildshop.mail.server import MailServer

if TYPE_CHECKING:
    from guildshop.config.settings import Settings


async def examine_mail(settings: Settings) -> list[Finding]:
    """Say whether email is configured, and whether the server can be reached and lets us in."""
    subject, email = _("Email"), settings.email
    if not email.url:
        message = _("Email is off. Set email.url and email.sender to write to customers by email too.")
        return [Finding(Severity.FINE, subject, message)]
    problem = mail_problem(email.url, email.sender)
    if problem:
        remedy = _(
            "Set email.url to smtp://user:password@host:587 or smtps://…, and email.sender to the shop's address."
        )
        return [Finding(Severity.BROKEN, subject, problem, remedy)]
    server = MailServer.of(email.url)
    try:
        await server.greet()
    except MailUnavailable as error:
        return [Finding(Severity.BROKEN, subject, error.reason, error.remedy)]
    message = _("The mail server {server} answers.").format(server=server.shown)
    return [Finding(Severity.FINE, subject, message)]
