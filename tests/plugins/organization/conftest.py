"""A shop with branches, departments and discount groups."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from guildshop.permissions import Actor
from guildshop.plugins.customers.api import Customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.orders.api import Channel, NewOrder, WantedItem
from guildshop.plugins.organization.api import DiscountGroup, GroupInput, Membership, Unit, UnitKind
from guildshop.plugins.organization.service import OrganizationService
from guildshop.web.testing import chromium, owner, server, support, tabs, token, users, visitor, visitors
from tests.plugins.orders.conftest import Bench, bench

__all__ = [
    "Firm",
    "bench",
    "chromium",
    "firm",
    "owner",
    "server",
    "support",
    "tabs",
    "token",
    "users",
    "visitor",
    "visitors",
]


class Firm:
    """Short ways to branches, groups, and those who belong to them."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.service = bench.app.get(OrganizationService)
        self.customers = bench.app.get(CustomerService)

    async def restrict(self, on: bool = True) -> None:
        await self.bench.app.stores.change(self.bench.boss, "organization", {"restrict_access": on})

    async def unit(self, name: str, kind: UnitKind = UnitKind.BRANCH, *skus: str) -> Unit:
        unit = await self.service.create_unit(self.bench.boss, kind, name)
        if skus:
            await self.service.set_products(self.bench.boss, unit.id, skus, version=unit.version)
        return await self.service.unit(unit.id)

    async def group(self, name: str = "Wholesale", **given: Any) -> DiscountGroup:
        return await self.service.create_group(self.bench.boss, GroupInput(name=name, **given))

    async def customer(self, who: Actor) -> Customer:
        return await self.customers.register(who, who.name, who.name.title())

    async def assign(self, who: Actor, **wanted: UUID | None) -> Membership:
        customer = await self.customer(who)
        known = await self.service.membership(customer.id)
        given = {name: wanted.get(name, getattr(known, name)) for name in ("branch", "department", "group")}
        return await self.service.assign(self.bench.boss, customer.id, **given)


def wanted_by(customer: UUID, sku: str) -> NewOrder:
    """One piece, as staff order it."""
    return NewOrder(customer=customer, items=(WantedItem(sku, 1),), channel=Channel.WEB, payment_method="venmo")


@pytest.fixture
def firm(bench: Bench) -> Firm:
    return Firm(bench)
