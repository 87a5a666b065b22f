"""HTML in every field of a customer, their addresses, what they belong to and why something was done: shown as text."""

from __future__ import annotations

import re

from guildshop.app import App
from guildshop.plugins.customers.api import AddressInput, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty.api import PointsAction
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.plugins.organization.api import GroupInput, UnitKind
from guildshop.plugins.organization.service import OrganizationService
from guildshop.plugins.store_credit.api import CreditAction
from guildshop.plugins.store_credit.service import CreditService
from guildshop.stores import Store
from guildshop.testing import ActorFactory
from guildshop.web.testing import Visitor

MARK = re.compile(r"<(?:b|/b) ?[^>]*\bf\d")


def _html(number: int) -> str:
    """Return a tag of a field's own that also leaves an attribute; short, for fields of 20 characters."""
    return f"\"'><b f{number}>&amp;"


async def test_html_in_every_field_is_shown_as_text(
    app: App, customers: CustomerService, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    boss, marks = staff(store), iter(range(1, 100))

    def html() -> str:
        return _html(next(marks))

    for plugin in ("loyalty", "store_credit"):
        await app.stores.change(boss, plugin, {"enabled": True})
    profile = CustomerInput(
        display_name=html(),
        first_name=html(),
        last_name=html(),
        username=html(),
        account_number=html().replace(" ", "/"),
        notes=html(),
        tags=(html(),),
        discord_id=77,
    )
    one = await customers.create(boss, profile)
    other = await customers.create(boss, CustomerInput(display_name=html(), notes=html()))
    address = AddressInput(html(), html(), html(), "HK", "", "Kowloon", company=html(), street2=html())
    saved = await customers.add_address(boss, one.id, address)
    organization = app.get(OrganizationService)
    branch = await organization.create_unit(boss, UnitKind.BRANCH, html())
    department = await organization.create_unit(boss, UnitKind.DEPARTMENT, html())
    group = await organization.create_group(boss, GroupInput(name=html(), percent=5))
    await organization.assign(boss, one.id, branch=branch.id, department=department.id, group=group.id)
    await app.get(LoyaltyService).open_account(boss, one.id)
    await app.get(LoyaltyService).adjust(boss, one, PointsAction.ADD, 5, html())
    await app.get(CreditService).adjust(boss, one.id, CreditAction.TOP_UP, 5, html())
    written, seen = next(marks), set[str]()
    here = f"/admin/customer/{one.id}"
    pages = ["", "/edit", "/merge", "/loyalty", "/credit", "/audit", "/orders", f"/address/{saved.id}"]
    for path in [
        f"/admin/customer/{other.id}",
        "/admin/customer",
        "/admin/loyalty",
        "/admin/credit",
        "/admin/organization",
        *(here + p for p in pages),
    ]:
        answer = await owner.get(path)
        text = await answer.text()
        assert (answer.status, MARK.findall(text)) == (200, []), path
        seen |= set(re.findall(r"&lt;b[ /]f(\d+)&gt;&amp;amp;", text))
    plan = await (await owner.post(f"{here}/merge", {"other": str(other.id)})).text()
    refused = await (
        await owner.post(f"{here}/edit", {"displayName": "x", "email": _html(98), "phone": _html(99)})
    ).text()
    assert MARK.findall(plan + refused) == []
    assert "&lt;b f98&gt;" in refused
    assert seen == {str(number) for number in range(1, written)}, "each field is shown somewhere"
