"""What each role of the staff may do with customers beside the pages: reveal, import and export, from file to audit."""

from __future__ import annotations

from pathlib import Path

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden
from guildshop.importing import import_kind, import_sheet
from guildshop.permissions import TEMPLATES, Actor
from guildshop.plugins.customers.api import CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.testing import ActorFactory


async def _deeds(app: App, store: Store, actor: Actor) -> list[str]:
    rows = await app.database.fetch(
        "SELECT action FROM audit_entry WHERE store = :store AND actor_name = :name ORDER BY action",
        store=store.id,
        name=actor.name,
    )
    return [row["action"] for row in rows]


async def test_each_role_reveals_imports_and_exports_what_it_may(
    app: App, customers: CustomerService, store: Store, staff: ActorFactory, tmp_path: Path
) -> None:
    ada = await customers.create(staff(store), CustomerInput(display_name="Ada", email="ada@example.org"))
    kind, file = import_kind(app, "customers"), tmp_path / "customers.csv"
    assert kind.export is not None
    for number, role in enumerate(TEMPLATES):
        actor = staff(store, role, name=role)
        file.write_text(f"email,display_name\nada@example.org,Ada {number}\n")
        before = await customers.get(ada.id)
        done: list[str] = []
        if actor.may("customer.update"):
            assert (await import_sheet(app, actor, kind, file)).written == 1
            assert (await customers.get(ada.id)).display_name == f"Ada {number}"
            done.append("customer.import")
        else:
            with pytest.raises(Forbidden, match=r"“customer\.update”, which your role does not have"):
                await import_sheet(app, actor, kind, file)
            assert await customers.get(ada.id) == before
        assert [row["email"] async for row in kind.export(actor)] == ["ada@example.org"]
        assert await customers.reveal_email(actor, ada.id) == "ada@example.org"
        assert await _deeds(app, store, actor) == [*done, "customer.reveal"]
    nobody = staff(store, "order.read", name="Nobody")
    with pytest.raises(Forbidden):
        await customers.reveal_email(nobody, ada.id)
    with pytest.raises(Forbidden):
        _rows = [row async for row in kind.export(nobody)]
    assert await _deeds(app, store, nobody) == []
