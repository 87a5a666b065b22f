"""Panels: which channels show the shop, and what each message shows now. Speaking to Discord is not done here."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from guildshop.database import new_id
from guildshop.errors import NotFound, Stale
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import PRODUCT_UPDATE, Panel, PanelDue, PanelRemoved
from guildshop.plugins.catalog.service.browsing import Browsing
from guildshop.plugins.catalog.service.records import PANEL_COLUMNS, panel_of
from guildshop.plugins.catalog.tables import Panel as PanelTable
from guildshop.tenancy import current_store

ALL = "all"
"""The shelf of a panel that shows the whole shop."""


class PanelTaken(Stale):
    """The channel has this panel."""


class PanelUnknown(NotFound):
    """There is no such panel in this store."""

    code = "panel-unknown"


class Panels(Browsing):
    """The panels of the store in scope."""

    async def panels(self) -> list[Panel]:
        """Return all panels, the oldest first."""
        rows = await self.app.database.fetch(
            f"SELECT {PANEL_COLUMNS} FROM panel WHERE store = :store ORDER BY created, id", store=current_store()
        )
        return [panel_of(row) for row in rows]

    async def panel(self, panel_id: UUID) -> Panel | None:
        """Return the panel of that ID; None when it was taken off."""
        row = await self.app.database.fetch_one(
            f"SELECT {PANEL_COLUMNS} FROM panel WHERE store = :store AND id = :id", store=current_store(), id=panel_id
        )
        return None if row is None else panel_of(row)

    async def put_panel(self, actor: Actor, channel_id: int, product_list: UUID | None = None) -> Panel:
        """Want a panel in a channel, one for each list and one for the whole shop; again, bring it up to date."""
        actor.require(PRODUCT_UPDATE)
        shelf = str(product_list or ALL)
        panel_id = new_id()
        try:
            async with self.app.work(actor) as work:
                work.insert(
                    PanelTable,
                    conflict=PanelTaken(""),
                    id=panel_id,
                    channel_id=channel_id,
                    product_list=product_list,
                    shelf=shelf,
                    message_id=None,
                    shown="",
                    problem="",
                    created=work.now,
                    version=1,
                )
                work.record(PanelDue(panel_id))
                work.audit("panel.create", subject="panel", subject_id=panel_id, after={"channel": str(channel_id)})
        except PanelTaken:
            row = await self.app.database.fetch_one(
                f"SELECT {PANEL_COLUMNS} FROM panel WHERE store = :store AND channel_id = :channel AND shelf = :shelf",
                store=actor.store,
                channel=channel_id,
                shelf=shelf,
            )
            if row is None:
                raise
            panel_id = row["id"]
            await self.want_panel(actor, panel_of(row), renew=True)
        return await self._panel(actor.store, panel_id)

    async def want_panel(self, actor: Actor, panel: Panel, *, renew: bool = False, lost: bool = False) -> None:
        """Have a panel brought up to date: in any case with `renew`, as a new message where it was `lost`."""
        async with self.app.work(actor) as work:
            if renew or lost:
                work.guard(
                    PanelTable,
                    set="shown = '', version = version + 1" + (", message_id = NULL" if lost else ""),
                    where="id = :id AND version = :seen",
                    refusal=Stale(_("The panel changed just now. Try again.")),
                    id=panel.id,
                    seen=panel.version,
                )
            work.record(PanelDue(panel.id))

    async def keep_panel(self, actor: Actor, panel: Panel, message_id: int | None, shown: str, problem: str) -> None:
        """Remember what became of a panel's message; `Stale` when the panel changed or was taken off meanwhile."""
        async with self.app.work(actor) as work:
            work.guard(
                PanelTable,
                set="message_id = :message, shown = :shown, problem = :problem, version = version + 1",
                where="id = :id AND version = :seen",
                refusal=Stale(_("The panel changed just now. Try again.")),
                id=panel.id,
                seen=panel.version,
                message=message_id,
                shown=shown,
                problem=problem,
            )

    async def remove_panel(self, actor: Actor, panel_id: UUID) -> Panel:
        """Keep a panel no longer; its message is deleted soon. Return it as it was."""
        actor.require(PRODUCT_UPDATE)
        found = await self._panel(actor.store, panel_id)
        async with self.app.work(actor) as work:
            work.delete(PanelTable, where="id = :id", rows=1, refusal=panel_unknown(), id=panel_id)
            work.audit("panel.delete", subject="panel", subject_id=panel_id, before={"channel": str(found.channel_id)})
            work.record(PanelRemoved(panel_id, found.channel_id, found.message_id))
        return found

    async def examine_panels(self, store_id: int | None) -> Sequence[Finding]:
        """Tell the doctor which panels could not be posted."""
        if store_id is None:
            return []
        return [
            Finding(
                Severity.WARNING,
                _("Panel"),
                _("A panel is not shown. {reason}").format(reason=panel.problem),
                _("Make that good and use /panel there again, or take the panel off."),
            )
            for panel in await self.panels()
            if panel.problem
        ]

    async def _panel(self, store: int, panel_id: UUID) -> Panel:
        row = await self.app.database.fetch_one(
            f"SELECT {PANEL_COLUMNS} FROM panel WHERE store = :store AND id = :id", store=store, id=panel_id
        )
        if row is None:
            raise panel_unknown()
        return panel_of(row)


def panel_unknown() -> PanelUnknown:
    """Return the refusal of a panel that is not kept any more."""
    return PanelUnknown(_("This panel is not kept any more. Make one with /panel."))
