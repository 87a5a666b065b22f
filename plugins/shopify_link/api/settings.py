"""A store's account at Shopify."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

from guildshop.config.secret import Secret
from guildshop.i18n import _, lazy

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+")
SHOPIFY_DOMAIN = ".myshopify.com"


class ShopifySettings(BaseModel):
    """A store's shop at Shopify: `[stores."…".shopify_link]`. A static token, or a client's ID and secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shop: str = Field(
        title=lazy("Shop"),
        default="",
        max_length=100,
        description=lazy("The shop's domain, such as example.myshopify.com."),
    )
    access_token: Secret | None = Field(
        title=lazy("Access token"), default=None, description=lazy("The Admin API access token: shpat_….")
    )
    client_id: str = Field(
        title=lazy("Client ID"),
        default="",
        max_length=100,
        description=lazy("The app's client ID, where there is no token."),
    )
    client_secret: Secret | None = Field(
        title=lazy("Client secret"), default=None, description=lazy("The app's client secret.")
    )
    webhook_secret: Secret | list[Secret] | None = Field(
        title=lazy("Webhook secret"),
        default=None,
        description=lazy("What Shopify signs its webhooks with; empty: the client secret."),
    )
    api_url: str = Field(
        title=lazy("API address"),
        default="",
        pattern=r"^(https?://[^\s/]+[^\s]*)?$",
        description=lazy("Where the Admin API is; empty: at the shop."),
    )

    @field_validator("shop")
    @classmethod
    def _domain(cls, value: str) -> str:
        bare = value.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
        domain = bare if not bare or "." in bare else bare + SHOPIFY_DOMAIN
        if domain and not _SHOP.fullmatch(domain):
            raise ValueError(_("“{value}” is no domain such as example.myshopify.com.").format(value=value))
        return domain

    @field_validator("api_url")
    @classmethod
    def _bare(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def base_url(self) -> str:
        """Where the Admin API is."""
        return self.api_url or f"https://{self.shop}"

    @property
    def has_token(self) -> bool:
        """Whether there is a static token."""
        return self.access_token is not None and self.access_token.is_set

    @property
    def has_client(self) -> bool:
        """Whether a token can be got by client credentials."""
        return bool(self.client_id) and self.client_secret is not None and self.client_secret.is_set

    @property
    def begun(self) -> bool:
        """Whether anything of it is set up."""
        return bool(self.shop or self.client_id or self.api_url) or self.access_token is not None

    @property
    def complete(self) -> bool:
        """Whether Shopify can be asked."""
        return bool(self.shop or self.api_url) and (self.has_token or self.has_client)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets that webhooks may be signed with; one variable may hold several, separated by commas."""
        given = self.webhook_secret if isinstance(self.webhook_secret, list) else [self.webhook_secret]
        texts = [secret.reveal_or() for secret in given if secret is not None]
        found = tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
        if found or self.client_secret is None or not self.client_secret.is_set:
            return found
        return (self.client_secret.reveal(),)
