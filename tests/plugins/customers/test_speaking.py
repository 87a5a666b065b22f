"""The language of a customer's Discord: kept when it changes, spoken in what is sent later, erased with the rest."""

from __future__ import annotations

import pytest

from guildshop.app import App
from guildshop.bot.languages import language_of_member, note_language
from guildshop.errors import Invalid
from guildshop.i18n import preferred
from guildshop.plugins.customers.api import CustomerChange, CustomerInput
from guildshop.plugins.customers.rules.people import clean_locale
from guildshop.plugins.customers.service import CustomerMetrics, CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, Clock
from guildshop.web.testing import Visitor

ANN = 300000000000000001


def test_what_is_spoken(app: App) -> None:
    for own, about, spoken in (
        ("fr", "de", "fr"),  # what their Discord speaks now comes first
        ("de-AT", "fr", "de-AT"),
        ("nl", "de", "de"),  # nobody translated into that
        ("nl", "", "es-ES"),
        ("", "de", "de"),  # a guest, by the order
        ("", "", "es-ES"),
    ):
        assert preferred(own, about, "es-ES") == spoken


async def test_a_language_is_written_when_it_changes_and_only_then(
    app: App, store: Store, other_store: Store, customers: CustomerService, member: ActorFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await note_language(app, ANN, "de")  # Before they are a customer, nobody is there whose it would be.
    assert await language_of_member(app, ANN) == "en-US"
    ann = await customers.register(member(store), "ann", "Ann")
    assert ann.locale == "de"  # In the task that heard them; elsewhere nothing is known:
    with scope(other_store.id):
        await customers.register(member(other_store), "ann", "Ann")
        await note_language(app, ANN, "es-ES")
    await note_language(app, ANN, "fr")
    heard = await customers.get(ann.id)
    assert (heard.locale, heard.version) == ("fr", ann.version)
    assert await customers.language(ann.id, "de") == await language_of_member(app, ANN, "de") == "fr"
    with scope(other_store.id):
        assert await language_of_member(app, ANN) == "es-ES"

    def written(*_given: object) -> None:
        raise AssertionError("a language was written again")

    with monkeypatch.context() as patched:
        patched.setattr(app, "work", written)
        await note_language(app, ANN, "fr")
        # What goes wrong with it keeps nobody from being answered.
        await note_language(app, ANN, "de")
    assert (await customers.get(ann.id)).locale == "fr"


async def test_whoever_uses_anything_of_the_bot_uses_the_shop(
    app: App, store: Store, customers: CustomerService, member: ActorFactory, staff: ActorFactory, clock: Clock
) -> None:
    ann = await customers.register(member(store), "ann", "Ann")
    await note_language(app, ANN, "de")
    metrics = app.get(CustomerMetrics)
    clock.advance(days=40)
    assert (await metrics.now(staff(store))).active == 0
    await note_language(app, ANN, "de")
    seen = await customers.get(ann.id)
    assert (seen.last_seen, seen.version, (await metrics.now(staff(store))).active) == (clock(), ann.version, 1)
    clock.advance(minutes=59)
    await note_language(app, ANN, "de")
    assert (await customers.get(ann.id)).last_seen == seen.last_seen


async def test_my_data_tells_the_language_and_forgetting_takes_it(
    app: App, store: Store, customers: CustomerService, member: ActorFactory
) -> None:
    ann = await customers.register(member(store), "ann", "Ann")
    await note_language(app, ANN, "de")
    profile = (await customers.my_data(member(store)))["profile"]
    assert isinstance(profile, dict)
    assert profile["locale"] == "de"
    await customers.forget(member(store), "FORGET ME")
    assert (await customers.get(ann.id)).locale == ""
    await note_language(app, ANN, "fr")
    assert (await customers.get(ann.id)).locale == ""


async def test_a_merged_record_speaks_as_the_member_who_stays(
    app: App, store: Store, customers: CustomerService, member: ActorFactory, staff: ActorFactory
) -> None:
    ann = await customers.register(member(store), "ann", "Ann")
    await note_language(app, ANN, "de")
    guest = await customers.create(staff(store), CustomerInput(display_name="Ann by phone"))
    kept = await customers.merge(staff(store), ann.id, guest.id)
    assert (kept.locale, (await customers.get(ann.id)).locale) == ("de", "")


async def test_files_carry_the_language_and_staff_read_it(
    store: Store, customers: CustomerService, staff: ActorFactory, owner: Visitor
) -> None:
    sam, quiet = staff(store), lambda _done, _total, _bad=0: None
    row = {"email": "ann@example.org", "language": "de_AT"}
    assert (await customers.import_customers(sam, [row], False, quiet)).written == 1
    (ann,) = await customers.find(sam, "ann@example.org")
    assert ann.locale == "de-AT"
    assert [one["language"] async for one in customers.export_customers(sam)] == ["de-AT"]
    bad = await customers.import_customers(sam, [{**row, "language": "Klingon"}], False, quiet)
    assert bad.problems == ((1, "“Klingon” is no language. Write it like de or en-GB."),)
    assert (await customers.get(ann.id)).locale == "de-AT"
    # Nothing that staff do changes it.
    await customers.change(sam, ann.id, CustomerChange(first_name="Ann"))
    page = await (await owner.get(f"/admin/customer/{ann.id}")).text()
    assert "German (Austria)" in page


@pytest.mark.parametrize("text", ["x" * 21, "12", "de--AT", "de\x00", "en-US-x-" + "a" * 20])
def test_what_is_no_language(text: str) -> None:
    with pytest.raises(Invalid):
        clean_locale(text)
