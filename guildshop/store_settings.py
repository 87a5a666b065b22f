"""What the kernel itself keeps of a store: its settings as a model, and the store as everybody sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from guildshop.config.settings import (
    ChannelKind,
    Currency,
    ImageAddress,
    Language,
    RoleTemplate,
    Snowflake,
    TimeZone,
    none_if_empty,
)
from guildshop.i18n import lazy

STORE_SECTION = "store"
PLUGINS_SECTION = "plugins"
ROLES_SECTION = "roles"
"""What the owner changed of the role templates: template → permission → allowed."""


class StoreSettings(BaseModel):
    """The kernel's own settings of a store; Discord IDs are whole numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(title=lazy("Name"), min_length=1, max_length=100, description=lazy("What the shop is called."))
    currency: Currency = Field(
        default="USD", title=lazy("Currency"), description=lazy("What new products and orders are priced in.")
    )
    language: Language = Field(
        default="en-US", title=lazy("Language"), description=lazy("What staff channels speak, and pages by default.")
    )
    time_zone: TimeZone = Field(
        default="UTC", title=lazy("Time zone"), description=lazy("Where the shop's days begin and end.")
    )
    logo: ImageAddress = Field(title=lazy("Logo"), default="", description=lazy("The address of a picture."))
    staff_roles: dict[Snowflake, RoleTemplate] = Field(default_factory=dict)
    channels: dict[ChannelKind, Snowflake] = Field(default_factory=dict)
    client_role: Annotated[Snowflake | None, BeforeValidator(none_if_empty)] = None
    show_pii: bool = Field(
        default=False,
        title=lazy("Show personal data (PII)"),
        description=lazy("Staff see emails without asking for each."),
    )
    auto_assign_on_join: bool = Field(
        default=True,
        title=lazy("Auto-assign on join"),
        description=lazy("Members who join again get the roles that they bought."),
    )


@dataclass(frozen=True, slots=True)
class Store:
    """One shop: the tenant. `guild_id` is None while it is bound to no Discord server."""

    id: int
    guild_id: int | None
    active: bool
    name: str
    currency: str
    language: str
    time_zone: str
    logo: str
    staff_roles: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[str, int] = field(default_factory=dict)
    client_role: int | None = None
    show_pii: bool = False
    auto_assign_on_join: bool = True
