"""The public face: settings, and the refusal of a day that is full."""

from __future__ import annotations

from guildshop.errors import Stale
from guildshop.money import MAXIMUM
from pydantic import BaseModel, ConfigDict, Field

PLUGIN = "giftwrap"


class GiftwrapSettings(BaseModel):
    """A store's gift wrap: `[stores."…".giftwrap]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    price: int = Field(default=500, ge=0, le=MAXIMUM, description="What wrapping an order costs, in minor units.")
    capacity: int = Field(default=20, ge=0, le=100_000, description="How many orders can be wrapped in a day.")


class WrapsTaken(Stale):
    """Somebody took the day's last wrap; the customer is asked again."""

    code = "wraps-taken"
