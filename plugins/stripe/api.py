"""The public face of the stripe plugin: its settings and the code of its method."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from guildshop.config.secret import Secret
from guildshop.i18n import lazy

METHOD = "stripe"


class StripeSettings(BaseModel):
    """A store's account with Stripe: `[stores."…".stripe]`. The method is offered once both secrets are set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret_key: Secret | None = Field(
        title=lazy("Secret key"), default=None, description=lazy("Stripe's secret or restricted key: sk_… or rk_….")
    )
    webhook_secret: Secret | list[Secret] | None = Field(
        title=lazy("Webhook secret"),
        default=None,
        description=lazy("What Stripe signs its webhooks with (whsec_…); a list while it is changed."),
    )
    api_url: str = Field(
        title=lazy("API address"),
        default="https://api.stripe.com",
        pattern=r"^https?://[^\s/].*$",
        description=lazy("Where Stripe's API is."),
    )

    @field_validator("api_url")
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
    def complete(self) -> bool:
        """Whether the store can take payments."""
        return self.secret_key is not None and self.secret_key.is_set and bool(self.webhook_secrets)

    @property
    def begun(self) -> bool:
        """Whether anything of it is set up."""
        return self.secret_key is not None or self.webhook_secret is not None

    @property
    def live(self) -> bool:
        """Whether the key moves real money."""
        return self.secret_key is not None and "_live_" in self.secret_key.reveal_or()
