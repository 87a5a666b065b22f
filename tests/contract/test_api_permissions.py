"""Each operation of the JSON API says which permission it needs, and refuses whoever lacks it before all else."""

from __future__ import annotations

import re
from uuid import uuid4

from guildshop.app import App
from guildshop.stores import Store
from guildshop.web.tokens import TokenService

from ..plugins.robot import Robot, robot
from ..rows import everything

__all__ = ["robot"]

FOR_ALL = {"GET /store"}
"""What needs nothing but a token."""


async def test_no_operation_does_anything_for_a_token_whose_scopes_leave_it_out(
    robot: Robot, app: App, store: Store
) -> None:
    described = await robot.get("/openapi.json")
    operations = {
        f"{method.upper()} {path}": operation.get("x-permissions", [])
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert {name for name, needed in operations.items() if not needed} == FOR_ALL
    assert {one for needed in operations.values() for one in needed} <= set(app.permissions.permissions)
    tokens = {
        scope: await TokenService(app).create("Robot", store.id, scopes=[scope])
        for scope in ("event.read", "order.read")
    }
    before = await everything(app, store.id)
    for name, needed in operations.items():
        if not needed:
            continue
        method, _space, path = name.partition(" ")
        # An address that names nothing, and a body that nothing takes: neither is looked at.
        robot.token = tokens["order.read" if "event.read" in needed else "event.read"]
        status, answer = await robot.call(
            method, re.sub(r"\{[^}]+\}", str(uuid4()), path), None if method == "GET" else {"none": "of it"}
        )
        assert (status, any(one in answer["detail"] for one in needed)) == (403, True), (name, status, answer)
    assert await everything(app, store.id) == before
