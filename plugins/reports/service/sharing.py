"""Links to reports: signed, for a time, and revocable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from guildshop.config.secret import remember_secret
from guildshop.database import new_id
from guildshop.errors import Invalid, NotConfigured, NotFound
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.reports import rules, tables
from guildshop.plugins.reports.api import REPORT_READ, REPORT_UPDATE, Period, Share, ShareOver, ShareUnknown
from guildshop.plugins.reports.service.counting import ReportCounting
from guildshop.tenancy import current_store, scope

LIVES = (1, 7, 30, 90)
"""Days for which a link may be good."""
USUAL_LIFE = 7
SHOWN = 20
NAME_LIMIT = 100

_COLUMNS = "id, store, first, last, currency, made_by, created, expires, revoked"


class ReportSharing(ReportCounting):
    """Makes, lists, revokes and reads links."""

    async def share(self, actor: Actor, period: Period, currency: str, days: int = USUAL_LIFE) -> tuple[Share, str]:
        """Share a report for that many days; return that, and the address for whoever has it."""
        actor.require(REPORT_UPDATE)
        if days not in LIVES:
            raise Invalid.field(
                "days",
                _("A link is good for {choices} days, not {days}.").format(
                    choices=", ".join(str(one) for one in LIVES), days=days
                ),
            )
        secret = self._secrets()[0]
        key, expires = new_id(), (self.app.now() + timedelta(days=days)).replace(microsecond=0)
        async with self.app.work(actor) as work:
            work.insert(
                tables.ReportShare,
                id=key,
                first=period.first.isoformat(),
                last=period.last.isoformat(),
                currency=currency,
                made_by=actor.name[:NAME_LIMIT],
                created=work.now,
                expires=expires,
                revoked=False,
            )
            work.audit("report.share", subject="report", subject_id=key, after={"expires": expires.isoformat()})
        token = rules.share_token(secret, rules.Opened(actor.store, key, expires))
        remember_secret(token)
        days_alone = Period(period.first, period.last)
        made = Share(key, actor.store, days_alone, currency, actor.name[:NAME_LIMIT], work.now, expires, revoked=False)
        return made, f"{self.app.settings.web.public_url}/reports/{token}"

    async def shares(self, actor: Actor) -> Sequence[Share]:
        """Return the links that are good at present, newest first."""
        actor.require(REPORT_READ)
        rows = await self.app.database.fetch(
            f"SELECT {_COLUMNS} FROM report_share WHERE store = :store AND expires > :now AND revoked = :revoked"
            " ORDER BY created DESC, id DESC LIMIT :limit",
            store=actor.store,
            now=self.app.now(),
            revoked=False,
            limit=SHOWN,
        )
        return [_share(row) for row in rows]

    async def revoke(self, actor: Actor, key: UUID) -> None:
        """End a link now."""
        actor.require(REPORT_UPDATE)
        gone = NotFound(_("There is no such link in this store, or it was revoked already."))
        async with self.app.work(actor) as work:
            work.guard(
                tables.ReportShare,
                set="revoked = :yes",
                where="id = :id AND revoked = :no",
                refusal=gone,
                id=key,
                yes=True,
                no=False,
            )
            work.audit("report.unshare", subject="report", subject_id=key)

    async def open_share(self, token: str) -> Share:
        """Return what a token stands for; refused when we did not sign it, or when it is over."""
        opened = rules.read_token(self._secrets(), token)
        if opened is None or not any(store.id == opened.store for store in self.app.stores.all()):
            raise _unknown()
        with scope(opened.store):
            row = await self.app.database.fetch_one(
                f"SELECT {_COLUMNS} FROM report_share WHERE store = :store AND id = :id",
                store=current_store(),
                id=opened.share,
            )
        if row is None:
            raise _unknown()
        if row["revoked"]:
            raise ShareOver(_("This link was revoked. Ask the shop for a new one."))
        if opened.expires <= self.app.now():
            raise ShareOver(_("This link has expired. Ask the shop for a new one."))
        return _share(row)

    def _secrets(self) -> Sequence[str]:
        found = [secret.reveal() for secret in self.app.settings.security.secret_keys if secret.is_set]
        if not found:
            raise NotConfigured(_("Reports cannot be shared: security.secret_key is not set. Ask the shop's operator."))
        return found


def _unknown() -> ShareUnknown:
    return ShareUnknown(_("There is no report at this address. Check that the whole link was copied."))


def _share(row: dict[str, Any]) -> Share:
    return Share(
        id=row["id"],
        store=row["store"],
        period=Period(date.fromisoformat(row["first"]), date.fromisoformat(row["last"])),
        currency=row["currency"],
        made_by=row["made_by"],
        created=row["created"],
        expires=row["expires"],
        revoked=bool(row["revoked"]),
    )
