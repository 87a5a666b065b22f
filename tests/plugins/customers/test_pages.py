"""The list of customers, a customer's page, and the tabs that plugins add."""

from __future__ import annotations

from guildshop.app import App
from guildshop.plugins.customers.api import CustomerChange, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory
from guildshop.web.testing import Visitor


async def test_the_list_is_searched_and_filtered(
    customers: CustomerService, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    empty = await (await owner.get("/admin/customer")).text()
    assert "Customer Management" in empty
    assert "Manage your customer relationships and data." in empty
    assert "Example store has no customers yet" in empty
    await customers.create(staff(store), CustomerInput(display_name="Ada <Lovelace>", email="ada@example.org"))
    blocked = await customers.create(staff(store), CustomerInput(display_name="Bob Block", phone="+14155550123"))
    await customers.block(staff(store), blocked.id)
    page = await (await owner.get("/admin/customer")).text()
    assert "Ada &lt;Lovelace&gt;" in page
    assert "Bob Block" in page
    assert "View customer details" in page
    found = await (await owner.get("/admin/customer?status=BLOCKED&text=bob")).text()
    assert "Bob Block" in found
    assert "Lovelace" not in found
    none = await (await owner.get("/admin/customer?text=nobody")).text()
    assert "No customer of Example store fits these filters" in none


async def test_a_page_has_a_tab_for_each_subject(
    customers: CustomerService, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    ada = await customers.create(staff(store), CustomerInput(display_name="Ada", email="ada@example.org"))
    answer = await owner.get(f"/admin/customer/{ada.id}")
    page = await answer.text()
    assert answer.status == 200
    for text in ("Customer Details", "View customer information and order history.", "Overview", "ada@example.org"):
        assert text in page
    assert f'href="/admin/customer/{ada.id}/orders"' in page
    orders = await (await owner.get(f"/admin/customer/{ada.id}/orders")).text()
    assert "No orders yet" in orders
    assert "ada@example.org" not in orders
    assert (await owner.get(f"/admin/customer/{ada.id}/nothing")).status == 404
    assert (await owner.get("/admin/customer/nobody")).status == 404


async def test_a_tab_of_a_plugin_that_is_off_is_gone(
    app: App, customers: CustomerService, owner: Visitor, store: Store, staff: ActorFactory
) -> None:
    ada = await customers.create(staff(store), CustomerInput(display_name="Ada"))
    await app.stores.switch(staff(store), "orders", False, with_dependants=True)
    page = await (await owner.get(f"/admin/customer/{ada.id}")).text()
    assert f"/admin/customer/{ada.id}/orders" not in page
    assert (await owner.get(f"/admin/customer/{ada.id}/orders")).status == 404


async def test_another_stores_customer_is_not_there(
    app: App, owner: Visitor, other_store: Store, staff: ActorFactory, store: Store
) -> None:
    with scope(other_store.id):
        theirs = await app.get(CustomerService).create(staff(other_store), CustomerInput(display_name="Mallory"))
    assert (await owner.get(f"/admin/customer/{theirs.id}")).status == 404
    assert "Mallory" not in await (await owner.get("/admin/customer")).text()


async def test_the_audit_tab_shows_what_was_done_to_the_customer(
    customers: CustomerService, owner: Visitor, support: Visitor, store: Store, staff: ActorFactory
) -> None:
    ada = await customers.create(staff(store), CustomerInput(display_name="Ada"))
    bob = await customers.create(staff(store), CustomerInput(display_name="Bob"))
    await customers.change(staff(store), bob.id, CustomerChange(notes="<b>Odd</b>"))
    await customers.merge(staff(store), bob.id, ada.id)
    await customers.block(staff(store), ada.id)
    overview = await (await owner.get(f"/admin/customer/{ada.id}")).text()
    assert f'href="/admin/customer/{ada.id}/audit"' in overview
    assert "customer.block" not in overview
    page = await (await owner.get(f"/admin/customer/{ada.id}/audit")).text()
    for text in ("customer.create", "customer.block", "customer.merge", "Sam Staff", "&lt;b&gt;Odd&lt;/b&gt;"):
        assert text in page
    assert f"/staff/customer/{ada.id}/audit" not in await (await support.get(f"/staff/customer/{ada.id}")).text()
    assert (await support.get(f"/staff/customer/{ada.id}/audit")).status == 404
