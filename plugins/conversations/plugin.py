"""The plugin of conversations: what it offers to the kernel and to customers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from guildshop.hookspecs import (
    AdminSection,
    DashboardCard,
    DirectMessages,
    Listener,
    Page,
    SearchKind,
    SettingsSection,
    hookimpl,
)
from guildshop.i18n import grouped, lazy
from guildshop.loading import Plugin
from guildshop.permissions import FULFILMENT, MANAGER, READ_ONLY, SUPPORT, Actor, Permission
from guildshop.plugins.conversations import deliveries, direct
from guildshop.plugins.conversations.api import (
    CONVERSATION_READ,
    CONVERSATION_REPLY,
    AnswerWritten,
    ConversationChanged,
    ConversationErased,
    ConversationsSettings,
    ConversationView,
    CustomerWrote,
)
from guildshop.plugins.conversations.commands import COMMANDS, ITEMS
from guildshop.plugins.conversations.piccolo_app import APP_CONFIG
from guildshop.plugins.conversations.service import ConversationService, PersonalConversations
from guildshop.plugins.customers.api import CustomerTab, PersonalData

if TYPE_CHECKING:
    from guildshop.app import App


class Conversations(Plugin):
    """What a store and its customers say to each other."""

    name = "conversations"
    title = lazy("Conversations")
    description = lazy("Customers write to the shop in Discord; staff answer on the page or in Discord.")
    requires = ("customers",)
    piccolo_app: ClassVar[Any] = APP_CONFIG

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        """Offer the use cases."""
        return [ConversationService(app)]

    @hookimpl
    def register_permissions(self, app: App) -> list[Permission]:
        """Let most staff read along, and those who support customers answer."""
        readers = frozenset({MANAGER, SUPPORT, FULFILMENT, READ_ONLY})
        return [
            Permission(CONVERSATION_READ, lazy("Read conversations with customers"), readers),
            Permission(CONVERSATION_REPLY, lazy("Answer customers"), frozenset({MANAGER, SUPPORT})),
        ]

    @hookimpl
    def register_settings(self, app: App) -> list[SettingsSection]:
        """Offer the limit of messages."""
        return [SettingsSection(self.name, ConversationsSettings, self.title)]

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        """Send answers, and show staff what is written."""
        return [
            Listener(AnswerWritten, "conversations.send", deliveries.send_answer, discord=True),
            Listener(CustomerWrote, "conversations.tell_staff", deliveries.tell_staff, discord=True),
            Listener(ConversationChanged, "conversations.notice", deliveries.refresh_notice, discord=True),
            Listener(ConversationErased, "conversations.remove_notice", deliveries.remove_notice, discord=True),
        ]

    @hookimpl
    def register_commands(self, app: App) -> list[Any]:
        """Offer `/contact`."""
        return list(COMMANDS)

    @hookimpl
    def register_items(self, app: App) -> list[Any]:
        """Keep buttons and forms working after a restart."""
        return [*ITEMS, *direct.ITEMS]

    @hookimpl
    def register_direct_messages(self, app: App) -> list[DirectMessages]:
        """Take what members write to the bot."""
        return [DirectMessages(partial(direct.hear, app))]

    @hookimpl
    def register_pages(self, app: App) -> list[Page]:
        """Show the conversations, and each with its messages."""
        from guildshop.plugins.conversations.pages import PAGES

        return list(PAGES)

    @hookimpl
    def register_api(self, app: App) -> list[Any]:
        """Read and lead conversations by the JSON API."""
        from guildshop.plugins.conversations.endpoints import ROUTERS

        return list(ROUTERS)

    @hookimpl
    def register_search(self, app: App) -> list[SearchKind]:
        """Find open conversations by customer and by what was said."""
        from guildshop.plugins.conversations.pages import search_kind

        return [search_kind(app)]

    @hookimpl
    def register_customer_tabs(self, app: App) -> list[CustomerTab]:
        """Add the conversations to Communication on a customer's page."""
        from guildshop.plugins.conversations.pages import customer_tab

        return [customer_tab(app)]

    @hookimpl
    def register_personal_data(self, app: App) -> list[PersonalData]:
        """Give out and erase what was said."""
        personal = PersonalConversations(app)
        return [PersonalData(self.name, personal.export, personal.erase, personal.merge)]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        """Show the tables, read-only."""
        from guildshop.plugins.conversations.admin import admin_section

        return [admin_section()]

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        """Show on the start page how many customers wait for an answer."""

        async def figure(actor: Actor) -> str:
            return grouped((await app.get(ConversationService).counts(actor))[ConversationView.WAITING])

        link = "customer-chat?view=waiting"
        return [
            DashboardCard(
                lazy("Customers waiting for an answer"), figure, CONVERSATION_READ, link, position=35, waits=True
            )
        ]


plugin = Conversations()
