"""The store in scope: only there where an edge has set it."""

from __future__ import annotations

import asyncio

import pytest

from guildshop.errors import ScopeError
from guildshop.tenancy import current_store, every_store, scope, set_store


def test_no_scope_is_an_error() -> None:
    with pytest.raises(ScopeError, match="No store is in scope"):
        current_store()


def test_scopes_nest_and_end() -> None:
    with scope(1):
        with scope(2):
            assert current_store() == 2
        assert current_store() == 1
        with every_store(), pytest.raises(ScopeError, match="Every store"):
            current_store()
    with pytest.raises(ScopeError):
        current_store()


async def test_tasks_have_their_own_scope() -> None:
    entered = asyncio.Barrier(3)

    async def edge(store: int) -> int:
        set_store(store)
        await entered.wait()
        return current_store()

    assert await asyncio.gather(*(edge(store) for store in (1, 2, 3))) == [1, 2, 3]
    with pytest.raises(ScopeError):
        current_store()


async def test_child_task_inherits_the_scope() -> None:
    async def child() -> int:
        return current_store()

    with scope(7):
        task = asyncio.create_task(child())
    assert await task == 7
