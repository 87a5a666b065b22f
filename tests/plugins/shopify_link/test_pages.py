"""Links on the web and from files: the page, the tab, lists with their dry run and report, and the doctor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, Invalid
from guildshop.hookspecs import Finding, Severity
from guildshop.importing import import_kind, import_sheet
from guildshop.permissions import Actor
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.shopify_link.api import RowState, Target
from guildshop.plugins.shopify_link.checks import examination
from guildshop.plugins.shopify_link.service import LinkService
from guildshop.stores import Store
from guildshop.testing import ActorFactory
from guildshop.web.server import WebServer
from guildshop.web.testing import NewTab, Visitor, serious_findings, sign_in
from tests.plugins.shopify_link.double import ShopifyDouble

EMAIL = "john@example.com"
BEA = Target(3 * 10**17 + 1, "bea", "Bea Buyer")


def someone(number: int) -> str:
    return str(4 * 10**17 + number)


def sheet(*rows: tuple[str, str]) -> list[Mapping[str, str]]:
    return [{"discord_id": row[0], "email": row[1]} for row in rows]


async def links_in(app: App) -> list[tuple[int, str, str]]:
    rows = await app.database.fetch(
        "SELECT discord_id, shopify_id, method FROM shopify_link WHERE store = 1 ORDER BY discord_id"
    )
    return [(row["discord_id"], row["shopify_id"], row["method"]) for row in rows]


async def test_a_file_is_linked_as_a_whole_or_not_at_all(
    app: App,
    links: LinkService,
    shopify: ShopifyDouble,
    boss: Actor,
    store: Store,
    staff: ActorFactory,
    tmp_path: Path,
) -> None:
    for number in range(30):
        shopify.customer(number + 1, email=f"c{number}@example.com")
    good = sheet(*((someone(number), f"C{number}@example.com") for number in range(30)))
    bad = sheet(
        ("bea", "new@example.com"), (someone(41), "c1@"), (someone(42), "nobody@example.com"),
        (someone(0), "other@example.com"), (someone(43), "c0@EXAMPLE.com"),
    )  # fmt: skip
    steps: list[tuple[int, int]] = []
    report = await links.import_links(
        boss, [*good, *bad], False, lambda done, total, _bad=0: steps.append((done, total))
    )
    assert (report.rows, report.written) == (35, 0)
    assert [number for number, _sentence in report.problems] == [31, 32, 33, 34, 35]
    assert "No customer found with that email address." in dict(report.problems)[33]
    assert steps[-1] == (31, 31)
    file = tmp_path / "links.csv"
    file.write_text("email;discord_id\n" + "\n".join(f"{row['email']};{row['discord_id']}" for row in [*good, bad[0]]))
    dry = await import_sheet(app, boss, import_kind(app, "links"), file, dry_run=True)
    assert (dry.rows, dry.written, [line for line, _sentence in dry.problems]) == (31, 0, [32])
    assert await links_in(app) == []
    for written in (30, 0):
        report = await links.import_links(boss, good, False, lambda *_done: None)
        assert (report.written, report.problems) == (written, ())
    assert len(await links_in(app)) == 30
    known = await app.get(CustomerService).by_discord_id(int(someone(3)))
    assert known is not None
    assert known.name == known.account_number
    with pytest.raises(Forbidden):
        await links.import_links(staff(store, "link.read"), good, True, lambda *_done: None)
    with pytest.raises(Invalid, match="at most"):
        await links.import_links(boss, good * 200, True, lambda *_done: None)


async def test_a_list_is_looked_at_first_and_every_row_is_reported(
    app: App, links: LinkService, shopify: ShopifyDouble, boss: Actor
) -> None:
    for number in range(30):
        shopify.customer(number + 1, email=f"c{number}@example.com")
    shopify.customer(99, email="taken@example.com")
    await links.link_member(boss, Target(int(someone(5))), "c5@example.com")
    await links.link_member(boss, BEA, "taken@example.com")
    rows = sheet(
        *((someone(number), f"c{number}@example.com") for number in range(30)),
        ("bea", "c1@example.com"),
        (someone(40), "nobody@example.com"),
        (f"<@{someone(0)}>", "c7@example.com"),
        (someone(41), "taken@example.com"),
    )
    looked_at = await links.start_bulk(boss, rows, dry_run=True)
    assert (looked_at.done, looked_at.total) == (2, 34)  # two are bad in themselves
    await app.dispatcher.drain()
    looked_at = await links.bulk(boss, looked_at.id)
    assert looked_at.counts == {RowState.FINE: 29, RowState.ALREADY: 1, RowState.BAD: 4}
    assert looked_at.done == 34
    assert len(await links_in(app)) == 2
    report = {row.number: row for row in await links.bulk_rows(boss, looked_at.id)}
    assert "Discord ID" in report[31].message
    assert report[32].message == "No customer found with that email address."
    assert "earlier row" in report[33].message
    assert "another member" in report[34].message
    made = await links.link_fine(boss, looked_at.id)
    shopify.faults = ["503"] * 4  # a step that fails is taken again, and no row twice
    await app.dispatcher.drain()
    assert (await links.bulk(boss, made.id)).done in {0, 20}
    app.clock.advance(minutes=2)  # type: ignore[attr-defined]
    await app.dispatcher.drain()
    assert (await links.bulk(boss, made.id)).counts == {RowState.LINKED: 29}
    assert len(await links_in(app)) == 31


async def test_the_page_the_tab_and_a_list_in_the_browser(
    app: App,
    store: Store,
    links: LinkService,
    shopify: ShopifyDouble,
    boss: Actor,
    owner: Visitor,
    support: Visitor,
    member: ActorFactory,
    server: WebServer,
) -> None:
    shopify.customer(7, name="<b>John</b>")
    shopify.customer(8, email="mary@example.com")
    empty = await (await owner.get("/admin/shopify")).text()
    assert "Nobody in Example store is linked yet" in empty
    buyer = await app.get(CustomerService).register(member(store, id=str(BEA.discord_id)), "bea", "Bea")
    tab = f"/admin/customer/{buyer.id}/shopify"
    assert "Not linked to Shopify" in await (await owner.get(tab)).text()
    came = {"Referer": f"{server.url}{tab}"}
    refused = await owner.post(f"/admin/shopify/link/{buyer.id}", {"email": "nobody@example.com"}, headers=came)
    page = await refused.text()
    assert (refused.status, "No customer found with that email address." in page) == (404, True)
    assert 'value="nobody@example.com"' in page
    await owner.post(f"/admin/shopify/link/{buyer.id}", {"email": EMAIL})
    shown = await (await owner.get(tab)).text()
    assert "&lt;b&gt;John&lt;/b&gt; (7)" in shown
    assert "$1,245.50" in shown
    for found, text in ((True, "john"), (True, "7"), (False, "%"), (True, str(BEA.discord_id))):
        listed = await (await support.get("/staff/shopify", params={"text": text})).text()
        assert ("&lt;b&gt;John" in listed) is found, text
    await owner.post("/admin/shopify/unlink", {"member": str(BEA.discord_id), "customer": str(buyer.id)})
    assert await links_in(app) == []

    for wrong, sentence in (("", "Choose a file"), ("a,b\n1,2", "header"), ("discord_id,email\n1", "has 1 cell, but")):
        answer = await owner.post("/admin/shopify/bulk", {"text": wrong, "do": "check"})
        assert (answer.status, sentence in await answer.text()) == (422, True), wrong
    text = (
        f"discord_id,email\n{someone(1)},mary@example.com\n{someone(2)},=cmd@example.com\n{someone(3)},nobody@x.com\n"
    )
    answer = await owner.post("/admin/shopify/bulk", {"text": text.replace("=cmd", "cmd"), "do": "check"})
    assert answer.status == 303
    where = answer.headers["Location"]
    assert 'http-equiv="refresh"' in await (await owner.get(where)).text()
    await app.dispatcher.drain()
    page = await (await owner.get(where)).text()
    assert "Link 1 row" in page
    report = await (await owner.get(f"{where}/report.csv")).text()
    assert f"1,{someone(1)},mary@example.com,FINE" in report
    assert f"3,{someone(3)},nobody@x.com,BAD,No customer found with that email address." in report
    linked = await owner.post(f"{where}/link")
    assert linked.status == 303
    assert (await owner.post(f"{where}/link")).status == 404
    await app.dispatcher.drain()
    assert await links_in(app) == [(int(someone(1)), "8", "IMPORT")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # others here run on both
async def test_the_doctor_says_what_is_wrong(
    app: App, store: Store, links: LinkService, shopify: ShopifyDouble, boss: Actor
) -> None:
    examine = examination(app)

    async def found() -> Sequence[Finding]:
        return await examine(store.id)

    async def said(severity: Severity) -> str:
        return " ".join(one.message for one in await found() if one.severity is severity)

    assert "takes the credentials of sample.myshopify.com" in await said(Severity.FINE)
    assert "No channel is set in which links are logged" in await said(Severity.WARNING)
    shopify.scopes = ("write_customers",)
    assert "lacks the scope read_orders" in await said(Severity.WARNING)
    shopify.scopes = ()
    assert "lacks the scope read_customers: no customer can be found" in await said(Severity.BROKEN)
    shopify.domain = "other.myshopify.com"
    assert "calls itself other.myshopify.com" in await said(Severity.WARNING)
    shopify.tokens = set()
    assert "refuses the credentials" in await said(Severity.BROKEN)
    shopify.faults = ["503"] * 4
    assert "no usable answer" in await said(Severity.WARNING)
    await app.stores.change(boss, "shopify_link", {"access_token": None, "webhook_secret": None})
    assert "half set up" in await said(Severity.BROKEN)
    assert "No webhook secret" in await said(Severity.WARNING)
    await app.stores.change(boss, "shopify_link", {"shop": None, "api_url": None})
    assert await found() == []


@pytest.mark.browser
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the pages have tests on both
async def test_the_pages_on_a_phone_and_in_the_dark(
    app: App, store: Store, links: LinkService, shopify: ShopifyDouble, boss: Actor, owner: Visitor, tabs: NewTab
) -> None:
    shopify.customer(7)
    await links.link_member(boss, BEA, EMAIL)
    bulk = await links.start_bulk(boss, sheet((someone(1), "nobody@example.com"), ("x", "y")), dry_run=True)
    await app.dispatcher.drain()
    tab = await tabs()
    page = tab.page
    await sign_in(page, "Olga")
    for path in ("shopify", f"shopify/bulk/{bulk.id}"):
        await page.goto(f"/admin/{path}")
        assert await serious_findings(page) == []
        await page.emulate_media(color_scheme="dark")
        await page.set_viewport_size({"width": 390, "height": 844})
        assert await serious_findings(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size({"width": 1280, "height": 900})
    assert tab.complaints == []
