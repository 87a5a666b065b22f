"""The public face of the btcpay plugin: its settings and the code of its method."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from guildshop.config.secret import Secret
from guildshop.i18n import lazy

METHOD = "btcpay"


class BtcpaySettings(BaseModel):
    """A store's BTCPay Server: `[stores."…".btcpay]`. The method is offered once all four are set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        title=lazy("Address"),
        default="",
        pattern=r"^(https?://[^\s/].*)?$",
        description=lazy("The address of your BTCPay Server."),
    )
    store_id: str = Field(
        title=lazy("Store ID"),
        default="",
        pattern=r"^[A-Za-z0-9_-]{0,100}$",
        description=lazy("The store's ID in BTCPay."),
    )
    api_key: Secret | None = Field(
        title=lazy("API key"), default=None, description=lazy("An API key that may create, see and modify invoices.")
    )
    webhook_secret: Secret | list[Secret] | None = Field(
        title=lazy("Webhook secret"),
        default=None,
        description=lazy("What BTCPay signs its webhooks with; a list while it is changed."),
    )

    @field_validator("url")
    @classmethod
    def _bare(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The webhook secrets that are set; one variable may hold several, separated by commas."""
        given = self.webhook_secret if isinstance(self.webhook_secret, list) else [self.webhook_secret]
        texts = [secret.reveal_or() for secret in given if secret is not None]
        return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())

    @property
    def reachable(self) -> bool:
        """Whether there is all that asking takes."""
        return bool(self.url and self.store_id) and self.api_key is not None and self.api_key.is_set

    @property
    def complete(self) -> bool:
        """Whether the store can take payments."""
        return self.reachable and bool(self.webhook_secrets)

    @property
    def begun(self) -> bool:
        """Whether anything of it is set up."""
        return bool(self.url or self.store_id) or self.api_key is not None or self.webhook_secret is not None
