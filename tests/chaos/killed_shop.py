"""A shop that is killed again and again while it sells: run by `test_kill.py`, one process that forks each life.

Usage: python killed_shop.py DATABASE_URL GUILD KILLS SEED. What was acknowledged comes out as one JSON line per fact.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import select
import signal
import sys
import time
from typing import Any, ClassVar

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.errors import Refusal
from guildshop.events import Delivery
from guildshop.hookspecs import Listener, hookimpl
from guildshop.loading import Plugin, Plugins, load_plugins
from guildshop.permissions import Actor, ActorKind
from guildshop.plugins.orders.api import Order, OrderCancelled, OrderPaid, Screen, Stage
from guildshop.plugins.orders.service import CheckoutService, OrderService
from guildshop.plugins.payments.api import ProcessorTold
from guildshop.plugins.payments.service import AttemptService, PaymentService, Settlement
from guildshop.stores import Store
from guildshop.tenancy import scope

# Run as a program, this file stands beside its helper; imported by the test, it belongs to a package.
if __name__ == "__main__":
    from robot import Robot
else:
    from .robot import Robot

BUYERS = 6
SKUS = ("CHAOS-0", "CHAOS-1", "CHAOS-2")


class Witness(Plugin):
    """Has one visible effect for each order that is paid or cancelled, so that effects can be counted."""

    name: ClassVar[str] = "witness"
    title = "Witness"
    requires = ("orders",)

    @hookimpl
    def register_listeners(self, app: App) -> list[Listener]:
        return [
            Listener(OrderPaid, "witness.paid", self.see),
            Listener(OrderCancelled, "witness.cancelled", self.see),
        ]

    async def see(self, event: OrderPaid | OrderCancelled, delivery: Delivery) -> None:
        async with delivery.work() as work:
            work.audit(delivery.listener, subject="order", subject_id=event.order)


def plugins() -> Plugins:
    """Return the plugins that write to the database alone, and the witness."""
    return Plugins([*load_plugins(["customers", "catalog", "orders", "payments"]), Witness(), Robot()])


async def buy_for_ever(app: App, store: Store, number: int, chance: random.Random) -> None:
    """Order, then pay, cancel or leave it, and say so as soon as it is acknowledged."""
    who = Actor(ActorKind.MEMBER, str(400000000000000000 + number), f"buyer{number}", store.id)
    boss = Actor(ActorKind.MEMBER, "200000000000000001", "Boss", store.id, frozenset(app.permissions.permissions))
    checkout, orders = app.get(CheckoutService), app.get(OrderService)
    with scope(store.id):
        while True:
            try:
                screen: Screen = await checkout.start(who, (), who.name, who.name)
                for sku in chance.sample(SKUS, chance.randint(1, 2)):
                    screen = await checkout.set_item(who, (), screen.draft.id, sku, str(chance.randint(1, 3)))
                screen = await checkout.finish_items(who, (), screen.draft.id)
                fate = chance.random()
                if screen.stage is Stage.PAYMENT:
                    method = "robot" if fate < 0.15 else "venmo"
                    screen = await checkout.choose_payment(who, (), screen.draft.id, method)
                order = await checkout.confirm(who, (), screen.draft.id)
                say("placed", order.id)
                if order.payment_method == "robot":
                    await pay_online(app, order)
                elif fate < 0.5:
                    await app.get(PaymentService).confirm(boss, order.id, "seen")
                    say("paid", order.id)
                elif fate < 0.9:
                    await orders.cancel(who, order.id, "changed my mind")
                    say("cancelled", order.id)
                else:
                    await orders.cancel(boss, order.id, "rejected")
                    say("cancelled", order.id)
            except Refusal as refusal:
                say("refused", refusal)


async def pay_online(app: App, order: Order) -> None:
    """Pay through the robot, and have it tell so; the blow may fall between any two of these steps."""
    attempt = await app.get(AttemptService).begin(order, Robot.processor, "https://shop.example.org")
    if Robot.processor.pay(attempt):
        say("charged", order.id)
        await app.get(Settlement).accept("robot", f"paid {attempt.id}", "paid", "", [ProcessorTold(attempt.id)])


def say(fact: str, value: object) -> None:
    """Write one line at once: what is read there was acknowledged."""
    os.write(1, (json.dumps([fact, str(value)]) + "\n").encode())


async def live(url: str, guild: int, seed: int) -> None:
    """Run the shop until somebody kills it."""
    async with await App.open(Settings(), plugins=plugins(), database_url=url, migrate=False) as app:
        await app.start_dispatcher()
        store = app.stores.by_guild(guild)
        assert store is not None
        chance = random.Random(seed)
        await asyncio.gather(
            *(buy_for_ever(app, store, number, random.Random(chance.random())) for number in range(BUYERS))
        )


def one_life(url: str, guild: int, seed: int, chance: random.Random) -> None:
    """Fork a shop, pass on what it says, and kill it at a random moment."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(writing, 1)
        os.close(reading)
        asyncio.run(live(url, guild, seed))
        os._exit(1)
    os.close(writing)
    lines = chance.randint(0, 40)
    delay = chance.random() * 0.02
    pipe: Any = os.fdopen(reading, "rb")
    seen = 0
    while seen < lines:
        ready, _, _ = select.select([pipe], [], [], 60)
        line = pipe.readline() if ready else b""
        if not line:
            break
        sys.stdout.buffer.write(line)
        seen += 1
    # Not to wait for anything: so that the blow falls at any point between two lines.
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    sys.stdout.buffer.write(pipe.read())
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the shop ended by itself: {status}"


def main() -> None:
    """Live and die as often as asked."""
    url, guild, kills, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    chance = random.Random(seed)
    for life in range(kills):
        one_life(url, guild, seed + life, chance)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
