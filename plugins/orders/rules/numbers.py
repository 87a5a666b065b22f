"""Order numbers: short, and telling nothing of how many orders there are."""

from __future__ import annotations

import secrets

from guildshop.plugins.orders.api import NUMBER_ALPHABET


def new_number() -> str:
    """Return a new order number: eight random letters and digits, which tell nothing of how many orders there are."""
    return "".join(secrets.choice(NUMBER_ALPHABET) for _position in range(8))


def normal_number(text: str) -> str:
    """Return an order number as it is stored, however it was typed."""
    return text.strip().lstrip("#").upper()
