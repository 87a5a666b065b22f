"""Every page of a furnished shop, and what its forms answer to nonsense, says nothing that nobody could translate."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from http import HTTPStatus
from importlib.resources import as_file, files

import pytest

from guildshop.app import App
from guildshop.importing import import_kind, import_sheet
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import ProductKind
from guildshop.plugins.orders.api import RefundMode, ShipmentChange, ShippingStatus
from guildshop.plugins.orders.service import CreditNotes, Invoices
from guildshop.plugins.payments.service import PaymentService
from guildshop.plugins.refunds.api import RefundRequest
from guildshop.plugins.refunds.service import RefundService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import Visitor
from tests.languages.pseudo import TAG, Texts, pseudo_language, unmarked
from tests.plugins.orders.conftest import Bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

KINDS = ("products", "customers", "orders", "discounts")
CODES = frozenset(
    {"active", "channel", "country", "currency", "kind", "payment_method", "published", "scope", "status"}
)
"""Columns of codes: a page that shows one of these as it is has forgotten to say it in words."""
NAMES = (
    "Example store",
    "Olga",
    "demo",
    "stores",
    "users",
    "Python",
    "aiohttp",
    "Deutsch",
    "English",
    "Español",
    "Français",
)
ROLES = ("Owner", "Admin", "Manager", "Support", "Fulfilment", "Read only")
"""Role templates are called in the configuration what they are called on pages."""
CONFIGURED = ("VIP, Employee, Partner", "venmo zelle cashapp cash", "discord_id,email")
"""Tags and methods as they are offered to be typed, and how to write a list."""
NOISE = re.compile(
    r"\S+@\S+|https?://\S+|[@#]\w+"  # addresses and names of members
    r"|\(\[\d+\]\.\w+\)|\b[a-z_]+\.[a-z_]+\b"  # places in settings, permissions, what the audit log tells of
    r"|\b[A-Z]{2,3}\b|\b[A-Z][\w-]*(/[\w -]+)+"  # currencies, countries, time zones
    r"|\b[A-Z]+\d*-[A-Z0-9-]+\b|\b[A-Z0-9]{6,}\b|\b[0-9a-f-]{12,}\b|\b(UPS|USPS|FedEx|DHL)\b"  # SKUs, numbers, carriers
)
SOLD = (
    r"[0-9A-Z]{8} Admin-initiated refund|Tea of sale|Ada Lovelace|12 Main Street|San Francisco|buyer1|Sam Staff"
    r"|Shipping \(Standard\)|Standard|United States|Venmo$"
)
"""What stands on the pages of what is sold here; what an invoice says stays as it was issued."""
KEPT_OUT = re.compile(r"^/(admin|staff)/$|\.csv|/file$|^/(admin|staff)/(api|docs|openapi)")
LEFT_ALONE = re.compile(r"^/(logout|language|store|account)")
"""Forms that would end the walk."""


async def furnish(app: App, store: Store) -> re.Pattern[str]:
    """Fill the store with the sample; return what of it may be read on pages."""
    data = set(NAMES + ROLES + CONFIGURED)
    for name in KINDS:
        with as_file(files("guildshop.sample") / f"{name}.csv") as file:
            result = await import_sheet(app, Actor.system(store.id, "demo"), import_kind(app, name), file)
            assert result.problems == []
            with file.open(encoding="utf-8", newline="") as rows:
                for row in csv.DictReader(rows):
                    data.update(_parts(row[column] for column in row.keys() - CODES))
    longest_first = sorted((text for text in data if len(text) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


async def sell(bench: Bench) -> list[str]:
    """Sell a parcel with an invoice and a credit note; return the pages of it, those to be printed too."""
    with scope(bench.store.id):
        tea = await bench.product("TEA", name="Tea of sale", kind=ProductKind.SHIPPED)
        order = await bench.order(bench.buyer(), (tea, 2))
        await bench.app.get(PaymentService).confirm(bench.boss, order.id)
        await bench.app.get(Invoices).issue(bench.boss, order.id)
        await bench.orders.ship_all(bench.boss, order.id, ShipmentChange(status=ShippingStatus.SHIPPED, carrier="UPS"))
        await bench.app.get(RefundService).refund(bench.boss, order.id, RefundRequest(RefundMode.AMOUNT, 500))
        note = await bench.app.get(CreditNotes).issue(bench.boss, order.id)
    page = f"/admin/order/{order.number}"
    return [page, f"{page}/invoice", f"{page}/packing-slip", f"{page}/credit-note/{note.number}"]


def _parts(cells: Iterable[str]) -> Iterable[str]:
    for cell in cells:
        yield cell
        yield from (part.strip() for part in re.split("[|,=]", cell))


class Walk:
    """Goes from page to page, one of each kind, and notes what nobody marked."""

    def __init__(self, browser: Visitor, data: re.Pattern[str]) -> None:
        self.browser = browser
        self.data = data
        self.seen: set[str] = set()
        self.found: dict[str, str] = {}

    async def go(self, *starts: str) -> None:
        todo = list(starts)
        while todo:
            path = todo.pop(0).split("#")[0]
            if not path.startswith("/") or KEPT_OUT.search(path) or not self._is_new(path):
                continue
            answer = await self.browser.get(path, headers={"Accept-Language": TAG})
            if answer.status in (302, 303):
                todo.append(answer.headers["Location"])
            elif answer.content_type == "text/html":
                assert answer.status != HTTPStatus.INTERNAL_SERVER_ERROR, path
                page = self._read(path, await answer.text())
                todo += page.links
                for action, fields in page.forms:
                    await self._send(action or path, fields)

    async def _send(self, action: str, fields: dict[str, str]) -> None:
        """Fill in nonsense, so that the form is refused, and read what it says."""
        path = action.split("?")[0]
        if LEFT_ALONE.search(path) or not self._is_new(f"POST {path}"):
            return
        nonsense = {name: value if name == "version" else "¿" for name, value in fields.items()}
        answer = await self.browser.post(action, nonsense, headers={"Accept-Language": TAG})
        if answer.status in (302, 303):
            answer = await self.browser.get(answer.headers["Location"], headers={"Accept-Language": TAG})
        if answer.content_type == "text/html":
            assert answer.status != HTTPStatus.INTERNAL_SERVER_ERROR, path
            self._read(f"POST {path}", await answer.text())

    def _is_new(self, path: str) -> bool:
        path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/order/)[0-9A-Z]{8}|(?<=/)\d+", "*", path)
        path = re.sub(r"(?<==)[^&]{9,}", "*", path)
        known = path in self.seen
        self.seen.add(path)
        return not known

    def _read(self, path: str, content: str) -> Texts:
        page = Texts()
        page.feed(content)
        for text in page.found:
            left = unmarked(text)
            ways = (NOISE.sub(" ", self.data.sub(" ", left)), self.data.sub(" ", NOISE.sub(" ", left)))
            if all(re.search("[A-Za-z]{2}", way) for way in ways):
                self.found.setdefault(text, path)
        return page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what pages say does not depend on it
async def test_pages_and_refused_forms_say_nothing_that_is_not_marked(
    app: App, store: Store, owner: Visitor, staff: ActorFactory
) -> None:
    data = await furnish(app, store)
    walk = Walk(owner, re.compile(f"{SOLD}|{data.pattern}", re.IGNORECASE))
    printed = await sell(Bench(app, store, staff(store)))
    with pseudo_language():
        await walk.go(*printed, "/admin/dashboard", "/account", "/account/mfa", "/password-reset")
    assert len(walk.seen) > 100
    assert walk.found == {}
