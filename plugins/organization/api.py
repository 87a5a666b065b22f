"""What others may know of the organization: the data, the settings, the errors and the events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guildshop.errors import NotFound, Refusal
from guildshop.events import Event
from guildshop.i18n import lazy
from guildshop.plugins.customers.api import AccountFunction

ORGANIZATION_READ = "organization.read"
ORGANIZATION_UPDATE = "organization.update"


class OrganizationSettings(BaseModel):
    """`[stores."…".organization]` of the configuration and its part of `/settings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    restrict_access: bool = Field(
        title=lazy("Restrict access"),
        default=False,
        description=lazy("Products that are restricted to branches or departments are hidden from everybody else."),
    )


class UnitKind(StrEnum):
    """The two ways in which a store's customers are divided; each belongs to at most one unit of either."""

    BRANCH = "BRANCH"
    DEPARTMENT = "DEPARTMENT"


@dataclass(frozen=True, slots=True)
class Unit:
    """A branch or a department."""

    id: UUID
    store: int
    kind: UnitKind
    name: str
    position: int
    version: int
    customers: int = 0
    """How many customers belong to it."""
    products: int = 0
    """How many products are restricted to it, and maybe to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupInput:
    """A discount group as staff write it.

    `percent` (1–100) is off every price; `prices`, in minor units of the product's currency, come before it. `role` is
    the Discord role whose members belong to the group unless staff chose another one; the group that stands first wins.
    """

    name: str
    percent: int | None = None
    role: int | None = None
    position: int = 0
    blocks: frozenset[AccountFunction] = frozenset()
    prices: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DiscountGroup:
    """Customers with conditions of their own."""

    id: UUID
    store: int
    name: str
    percent: int | None
    role: int | None
    position: int
    blocks: frozenset[AccountFunction]
    version: int
    customers: int = 0
    """How many customers belong to it."""
    prices: int = 0
    """How many products it has prices for."""


@dataclass(frozen=True, slots=True)
class GroupPrice:
    """What customers of a group pay for one piece of a product."""

    product: UUID
    price: int
    currency: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Where a customer belongs; None where that is nowhere. `version` is 0 while nothing is known of them."""

    customer: UUID
    branch: UUID | None = None
    department: UUID | None = None
    group: UUID | None = None
    by_role: bool = False
    """Whether the group follows from a Discord role, and ends with it."""
    version: int = 0


class UnitUnknown(NotFound):
    """There is no such branch or department in this store."""

    code = "organization-unit-unknown"


class GroupUnknown(NotFound):
    """There is no such discount group in this store."""

    code = "discount-group-unknown"


class NameTaken(Refusal):
    """Another branch, department or group of the store is called that, or has that Discord role."""

    code = "organization-name-taken"


class InUse(Refusal):
    """Customers or products still belong to it."""

    code = "organization-in-use"


GroupUses = Callable[[UUID], Awaitable[Sequence[str]]]
"""Names, for staff, what is still for a discount group: it cannot be deleted meanwhile."""


@dataclass(frozen=True, slots=True)
class GroupDue(Event):
    """The Discord roles of a customer are to decide on their discount group: staff took the one that they had given."""

    customer: UUID

    @property
    def key(self) -> str:
        """Order by customer."""
        return str(self.customer)


@dataclass(frozen=True, slots=True)
class GroupRolesChanged(Event):
    """Other Discord roles lead to discount groups now: customers after `after` are still to be compared with them."""

    after: UUID | None = None

    @property
    def key(self) -> str:
        """One after the other."""
        return "groups"
