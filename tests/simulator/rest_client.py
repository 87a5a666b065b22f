"""Ask the simulator's REST API as a bot without a library would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from guildshop.simulator import Simulator
from guildshop.simulator.interactions import Interaction


class Rest:
    """Requests with the bot's token; answers are (status, JSON)."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession) -> None:
        self._sim = sim
        self._session = session
        self.headers: Any = {}

    async def __call__(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """Ask."""
        headers = {"Authorization": self._sim.authorization}
        url = self._sim.api_url + path
        async with self._session.request(method, url, json=body, headers=headers, params=query) as answer:
            self.headers = answer.headers
            return answer.status, await answer.json() if answer.status != 204 else None

    async def answer(self, interaction: Interaction, kind: int, **data: Any) -> tuple[int, Any]:
        """Call an interaction back."""
        body = {"type": kind, **({"data": data} if data else {})}
        return await self("POST", f"/interactions/{interaction.id}/{interaction.token}/callback", body)

    async def follow_up(self, interaction: Interaction, method: str = "POST", path: str = "", body: Any = None) -> Any:
        """Use an interaction's webhook."""
        application_id = self._sim.state.application["id"]
        return await self(method, f"/webhooks/{application_id}/{interaction.token}{path}", body)


@asynccontextmanager
async def rest_of(sim: Simulator) -> AsyncIterator[Rest]:
    """Connect to the gateway with no intents, so that interactions have somewhere to go, and ask REST."""
    identify = {"op": 2, "d": {"token": sim.token, "intents": 0, "properties": {}}}
    async with aiohttp.ClientSession() as session, session.ws_connect(sim.gateway_url) as socket:
        await socket.receive()
        await socket.send_json(identify)
        await sim.wait_for(lambda: sim.gateway.online)
        yield Rest(sim, session)
