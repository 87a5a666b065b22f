"""Buttons, selects and modals: they need no memory, and refuse whoever may not use them."""

from __future__ import annotations

import asyncio

import pytest

from guildshop.bot.items import StoreButton, StoreModal, custom_id, split_custom_id
from guildshop.errors import LoadError
from guildshop.simulator.driver import Reply
from guildshop.testing import Shop
from tests.bot.probe import Log, Probe


async def panel(shop: Shop, *, public: bool = True) -> Reply:
    return await shop.buyer.slash("panel", public=public)


async def test_a_button_runs_in_its_store_and_changes_its_message(probe: Shop, log: Log) -> None:
    shown = await panel(probe, public=False)
    assert shown.ephemeral
    await shown.press("Count")
    assert log.calls == [f"count ('1',) by {probe.buyer.id} in {probe.store.id}"]
    assert shown.content == "pressed 1"
    assert shown.buttons == ["Again"]


async def test_a_select_gets_its_values_and_arguments(probe: Shop, log: Log) -> None:
    shown = await panel(probe)
    reply = await shown.select("Apple")
    assert reply.text == "chose a"
    assert log.calls == ["fruit ['a'] ('s',)"]


async def test_everything_works_after_a_restart(probe: Shop) -> None:
    shown = await panel(probe)
    opened = await shown.press("Form")
    assert opened.modal is not None
    await probe.restart()
    assert (await opened.modal.submit(title=" Hello ")).text == "got Hello"
    await shown.press("Count")
    log = probe.app.get(Log)
    assert log.calls == ["form 'Hello' '' ('x',)", f"count ('1',) by {probe.buyer.id} in {probe.store.id}"]


async def test_only_its_owner_presses_a_personal_button(probe: Shop, log: Log) -> None:
    shown = await panel(probe)
    reply = await shown.press("Own", by=probe.staff)
    assert reply.ephemeral
    assert "Only the person" in reply.text
    assert log.calls == []
    await shown.press("Own")
    assert log.calls == ["own"]


async def test_a_staff_button_refuses_members(probe: Shop, log: Log) -> None:
    shown = await panel(probe)
    reply = await shown.press("Staff")
    assert reply.ephemeral
    assert "probe.use" in reply.text
    assert log.calls == []
    assert (await shown.press("Staff", by=probe.staff)).text == "approved"


async def test_a_button_works_in_a_dm_with_the_roles_of_the_server(probe: Shop, log: Log) -> None:
    from guildshop.bot.sending import Message
    from tests.bot.probe import CountButton, StaffButton

    items = [CountButton(probe.store.id, "1", label="Count"), StaffButton(probe.store.id, label="Staff")]
    await probe.app.messenger.dm(probe.store, int(probe.staff.id), Message("hello", items=items))
    (message,) = await probe.staff.dms()
    assert (await message.press("Staff")).text == "approved"
    await message.press("Count")
    assert log.calls == ["staff", f"count ('1',) by {probe.staff.id} in {probe.store.id}"]


async def test_switched_off_a_button_says_so_unless_it_finishes_what_was_begun(probe: Shop, log: Log) -> None:
    shown = await panel(probe)
    await probe.app.stores.switch(probe.actor(), "probe", False)
    reply = await shown.press("Count")
    assert reply.ephemeral
    assert "“Probe” is switched off" in reply.text
    assert (await shown.press("Finish")).text == "finished"
    assert log.calls == ["finish"]


UNKNOWN = {
    "gone.button:1:x": "The plugin “gone”, to which this belongs, is not available at the moment.",
    "probe.gone:1:x": "is out of date",
    "probe.count:999999:1": "There is no store number 999999",
    "whatever": "is out of date",
    "0123456789abcdef" * 2: "is out of date",
}


@pytest.mark.parametrize("custom", UNKNOWN)
async def test_an_unknown_custom_id_gets_an_answer(probe: Shop, log: Log, custom: str) -> None:
    shown = await panel(probe)
    row = {"type": 1, "id": 90, "components": [{"type": 2, "id": 91, "style": 2, "label": "Old", "custom_id": custom}]}
    shown.data["components"].append(row)
    reply = await probe.sim.press_raw(probe.buyer, shown.id, custom)
    assert reply.ephemeral
    assert UNKNOWN[custom] in reply.text
    assert log.calls == []


async def test_another_servers_store_is_not_reached(probe: Shop, log: Log) -> None:
    other = await probe.app.stores.create(4242, "Elsewhere")
    shown = await panel(probe)
    custom = f"probe.count:{other.id}:1"
    row = {"type": 1, "id": 90, "components": [{"type": 2, "id": 91, "style": 2, "label": "Old", "custom_id": custom}]}
    shown.data["components"].append(row)
    reply = await probe.sim.press_raw(probe.buyer, shown.id, custom)
    assert "another server" in reply.text
    assert log.calls == []


async def test_a_broken_button_shows_a_reference(probe: Shop) -> None:
    shown = await panel(probe)
    reply = await shown.press("Broken")
    assert reply.ephemeral
    assert "reference" in reply.text
    assert "secret" not in reply.text


async def test_two_presses_at_once_are_both_answered(probe: Shop, log: Log) -> None:
    shown = await panel(probe)
    first, second = await asyncio.gather(shown.press("Finish"), shown.press("Finish"))
    assert (first.failed, second.failed) == (None, None)
    assert log.calls == ["finish", "finish"]


async def test_a_late_answer_is_quiet(probe: Shop, log: Log, capfd: pytest.CaptureFixture[str]) -> None:
    shown = await panel(probe)
    probe.sim.acknowledge_seconds, probe.sim.faults.late_answer = 0.2, True
    await shown.press("Finish")
    probe.sim.faults.late_answer = False
    await probe.settle()
    assert log.calls == ["finish"]
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_custom_id_is_checked_when_it_is_made() -> None:
    assert split_custom_id(custom_id("a.b", 7, ["x", 3])) == ("a.b", 7, ("x", "3"))
    assert split_custom_id("a.b:7") == ("a.b", 7, ())
    assert split_custom_id("nothing") is None
    with pytest.raises(ValueError, match="100 characters"):
        custom_id("a.b", 1, ["x" * 100])
    with pytest.raises(ValueError, match="colon"):
        custom_id("a.b", 1, ["x:y"])
    with pytest.raises(LoadError, match=r"<plugin>\.<name>"):

        class Bad(StoreButton, prefix="bad"):
            pass


def test_prefixes_belong_to_their_plugin() -> None:
    assert all(kind.prefix.startswith("probe.") for kind in Probe().register_items(None))  # type: ignore[arg-type]
    assert issubclass(StoreModal, object)
