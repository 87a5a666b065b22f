"""Many links at once from a list of members and emails: looked at first, linked in steps, each row with its end.

The command line takes a whole file or nothing of it. The page takes a list as rows of its own: a step looks at the next
few of them, so that it can be watched, goes on after a restart, and asks Shopify no faster than it may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from guildshop.database import Work, new_id
from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.events import Delivery
from guildshop.hookspecs import ImportReport, ProgressCallback
from guildshop.i18n import _, grouped, lazy
from guildshop.permissions import Actor, ActorKind, Origin
from guildshop.plugins.shopify_link import rules, tables
from guildshop.plugins.shopify_link.api import (
    LINK_READ,
    LINK_UPDATE,
    BulkLink,
    BulkLinkDue,
    BulkRow,
    BulkState,
    LinkMethod,
    RowState,
    ShopifyCustomer,
    Target,
)
from guildshop.plugins.shopify_link.client import BATCH
from guildshop.plugins.shopify_link.service.following import LONG, Following
from guildshop.plugins.shopify_link.service.linking import known
from guildshop.plugins.shopify_link.service.reading import email_hash
from guildshop.plugins.shopify_link.service.trouble import explained
from guildshop.tenancy import current_store

COLUMNS: Mapping[str, str] = {
    "discord_id": lazy("The member's Discord ID, or a mention such as <@123…>."),
    "email": lazy("The email address of the customer in Shopify."),
}
REQUIRED = frozenset(COLUMNS)
MOST_ROWS = 5_000
STEP = BATCH * 2
MESSAGE_LIMIT = 300
Checked = tuple[int, int, str]
"""A row's number, the member and the address."""


