"""A store's settings of the payments plugin: `[stores."…".payments]`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from guildshop.i18n import lazy


class ManualMethod(BaseModel):
    """A way to pay that a store defined or worded itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(title=lazy("Code"), pattern=r"^[a-z0-9_-]{1,32}$")
    label: str = Field(title=lazy("Label"), min_length=1, max_length=80)
    instructions: str = Field(title=lazy("Instructions"), default="", max_length=1000)


class PaymentsSettings(BaseModel):
    """What a store's owner decides about payments: `[stores."…".payments]`.

    `methods` are the codes offered, in this order; those of processors (`stripe`, `btcpay`) stand among them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    methods: tuple[str, ...] = Field(
        title=lazy("Methods"),
        default=("venmo", "zelle", "cashapp", "cash"),
        description=lazy("Which methods are offered, in this order."),
    )
    instructions: dict[str, str] = Field(
        title=lazy("Instructions"),
        default_factory=dict,
        description=lazy("What customers read about how to pay, by method."),
    )
    custom: tuple[ManualMethod, ...] = Field(
        title=lazy("Custom"), default=(), description=lazy("Manual methods of your own.")
    )
    invoice_link_days: int = Field(
        title=lazy("Invoice link days"),
        default=7,
        ge=1,
        le=90,
        description=lazy("For how many days an invoice link that staff make is good."),
    )
