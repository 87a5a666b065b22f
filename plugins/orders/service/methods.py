"""The ways to pay that plugins registered, as each store offers them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from guildshop.errors import Invalid, NotConfigured, Refusal, Unavailable
from guildshop.i18n import _
from guildshop.isolation import PluginFailed, isolated
from guildshop.plugins.orders.api import MoveRefused, Order, OrderStatus, PaymentMethod, status_label

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.database import Work


BEGIN_SECONDS = 10.0
"""How long a processor may take to say where its payment page is."""

log = structlog.get_logger(__name__)


class PaymentMethodRegistry:
    """Asks the hook `register_payment_methods` once, and its functions whenever methods are offered."""

    def __init__(self, app: App) -> None:
        """Ask nothing yet: other plugins' services may not be there."""
        self._app = app
        self._sources: list[tuple[str, Callable[[int], Sequence[PaymentMethod]]]] | None = None

    def enabled(self, store: int) -> tuple[PaymentMethod, ...]:
        """Return what the store offers for new orders."""
        return tuple(
            method
            for plugin, source in self._known()
            if self._app.stores.enabled(store, plugin)
            for method in _named(plugin, source, store)
            if method.enabled
        )

    def all(self, store: int) -> tuple[PaymentMethod, ...]:
        """Return every method known in the store, also those that are not offered."""
        return tuple(method for plugin, source in self._known() for method in _named(plugin, source, store))

    def find(self, store: int, code: str) -> PaymentMethod | None:
        """Return the method of that code, also one that is no longer offered."""
        for plugin, source in self._known():
            for method in _named(plugin, source, store):
                if method.code == code:
                    return method
        return None

    def choose(self, store: int, code: str) -> PaymentMethod:
        """Return an enabled method; refuse any other code."""
        offered = self.enabled(store)
        for method in offered:
            if method.code == code:
                return method
        if not offered:
            raise self.none_offered()
        raise Invalid.field(
            "payment_method",
            _("This shop does not take “{code}”. Choose one of: {methods}.").format(
                code=code[:32], methods=", ".join(method.label for method in offered)
            ),
        )

    def none_offered(self) -> NotConfigured:
        """Return the refusal of a store that offers no way to pay."""
        return NotConfigured(_("This shop has no payment method switched on at the moment. Ask the staff."))

    def label(self, store: int, code: str) -> str:
        """Return a method's label, or its code where its plugin is gone."""
        method = self.find(store, code)
        return code if method is None else method.label

    async def begin(self, order: Order) -> str:
        """Return the address at which an unpaid order is paid; `Unavailable` while its processor does not answer."""
        method = self.find(order.store, order.payment_method)
        if method is None or method.begin is None:
            raise MoveRefused(
                _("Order {number} has no payment page: pay as its instructions say.").format(number=order.number)
            )
        if order.status is not OrderStatus.PENDING_PAYMENT:
            raise MoveRefused(
                _("Order {number} is {status} and does not wait for a payment.").format(
                    number=order.number, status=status_label(order.status)
                )
            )
        try:
            async with asyncio.timeout(BEGIN_SECONDS):
                return await method.begin(order)
        except Refusal:
            raise
        except Exception:
            # A processor's plugin at fault must not keep anybody from seeing their order.
            log.exception("payment.begin_failed", method=method.code, order=order.number)
            raise Unavailable(
                _("{method} does not answer at the moment. Please try again in a few minutes.").format(
                    method=method.label
                )
            ) from None

    def settle_of(self, order: Order) -> Callable[[Order, str], Awaitable[Callable[[Work], None]]] | None:
        """Return how staff settle the order, None when nobody knows its method; refuse where only a processor can."""
        method = self.find(order.store, order.payment_method)
        if method is None:
            return None
        if method.settle is None:
            raise MoveRefused(
                _("Order {number} is paid through {method}, which confirms it by itself: wait for that.").format(
                    number=order.number, method=method.label
                )
            )
        return method.settle

    def _known(self) -> list[tuple[str, Callable[[int], Sequence[PaymentMethod]]]]:
        if self._sources is None:
            self._sources = [
                (plugin, source)
                for plugin, sources in self._app.hooks("register_payment_methods")
                for source in sources
            ]
        return self._sources


def _named(plugin: str, source: Callable[[int], Sequence[PaymentMethod]], store: int) -> Sequence[PaymentMethod]:
    """Return what a plugin names, none where it fails, so that the other ways to pay stay."""
    try:
        with isolated(plugin, "payment methods"):
            return [_shielded(plugin, method) for method in source(store)]
    except PluginFailed:
        return ()


def _shielded(plugin: str, method: PaymentMethod) -> PaymentMethod:
    """Return the method with functions that say whose fault it is when they fail."""

    def instructions(order: Order) -> str:
        try:
            with isolated(plugin, f"payment method {method.code}: instructions"):
                return method.instructions(order)
        except PluginFailed as failed:
            return failed.part

    settle = method.settle
    if settle is None:
        return replace(method, instructions=instructions)

    async def settled(order: Order, reference: str) -> Callable[[Work], None]:
        with isolated(plugin, f"payment method {method.code}: settle"):
            return await settle(order, reference)

    return replace(method, instructions=instructions, settle=settled)
