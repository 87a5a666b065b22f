"""The use cases and queries of sales tax by TaxJar."""

from guildshop.plugins.taxjar.service.registry import Registry
from guildshop.plugins.taxjar.service.reporting import Reporting
from guildshop.plugins.taxjar.service.step import TaxStep

__all__ = ["TaxService", "TaxStep"]


class TaxService(Reporting, Registry):
    """Everything that can be asked and done about the sales tax, within the store in scope."""
