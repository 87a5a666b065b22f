"""The use cases of the staff plugin."""

from guildshop.plugins.staff.service.audit import AuditService
from guildshop.plugins.staff.service.settings import SettingsService
from guildshop.plugins.staff.service.signin import SignInService

__all__ = ["AuditService", "SettingsService", "SignInService"]
