"""Tables of people who sign in on the web: users, their sessions, stores and tokens."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class UserAccount(Table, tablename="user_account"):
    """Somebody who signs in with a username and a password. `username_key` is the folded name that must be unique."""

    id = UUID(primary_key=True)
    username = Varchar(length=100)
    username_key = Varchar(length=200, secret=True)
    password = Varchar(length=255, secret=True, help_text="argon2id")
    email = Varchar(length=254)
    active = Boolean(default=True)
    superuser = Boolean(default=False)
    created = Timestamptz()
    last_login = Timestamptz(null=True, default=None)
    discord_id = BigInt(null=True, default=None, help_text="of a member who came by a one-time link")
    mfa_secret = Text(secret=True, help_text="sealed")
    mfa_on = Boolean(default=False)
    mfa_step = BigInt(default=0, help_text="the last time step whose code was used")


class Session(Table, tablename="session"):
    """A browser that is signed in. The cookie holds the token, this row only its SHA-256."""

    id = UUID(primary_key=True)
    token_hash = Varchar(length=64, secret=True)
    user_account = UUID()
    chosen_store = BigInt(null=True, default=None)
    user_agent = Varchar(length=300)
    address = Varchar(length=64)
    created = Timestamptz()
    seen = Timestamptz()
    expires = Timestamptz()
    pending = Boolean(default=False, help_text="the second factor is still to come")


class RecoveryCode(Table, tablename="recovery_code"):
    """A code that replaces the second factor once; only its SHA-256 is kept."""

    id = UUID(primary_key=True)
    user_account = UUID()
    code_hash = Varchar(length=64, secret=True)


class PasswordResetRequest(Table, tablename="password_reset_request"):
    """What somebody who forgot a password typed, sealed, until it was looked up."""

    id = UUID(primary_key=True)
    sealed = Text(secret=True)
    created = Timestamptz()


class PasswordReset(Table, tablename="password_reset"):
    """An emailed link to a new password; only the SHA-256 of its token is kept."""

    id = UUID(primary_key=True)
    user_account = UUID()
    token_hash = Varchar(length=64, secret=True)
    created = Timestamptz()
    expires = Timestamptz()


class DiscordAccess(Table, tablename="discord_access"):
    """What Discord roles a member had in a store's server when Discord was last asked."""

    id = UUID(primary_key=True)
    store = BigInt()
    user_account = UUID()
    roles = Text(help_text="role IDs, with commas between")
    administrator = Boolean()
    checked = Timestamptz()


class Membership(Table, tablename="membership"):
    """The role template that a user has in a store."""

    id = UUID(primary_key=True)
    store = BigInt()
    user_account = UUID()
    role = Varchar(length=40)
    created = Timestamptz()


class ApiToken(Table, tablename="api_token"):
    """A bearer token of a user for one store; only its SHA-256 is kept."""

    id = UUID(primary_key=True)
    store = BigInt()
    user_account = UUID()
    name = Varchar(length=100)
    token_hash = Varchar(length=64, secret=True)
    scopes = Text(help_text="permissions, with commas between; empty: all that the user has")
    created = Timestamptz()
    last_used = Timestamptz(null=True, default=None)


class SignInLimit(Table, tablename="sign_in_limit"):
    """How often signing in failed for a name or an address since `window_start`; shared by all processes."""

    subject = Varchar(length=64, primary_key=True, help_text="SHA-256 of what is limited")
    failures = Integer(default=0)
    window_start = Timestamptz()


class IdempotencyKey(Table, tablename="idempotency_key"):
    """An answered (or, without `status`, begun) POST of the API, for clients that repeat it."""

    id = UUID(primary_key=True)
    store = BigInt()
    owner = Varchar(length=80)
    key = Varchar(length=255)
    fingerprint = Varchar(length=64)
    status = Integer(null=True, default=None)
    media_type = Varchar(length=100)
    body = Text()
    created = Timestamptz()
