"""Who acts, and what they may do: one rule for a slash command, a button, a page, an API call and an admin write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from guildshop.errors import Forbidden
from guildshop.i18n import _, lazy

OWNER = "Owner"
ADMIN = "Admin"
MANAGER = "Manager"
SUPPORT = "Support"
FULFILMENT = "Fulfilment"
READ_ONLY = "Read only"
TEMPLATES = (OWNER, ADMIN, MANAGER, SUPPORT, FULFILMENT, READ_ONLY)
"""The role templates every store starts with, from the most to the least that they allow."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that staff may be allowed to do, and the templates that have it from the start.

    `name` is `<noun>.<verb>`; Owner and Admin have every permission without being listed.
    """

    name: str
    label: str
    templates: frozenset[str] = frozenset()


class ActorKind(StrEnum):
    """What kind of somebody acts."""

    MEMBER = "member"
    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind, no secret
    SYSTEM = "system"


class Origin(StrEnum):
    """Through which entrance they came; kept in the audit log."""

    DISCORD = "discord"
    WEB = "web"
    API = "api"
    ADMIN = "admin"
    CLI = "cli"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody acting in one store: a Discord member, a web user, an API token, or the system itself.

    `id` is the Discord ID of a member, the user ID of a user or token's owner, the listener's name for the system.
    """

    kind: ActorKind
    id: str
    name: str
    store: int
    permissions: frozenset[str] = field(default_factory=frozenset)
    origin: Origin = Origin.DISCORD
    templates: frozenset[str] = field(default_factory=frozenset)
    """The role templates that the permissions come from, where they come from any."""
    withheld: frozenset[str] = frozenset()
    """What the role allows and the scopes of the token that speaks for it do not."""

    @classmethod
    def system(cls, store: int, name: str, *, origin: Origin = Origin.DELIVERY) -> Actor:
        """Return the system acting by itself, which may do everything in its store."""
        return cls(ActorKind.SYSTEM, name, name, store, frozenset(), origin)

    @property
    def discord_id(self) -> int | None:
        """The Discord ID, if a member acts."""
        return int(self.id) if self.kind is ActorKind.MEMBER else None

    @property
    def is_staff(self) -> bool:
        """Whether they hold any permission at all."""
        return self.kind is ActorKind.SYSTEM or bool(self.permissions)

    def may(self, permission: str) -> bool:
        """Tell whether the actor has the permission."""
        return self.kind is ActorKind.SYSTEM or permission in self.permissions

    def require(self, permission: str) -> None:
        """Refuse, naming the permission, unless the actor has it."""
        if permission in self.withheld:
            raise Forbidden(
                _(
                    "This needs the permission “{permission}”, which this token's scopes leave out. Make a token with"
                    " it: `user token … --scope {permission}`."
                ).format(permission=permission)
            )
        if not self.may(permission):
            raise Forbidden(
                _(
                    "This needs the permission “{permission}”, which your role does not have. Ask the shop's owner."
                ).format(permission=permission)
            )


class PermissionTable:
    """Template × permission: what the plugins registered, under what the store's owner changed."""

    def __init__(self, permissions: Iterable[Permission] = ()) -> None:
        """Start from these permissions."""
        self._permissions: dict[str, Permission] = {}
        for permission in permissions:
            self.add(permission)

    def add(self, permission: Permission) -> None:
        """Add one permission; ValueError when its name is taken."""
        if permission.name in self._permissions:
            message = f"the permission {permission.name} is registered twice"
            raise ValueError(message)
        self._permissions[permission.name] = permission

    @property
    def permissions(self) -> Mapping[str, Permission]:
        """All permissions by name."""
        return self._permissions

    def of(self, template: str, changes: Mapping[str, Mapping[str, bool]] | None = None) -> frozenset[str]:
        """Return the permissions of a template; `changes` is the store's own table of template → name → allowed.

        Owner always has all, so that nobody can lock everybody out.
        """
        if template == OWNER:
            return frozenset(self._permissions)
        changed = (changes or {}).get(template, {})
        return frozenset(
            name
            for name, permission in self._permissions.items()
            if changed.get(name, template == ADMIN or template in permission.templates)
        )


KERNEL_PERMISSIONS = (
    Permission("settings.read", lazy("See the settings"), frozenset({MANAGER})),
    Permission("settings.update", lazy("Change the settings")),
    Permission("audit.read", lazy("Read the audit log"), frozenset({MANAGER})),
    Permission("event.read", lazy("See events and failed deliveries"), frozenset({MANAGER})),
    Permission("event.update", lazy("Retry failed deliveries"), frozenset({MANAGER})),
)
