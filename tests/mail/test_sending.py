"""Handing email over to a real mail server on loopback: what arrives, and what becomes of what does not."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from guildshop.app import App
from guildshop.config.settings import EmailSettings, Settings
from guildshop.hookspecs import Severity
from guildshop.logging import mask
from guildshop.mail import Letter, MailOutcome, MailProblem, MailUnavailable, examine_mail
from guildshop.mail.server import MailServer
from guildshop.testing import MailboxServer

KEY = UUID("0193500000007000a000000000000001")
ADA = "ada@example.org"


@pytest.fixture
def app() -> App:
    """An application with everything registered; sending needs no database."""
    return App.registered(Settings(), ["customers"])


async def send(app: App, to: str = ADA, heading: str = "Hello", text: str = "A line.") -> MailOutcome:
    letter = Letter(heading, [text], totals=[("Total", "$5.00")], button="Open", link="https://x.test/a")
    return await app.mail.send(None, to, app.mail.letter(None, letter), key=KEY)


def tls(folder: Path) -> ssl.SSLContext:
    """Return a server's TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "elsewhere.test")])
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin.replace(year=2036))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = folder / "server.pem"
    file.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()) + pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


async def test_text_and_html_arrive(app: App, mailbox: MailboxServer) -> None:
    mailbox.serve(app, sender="Shop of Ada <shop@example.org>")
    outcome = await send(app, heading="Grüße 🎁 & <b>", text="Ünïcode <script>\n.\n..dots مرحبا")
    assert outcome.delivered
    (email,) = mailbox.emails
    assert (email.sender, email.to) == ("shop@example.org", ADA)
    assert email.message["From"] == "Shop of Ada <shop@example.org>"
    assert email.subject == "Grüße 🎁 & <b>"
    assert "Ünïcode <script>\n.\n..dots مرحبا" in email.text
    assert "<script>" not in email.html
    assert "Ünïcode &lt;script&gt;\n.\n..dots مرحبا" in email.html
    assert email.links == ["https://x.test/a"]
    assert email.message["Message-ID"] == outcome.message_id == f"<{KEY.hex}@example.org>"
    assert email.message["Auto-Submitted"] == "auto-generated"


async def test_a_lost_answer_is_raised_and_a_copy_has_the_same_message_id(app: App, mailbox: MailboxServer) -> None:
    mailbox.serve(app)
    mailbox.lose_answers = 1
    with pytest.raises(MailUnavailable) as lost:
        await send(app)
    assert lost.value.uncertain
    assert (await send(app)).delivered
    assert len({email.message["Message-ID"] for email in mailbox.emails}) == 1


