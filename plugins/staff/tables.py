"""The table of one-time links."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Timestamptz, Varchar

from guildshop.tenancy import StoreTable


class SignInLink(StoreTable, tablename="sign_in_link"):
    """A one-time link to the web for a member of the store's server; only the token's SHA-256 is kept."""

    id = UUID(primary_key=True)
    discord_id = BigInt()
    name = Varchar(100)
    token_hash = Varchar(64, secret=True)
    created = Timestamptz()
    expires = Timestamptz()
    used_at = Timestamptz(null=True, default=None)
