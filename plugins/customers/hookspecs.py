"""The hooks of customers: what other plugins add to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.hookspecs import hookspec
from guildshop.plugins.customers.api import (
    AccountGuard,
    CustomerAction,
    CustomerChoice,
    CustomerColumns,
    CustomerFigures,
    CustomerLink,
    CustomerSection,
    CustomerTab,
    MessageTopic,
    PersonalData,
)

if TYPE_CHECKING:
    from guildshop.app import App


class CustomersHooks:
    """What a plugin may add to customers."""

    @hookspec
    def register_message_topics(self, app: App) -> list[MessageTopic]:
        """Return the kinds of message the plugin sends; each becomes a toggle of `/dm-prefs` and of
        `/email-prefs`, on by default."""
        raise NotImplementedError

    @hookspec
    def register_customer_tabs(self, app: App) -> list[CustomerTab]:
        """Return the tabs that the plugin adds to a customer's page; they are shown in stores where it is on."""
        raise NotImplementedError

    @hookspec
    def register_customer_sections(self, app: App) -> list[CustomerSection]:
        """Return what the plugin adds to the Overview of a customer's page, in stores where it is on."""
        raise NotImplementedError

    @hookspec
    def register_customer_choices(self, app: App) -> list[CustomerChoice]:
        """Return what lists of customers can be narrowed by, in stores where the plugin is on."""
        raise NotImplementedError

    @hookspec
    def register_customer_columns(self, app: App) -> list[CustomerColumns]:
        """Return the columns that the plugin adds to the CSV file of customers."""
        raise NotImplementedError

    @hookspec
    def register_account_guards(self, app: App) -> list[AccountGuard]:
        """Return what keeps customers from changing something of their account themselves, where the plugin is on."""
        raise NotImplementedError

    @hookspec
    def register_customer_actions(self, app: App) -> list[CustomerAction]:
        """Return what the plugin offers in each row of the list of customers, in stores where it is on."""
        raise NotImplementedError

    @hookspec
    def register_customer_figures(self, app: App) -> list[CustomerFigures]:
        """Return what counts a customer's purchases; each is shown with its title in stores where the plugin is on."""
        raise NotImplementedError

    @hookspec
    def register_customer_links(self, app: App) -> list[CustomerLink]:
        """Return where else a customer may be known; `/customer` says so in stores where the plugin is on."""
        raise NotImplementedError

    @hookspec
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Return what the plugin keeps about a person, to be given out and erased, also where the plugin is off."""
        raise NotImplementedError
