"""What a store's owner sets of the catalog."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from guildshop.i18n import lazy


class CatalogSettings(BaseModel):
    """`[stores."…".catalog]` of the configuration and its part of `/settings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    show_quantity: bool = Field(
        title=lazy("Show quantity"),
        default=True,
        description=lazy("Members see the exact stock, not just In or Out of stock"),
    )
    page_size: int = Field(
        title=lazy("Page size"), default=4, ge=1, le=5, description=lazy("Products on one page of /catalog")
    )
    hold_hours: int = Field(
        title=lazy("Hold hours"),
        default=24,
        ge=1,
        le=720,
        description=lazy("Hours for which a piece is held for the first on a waiting list"),
    )
