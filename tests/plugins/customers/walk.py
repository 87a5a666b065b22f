"""What staff do on the pages of customers: each task in a browser, and the same as a form sent without a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from playwright.async_api import Page, expect

from guildshop.app import App
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer, CustomerInput, Sale
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.plugins.organization.api import GroupInput, UnitKind
from guildshop.plugins.organization.service import OrganizationService
from guildshop.plugins.store_credit.service import CreditService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory

HTML = "<img src=x onerror=document.title='hacked'>"
HOME = {"Recipient": "Ada", "Street and house number": "12 Main Street", "City": "Berlin", "Postal code": "10115"}
PROFILE = {
    "Display name": "Ada Lovelace",
    "Account number": "ADA-1",
    "First name": "Ada",
    "Last name": "Lovelace",
    "Email": "lovelace@example.org",
    "Phone": "+14155550123",
    "Tags": "Gold, VIP",
    "Notes": "Writes\nprograms",
}


STATES = ("deactivate", "reactivate", "block", "unblock")


@dataclass(frozen=True)
class People:
    """Ada, a member with points; Odd, a guest in full HTML; Bob, a guest who bought and was blocked; a free user."""

    app: App
    store: Store
    boss: Actor
    ada: Customer
    odd: Customer
    bob: Customer
    user: UUID

    async def state(self) -> list[object]:
        """Return everything that the tasks change."""
        found: list[object] = []
        for table in (
            "customer",
            "address",
            "customer_organization",
            "loyalty_account",
            "loyalty_entry",
            "credit_account",
            "credit_entry",
            "discount_group",
            "audit_entry",
        ):
            found.append(await self.app.database.fetch(f"SELECT * FROM {table} WHERE store = :s", s=self.store.id))
        return found

    async def deeds(self, name: str) -> set[str]:
        """Return what the audit log says that somebody did, and fail if it names anybody of the web but them."""
        rows = await self.app.database.fetch(
            "SELECT action, actor_name FROM audit_entry WHERE store = :s AND actor_kind = 'user'", s=self.store.id
        )
        assert {row["actor_name"] for row in rows} <= {name}
        return {row["action"] for row in rows}


async def settle(app: App, store: Store, staff: ActorFactory, user: UUID) -> People:
    """Enter the people into a store with everything switched on."""
    boss, service = staff(store), app.get(CustomerService)
    for plugin in ("loyalty", "store_credit"):
        await app.stores.change(boss, plugin, {"enabled": True})
    with scope(store.id):
        ada = await service.create(boss, CustomerInput(display_name="Ada", email="ada@example.org", discord_id=77))
        odd = await service.create(
            boss,
            CustomerInput(
                display_name=HTML, first_name=HTML, last_name=HTML, notes=HTML, tags=(HTML[:30],), username=HTML[:40]
            ),
        )
        bob = await service.create(boss, CustomerInput(display_name="Bob", tags=("Partner",)))
        await service.block(boss, bob.id)
        async with app.work(boss) as work:
            service.count_sale(work, bob.id, Sale(orders=1, amount=1250, currency="USD", placed=app.now()))
        await app.get(LoyaltyService).open_account(boss, ada.id)
        organization = app.get(OrganizationService)
        await organization.create_unit(boss, UnitKind.BRANCH, "Berlin")
        await organization.create_unit(boss, UnitKind.DEPARTMENT, "Sales")
        hamburg = await organization.create_unit(boss, UnitKind.BRANCH, "Hamburg")
        friends = await organization.create_group(boss, GroupInput(name="Friends", percent=5))
        await organization.create_group(boss, GroupInput(name="Wholesale", percent=10))
        await organization.assign(boss, bob.id, branch=hamburg.id, department=None, group=friends.id)
    return People(app, store, boss, ada, odd, bob, user)


@dataclass(frozen=True)
class Walk:
    """Somebody of the staff at a page of their workspace."""

    page: Page
    base: str
    people: People

    async def press(self, name: str) -> None:
        """Press the button of that name."""
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def follow(self, name: str) -> None:
        """Follow the link of that name beside the navigation."""
        await self.page.locator("main").get_by_role("link", name=name, exact=True).click()

    async def told(self, text: str) -> None:
        """Wait until the page says so."""
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def open(self, customer: Customer) -> None:
        """Open somebody's page."""
        await self.page.goto(f"{self.base}/customer/{customer.id}")

    async def fill(self, texts: Mapping[str, str]) -> None:
        """Fill in fields by their labels."""
        for label, text in texts.items():
            await self.page.locator("main").get_by_label(label).fill(text)

    async def now(self) -> Customer:
        """Return Ada as she is stored now."""
        with scope(self.people.store.id):
            return await self.people.app.get(CustomerService).get(self.people.ada.id)


