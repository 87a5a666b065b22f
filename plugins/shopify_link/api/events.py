"""What happens to links, and what is due because of it. No event says who a customer is: that can be erased."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from guildshop.events import Event

FIRST = UUID(int=0)
"""Before the ID of everything that is."""


@dataclass(frozen=True, slots=True)
class ShopifyCustomerLinked(Event):
    """A member was linked to a customer of Shopify. Who that is stands in the link only, where it can be erased."""

    discord_id: int
    link: UUID

    @property
    def key(self) -> str:
        """Order by member."""
        return str(self.discord_id)


@dataclass(frozen=True, slots=True)
class ShopifyCustomerUnlinked(Event):
    """A member is linked to no customer of Shopify any more."""

    discord_id: int

    @property
    def key(self) -> str:
        """Order by member."""
        return str(self.discord_id)


@dataclass(frozen=True, slots=True)
class ShopifyLinkLogged(Event):
    """A line of the log of links is to be in the staff's channel as it is now."""

    entry: UUID


@dataclass(frozen=True, slots=True)
class ShopifyRoleDue(Event):
    """The client role of a member is to be what their link says; without a link `roles` are taken away."""

    discord_id: int
    roles: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """Order by member."""
        return str(self.discord_id)


@dataclass(frozen=True, slots=True)
class ShopifyRolesDue(Event):
    """The client role is another one, or is given by itself now: linked members who lack it get it, a few a step."""

    after: UUID = FIRST

    @property
    def key(self) -> str:
        """One after the other."""
        return "roles"


@dataclass(frozen=True, slots=True)
class ShopifyRoleRefused(Event):
    """The client role could not be given to a linked member, for a reason that staff can mend."""

    discord_id: int


@dataclass(frozen=True, slots=True)
class ShopifyMetafieldsDue(Event):
    """The metafields of a Shopify customer are to say which member they are, or nobody."""

    shopify_id: str

    @property
    def key(self) -> str:
        """Order by customer."""
        return self.shopify_id


@dataclass(frozen=True, slots=True)
class ShopifyVerificationAsked(Event):
    """A member wants to link themselves by email."""

    verification: UUID


@dataclass(frozen=True, slots=True)
class ShopifyTold(Event):
    """Shopify told of a customer, an order or a merge; what is true now is asked anew."""

    topic: str
    subject: str
    other: str = ""

    @property
    def key(self) -> str:
        """Order by what it is about."""
        return self.subject


@dataclass(frozen=True, slots=True)
class ShopifyCustomerGone(Event):
    """Shopify did not know a linked customer any more; looked at again later, since merges are told of afterwards."""

    shopify_id: str


@dataclass(frozen=True, slots=True)
class ShopifyShopErased(Event):
    """The owner took the app out of the shop: everything that came from Shopify is to be erased."""

    round: int = 1

    @property
    def key(self) -> str:
        """One after the other."""
        return "shop"


@dataclass(frozen=True, slots=True)
class BulkLinkDue(Event):
    """The next rows of a list are to be looked at."""

    bulk: UUID
    step: int
