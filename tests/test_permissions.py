"""Templates and the store's changes decide what an actor may do."""

import pytest

from guildshop.errors import Forbidden
from guildshop.permissions import ADMIN, OWNER, SUPPORT, TEMPLATES, Actor, ActorKind, Permission, PermissionTable

READ = Permission("order.read", "Read orders", frozenset({SUPPORT}))
DELETE = Permission("order.delete", "Delete orders")


@pytest.fixture
def table() -> PermissionTable:
    return PermissionTable([READ, DELETE])


def test_owner_and_admin_have_everything(table: PermissionTable) -> None:
    assert table.of(OWNER) == table.of(ADMIN) == {"order.read", "order.delete"}


def test_a_template_has_what_the_permission_lists(table: PermissionTable) -> None:
    assert table.of(SUPPORT) == {"order.read"}


def test_a_store_can_give_and_take(table: PermissionTable) -> None:
    changes = {SUPPORT: {"order.read": False, "order.delete": True}, ADMIN: {"order.delete": False}}
    assert table.of(SUPPORT, changes) == {"order.delete"}
    assert table.of(ADMIN, changes) == {"order.read"}


def test_nobody_can_take_from_the_owner(table: PermissionTable) -> None:
    assert table.of(OWNER, {OWNER: {"order.read": False}}) == {"order.read", "order.delete"}


def test_an_unknown_template_has_nothing(table: PermissionTable) -> None:
    assert table.of("Janitor") == frozenset()
    assert "Janitor" not in TEMPLATES


def test_a_name_is_registered_once(table: PermissionTable) -> None:
    with pytest.raises(ValueError, match=r"order\.read is registered twice"):
        table.add(READ)


def test_require_names_the_permission() -> None:
    actor = Actor(ActorKind.MEMBER, "42", "Ann", 1, frozenset({"order.read"}))
    actor.require("order.read")
    with pytest.raises(Forbidden, match=r"“order\.delete”"):
        actor.require("order.delete")


def test_the_system_may_do_everything() -> None:
    assert Actor.system(1, "orders.expire").may("anything.at_all")
