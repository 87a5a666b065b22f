"""Email addresses, checked and taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from email_validator import EmailNotValidError, validate_email

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address as mail servers take it; `name` is what people read before it, empty for none."""

    address: str
    """With the domain in ASCII."""
    name: str = ""

    @property
    def domain(self) -> str:
        """The part behind the @."""
        return self.address.rpartition("@")[2]

    @property
    def plain(self) -> bool:
        """Whether every mail server can take it; others need the extension SMTPUTF8."""
        return self.address.isascii()


def mailbox(text: str, *, named: bool = False) -> Mailbox:
    """Return the mailbox of an address, or, `named`, of `Shop <shop@example.org>`; ValueError for anything else."""
    text = text.strip()
    name, address = parseaddr(text) if named and text.endswith(">") and text.isprintable() else ("", text)
    try:
        found = validate_email(address, check_deliverability=False, strict=True, test_environment=True)
    except EmailNotValidError:
        message = f"“{text[:80]}” is no email address"
        raise ValueError(message) from None
    return Mailbox(found.ascii_email or f"{found.local_part}@{found.ascii_domain}", one_line(name, LONGEST_NAME))


def one_line(text: str, most: int) -> str:
    """Return the text as a header can hold it: no line breaks or control characters, at most so many characters."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:most].rstrip()
