"""The hooks of the orders plugin: how to pay, and what happens between the items and the total."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.hookspecs import hookspec
from guildshop.plugins.orders.api import CheckoutStep, DeletionCheck, OrderAction, OrderSection, PaymentMethods

if TYPE_CHECKING:
    from guildshop.app import App


class OrderHooks:
    """The hooks that speak of orders. Each is called once while the application starts and returns a list."""

    @hookspec
    def register_payment_methods(self, app: App) -> list[PaymentMethods]:
        """Return functions that name the ways to pay in a store; they are called whenever methods are offered."""
        raise NotImplementedError

    @hookspec
    def register_checkout_steps(self, app: App) -> list[CheckoutStep]:
        """Return the steps that the plugin adds to the checkout; they are skipped in stores where the plugin is off."""
        raise NotImplementedError

    @hookspec
    def register_order_sections(self, app: App) -> list[OrderSection]:
        """Return tables that the plugin adds to the page of an order."""
        raise NotImplementedError

    @hookspec
    def register_order_actions(self, app: App) -> list[OrderAction]:
        """Return what staff can do to an order beyond what the orders plugin itself offers."""
        raise NotImplementedError

    @hookspec
    def register_deletion_checks(self, app: App) -> list[DeletionCheck]:
        """Return functions that refuse to delete an order, or return what joins the Work that deletes it."""
        raise NotImplementedError
