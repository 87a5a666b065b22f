"""A program that calls the JSON API with a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from guildshop.app import App
from guildshop.stores import Store
from guildshop.web.testing import Visitor

from ..rows import everything


@dataclass
class Robot:
    """Calls with a token of an owner; `call` returns the status and the decoded answer."""

    app: App
    store: int
    http: aiohttp.ClientSession
    token: str

    async def call(self, method: str, path: str, body: Any = None, *, key: str = "") -> tuple[int, Any]:
        """Send a request to the API, with an Idempotency-Key if one is given."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        given = {} if body is None else {"json": body}
        async with self.http.request(method, f"/api{path}", headers=headers, **given) as answer:
            text = await answer.text()
            return answer.status, (await answer.json(content_type=None) if text else None)

    async def get(self, path: str, status: int = 200) -> Any:
        """Return what is read at an address."""
        found, answer = await self.call("GET", path)
        assert found == status, (path, found, str(answer)[:500])
        return answer

    async def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        """Do something twice with one key, which must do it once, and return the answer."""
        key = f"{path}-{len(str(body))}-{status}"
        found, answer = await self.call("POST", path, body, key=key)
        assert found == status, (path, found, str(answer)[:500])
        before = await everything(self.app, self.store)
        assert await self.call("POST", path, body, key=key) == (found, answer), path
        assert await everything(self.app, self.store) == before, path
        return answer

    async def refuses(self, status: int, *requests: tuple[str, str, Any]) -> None:
        """Send what is not acceptable, and see that it changes nothing."""
        before = await everything(self.app, self.store)
        for method, path, body in requests:
            found, answer = await self.call(method, path, body)
            assert found == status, (method, path, str(body)[:200], found, str(answer)[:500])
            assert answer["detail"]
        assert await everything(self.app, self.store) == before


@pytest.fixture
def robot(app: App, store: Store, visitor: Visitor, token: str) -> Robot:
    """A program with the token of an owner."""
    return Robot(app, store.id, visitor.http, token)
