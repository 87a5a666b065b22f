"""The kernel's own tables."""

from __future__ import annotations

from piccolo.columns import JSON, UUID, BigInt, Boolean, Bytea, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from guildshop.database.store_table import StoreTable


class StoreRow(Table, tablename="store"):
    """One shop: the tenant. `guild_id` is the Discord server that it is bound to."""

    id = BigInt(primary_key=True)
    guild_id = BigInt(null=True, default=None)
    name = Varchar(100)
    currency = Varchar(3, default="USD")
    language = Varchar(16, default="en-US")
    time_zone = Varchar(64, default="UTC")
    logo = Text(default="")
    active = Boolean(default=True)
    created = Timestamptz()


class StoreSetting(StoreTable, tablename="store_setting"):
    """What a store's owner changed in one section of its settings."""

    id = UUID(primary_key=True)
    section = Varchar(64)
    value = JSON()
    version = Integer(default=1)


class EventRow(StoreTable, tablename="event"):
    """A fact, as it was recorded in the unit that made it true."""

    id = UUID(primary_key=True)
    name = Varchar(100)
    key = Varchar(200, default="")
    payload = Text()
    occurred_at = Timestamptz()


class DeliveryRow(StoreTable, tablename="delivery"):
    """One event on its way to one listener."""

    id = UUID(primary_key=True)
    event = UUID()
    listener = Varchar(100)
    key = Varchar(200, default="")
    due = Timestamptz()
    next_attempt = Timestamptz()
    status = Varchar(10, default="PENDING")
    attempts = Integer(default=0)
    claimed_by = Varchar(200, null=True, default=None)
    claimed_until = Timestamptz(null=True, default=None)
    last_error = Text(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)


class AuditEntry(StoreTable, tablename="audit_entry"):
    """Who did what, when, through which entrance, and what changed. Rows are only ever added."""

    id = UUID(primary_key=True)
    at = Timestamptz()
    actor_kind = Varchar(16)
    actor_id = Varchar(100)
    actor_name = Varchar(200)
    origin = Varchar(16)
    action = Varchar(100)
    subject = Varchar(64)
    subject_id = Text(default="")
    before = JSON(null=True, default=None)
    after = JSON(null=True, default=None)
    note = Text(default="")


class CredentialRow(StoreTable, tablename="credential"):
    """A sealed credential of a foreign service."""

    id = UUID(primary_key=True)
    name = Varchar(100)
    ciphertext = Bytea()


class JobTable(StoreTable, tablename="job"):
    """Long work that somebody began: how far it is, and how it ended."""

    id = UUID(primary_key=True)
    kind = Varchar(120, help_text="import.<kind> or bulk.<action>")
    state = Varchar(10)
    dry_run = Boolean()
    stopping = Boolean(default=False)
    file = Varchar(200, default="")
    digest = Varchar(64, default="", help_text="SHA-256 of the file")
    arguments = Text(default="{}")
    total = Integer()
    done = Integer(default=0)
    bad = Integer(default=0)
    written = Integer(null=True, default=None)
    attempt = Integer(default=0, help_text="whose run it is: a later one has another count")
    message = Text(default="")
    made_by = Varchar(200)
    made_by_kind = Varchar(16)
    made_by_id = Varchar(100)
    permissions = Text(default="", help_text="of who began it, at that time, with spaces between")
    language = Varchar(16)
    created = Timestamptz()
    started = Timestamptz(null=True, default=None)
    finished = Timestamptz(null=True, default=None)


class JobFile(StoreTable, tablename="job_file"):
    """The file of a job, until it is over."""

    id = UUID(primary_key=True)
    job = UUID()
    content = Bytea(secret=True)


class JobRow(StoreTable, tablename="job_row"):
    """One row of a job: of an import what was wrong with it, of a bulk action what is still to be done or became."""

    id = UUID(primary_key=True)
    job = UUID()
    number = Integer()
    subject = UUID(null=True, default=None)
    label = Varchar(100, default="")
    state = Varchar(10)
    message = Text(default="")
