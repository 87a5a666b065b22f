"""Every body that the bot sends is held against Discord's official description, strictly."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from guildshop.simulator import Simulator
from guildshop.simulator.validation import Validator

from .conftest import SPECS
from .rest_client import Rest, rest_of

pytestmark = pytest.mark.skipif(
    not (SPECS / "discord-openapi.json").exists(), reason=f"the official descriptions are not in {SPECS}"
)


@pytest.fixture
async def strict() -> AsyncIterator[Simulator]:
    """A simulator that holds bodies against the description."""
    simulator = Simulator(validate=SPECS)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def rest(strict: Simulator) -> AsyncIterator[Rest]:
    """Requests as the bot."""
    async with rest_of(strict) as client:
        yield client


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"contents": "c"}, ""),
        ({"content": 5}, "content"),
        ({"content": "c", "embeds": [{"titel": "t"}]}, "embeds/0"),
        ({"content": "c", "components": [{"type": 1, "components": [{"type": 2, "style": 99, "custom_id": "a"}]}]},
         "components/0/components/0"),
    ],
)  # fmt: skip
async def test_what_the_description_does_not_know_is_recorded_and_refused(
    strict: Simulator, rest: Rest, body: dict[str, Any], path: str
) -> None:
    status, answer = await rest("POST", f"/channels/{strict.channel_id('shop')}/messages", body)
    assert (status, answer["code"]) == (400, 50035)
    (violation,) = strict.violations
    assert violation.what == "POST /channels/{channel_id}/messages"
    assert violation.path.startswith(path)
    assert strict.messages("shop") == []


async def test_a_misspelt_key_deep_in_a_callback_is_found(strict: Simulator, rest: Rest) -> None:
    data = {"id": "1", "name": "order", "type": 1}
    interaction = strict.interactions.start(2, strict.member("buyer").id, strict.channel_id("shop"), data)
    button = {"type": 2, "style": 1, "custom_id": "a", "lable": "Go"}
    rows = [{"type": 1, "components": [button]}]
    assert (await rest.answer(interaction, 4, content="c", components=rows))[0] == 400
    assert len(strict.violations) == 1
    assert not interaction.acknowledged


def test_ids_may_be_integers_and_discord_py_is_tolerated() -> None:
    validator = Validator(SPECS)
    assert validator.request("POST", "/users/@me/channels", {"recipient_id": 1100000000000000012}) is None
    embed = {"title": "t", "flags": 0}
    assert validator.request("POST", "/channels/{channel_id}/messages", {"embeds": [embed]}) is None
    path = "/channels/{channel_id}/messages/{message_id}"
    assert validator.request("PATCH", path, {"content": "c", "tts": False}) is None


def test_a_wrong_gateway_payload_is_found() -> None:
    validator = Validator(SPECS)
    assert validator.payload("HELLO", {"heartbeat_interval": 41250}, None) is None
    assert validator.payload("HELLO", {"heartbeat_interval": "soon"}, None) is not None
    assert validator.payload("SOMETHING_ELSE", {}, 1) is None


def test_every_route_of_the_simulator_is_in_the_description() -> None:
    import orjson

    from guildshop.simulator.rest import channels, commands, guilds, interactions, messages, users, webhooks
    from guildshop.simulator.validation import OPENAPI, shape

    described = {
        (method.upper(), shape(path))
        for path, operations in orjson.loads((Path(SPECS) / OPENAPI).read_bytes())["paths"].items()
        for method in operations
    }
    known = {
        (route.method, shape(route.path))
        for subject in (channels, commands, guilds, interactions, messages, users, webhooks)
        for route in subject.routes.routes
    }
    # discord.py asks these; the description leaves them out or names them otherwise.
    left_out = {("GET", "/skus/{}/subscriptions")}
    assert known - described - left_out == set()