async def find(walk: Walk) -> None:
    """Search, filter and sort the list, and open somebody from it."""
    page = walk.page
    await page.goto(f"{walk.base}/customer")
    for wanted, names in (
        ({"Search": "ADA@"}, ["Ada"]),
        ({"Search": "", "Status": "Blocked"}, ["Bob"]),
        ({"Status": "All Status", "Type": "Registered"}, ["Ada"]),
        ({"Type": "All Types", "Branch": "Hamburg", "Discount group": "Friends", "Tag": "partner"}, ["Bob"]),
        (
            {
                "Branch": "All branches",
                "Discount group": "All discount groups",
                "Tag": "",
                "Sort by": "Highest spend first",
            },
            ["Bob", HTML, "Ada"],
        ),
        ({"Search": "nobody"}, []),
    ):
        for label, choice in wanted.items():
            typed = page.locator("main").get_by_label(label, exact=True)
            await (typed.fill(choice) if label in {"Search", "Tag"} else typed.select_option(choice))
        await walk.press("Filter")
        await expect(walk.page.locator(".person > :nth-child(2)")).to_contain_text(names)
    await walk.told("No customer of Example store fits these filters")
    await walk.follow("Show all")
    await page.get_by_role("row", name="Ada").get_by_label("View customer details").click()
    await expect(page.locator("#profile-title")).to_be_visible()


async def tag(walk: Walk) -> None:
    """Tag who is ticked in the list."""
    await walk.page.goto(f"{walk.base}/customer")
    await walk.page.get_by_label("Choose Ada").check()
    await walk.page.get_by_label("Add tags").fill("Early")
    await walk.press("Change tags")
    await walk.told("The tags of 1 customer were changed.")
    assert (await walk.now()).tags == ("Early",)


async def edit(walk: Walk) -> None:
    """Edit every field of the profile; a wrong one is named, and what was typed stays."""
    await walk.open(walk.people.ada)
    await walk.follow("Edit profile")
    await walk.fill({**PROFILE, "Phone": "12"})
    await walk.press("Save")
    await walk.told("“12” is no phone number.")
    await walk.fill({"Phone": PROFILE["Phone"]})
    await walk.press("Save")
    await walk.told("The profile was saved.")
    one = await walk.now()
    assert (one.display_name, one.account_number, one.first_name, one.last_name, one.email, one.phone) == tuple(
        PROFILE.values()
    )[:6]
    assert (one.tags, one.notes) == (("Gold", "VIP"), "Writes\nprograms")


async def keep_addresses(walk: Walk) -> None:
    """Add two addresses, change one, make one the default and the billing address, and delete the default."""
    await walk.open(walk.people.ada)
    for street in ("12 Main Street", "7 Side Street"):
        await walk.follow("Add address")
        await walk.fill({**HOME, "Street and house number": street})
        await walk.page.get_by_label("Country").select_option("DE")
        await walk.press("Save")
    await walk.page.get_by_role("link", name="Edit", exact=True).nth(1).click()
    await walk.fill({"Street and house number": "8 Side Street"})
    await walk.press("Save")
    await expect(walk.page.locator("address").nth(1)).to_contain_text("8 Side Street")
    await walk.press("Make default")
    await expect(walk.page.locator("address").nth(0)).to_contain_text("8 Side Street")
    await walk.page.get_by_role("button", name="Use for billing").first.click()
    await walk.told("This is the billing address now.")
    await walk.page.get_by_role("button", name="Delete").first.click()
    await walk.told("The address was deleted.")
    with scope(walk.people.store.id):
        (left,) = await walk.people.app.get(CustomerService).addresses(walk.people.ada.id)
    assert (left.street, left.is_default) == ("12 Main Street", True)