@pytest.mark.parametrize(
    "heading", ["Hi\r\nBcc: eve@example.org", "Hi\n\nBody", "x" * 5000, "\x00\x1b[31m\u2028\u202e"]
)
async def test_no_text_makes_another_header(app: App, mailbox: MailboxServer, heading: str) -> None:
    mailbox.serve(app)
    await send(app, heading=heading)
    (email,) = mailbox.emails
    assert email.message["Bcc"] is None
    assert len(email.message.keys()) == len(
        {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME", "C"}
    )
    assert len(email.subject) <= 200


@pytest.mark.parametrize(
    "to",
    ["", "ada", "ada@", "a@b@c", "ada@example.org\r\nRCPT TO:<eve@example.org>", "ada@example.org, eve@example.org"],
)
async def test_what_is_no_address_is_refused_before_anything_is_sent(app: App, mailbox: MailboxServer, to: str) -> None:
    mailbox.serve(app)
    outcome = await send(app, to)
    assert outcome.problem is MailProblem.BAD_ADDRESS
    assert (mailbox.connections, mailbox.emails) == (0, [])


async def test_addresses_beyond_ascii(app: App, mailbox: MailboxServer) -> None:
    mailbox.serve(app)
    assert (await send(app, "ada@bücher.example.org")).delivered
    assert (await send(app, "ädä@bücher.example.org")).delivered
    assert [email.to for email in mailbox.emails] == ["ada@xn--bcher-kva.example.org", "ädä@xn--bcher-kva.example.org"]


async def test_refusals_are_for_good_or_for_now(app: App, mailbox: MailboxServer) -> None:
    mailbox.serve(app)
    mailbox.refuse = {ADA: f"550 5.1.1 No such mailbox <{ADA}>", "bob@example.org": "451 4.7.1 Greylisted"}
    refused = await send(app)
    assert refused.problem is MailProblem.REFUSED
    assert "550 5.1.1 No such mailbox <…>" in refused.reason
    with pytest.raises(MailUnavailable, match="Greylisted") as greylisted:
        await send(app, "bob@example.org")
    assert not greylisted.value.uncertain
    mailbox.refuse_data = "554 5.7.1 Looks like spam"
    assert (await send(app, "eve@example.org")).problem is MailProblem.REFUSED
    mailbox.refuse_data = "552 5.3.4 Too big"
    assert (await send(app, "eve@example.org")).problem is MailProblem.TOO_LARGE
    assert (await send(app, text="x" * 600_000)).problem is MailProblem.TOO_LARGE
    assert mailbox.emails == []


async def test_off_until_it_is_configured(app: App) -> None:
    assert not app.mail.enabled
    assert (await send(app)).problem is MailProblem.OFF
    app.settings = app.settings.model_copy(update={"email": EmailSettings(url="smtp://127.0.0.1:25")})
    assert "email.sender" in app.mail.problem
    app.settings = app.settings.model_copy(update={"email": EmailSettings(url="smtp://:0", sender="a@example.org")})
    assert "email.url" in app.mail.problem


async def test_signing_in(app: App, mailbox: MailboxServer) -> None:
    mailbox.users = {"shop@example.org": "p@ss:w/rd"}
    mailbox.serve(app, f"smtp://shop%40example.org:p%40ss%3Aw%2Frd@127.0.0.1:{mailbox.port}")
    assert (await send(app)).delivered
    mailbox.serve(app, f"smtp://shop%40example.org:wrong-guess@127.0.0.1:{mailbox.port}")
    with pytest.raises(MailUnavailable) as refused:
        await send(app)
    assert "user and password" in refused.value.remedy
    assert "wrong-guess" not in str(refused.value)
    assert mask("said wrong-guess") == "said ********"
    mailbox.serve(app)
    with pytest.raises(MailUnavailable, match="530"):
        await send(app)
    assert len(mailbox.emails) == 1


async def test_encryption(app: App, mailbox: MailboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await mailbox.stop()
    await mailbox.start(starttls=tls(tmp_path))
    mailbox.serve(app)
    assert (await send(app)).delivered
    monkeypatch.setattr("guildshop.mail.server.LOOPBACK", frozenset())  # as if it were another machine
    with pytest.raises(MailUnavailable, match=r"(?i)certificate"):
        await MailServer("127.0.0.1", mailbox.port, tls=False, username="a", password="b").greet()
    await mailbox.stop()
    await mailbox.start()
    with pytest.raises(MailUnavailable, match="no encryption"):
        await MailServer("127.0.0.1", mailbox.port, tls=False, username="a", password="b").greet()
    await mailbox.stop()
    await mailbox.start(tls=tls(tmp_path))
    mailbox.serve(app, f"smtps://127.0.0.1:{mailbox.port}")
    with pytest.raises(MailUnavailable, match=r"(?i)certificate"):
        await send(app)
    monkeypatch.undo()
    assert (await send(app)).delivered


async def test_the_doctor_says_what_is_wrong(app: App, mailbox: MailboxServer) -> None:
    async def said() -> tuple[Severity, bool]:
        (finding,) = await examine_mail(app.settings)
        return finding.severity, bool(finding.remedy)

    assert await said() == (Severity.FINE, False)
    mailbox.serve(app)
    assert await said() == (Severity.FINE, False)
    await mailbox.stop()
    assert await said() == (Severity.BROKEN, True)
    app.settings = app.settings.model_copy(update={"email": EmailSettings(url=mailbox.url)})
    assert await said() == (Severity.BROKEN, True)
