"""A store's settings of the payments plugin: `[stores."…".payments]`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ManualMethod(BaseModel):
    """A way to pay that a store defined or worded itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    label: str = Field(min_length=1, max_length=80)
    instructions: str = Field(default="", max_length=1000)


class PaymentsSettings(BaseModel):
    """What a store's owner decides about payments: `[stores."…".payments]`.

    `methods` are the codes offered, in this order; those of processors (`stripe`, `btcpay`) stand among them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    methods: tuple[str, ...] = Field(
        default=("venmo", "zelle", "cashapp", "cash"), description="Which methods are offered, in this order."
    )
    instructions: dict[str, str] = Field(
        default_factory=dict, description="What customers read about how to pay, by method."
    )
    custom: tuple[ManualMethod, ...] = Field(default=(), description="Manual methods of your own.")
    invoice_link_days: int = Field(
        default=7, ge=1, le=90, description="For how many days an invoice link that staff make is good."
    )