class Bulk(Following):
    """Lists of links."""

    # The command line: all or nothing

    async def import_links(
        self, actor: Actor, rows: Sequence[Mapping[str, str]], dry_run: bool, progress: ProgressCallback
    ) -> ImportReport:
        """Link what the rows name, all of it or, with a single bad row, nothing; who is linked already stays so."""
        actor.require(LINK_UPDATE)
        _refuse_long(rows)
        with explained("import links"):
            settings = self.configured()
            checked, problems = _check(rows)
            wanted: list[tuple[int, Target, ShopifyCustomer, str]] = []
            for begin in range(0, len(checked), BATCH):
                part = checked[begin : begin + BATCH]
                found = await self.client.find(settings, [email for _n, _m, email in part], patience=LONG)
                for (number, member, email), one in zip(part, found, strict=True):
                    try:
                        customer = known(one)
                        if await self._is_new(actor, member, customer):
                            wanted.append((number, Target(member), customer, email))
                    except Refusal as refusal:
                        problems.append((number, refusal.message))
                progress(min(begin + BATCH, len(checked)), len(checked), len(problems))
            problems += _customers_twice(wanted)
            if problems or dry_run:
                return ImportReport(len(rows), 0, tuple(sorted(set(problems))))
            async with self.app.work(actor) as work:
                for _number, target, customer, email in wanted:
                    self._insert(work, target, customer, email, LinkMethod.IMPORT)
            for _number, target, _customer, _email in wanted:
                await self._make_known(actor, target)
            return ImportReport(len(rows), len(wanted))

    # The page: row by row

    async def start_bulk(self, actor: Actor, rows: Sequence[Mapping[str, str]], *, dry_run: bool) -> BulkLink:
        """Begin to look at a list, or to link it."""
        actor.require(LINK_UPDATE)
        _refuse_long(rows)
        if not rows:
            raise Invalid.field("text", _("The list has no rows."))
        self.configured()
        key = new_id()
        checked, problems = _check(rows)
        good, bad = {number: (str(member), email) for number, member, email in checked}, dict(problems)
        given = [
            (*good.get(number, (row.get("discord_id", ""), row.get("email", ""))), bad.get(number, ""))
            for number, row in enumerate(rows, 1)
        ]
        async with self.app.work(actor) as work:
            self._begin(work, key, given, dry_run=dry_run)
        return await self._bulk(key)

    async def link_fine(self, actor: Actor, key: UUID) -> BulkLink:
        """Begin to link those rows of a list that a dry run found nothing against."""
        actor.require(LINK_UPDATE)
        looked_at = await self._bulk(key)
        if not looked_at.dry_run or looked_at.state is not BulkState.DONE:
            raise Refusal(_("This list is not one that was looked at to its end. Wait until it is."))
        rows = [row for row in await self._rows(key) if row.state is RowState.FINE]
        if not rows:
            raise Refusal(_("There is no row in this list that could be linked."))
        made = new_id()
        async with self.app.work(actor) as work:
            # Pressed twice, it begins once.
            work.delete(
                tables.ShopifyBulk,
                where="id = :id AND dry_run",
                rows=1,
                refusal=Refusal(_("This list is being linked already.")),
                id=key,
            )
            self._begin(work, made, [(row.member, row.email, "") for row in rows], dry_run=False)
        return await self._bulk(made)

    async def bulk(self, actor: Actor, key: UUID) -> BulkLink:
        """Return a list with how far it is."""
        actor.require(LINK_READ)
        return await self._bulk(key)

    async def latest_bulks(self, actor: Actor, limit: int = 5) -> Sequence[BulkLink]:
        """Return the latest lists."""
        actor.require(LINK_READ)
        rows = await self.app.database.fetch(
            "SELECT id FROM shopify_bulk WHERE store = :store ORDER BY created DESC, id DESC LIMIT :limit",
            store=actor.store,
            limit=limit,
        )
        return [await self.bulk(actor, row["id"]) for row in rows]

    async def bulk_rows(
        self, actor: Actor, key: UUID, *, bad_first: bool = False, limit: int = MOST_ROWS
    ) -> Sequence[BulkRow]:
        """Return the rows of a list in their order, or those first that something is wrong with."""
        actor.require(LINK_READ)
        return await self._rows(key, bad_first=bad_first, limit=limit)

    async def step(self, event: BulkLinkDue, delivery: Delivery) -> None:
        """Look at the next few rows of a list, or link them, and ask for the step after."""
        row = await self.app.database.fetch_one(
            "SELECT dry_run, made_by, made_by_kind, made_by_id FROM shopify_bulk"
            " WHERE store = :store AND id = :id AND state = 'RUNNING'",
            store=delivery.store,
            id=event.bulk,
        )
        if row is None:
            return
        actor = _actor(row, delivery.store)
        waiting = await self._waiting(event.bulk)
        ends = await self._look_at(actor, waiting, dry_run=bool(row["dry_run"])) if waiting else []
        left = len(waiting) == STEP
        async with delivery.work() as work:
            for key, state, message in ends:
                work.guard(
                    tables.ShopifyBulkRow,
                    set="state = :state, message = :message",
                    where="id = :id AND state = 'WAITING'",
                    rows=None,
                    id=key,
                    state=state.value,
                    message=message[:MESSAGE_LIMIT],
                )
            if left:
                work.record(BulkLinkDue(event.bulk, event.step + 1))
            else:
                work.guard(
                    tables.ShopifyBulk,
                    set="state = 'DONE', finished = :now",
                    where="id = :id AND state = 'RUNNING'",
                    rows=None,
                    id=event.bulk,
                )

    # Within

    async def _bulk(self, key: UUID) -> BulkLink:
        row = await self.app.database.fetch_one(
            "SELECT id, store, made_by, dry_run, state, total, created, finished FROM shopify_bulk"
            " WHERE store = :store AND id = :id",
            store=current_store(),
            id=key,
        )
        if row is None:
            raise NotFound(
                _("There is no such list. Lists are kept for 30 days; one that is linked gets a new address.")
            )
        counted = await self.app.database.fetch(
            "SELECT state, COUNT(*) AS found FROM shopify_bulk_row WHERE store = :store AND bulk = :id GROUP BY state",
            store=current_store(),
            id=key,
        )
        counts = {RowState(one["state"]): int(one["found"]) for one in counted}
        return BulkLink(
            **dict(row) | {"state": BulkState(row["state"]), "dry_run": bool(row["dry_run"])}, counts=counts
        )

    async def _rows(self, key: UUID, *, bad_first: bool = False, limit: int = MOST_ROWS) -> Sequence[BulkRow]:
        first = "CASE WHEN state = 'BAD' THEN 0 ELSE 1 END, " if bad_first else ""
        rows = await self.app.database.fetch(
            "SELECT number, member, email, state, message FROM shopify_bulk_row"
            f" WHERE store = :store AND bulk = :id ORDER BY {first}number LIMIT :limit",
            store=current_store(),
            id=key,
            limit=limit,
        )
        return [BulkRow(**dict(row) | {"state": RowState(row["state"])}) for row in rows]

    def _begin(self, work: Work, key: UUID, rows: Sequence[tuple[str, str, str]], *, dry_run: bool) -> None:
        """Write a list down; a row that is bad in itself, with its sentence, is not looked at any more."""
        work.insert(
            tables.ShopifyBulk,
            id=key,
            made_by=work.actor.name[:100],
            made_by_kind=work.actor.kind.value,
            made_by_id=work.actor.id[:40],
            dry_run=dry_run,
            state=BulkState.RUNNING.value,
            total=len(rows),
            created=work.now,
        )
        work.insert_many(
            tables.ShopifyBulkRow,
            [
                {
                    "id": new_id(),
                    "bulk": key,
                    "number": number,
                    "member": member.strip()[:40],
                    "email": email.strip()[:254],
                    "email_hash": email_hash(email) if email.strip() else "",
                    "state": (RowState.BAD if problem else RowState.WAITING).value,
                    "message": problem[:MESSAGE_LIMIT],
                }
                for number, (member, email, problem) in enumerate(rows, 1)
            ],
        )
        work.audit("customer_link.bulk", subject="shopify_bulk", subject_id=key, after={"rows": len(rows)})
        work.record(BulkLinkDue(key, 1))

    async def _waiting(self, key: UUID) -> list[dict[str, Any]]:
        return await self.app.database.fetch(
            "SELECT id, number, member, email FROM shopify_bulk_row"
            f" WHERE store = :store AND bulk = :id AND state = 'WAITING' ORDER BY number LIMIT {STEP}",
            store=current_store(),
            id=key,
        )

    async def _look_at(
        self, actor: Actor, waiting: Sequence[Mapping[str, Any]], *, dry_run: bool
    ) -> list[tuple[UUID, RowState, str]]:
        """Return how each row ended; what went wrong with Shopify as a whole is raised, and the step tried again."""
        ends: list[tuple[UUID, RowState, str]] = []
        found = await self.client.find(self.configured(), [row["email"] for row in waiting], patience=LONG)
        for row, one in zip(waiting, found, strict=True):
            try:
                customer = known(one)
                state = await self._row(actor, int(row["member"]), customer, row["email"], dry_run=dry_run)
            except Refusal as refusal:
                ends.append((row["id"], RowState.BAD, refusal.message))
            else:
                ends.append((row["id"], state, _("Shopify customer {id}").format(id=customer.id)))
        return ends

    async def _row(
        self, actor: Actor, member: int, customer: ShopifyCustomer, email: str, *, dry_run: bool
    ) -> RowState:
        if not await self._is_new(actor, member, customer):
            return RowState.ALREADY
        if dry_run:
            return RowState.FINE
        made = await self.link(actor, Target(member), customer, email, LinkMethod.IMPORT)
        return RowState.LINKED if made.fresh else RowState.ALREADY

    async def _is_new(self, actor: Actor, member: int, customer: ShopifyCustomer) -> bool:
        """Tell whether a link is yet to be made; refuse one that cannot be."""
        await self._refuse_blocked(actor, Target(member))
        await self.refuse_linked(actor, member, customer)
        return await self.of_member(member) is None


