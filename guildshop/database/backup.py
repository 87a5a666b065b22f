"""Backing up and restoring a SQLite database."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from guildshop.database.sqlite import FileLock, copy_database
from guildshop.database.url import parse_url
from guildshop.errors import DatabaseError
from guildshop.i18n import _

_HEADER = b"SQLite format 3\x00"


def back_up(url: str, file: Path) -> int:
    """Copy the database to a new file, also while it is in use; return the copy's size in bytes."""
    source = _file_of(url)
    if not source.exists():
        raise DatabaseError(_("There is no database at {path} to copy.").format(path=source))
    if file.exists():
        raise DatabaseError(_("{path} exists already. Name a new file.").format(path=file))
    try:
        copy_database(source, file)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(_("{path} cannot be written: {reason}.").format(path=file, reason=error)) from None
    _check(file)
    return file.stat().st_size


def restore_backup(url: str, file: Path) -> Path | None:
    """Put a backup in the database's place; return where the former one is kept, if there was one.

    Refused while a Guildshop has the database open, and for a file that is damaged or no database of ours.
    """
    target = _file_of(url)
    _check(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as locks:
        locks.callback(FileLock.of_owner(target).release)
        locks.callback(FileLock.without_guests(target).release)
        return _replace(target, file)


def _replace(target: Path, file: Path) -> Path | None:
    """Put a checked backup in the place of a file that nobody has open; return where that one is kept."""
    try:
        fresh = target.with_name(target.name + ".restoring")
        copy_database(file, fresh)
        kept = None
        if target.exists():
            # A copy takes along what is still in the write-ahead log.
            kept = target.with_name(f"{target.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            copy_database(target, kept)
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        fresh.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(_("{path} cannot be restored: {reason}.").format(path=target, reason=error)) from None
    return kept


def _file_of(url: str) -> Path:
    address = parse_url(url)
    if address.path is None:
        raise DatabaseError(_("This copies SQLite files only. For PostgreSQL use pg_dump and pg_restore."))
    return address.path


def _check(file: Path) -> None:
    """Raise unless the file is a whole database of ours."""
    try:
        with file.open("rb") as opened:
            if opened.read(len(_HEADER)) != _HEADER:
                raise DatabaseError(_("{path} is no SQLite database.").format(path=file))
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            ((verdict,),) = connection.execute("PRAGMA integrity_check(1)").fetchall()
            ours = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone()
    except FileNotFoundError:
        raise DatabaseError(_("There is no file {path}.").format(path=file)) from None
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(_("{path} cannot be read: {reason}.").format(path=file, reason=error)) from None
    if verdict != "ok":
        raise DatabaseError(_("{path} is damaged: {reason}.").format(path=file, reason=verdict))
    if ours is None:
        raise DatabaseError(_("{path} is no database of Guildshop.").format(path=file))
