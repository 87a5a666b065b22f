"""Commands over the wire: context, refusals, faults, permission, autocomplete."""

from __future__ import annotations

import logging

import pytest

from guildshop.testing import Shop
from tests.bot.probe import Log


async def test_a_command_knows_its_store_its_user_and_their_language(probe: Shop) -> None:
    store = probe.store.id
    assert (await probe.buyer.slash("whoami")).text == f"Sample store|bea|{store}|en-US|"
    german = await probe.sim.member("buyer3").slash("whoami")
    assert german.text == f"Sample store|clara|{store}|de|"


async def test_permissions_come_from_staff_roles_and_the_owner_has_all(probe: Shop) -> None:
    assert (await probe.staff.slash("whoami")).text.endswith("|probe.use")
    assert (await probe.owner.slash("whoami")).text.endswith("|probe.use")


async def test_a_refusal_is_told_to_its_user_alone(probe: Shop) -> None:
    reply = await probe.buyer.slash("refuse")
    assert reply.ephemeral
    assert "Only 3 are left. Order fewer." in reply.text


@pytest.mark.parametrize("deferred", [False, True])
async def test_a_fault_shows_a_reference_that_stands_in_the_log(
    probe: Shop, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, deferred: bool
) -> None:
    caplog.set_level(logging.ERROR)
    reply = await probe.buyer.slash("crash", deferred=deferred)
    assert reply.ephemeral
    assert "secret" not in reply.text
    reference = reply.text.rsplit(" ", 1)[1].strip()
    await probe.settle()
    output = capfd.readouterr()
    logged = caplog.text + output.out + output.err
    assert reference in logged
    assert "the secret inner workings" in logged


async def test_a_command_that_takes_long_is_deferred_by_itself(probe: Shop, log: Log) -> None:
    def deferred() -> bool:
        return any(request.body.get("type") == 5 for request in probe.sim.requests if "callback" in request.path)

    import asyncio

    using = asyncio.create_task(probe.buyer.slash("slow"))
    await probe.sim.wait_for(deferred)
    log.gate.set()
    reply = await using
    assert reply.text == "done at last"
    assert reply.ephemeral


async def test_a_staff_command_is_hidden_from_members_and_refused_when_it_arrives(probe: Shop, log: Log) -> None:
    reply = await probe.buyer.slash("manage", stale=True)
    assert reply.ephemeral
    assert "probe.use" in reply.text
    assert log.calls == []
    assert (await probe.staff.slash("manage")).text == "managed"
    assert log.calls == ["manage"]


async def test_autocomplete_has_the_context_and_answers_nothing_when_it_breaks(probe: Shop) -> None:
    choices = await probe.buyer.autocomplete("pick", focused="fruit", value="app")
    assert choices == [(f"app-{probe.store.id}", "app")]
    assert await probe.buyer.autocomplete("pick", focused="fruit", value="boom") == []


async def test_a_server_without_a_store_says_how_to_get_one(probe: Shop) -> None:
    from guildshop.database.tables import StoreRow

    async with probe.app.work(probe.actor()) as work:
        work.update(StoreRow, probe.store.id, guild_id=None)
    await probe.app.stores.refresh()
    reply = await probe.buyer.slash("whoami")
    assert reply.ephemeral
    assert "guildshop store create --guild" in reply.text
