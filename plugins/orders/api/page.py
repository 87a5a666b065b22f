"""What other plugins add to an order's page: sections with rows, and actions with a form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guildshop.permissions import Actor
from guildshop.plugins.orders.api.checkout import FormField
from guildshop.plugins.orders.api.order import Order

if TYPE_CHECKING:
    from guildshop.database import Work


DeletionCheck = Callable[[Order], Awaitable[Callable[["Work"], None] | None]]
"""Raises a refusal where an order must stay, such as one with money that is not given back; else returns what joins the
Work that deletes it, if anything does."""


def no_fields(_order: Order) -> Sequence[FormField]:
    """Return the form of an action that asks nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class OrderSection:
    """A table on the order's page, left out where it has no rows. Titles are shown through `_()`."""

    title: str
    columns: Sequence[str]
    rows: Callable[[Order], Awaitable[Sequence[Sequence[str]]]]
    position: int = 100


@dataclass(frozen=True, slots=True)
class OrderAction:
    """Something staff can do to an order now: offered where `allowed` says so and the actor has the permission.

    `run(actor, order, values)` gets the form's values and returns the sentence to show; a `Refusal` is shown as such.
    """

    name: str
    label: str
    permission: str
    allowed: Callable[[Order], bool]
    run: Callable[[Actor, Order, Mapping[str, str]], Awaitable[str]]
    fields: Callable[[Order], Sequence[FormField]] = no_fields
    danger: bool = False
    position: int = 100
