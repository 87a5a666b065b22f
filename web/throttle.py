"""Limits on failed sign-ins, counted in the database so that all processes share them.

An attempt is counted before the password is looked at and forgiven when it fits, so that parallel guesses cannot slip
past the limit together.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.permissions import Actor, Origin
from guildshop.tenancy import every_store
from guildshop.web.tables import SignInLimit

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work

WINDOW = timedelta(minutes=15)
FAILURES_PER_SUBJECT = 10
FAILURES_PER_ADDRESS = 50
KERNEL = Actor.system(0, "throttle", origin=Origin.WEB)


class TooManyAttempts(Refusal):
    """Too many failures: HTTP 429."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too-many-attempts"


class _Unknown(Refusal):
    """The row to count in does not exist yet, or its limit is reached."""


class Throttle:
    """Counts failures per subject, such as `user:ada` or `address:192.0.2.1`."""

    def __init__(self, app: App) -> None:
        """Count in this application's database."""
        self._app = app

    async def claim(self, *subjects: str) -> None:
        """Count one attempt for each subject; TooManyAttempts when one of them has used up its failures."""
        for subject in subjects:
            await self._claim(subject)

    async def forgive(self, *subjects: str) -> None:
        """Forget the failures of the subjects, after a success."""
        async with self._work() as work:
            for subject in subjects:
                work.delete(SignInLimit, where="subject = :subject", subject=_hashed(subject))

    async def give_back(self, *subjects: str) -> None:
        """Take one attempt back for each subject, which keep their other failures."""
        async with self._work() as work:
            for subject in subjects:
                work.guard(
                    SignInLimit,
                    set="failures = failures - 1",
                    where="subject = :subject AND failures > 0",
                    rows=None,
                    subject=_hashed(subject),
                )

    async def _claim(self, subject: str) -> None:
        hashed = _hashed(subject)
        limit = FAILURES_PER_ADDRESS if subject.startswith("address:") else FAILURES_PER_SUBJECT
        known = False
        while not await self._count(hashed, limit):
            if known:
                break
            # Nothing was counted: the limit is reached, or there is no row yet, or another process made it just now.
            if not await self._exists(hashed) and await self._begin(hashed):
                return
            known = True
        else:
            return
        raise TooManyAttempts(
            _("Too many failed attempts. Wait {minutes} minutes, then try again.").format(
                minutes=int(WINDOW.total_seconds() // 60)
            )
        )

    async def _count(self, subject: str, limit: int) -> bool:
        try:
            async with self._work() as work:
                work.guard(
                    SignInLimit,
                    set="failures = CASE WHEN window_start <= :cutoff THEN 1 ELSE failures + 1 END,"
                    " window_start = CASE WHEN window_start <= :cutoff THEN :now ELSE window_start END",
                    where="subject = :subject AND (failures < :limit OR window_start <= :cutoff)",
                    refusal=_Unknown(subject),
                    cutoff=work.now - WINDOW,
                    subject=subject,
                    limit=limit,
                )
        except _Unknown:
            return False
        return True

    async def _begin(self, subject: str) -> bool:
        try:
            async with self._work() as work:
                work.insert(SignInLimit, conflict=_Unknown(subject), subject=subject, failures=1, window_start=work.now)
        except _Unknown:
            return False
        return True

    def _work(self) -> Work:
        with every_store():
            return self._app.work(KERNEL)

    async def _exists(self, hashed: str) -> bool:
        row = await self._app.database.fetch_one("SELECT 1 AS one FROM sign_in_limit WHERE subject = :s", s=hashed)
        return row is not None


def _hashed(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()