async def change_state(walk: Walk) -> None:
    """Deactivate, reactivate, block and unblock."""
    await walk.open(walk.people.ada)
    for button, told, active, blocked in (
        ("Deactivate", "was deactivated", False, False),
        ("Reactivate", "can order again", True, False),
        ("Block", "was blocked", True, True),
        ("Unblock", "is no longer blocked", True, False),
    ):
        await walk.press(button)
        await walk.told(told)
        one = await walk.now()
        assert (one.active, one.blocked) == (active, blocked)


async def link(walk: Walk) -> None:
    """Link the customer to a user of the platform, and unlink them."""
    await walk.open(walk.people.ada)
    await walk.fill({"User ID": str(walk.people.user)})
    await walk.press("Link")
    await walk.told("is linked to the user Ursula.")
    assert (await walk.now()).user == walk.people.user
    await walk.press("Unlink")
    await walk.told("is linked to no user any more.")
    assert (await walk.now()).user is None


async def adjust_points(walk: Walk) -> None:
    """Add and deduct points, from the list and from the tab."""
    await walk.page.goto(f"{walk.base}/customer")
    await walk.page.get_by_label("Adjust loyalty points").click()
    for action, points, told in (
        ("Add Points", "250", "Successfully added 250 points. New balance: 250 points."),
        ("Deduct Points", "50", "Successfully deducted 50 points. New balance: 200 points."),
    ):
        await walk.page.get_by_label("Action", exact=True).select_option(action)
        await walk.fill({"Number of Points": points, "Reason": "A welcome"})
        await walk.press("Adjust")
        await walk.told(told)
    with scope(walk.people.store.id):
        account = await walk.people.app.get(LoyaltyService).account(walk.people.ada.id)
    assert account is not None
    assert account.balance == 200


async def adjust_credit(walk: Walk) -> None:
    """Top up and reduce credit, from the list and from the tab."""
    await walk.page.goto(f"{walk.base}/customer")
    await walk.page.get_by_role("row", name="Ada").get_by_label("Adjust credit").click()
    for button, amount, told in (
        ("Top Up", "20", "Topped up by $20.00. Current Credit: $20.00."),
        ("Reduce", "5.50", "Reduced by $5.50. Current Credit: $14.50."),
    ):
        await walk.page.get_by_label("Amount").fill(amount)
        await walk.page.get_by_label("Reason").fill("Sorry")
        await walk.press(button)
        await walk.told(told)
    with scope(walk.people.store.id):
        owed = await walk.people.app.get(CreditService).owed()
    assert [(one.amount, one.currency) for one in owed] == [(1450, "USD")]


async def assign(walk: Walk) -> None:
    """Assign the customer to a branch, a department and a discount group."""
    await walk.open(walk.people.ada)
    part = walk.page.locator("section", has_text="Organization")
    await part.get_by_text("Change", exact=True).click()
    for label, choice in (("Branch", "Berlin"), ("Department", "Sales"), ("Discount group", "Wholesale")):
        await part.get_by_label(label).select_option(choice)
    await part.get_by_role("button", name="Save").click()
    await walk.told("10 % off every price")
    with scope(walk.people.store.id):
        known = await walk.people.app.get(OrganizationService).membership(walk.people.ada.id)
        names = {one.id: one.name for one in await walk.people.app.get(OrganizationService).units()}
        names |= {one.id: one.name for one in await walk.people.app.get(OrganizationService).groups()}
    belongs = (known.branch, known.department, known.group)
    assert [names[one] for one in belongs if one] == ["Berlin", "Sales", "Wholesale"]


