"""The pages of imports and bulk changes: forms with whatever, who may see what, and the whole story in a browser."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from aiohttp import FormData
from playwright.async_api import Route, expect
from yarl import URL

from guildshop.app import App
from guildshop.jobs import JobState
from guildshop.stores import Store
from guildshop.testing import ActorFactory
from guildshop.web.testing import PASSWORD, NewTab, NewVisitor, Visitor, serious_findings, sign_in
from guildshop.web.users import UserService
from tests.jobs.conftest import Notes

ROWS = "text\nred\ngreen\nblue\nwhite\n"


async def test_a_file_goes_through_the_pages(app: App, owner: Visitor, notes: Notes, store: Store) -> None:
    form = FormData({"csrftoken": owner.csrf, "text": ""}, quote_fields=False)
    form.add_field("file", b"text\nred\nbad\n", filename="a<b>.csv", content_type="text/csv")
    answer = await owner.http.post("/admin/import/notes", data=form, allow_redirects=False)
    assert answer.status == 303
    where = answer.headers["Location"]
    await app.dispatcher.drain()
    page = await (await owner.get(where)).text()
    for expected in ("1 of 2 rows cannot be imported. Nothing was written.", "This one is bad.", "a&lt;b&gt;.csv"):
        assert expected in page
    assert "This one is bad." in await (await owner.get(f"{where}/problems.csv")).text()
    assert "progress.js" not in page
    for path, told in (("/problems.csv?ready=x1", "x1"), ("/problems.csv?ready=x;y", None), ("?ready=x1", None)):
        cookie = (await owner.get(f"{where}{path}")).cookies.get("guildshop_ready")
        assert (cookie and cookie.value) == told
    started = await (await owner.post(f"{where}/start")).text()
    assert "Ready" not in started
    assert "was started or discarded already" in await (await owner.get(where)).text()
    # Corrected, it goes through.
    where = (await owner.post("/admin/import/notes", {"text": ROWS})).headers["Location"]
    going = await (await owner.get(where)).text()
    assert '<meta http-equiv="refresh" content="10">' in going
    assert "0 of 4 rows" in going
    await app.dispatcher.drain()
    assert "All 4 rows are right. Nothing was written yet." in await (await owner.get(f"{where}/part")).text()
    await owner.post(f"{where}/start")
    await app.dispatcher.drain()
    assert "4 rows are imported; new or changed: 4." in await (await owner.get(where)).text()
    assert await notes.written(store.id) == ["red", "green", "blue", "white"]
    again = (await owner.post("/admin/import/notes", {"text": ROWS})).headers["Location"]
    await app.dispatcher.drain()
    assert "The same file was imported before" in await (await owner.get(again)).text()
    assert (await owner.post(f"{again}/stop")).status == 303
    assert "It was stopped. Nothing was written." in await (await owner.get(again)).text()
    listed = await (await owner.get("/admin/job")).text()
    assert listed.count("Import notes · ") == 3


async def test_bad_input_is_answered_on_the_page(owner: Visitor, app: App, staff: ActorFactory, store: Store) -> None:
    for text, words in (("", "Choose a file"), ("a,b\n1,2\n", "The column “a” is unknown"), ("text\n", "has no rows")):
        answer = await owner.post("/admin/import/notes", {"text": text})
        assert answer.status == 422
        assert words in await answer.text()
    for path in ("import/nothing", "job/x", f"job/{uuid4()}", f"job/{uuid4()}/part", f"job/{uuid4()}/problems.csv"):
        assert (await owner.get(f"/admin/{path}")).status == 404
    for path in ("import/nothing", f"job/{uuid4()}/start", "job/x/stop"):
        assert (await owner.post(f"/admin/{path}", {"text": ROWS})).status == 404
    assert list(await app.jobs.latest(staff(store))) == []


async def test_whoever_may_not_do_it_does_not_see_it(
    app: App,
    owner: Visitor,
    support: Visitor,
    visitors: NewVisitor,
    users: UserService,
    other_store: Store,
    notes: Notes,
    store: Store,
) -> None:
    where = (await owner.post("/admin/import/notes", {"text": ROWS})).headers["Location"]
    await app.dispatcher.drain()
    mine = where.replace("/admin/", "/staff/")
    await users.create_user("Otto", PASSWORD, store=other_store.id, role="Owner")
    other = await visitors()
    await other.sign_in("Otto")
    for path in ("", "/part", "/problems.csv"):
        assert (await support.get(f"{mine}{path}")).status == 403
        assert (await other.get(f"{where}{path}")).status == 404
    for path in ("/start", "/stop"):
        assert (await support.post(f"{mine}{path}")).status == 403
        assert (await other.post(f"{where}{path}")).status == 404
    assert (await support.get("/staff/import/notes")).status == 403
    assert "rows.csv" not in await (await support.get("/staff/job")).text()
    assert "rows.csv" not in await (await other.get("/admin/job")).text()
    await app.dispatcher.drain()
    assert await notes.written(store.id) == await notes.written(other_store.id) == []


@pytest.mark.browser
async def test_somebody_watches_an_import_leaves_it_and_finds_it_again(
    app: App, tabs: NewTab, users: UserService, store: Store, staff: ActorFactory, notes: Notes
) -> None:
    await users.create_user("Olga", PASSWORD, store=store.id, role="Owner")
    await app.start_dispatcher()
    notes.checking.closed = True
    tab = await tabs()
    page = tab.page
    await sign_in(page, "Olga")
    await page.goto("/admin/import/notes")
    await page.get_by_label("CSV file").set_input_files(
        {"name": "colours.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    )
    await page.get_by_role("button", name="Check the rows").click()
    await expect(page.get_by_text("2 of 4 rows")).to_be_visible()
    await expect(page.get_by_role("progressbar")).to_have_attribute("value", "2")
    await expect(page).to_have_title("50 % · Import notes · Example store")
    assert await serious_findings(page) == []
    # The page may be left; what became of it is found in the list.
    await page.goto("/admin/dashboard")
    notes.checking.opened.set()
    await page.goto("/admin/job")
    await page.get_by_role("link", name="Import notes · colours.csv").click()
    await expect(page.get_by_text("All 4 rows are right. Nothing was written yet.").first).to_be_visible()
    assert await serious_findings(page) == []
    notes.writing.closed = True
    await page.get_by_role("button", name="Import 4 rows").click()
    await expect(page.get_by_text("They are being written now, all together.").first).to_be_visible()
    await expect(page.get_by_role("progressbar")).not_to_have_attribute("value", "4")
    notes.writing.opened.set()
    await expect(page.get_by_text("4 rows are imported; new or changed: 4.").first).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="4 rows are imported")).to_have_count(1)
    assert tab.complaints == []
    assert await notes.written(store.id) == ["red", "green", "blue", "white"]
    # A file that takes long leaves the page usable, and says so until it comes.
    bad = await app.jobs.begin_import(staff(store), "notes", b"text\nbad\n", "bad.csv")
    await page.goto(f"/admin/job/{bad.id}")
    asked: list[str] = []

    async def nothing_yet(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(status=204)

    await page.route("**/problems.csv*", nothing_yet)
    await page.get_by_role("link", name="All problems (CSV)").click()
    preparing = page.get_by_role("progressbar", name="The file is being prepared. You can go on working.")
    await expect(preparing).to_be_visible()
    name = asked[0].partition("ready=")[2]
    await page.context.add_cookies(
        [{"name": "guildshop_ready", "value": name, "url": URL(page.url).origin().human_repr()}]
    )
    await expect(preparing).to_have_count(0)
    await expect(page.get_by_role("cell", name="This one is bad.")).to_be_visible()
    # On a phone, in the dark, without scripts.
    phone = (await tabs(width=390, height=844, dark=True, scripts=False)).page
    await sign_in(phone, "Olga")
    job = await app.jobs.begin_bulk(
        staff(store), "notes.stamp", [(UUID(int=number), f"No. {number}") for number in (1, 7)], {"ink": "x"}
    )
    await phone.goto(f"/admin/job/{job.id}")
    await phone.get_by_role("button", name="Stamp: 2").click()
    while (await app.jobs.get(staff(store), job.id)).state is not JobState.DONE:
        await phone.reload()
    await phone.reload()
    await expect(phone.get_by_text("1 of 2 are done. What could not be changed stands below.")).to_be_visible()
    await expect(phone.get_by_role("row", name="No. 7")).to_contain_text("7 is not stamped.")
    assert await phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
