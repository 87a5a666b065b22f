"""The use cases and queries of customers."""

from guildshop.plugins.customers.service.confirming import Confirming
from guildshop.plugins.customers.service.disclosing import Disclosing
from guildshop.plugins.customers.service.editing import Editing
from guildshop.plugins.customers.service.importing import Importing
from guildshop.plugins.customers.service.linking import Linking
from guildshop.plugins.customers.service.merging import MERGE, MergePlan, Merging
from guildshop.plugins.customers.service.metrics import CustomerMetrics
from guildshop.plugins.customers.service.personal import Personal
from guildshop.plugins.customers.service.row_actions import CustomerActions
from guildshop.plugins.customers.service.sales import Sales
from guildshop.plugins.customers.service.speaking import Speaking
from guildshop.plugins.customers.service.tabs import CustomerTabs

__all__ = ["MERGE", "CustomerActions", "CustomerMetrics", "CustomerService", "CustomerTabs", "MergePlan"]


class CustomerService(Editing, Personal, Confirming, Importing, Sales, Disclosing, Linking, Merging, Speaking):
    """Everything that can be asked and done about customers."""
