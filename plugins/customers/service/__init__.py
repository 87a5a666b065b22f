"""The use cases and queries of customers."""

from guildshop.plugins.customers.service.addresses import Addresses
from guildshop.plugins.customers.service.editing import Editing
from guildshop.plugins.customers.service.importing import Importing
from guildshop.plugins.customers.service.preferences import Preferences

__all__ = ["CustomerService"]


class CustomerService(Editing, Addresses, Preferences, Importing):
    """Everything that can be asked and done about customers."""
