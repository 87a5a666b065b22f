"""What can be done to an order from its page: the plugin's own actions and those of others, each only while allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from guildshop.errors import NotFound
from guildshop.i18n import _, lazy
from guildshop.isolation import PluginFailed, isolated, part
from guildshop.permissions import Actor
from guildshop.plugins.orders import rules
from guildshop.plugins.orders.api import (
    FormField,
    Order,
    OrderAction,
    OrderChange,
    OrderSection,
    OrderStatus,
    status_label,
)
from guildshop.plugins.orders.api.page import no_fields
from guildshop.plugins.orders.service.orders import OrderService

if TYPE_CHECKING:
    from guildshop.app import App

UPDATE = "order.update"


@dataclass(frozen=True, slots=True)
class FilledSection:
    """A section with its rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    problem: str = ""
    """What is shown instead of the rows where its plugin failed."""


@dataclass(frozen=True, slots=True)
class OfferedAction:
    """An action that is allowed now, with the fields of its form."""

    name: str
    label: str
    danger: bool
    fields: Sequence[FormField]


class OrderActions:
    """The actions and sections of an order's page."""

    def __init__(self, app: App) -> None:
        """Ask the other plugins later, when their services are there."""
        self.app = app
        self._actions: list[tuple[str, OrderAction]] | None = None

    def allowed(self, actor: Actor, order: Order) -> list[OfferedAction]:
        """Return what the actor can do to the order now; an action whose plugin fails is left out."""
        offered: list[OfferedAction] = []
        for plugin, action in self._known():
            if self.app.stores.enabled(order.store, plugin) and actor.may(action.permission):
                with suppress(PluginFailed), isolated(plugin, f"order action {action.name}"):
                    if action.allowed(order):
                        fields = tuple(action.fields(order))
                        offered.append(OfferedAction(action.name, action.label, action.danger, fields))
        return offered

    def require(self, actor: Actor, order: Order, name: str) -> None:
        """Refuse an action that there is not, whose plugin is off in the store, or that the actor may not do."""
        plugin, action = self._find(name)
        self.app.registry.require_enabled(order.store, plugin)
        actor.require(action.permission)

    async def run(self, actor: Actor, order: Order, name: str, values: Mapping[str, str]) -> str:
        """Do an action and return the sentence to show; refused also where its plugin fails."""
        self.require(actor, order, name)
        plugin, action = self._find(name)
        with isolated(plugin, f"order action {name}"):
            return await action.run(actor, order, values)

    async def sections(self, order: Order) -> list[FilledSection]:
        """Return the sections that other plugins add, without the empty ones."""
        found: list[tuple[int, FilledSection]] = []
        for plugin, sections in self.app.hooks("register_order_sections"):
            for section in sections:
                found += await _filled(plugin, section, order)
        return [section for _position, section in sorted(found, key=lambda one: one[0])]

    def _find(self, name: str) -> tuple[str, OrderAction]:
        for plugin, action in self._known():
            if action.name == name:
                return plugin, action
        raise NotFound(_("There is nothing called “{name}” to do with an order.").format(name=name[:40]))

    def _known(self) -> list[tuple[str, OrderAction]]:
        if self._actions is None:
            registered = [("orders", action) for action in self._own()]
            for plugin, actions in self.app.hooks("register_order_actions"):
                registered += [(plugin, action) for action in actions]
            self._actions = sorted(registered, key=lambda one: one[1].position)
        return self._actions

    def _own(self) -> list[OrderAction]:
        moves = (
            (OrderStatus.FULFILLING, lazy("Start fulfilling")),
            (OrderStatus.SHIPPED, lazy("Mark as shipped")),
            (OrderStatus.COMPLETE, lazy("Mark as complete")),
        )
        return [
            *(self._move(status, label, at) for at, (status, label) in enumerate(moves, 20)),
            OrderAction(
                "note",
                lazy("Add a note"),
                UPDATE,
                lambda _order: True,
                self._note,
                lambda _order: (FormField("text", _("Note for staff"), max_length=2000),),
                position=40,
            ),
            OrderAction(
                "public-note",
                lazy("Add a note for the customer"),
                UPDATE,
                lambda _order: True,
                self._public_note,
                lambda _order: (FormField("text", _("Note for the customer"), max_length=2000),),
                position=41,
            ),
            OrderAction(
                "cancel",
                lazy("Cancel order"),
                UPDATE,
                lambda order: OrderStatus.CANCELLED in rules.allowed_moves(order.status, ships=order.ships),
                self._cancel,
                lambda _order: (
                    FormField("reason", _("Reason, told to the customer"), required=False, max_length=500),
                ),
                danger=True,
                position=90,
            ),
        ]

    def _move(self, status: OrderStatus, label: str, position: int) -> OrderAction:
        async def run(actor: Actor, order: Order, values: Mapping[str, str]) -> str:
            change = OrderChange(
                status=status, carrier=values.get("carrier"), tracking_number=values.get("tracking_number")
            )
            moved = await self.app.get(OrderService).change(actor, order.id, change, version=order.version)
            return _("Order {number} is {status} now.").format(number=moved.number, status=status_label(moved.status))

        def allowed(order: Order) -> bool:
            return status in rules.allowed_moves(order.status, ships=order.ships)

        fields = _carrier_fields if status is OrderStatus.SHIPPED else no_fields
        return OrderAction(status.value.lower(), label, UPDATE, allowed, run, fields, position=position)

    async def _note(self, actor: Actor, order: Order, values: Mapping[str, str]) -> str:
        await self.app.get(OrderService).add_note(actor, order.id, values.get("text", ""))
        return _("The note is saved.")

    async def _public_note(self, actor: Actor, order: Order, values: Mapping[str, str]) -> str:
        await self.app.get(OrderService).add_note(actor, order.id, values.get("text", ""), public=True)
        return _("The note is saved; the customer sees it.")

    async def _cancel(self, actor: Actor, order: Order, values: Mapping[str, str]) -> str:
        await self.app.get(OrderService).cancel(actor, order.id, values.get("reason", ""))
        return _("Order {number} is cancelled.").format(number=order.number)


def _carrier_fields(order: Order) -> tuple[FormField, ...]:
    return (
        FormField("carrier", _("Carrier"), required=False, max_length=64, value=order.carrier),
        FormField("tracking_number", _("Tracking number"), required=False, max_length=120, value=order.tracking_number),
    )


async def _filled(plugin: str, section: OrderSection, order: Order) -> list[tuple[int, FilledSection]]:
    async def load() -> list[list[str]]:
        return [list(row) for row in await section.rows(order)]

    rows, problem = await part(plugin, f"order section {section.title}", load)
    if not rows and not problem:
        return []
    columns = [_(column) for column in section.columns]
    return [(section.position, FilledSection(_(section.title), columns, rows or [], problem))]
