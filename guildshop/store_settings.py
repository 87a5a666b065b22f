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

STORE_SECTION = "store"
PLUGINS_SECTION = "plugins"
ROLES_SECTION = "roles"
"""What the owner changed of the role templates: template → permission → allowed."""


class StoreSettings(BaseModel):
    """The kernel's own settings of a store; Discord IDs are whole numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=100, description="What the shop is called.")
    currency: Currency = Field(default="USD", description="What new products and orders are priced in.")
    language: Language = Field(default="en-US", description="What staff channels and the web pages speak.")
    time_zone: TimeZone = Field(default="UTC", description="Where the shop's days begin and end.")
    logo: ImageAddress = Field(default="", description="The address of a picture.")
    staff_roles: dict[Snowflake, RoleTemplate] = Field(default_factory=dict)
    channels: dict[ChannelKind, Snowflake] = Field(default_factory=dict)
    client_role: Annotated[Snowflake | None, BeforeValidator(none_if_empty)] = None
    show_pii: bool = Field(
        default=False, title="Show personal data (PII)", description="Staff see emails without asking for each."
    )
    auto_assign_on_join: bool = Field(
        default=True, description="Members who join again get the roles that they bought."
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