def _actor(row: Mapping[str, Any], store: int) -> Actor:
    """Return who began a list; their permission was checked then."""
    return Actor(ActorKind(row["made_by_kind"]), row["made_by_id"], row["made_by"], store, frozenset(), Origin.DELIVERY)


def _refuse_long(rows: Sequence[object]) -> None:
    if len(rows) > MOST_ROWS:
        raise Invalid.field(
            "text",
            _("The list has {rows} rows; one takes at most {most}. Split it.").format(
                rows=grouped(len(rows)), most=grouped(MOST_ROWS)
            ),
        )


def _check(rows: Sequence[Mapping[str, str]]) -> tuple[list[Checked], list[tuple[int, str]]]:
    checked: list[Checked] = []
    problems: list[tuple[int, str]] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        try:
            member, email = rules.member_id(row.get("discord_id", "")), rules.clean_email(row.get("email", ""))
            marks = {str(member), rules.email_key(email)}
            if marks & seen:
                raise Invalid(_("This member or email is in an earlier row already."))
            seen |= marks
            checked.append((number, member, email))
        except Refusal as refusal:
            problems.append((number, refusal.message))
    return checked, problems


def _customers_twice(wanted: Sequence[tuple[int, Target, ShopifyCustomer, str]]) -> list[tuple[int, str]]:
    seen: set[str] = set()
    problems = []
    for number, _target, customer, _email in wanted:
        if customer.id in seen:
            problems.append((number, _("This Shopify customer is in an earlier row already.")))
        seen.add(customer.id)
    return problems
