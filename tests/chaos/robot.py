"""A payment processor that outlives the shop: what it knows is in files, one for each attempt to pay."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from guildshop.app import App
from guildshop.hookspecs import hookimpl
from guildshop.loading import Plugin
from guildshop.plugins.orders.api import Order
from guildshop.plugins.payments.api import (
    Attempt,
    Begun,
    Payment,
    Processor,
    ProcessorProblem,
    RefundOutcome,
    RefundState,
    Standing,
    StandingState,
    Taking,
)

FOLDER = "CHAOS_ROBOT"
"""The variable that names the folder of its files."""


class RobotProcessor:
    """Takes every payment at once, and ends none that is paid."""

    code = "robot"
    label = "Robot"
    scannable = False

    def ready(self, store: int) -> bool:
        return FOLDER in os.environ

    def payable(self, amount: int, currency: str) -> str:
        return ""

    async def begin(self, attempt: Attempt, order: Order, return_url: str) -> Begun:
        self._file(attempt.id).touch()
        return Begun(str(attempt.id), f"https://robot.example.org/{attempt.id}")

    async def fetch(self, attempt: Attempt) -> Standing:
        text = self._file(attempt.id).read_text()
        taken = int(text) if text.isdigit() else 0
        states = {"": StandingState.OPEN, "ended": StandingState.ENDED}
        return Standing(states.get(text, StandingState.PAID), str(attempt.id), taken, attempt.currency)

    async def end(self, attempt: Attempt) -> Standing:
        if not self._file(attempt.id).read_text():
            self._write(attempt.id, "ended")
        return await self.fetch(attempt)

    def pay(self, attempt: Attempt) -> bool:
        """Pay as the payer does; False when it cannot be paid any more."""
        if self._file(attempt.id).read_text():
            return False
        self._write(attempt.id, str(attempt.amount))
        return True

    async def refund(self, payment: Payment, amount: int, key: UUID) -> RefundOutcome:
        return RefundOutcome(RefundState.SUCCEEDED, str(key))

    async def takings(self, since: datetime) -> Sequence[Taking]:
        return [
            Taking(file.name, UUID(file.name), int(file.read_text()), "USD")
            for file in Path(os.environ[FOLDER]).iterdir()
            if file.read_text().isdigit()
        ]

    async def examine(self, store: int) -> Sequence[ProcessorProblem]:
        return []

    def _file(self, attempt: UUID) -> Path:
        return Path(os.environ[FOLDER]) / str(attempt)

    def _write(self, attempt: UUID, text: str) -> None:
        """Write so that a blow in between leaves the file as it was."""
        new = self._file(attempt).with_suffix(f".{os.getpid()}")
        new.write_text(text)
        new.replace(self._file(attempt))


class Robot(Plugin):
    """Offers it."""

    name: ClassVar[str] = "robot"
    title = "Robot"
    requires = ("payments",)
    processor = RobotProcessor()

    @hookimpl
    def register_processors(self, app: App) -> list[Processor]:
        return [self.processor]
