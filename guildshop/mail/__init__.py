"""Email: written from templates, sent from deliveries, with an outcome for each; off until `[email]` is configured.

A plugin renders a letter in the receiver's language and sends it from a listener of an event, never while somebody
waits for an answer:

    mail = delivery.app.mail
    if mail.enabled:
        letter = mail.render(store, "reviews/mail/thanks", subject=_("Thank you"), values={"review": review})
        outcome = await mail.send(store, customer.email, letter, key=delivery.id)

`reviews/mail/thanks` stands for two files in the plugin's `templates/mail/`: `thanks.html` and `thanks.txt`. Without
any of its own, a plugin renders `LETTER`, whose values are the fields of `Letter`.
"""

from guildshop.mail.checks import examine_mail
from guildshop.mail.links import link_tokens, token_hash, token_of
from guildshop.mail.mailer import Mailer
from guildshop.mail.outcome import MailOutcome, MailProblem, MailUnavailable
from guildshop.mail.rendering import LETTER, Content, Letter

__all__ = [
    "LETTER",
    "Content",
    "Letter",
    "MailOutcome",
    "MailProblem",
    "MailUnavailable",
    "Mailer",
    "examine_mail",
    "link_tokens",
    "token_hash",
    "token_of",
]
