"""Every body that the bot sends is held against Discord's official description, strictly."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from guildshop.simulator import Simulator
from guildshop.simulator.validation import Validator, validator_for

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


CONTAINER = {"type": 17, "components": [
    {"type": 10, "content": "# Mug"},
    {"type": 14},
    {"type": 9, "components": [{"type": 10, "content": "3 left"}],
     "accessory": {"type": 2, "style": 5, "label": "Look", "url": "https://example.org"}},
    {"type": 1, "components": [{"type": 3, "custom_id": "s", "options": [{"label": "l", "value": "v"}]}]},
]}  # fmt: skip
ANSWERED: list[tuple[str, str, Any, int]] = [
    ("GET", "/users/@me", None, 200),
    ("GET", "/gateway/bot", None, 200),
    ("GET", "/applications/@me", None, 200),
    ("GET", "/guilds/{guild_id}", None, 200),
    ("GET", "/guilds/{guild_id}/channels", None, 200),
    ("GET", "/guilds/{guild_id}/roles", None, 200),
    ("POST", "/guilds/{guild_id}/roles", {"name": "New", "colors": {"primary_color": 5}}, 200),
    ("POST", "/guilds/{guild_id}/channels", {"name": "new"}, 201),
    ("GET", "/guilds/{guild_id}/members/{user_id}", None, 200),
    ("PUT", "/guilds/{guild_id}/members/{user_id}/roles/{role_id}", None, 204),
    ("GET", "/channels/{channel_id}", None, 200),
    ("GET", "/channels/{channel_id}/messages", None, 200),
    ("POST", "/channels/{channel_id}/messages", {"components": [CONTAINER], "flags": 1 << 15}, 200),
    ("POST", "/channels/{channel_id}/messages", {"embeds": [{"fields": [{"name": "n", "value": "v"}]}]}, 200),
    ("POST", "/channels/{channel_id}/threads", {"name": "Order 1", "type": 12}, 201),
    ("POST", "/channels/{channel_id}/typing", None, 204),
    ("POST", "/users/@me/channels", {"recipient_id": "1100000000000000012"}, 200),
    ("PUT", "/applications/{application_id}/commands", [{"name": "a", "description": "d"}], 200),
    ("GET", "/applications/{application_id}/commands", None, 200),
]  # fmt: skip


@pytest.mark.parametrize(("method", "route", "body", "status"), ANSWERED)
async def test_the_simulators_own_answers_fit(
    strict: Simulator, rest: Rest, method: str, route: str, body: Any, status: int
) -> None:
    path = route.format(
        guild_id=strict.guild_id("demo"),
        channel_id=strict.channel_id("shop"),
        user_id=strict.member("buyer").id,
        role_id=strict.role_id("vip"),
        application_id=strict.state.application["id"],
    )
    answered, answer = await rest(method, path, body)
    assert answered == status, answer
    assert validator_for(SPECS).answer(method, route, status, answer) is None
    assert strict.violations == []


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