async def merge(walk: Walk) -> None:
    """Merge the guest in HTML into Ada, after a look at what moves."""
    await walk.open(walk.people.ada)
    await walk.follow("Merge")
    await walk.fill({"The other record": walk.people.odd.account_number})
    await walk.press("Show what moves")
    await walk.press("Merge")
    await walk.told(f"{walk.people.odd.account_number} was merged into")
    with scope(walk.people.store.id):
        gone = await walk.people.app.get(CustomerService).get(walk.people.odd.id)
    assert gone.merged_into == walk.people.ada.id


async def read_audit(walk: Walk) -> None:
    """Read what was done to the customer."""
    await walk.open(walk.people.ada)
    await walk.follow("Audit")
    await walk.told("customer.create")


async def read_points(walk: Walk) -> None:
    """Read the points of a customer, and who holds how many."""
    await walk.open(walk.people.ada)
    await walk.follow("Loyalty")
    await expect(walk.page.locator("#points-title")).to_be_visible()


async def read_credit(walk: Walk) -> None:
    """Read the credit of a customer."""
    await walk.open(walk.people.ada)
    await walk.follow("Credit")
    await expect(walk.page.locator("#credit-title")).to_be_visible()


@dataclass(frozen=True)
class Task:
    """One thing to do: what it needs, how it is done, what the audit log then has."""

    needs: str
    do: Callable[[Walk], Awaitable[None]]
    audit: frozenset[str] = frozenset()


TASKS = (
    Task("customer.read", find),
    Task("audit.read", read_audit),
    Task("loyalty.read", read_points),
    Task("credit.read", read_credit),
    Task("customer.update", tag, frozenset({"customer.tag"})),
    Task("loyalty.update", adjust_points, frozenset({"loyalty.add", "loyalty.deduct"})),
    Task("credit.update", adjust_credit, frozenset({"credit.top_up", "credit.reduce"})),
    Task("customer.update", edit, frozenset({"customer.update"})),
    Task("customer.update", keep_addresses, frozenset({"address.add", "address.update", "address.delete"})),
    Task("customer.update", change_state, frozenset(f"customer.{one}" for one in STATES)),
    Task("customer.update", link, frozenset({"customer.link", "customer.unlink"})),
    Task("organization.update", assign, frozenset({"organization.assign"})),
    Task("customer.merge", merge, frozenset({"customer.merge", "customer.merged"})),
)
"""In an order in which each finds what it needs."""


def forms(people: People, address: UUID) -> tuple[tuple[str, str, Mapping[str, str]], ...]:
    """Return every form of these pages with what it needs: the permission, the page, the fields."""
    ada = f"customer/{people.ada.id}"
    return (
        ("customer.update", "customer/tag", {f"customer-{people.ada.id}": "1", "add": "VIP"}),
        ("customer.update", f"{ada}/edit", {"displayName": "Eve", "version": "1"}),
        ("customer.update", f"{ada}/state", {"to": "blocked"}),
        ("customer.update", f"{ada}/state", {"to": "inactive"}),
        ("customer.update", f"{ada}/address/new", {"recipient": "Eve", "street": "1", "city": "X", "country": "DE"}),
        ("customer.update", f"{ada}/address/{address}", {"recipient": "Eve", "street": "1"}),
        ("customer.update", f"{ada}/address/{address}/change", {"do": "delete"}),
        ("customer.update", f"{ada}/link", {"user": str(people.user)}),
        ("customer.update", f"{ada}/reset-email", {}),
        ("customer.update", f"{ada}/ask-email", {}),
        ("customer.merge", f"{ada}/merge", {"other": str(people.odd.id), "do": "merge"}),
        ("organization.update", f"organization/{ada}", {"branch": "", "department": "", "group": ""}),
        ("loyalty.update", f"loyalty/{people.ada.id}", {"action": "add", "points": "5", "reason": "x"}),
        ("credit.update", f"credit/{people.ada.id}", {"action": "top_up", "amount": "5", "reason": "x"}),
    )
