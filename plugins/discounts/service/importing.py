"""Discounts from and to CSV files: all rows checked first, then all of them or none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from guildshop.database import new_id
from guildshop.errors import Invalid, Refusal
from guildshop.folding import fold
from guildshop.hookspecs import ImportReport, ProgressCallback
from guildshop.i18n import _, lazy
from guildshop.money import parse_money, to_decimal
from guildshop.permissions import Actor
from guildshop.plugins.discounts import rules, tables
from guildshop.plugins.discounts.api import (
    DISCOUNT_CREATE,
    DISCOUNT_UPDATE,
    Discount,
    DiscountInput,
    DiscountKind,
    DiscountScope,
)
from guildshop.plugins.discounts.service.editing import stale, taken
from guildshop.plugins.discounts.service.records import DISCOUNT_COLUMNS, columns_of, discount_of
from guildshop.plugins.discounts.service.targets import Targets

COLUMNS = {
    "id": lazy("Of a discount that is here; empty: found by its code, or without one by its name, or new"),
    "name": lazy("Needed; what customers read"),
    "code": lazy("What is typed in; empty: it applies by itself"),
    "percent": lazy("1 to 100; empty where an amount is given"),
    "amount": lazy("A plain decimal such as 5.00; empty where a percentage is given"),
    "currency": lazy("ISO 4217; empty: the store's"),
    "scope": lazy("all, products, categories, roles, tags, groups or customers"),
    "targets": lazy("SKUs, category names, role IDs, tags or account numbers, with | between"),
    "starts": lazy("A day such as 2026-01-31, or a time such as 2026-01-31T09:00; empty: now"),
    "ends": lazy("The last day, or the time at which it ends; empty: never"),
    "limit_total": lazy("Whole number; empty: none"),
    "limit_per_customer": lazy("Whole number; empty: none"),
    "minimum": lazy("The least that the goods must cost; empty: nothing"),
    "active": lazy("false: switched off"),
}
REQUIRED = frozenset({"name"})
NO = frozenset({"false", "no", "0"})
YES = frozenset({"", "true", "yes", "1"})


class _Known:
    """The discounts that are here, by ID and by code or name."""

    def __init__(self, discounts: Sequence[Discount]) -> None:
        self._by_id = {str(one.id): one for one in discounts}
        self._same: dict[str, list[Discount]] = {}
        for one in discounts:
            self._same.setdefault(_key(one), []).append(one)

    def find(self, key: str, given: DiscountInput) -> Discount | None:
        """Return the discount that a row changes: that of its ID, else of its code or name where only one has it."""
        named = self._by_id.get(key.lower())
        same = self._same.get(_key(given), [])
        if named is None and len(same) > 1:
            raise Invalid(
                _("{count} discounts here are called “{name}”. Give the ID of the one that is meant.").format(
                    count=len(same), name=given.name[:80]
                )
            )
        return named or next(iter(same), None)


class Importing(Targets):
    """Importing and exporting discounts."""

    async def import_discounts(
        self, actor: Actor, rows: Sequence[Mapping[str, str]], dry_run: bool, progress: ProgressCallback
    ) -> ImportReport:
        """Create the discounts of a file, or change those that have its codes, or, without a code, its names."""
        actor.require(DISCOUNT_CREATE)
        actor.require(DISCOUNT_UPDATE)
        known = _Known(await self._known(actor.store))
        checked: dict[str, tuple[DiscountInput, Discount | None]] = {}
        problems: list[tuple[int, str]] = []
        for number, row in enumerate(rows, 1):
            try:
                given, before = await self._read_row(actor, row, known)
                key = _key(given) if before is None else str(before.id)
                if key in checked:
                    raise Invalid(_("An earlier row has this code or name already. Keep one of the two."))
                checked[key] = given, before
            except Refusal as refusal:
                problems.append((number, refusal.message))
            progress(number, len(rows), len(problems))
        if problems or dry_run:
            return ImportReport(len(rows), 0, tuple(problems))
        async with self.app.work(actor) as work:
            for given, before in checked.values():
                columns = columns_of(given)
                if before is None:
                    work.insert(
                        tables.Discount,
                        conflict=taken(given.code),
                        id=new_id(),
                        created=work.now,
                        used=0,
                        version=1,
                        **columns,
                    )
                else:
                    assignments = ", ".join(f"{name} = :{name}" for name in columns)
                    work.guard(
                        tables.Discount,
                        set=f"{assignments}, version = version + 1",
                        where="id = :id AND version = :seen",
                        refusal=stale(before),
                        conflict=taken(given.code),
                        id=before.id,
                        seen=before.version,
                        **columns,
                    )
            work.audit("discount.import", subject="discount", after={"rows": len(checked)})
        return ImportReport(len(rows), len(checked))

    async def export_discounts(self, actor: Actor) -> AsyncIterator[Mapping[str, str]]:
        """Yield every discount as a row of the file that the import takes."""
        actor.require(DISCOUNT_UPDATE)
        zone = ZoneInfo(self.app.stores.get(actor.store).time_zone)
        for discount in await self._known(actor.store):
            yield {
                "id": str(discount.id),
                "name": discount.name,
                "code": discount.code,
                "percent": _text(discount.percent),
                "amount": "" if discount.amount is None else str(to_decimal(discount.amount, discount.currency)),
                "currency": discount.currency,
                "scope": discount.scope.value.lower(),
                "targets": "|".join(await self.written(actor, discount)),
                "starts": _moment(discount.starts, zone),
                "ends": "" if discount.ends is None else _moment(discount.ends, zone, after=1),
                "limit_total": _text(discount.limit_total),
                "limit_per_customer": _text(discount.limit_per_customer),
                "minimum": str(to_decimal(discount.minimum, discount.currency)) if discount.minimum else "",
                "active": "true" if discount.active else "false",
            }

    async def _known(self, store: int) -> list[Discount]:
        rows = await self.app.database.fetch(
            f"SELECT {DISCOUNT_COLUMNS} FROM discount WHERE store = :store ORDER BY created, id", store=store
        )
        return [discount_of(row) for row in rows]

    async def _read_row(
        self, actor: Actor, row: Mapping[str, str], known: _Known
    ) -> tuple[DiscountInput, Discount | None]:
        """Return what a row gives, and the discount that it changes."""
        store = self.app.stores.get(actor.store)
        value = {name: row.get(name, "").strip() for name in COLUMNS}
        currency = value["currency"] or store.currency
        zone = ZoneInfo(store.time_zone)
        if value["percent"] and value["amount"]:
            raise Invalid(_("A discount is a percentage or an amount, not both. Leave one of the two empty."))
        scope = _scope(value["scope"])
        if value["active"].lower() not in NO | YES:
            raise Invalid(_("“{text}” is neither true nor false.").format(text=value["active"][:40]))
        given = DiscountInput(
            name=value["name"],
            code=value["code"],
            kind=DiscountKind.FIXED if value["amount"] else DiscountKind.PERCENT,
            percent=_whole(value["percent"]),
            amount=parse_money(value["amount"], currency) if value["amount"] else None,
            currency=currency,
            scope=scope,
            targets=await self.read(actor, scope, value["targets"].split("|")),
            starts=_time(value["starts"], zone),
            ends=_time(value["ends"], zone, after=1),
            limit_total=_whole(value["limit_total"]),
            limit_per_customer=_whole(value["limit_per_customer"]),
            minimum=parse_money(value["minimum"], currency) if value["minimum"] else 0,
            active=value["active"].lower() not in NO,
        )
        before = known.find(value["id"], given)
        now = before.starts if before is not None else self.app.now()
        return rules.check(given, store.currency, now), before


def _key(discount: Discount | DiscountInput) -> str:
    return rules.code_key(discount.code) or f"name:{fold(discount.name)}"


def _scope(text: str) -> DiscountScope:
    try:
        return DiscountScope((text or "all").upper())
    except ValueError:
        known = ", ".join(scope.value.lower() for scope in DiscountScope)
        raise Invalid(_("“{text}” is no scope. Use one of {known}.").format(text=text[:40], known=known)) from None


def _whole(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise Invalid(_("“{text}” is no whole number.").format(text=text[:40]))
    return int(text)


def _time(text: str, zone: ZoneInfo, after: int = 0) -> datetime | None:
    """Return a time, the store's where it says no other; of a day its beginning, or that of the day `after` it."""
    if not text:
        return None
    try:
        if len(text) <= len("2026-01-31"):
            day = date.fromisoformat(text) + timedelta(days=after)
            return datetime.combine(day, time(), zone).astimezone(UTC)
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        sentence = _("“{text}” is no day and no time. Write it like 2026-01-31 or 2026-01-31T09:00.")
        raise Invalid(sentence.format(text=text[:40])) from None


def _moment(at: datetime, zone: ZoneInfo, after: int = 0) -> str:
    """Return a time as `_time` reads it: a day where it is the beginning of one, or of the day `after` it."""
    there = at.astimezone(zone)
    if there.timetz().replace(tzinfo=None) == time():
        return (there.date() - timedelta(days=after)).isoformat()
    return there.isoformat()


def _text(value: int | None) -> str:
    return "" if value is None else str(value)
