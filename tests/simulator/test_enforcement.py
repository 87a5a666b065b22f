"""What the OpenAPI description does not encode is refused as Discord refuses it, and changes nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from guildshop.simulator import Simulator, demo_world
from guildshop.simulator.interactions import COMMAND, COMPONENT, Interaction
from guildshop.simulator.state import Message

from .rest_client import Rest, rest_of

V2 = 1 << 15


@pytest.fixture
async def open_sim() -> AsyncIterator[Simulator]:
    """A simulator that does not hold bodies against the description: only its own rules apply."""
    simulator = Simulator(world=demo_world(second_guild=True))
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def rest(open_sim: Simulator) -> AsyncIterator[Rest]:
    """Requests as the bot."""
    async with rest_of(open_sim) as client:
        yield client


def button(custom_id: str = "a", **more: Any) -> dict[str, Any]:
    """A button."""
    return {"type": 2, "style": 1, "label": "Go", "custom_id": custom_id, **more}


def row(*children: dict[str, Any]) -> dict[str, Any]:
    """A row."""
    return {"type": 1, "components": list(children)}


def select(options: int = 2, **more: Any) -> dict[str, Any]:
    """A string select."""
    made = [{"label": f"Option {i}", "value": str(i)} for i in range(options)]
    return {"type": 3, "custom_id": "s", "options": made, **more}


EMBED = {"title": "t", "description": "d" * 3000}
TEXT = {"type": 10, "content": "text"}

REFUSED_MESSAGES: list[tuple[str, dict[str, Any], int, str]] = [
    ("empty", {}, 50006, ""),
    ("content too long", {"content": "x" * 2001}, 50035, "content"),
    ("embeds together too long", {"embeds": [EMBED, EMBED]}, 50035, "embeds"),
    ("eleven embeds", {"embeds": [{"title": "t"}] * 11}, 50035, "embeds"),
    ("embed title", {"embeds": [{"title": "t" * 257}]}, 50035, "embeds"),
    ("embed without anything", {"embeds": [{"color": 1}]}, 50035, "embeds"),
    ("field without value", {"embeds": [{"fields": [{"name": "n", "value": ""}]}]}, 50035, "embeds"),
    ("26 fields", {"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]}, 50035, "embeds"),
    ("six rows", {"content": "c", "components": [row(button(str(i))) for i in range(6)]}, 50035, "components"),
    ("six buttons", {"content": "c", "components": [row(*(button(str(i)) for i in range(6)))]}, 50035, "components"),
    ("same custom_id", {"content": "c", "components": [row(button("a"), button("a"))]}, 50035, "components"),
    ("link with custom_id", {"content": "c", "components": [row(button(style=5, url="https://a.b"))]}, 50035,
     "components"),
    ("button with url", {"content": "c", "components": [row(button(url="https://a.b"))]}, 50035, "components"),
    ("button without label", {"content": "c", "components": [row(button(label=""))]}, 50035, "components"),
    ("long label", {"content": "c", "components": [row(button(label="x" * 81))]}, 50035, "components"),
    ("long custom_id", {"content": "c", "components": [row(button("x" * 101))]}, 50035, "components"),
    ("26 options", {"content": "c", "components": [row(select(26))]}, 50035, "components"),
    ("select beside button", {"content": "c", "components": [row(select(), button())]}, 50035, "components"),
    ("min_values above max_values", {"content": "c", "components": [row(select(min_values=2))]}, 50035, "components"),
    ("more values than options", {"content": "c", "components": [row(select(max_values=3))]}, 50035, "components"),
    ("V2 without its flag", {"components": [TEXT]}, 50035, "components"),
    ("V2 with content", {"content": "c", "components": [TEXT], "flags": V2}, 50035, "content"),
    ("V2 with embeds", {"embeds": [{"title": "t"}], "components": [TEXT], "flags": V2}, 50035, "embeds"),
    ("41 components", {"components": [TEXT] * 41, "flags": V2}, 50035, "components"),
    ("V2 text too long", {"components": [{"type": 10, "content": "x" * 4001}], "flags": V2}, 50035, "components"),
    ("empty container", {"components": [{"type": 17, "components": []}], "flags": V2}, 50035, "components"),
    ("section without accessory", {"components": [{"type": 9, "components": [TEXT]}], "flags": V2}, 50035,
     "components"),
    ("unknown file", {"content": "c", "attachments": [{"id": 0, "filename": "a"}]}, 50035, "attachments"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "field"), [case[1:] for case in REFUSED_MESSAGES],
                         ids=[case[0] for case in REFUSED_MESSAGES])  # fmt: skip
async def test_messages_that_discord_refuses(
    open_sim: Simulator, rest: Rest, body: dict[str, Any], code: int, field: str
) -> None:
    status, answer = await rest("POST", f"/channels/{open_sim.channel_id('shop')}/messages", body)
    assert (status, answer["code"]) == (400, code)
    if field:
        assert field in answer["errors"]
    assert open_sim.messages("shop") == []


async def test_full_messages_pass(open_sim: Simulator, rest: Rest) -> None:
    path = f"/channels/{open_sim.channel_id('shop')}/messages"
    rows = [row(*(button(f"{i}.{j}") for j in range(5))) for i in range(5)]
    status, _ = await rest("POST", path, {"content": "x" * 2000, "components": rows})
    assert status == 200
    container = {"type": 17, "components": [TEXT] * 39}
    status, _ = await rest("POST", path, {"components": [container], "flags": V2})
    assert status == 200


async def test_v2_cannot_be_taken_off(open_sim: Simulator, rest: Rest) -> None:
    path = f"/channels/{open_sim.channel_id('shop')}/messages"
    _, message = await rest("POST", path, {"components": [TEXT], "flags": V2})
    for body, field in (({"flags": 0, "components": [TEXT]}, "flags"), ({"content": "c"}, "content")):
        status, answer = await rest("PATCH", f"{path}/{message['id']}", body)
        assert status == 400
        assert field in answer["errors"]
    assert open_sim.messages("shop")[0].text == "text"


def command(name: str = "a", **more: Any) -> dict[str, Any]:
    """A chat command."""
    return {"name": name, "description": "d", "type": 1, **more}


def option(name: str, kind: int = 3, **more: Any) -> dict[str, Any]:
    """An option."""
    return {"name": name, "description": "d", "type": kind, **more}


REFUSED_COMMANDS: list[tuple[str, list[dict[str, Any]], int]] = [
    ("101 commands", [command(f"c{i}") for i in range(101)], 30032),
    ("same name", [command(), command()], 50035),
    ("capital letters", [command("Order")], 50035),
    ("spaces", [command("two words")], 50035),
    ("no description", [command(description="")], 50035),
    ("required after optional", [command(options=[option("a"), option("b", required=True)])], 50035),
    ("same option", [command(options=[option("a"), option("a")])], 50035),
    ("26 options", [command(options=[option(f"o{i}") for i in range(26)])], 50035),
    ("subcommand beside option", [command(options=[option("a"), option("b", 1)])], 50035),
    ("choices and autocomplete", [command(options=[option("a", choices=[{"name": "n", "value": "v"}],
                                                          autocomplete=True)])], 50035),
    ("autocomplete of a user", [command(options=[option("a", 6, autocomplete=True)])], 50035),
    ("menu with description", [{"name": "Look up", "type": 2, "description": "d"}], 50035),
]  # fmt: skip


@pytest.mark.parametrize(("commands", "code"), [case[1:] for case in REFUSED_COMMANDS],
                         ids=[case[0] for case in REFUSED_COMMANDS])  # fmt: skip
async def test_commands_that_discord_refuses(
    open_sim: Simulator, rest: Rest, commands: list[dict[str, Any]], code: int
) -> None:
    path = f"/applications/{open_sim.state.application['id']}/guilds/{open_sim.guild_id('demo')}/commands"
    status, answer = await rest("PUT", path, commands)
    assert (status, answer["code"]) == (400, code)
    assert await rest("GET", path) == (200, [])


async def test_a_hundred_commands_pass_and_keep_their_ids(open_sim: Simulator, rest: Rest) -> None:
    path = f"/applications/{open_sim.state.application['id']}/guilds/{open_sim.guild_id('demo')}/commands"
    status, first = await rest("PUT", path, [command(f"c{i}") for i in range(100)])
    assert status == 200
    _, second = await rest("PUT", path, [command(f"c{i}", description="new") for i in range(50)])
    assert [c["id"] for c in second] == [c["id"] for c in first[:50]]


def use(sim: Simulator, kind: int = COMMAND, source: Message | None = None) -> Interaction:
    """Send an interaction as the buyer."""
    data: dict[str, Any] = {"id": "1", "name": "order", "type": 1}
    if kind == COMPONENT:
        data = {"custom_id": "a", "component_type": 2}
    return sim.interactions.start(kind, sim.member("buyer").id, sim.channel_id("shop"), data, source=source)


async def test_a_second_acknowledgement_is_refused(open_sim: Simulator, rest: Rest) -> None:
    interaction = use(open_sim)
    assert (await rest.answer(interaction, 4, content="one"))[0] == 204
    status, answer = await rest.answer(interaction, 4, content="two")
    assert (status, answer["code"]) == (400, 40060)
    assert [m.content for m in open_sim.messages("shop")] == ["one"]


@pytest.mark.parametrize("callback", [1, 6, 7, 8, 12])
async def test_callbacks_must_fit_the_interaction(open_sim: Simulator, rest: Rest, callback: int) -> None:
    interaction = use(open_sim)
    status, answer = await rest.answer(interaction, callback, content="c")
    assert (status, answer["code"]) == (400, 50035)
    assert not interaction.acknowledged


async def test_no_modal_after_a_modal(open_sim: Simulator, rest: Rest) -> None:
    interaction = open_sim.interactions.start(
        5, open_sim.member("buyer").id, open_sim.channel_id("shop"), {"custom_id": "m", "components": []}
    )
    modal = {
        "title": "t",
        "custom_id": "m",
        "components": [row({"type": 4, "custom_id": "f", "style": 1, "label": "l"})],
    }
    assert (await rest.answer(interaction, 9, **modal))[1]["code"] == 50035
    assert (await rest.answer(interaction, 7, content="c"))[1]["code"] == 50035  # it came from no component


async def test_tokens_end_after_fifteen_minutes(open_sim: Simulator, rest: Rest) -> None:
    interaction = use(open_sim)
    assert (await rest.follow_up(interaction, body={"content": "early"}))[1]["code"] == 10015
    await rest.answer(interaction, 5)
    interaction.created -= 15 * 60 + 1
    status, answer = await rest.follow_up(interaction, body={"content": "late"})
    assert (status, answer["code"]) == (401, 50027)
    assert (await rest.follow_up(interaction, "PATCH", "/messages/@original", {"content": "l"}))[1]["code"] == 50027


async def test_ephemeral_messages_exist_for_their_token_alone(open_sim: Simulator, rest: Rest) -> None:
    interaction = use(open_sim)
    await rest.answer(interaction, 4, content="secret", flags=64)
    status, original = await rest.follow_up(interaction, "GET", "/messages/@original")
    assert (status, original["content"], original["flags"]) == (200, "secret", 64)
    path = f"/channels/{open_sim.channel_id('shop')}/messages"
    for method, body in (("GET", None), ("PATCH", {"content": "open"}), ("DELETE", None)):
        assert (await rest(method, f"{path}/{original['id']}", body))[1]["code"] == 10008
    assert await rest("GET", path) == (200, [])
    assert (await rest.follow_up(interaction, "PATCH", "/messages/@original", {"content": "new"}))[0] == 200
    other = use(open_sim)
    await rest.answer(other, 5)
    assert (await rest.follow_up(other, "PATCH", f"/messages/{original['id']}", {"content": "x"}))[1]["code"] == 10008


async def test_with_response_returns_the_message(open_sim: Simulator, rest: Rest) -> None:
    interaction = use(open_sim)
    path = f"/interactions/{interaction.id}/{interaction.token}/callback"
    status, answer = await rest("POST", path, {"type": 4, "data": {"content": "c"}}, with_response="1")
    assert status == 200
    assert answer["resource"]["message"]["content"] == "c"
    assert answer["interaction"]["response_message_id"] == answer["resource"]["message"]["id"]


UNKNOWN: list[tuple[str, str, int]] = [
    ("GET", "/channels/1", 10003),
    ("GET", "/channels/{shop}/messages/1", 10008),
    ("GET", "/guilds/1", 10004),
    ("GET", "/guilds/{demo}/members/1", 10013),
    ("GET", "/guilds/{demo}/members/{newcomer}", 10007),
    ("GET", "/users/1", 10013),
    ("PUT", "/guilds/{demo}/members/{buyer}/roles/1", 10011),
    ("PUT", "/guilds/{demo}/members/{newcomer}/roles/{vip}", 10007),
    ("PUT", "/guilds/{demo}/members/{buyer}/roles/{bot}", 50013),
    ("GET", "/applications/{app}/commands/1", 10063),
    ("GET", "/applications/1/commands", 10002),
    ("POST", "/interactions/1/x/callback", 10062),
    ("POST", "/webhooks/{app}/x", 10015),
]


@pytest.mark.parametrize(("method", "path", "code"), UNKNOWN)
async def test_unknown_things(open_sim: Simulator, rest: Rest, method: str, path: str, code: int) -> None:
    known = {
        "shop": open_sim.channel_id("shop"),
        "demo": open_sim.guild_id("demo"),
        "buyer": open_sim.member("buyer").id,
        "newcomer": open_sim.member("newcomer").id,
        "vip": open_sim.role_id("vip"),
        "bot": open_sim.role_id("bot"),
        "app": open_sim.state.application["id"],
    }
    status, answer = await rest(method, path.format(**known), {"content": "c", "type": 4})
    assert (status >= 400, answer["code"]) == (True, code)


async def test_missing_permissions(open_sim: Simulator, rest: Rest) -> None:
    guild = open_sim.state.guilds[open_sim.guild_id("demo")]
    own = guild.roles[open_sim.role_id("bot")]
    buyer, vip = open_sim.member("buyer"), open_sim.role_id("vip")
    own["permissions"] = "0"
    status, answer = await rest("PUT", f"/guilds/{guild.id}/members/{buyer.id}/roles/{vip}")
    assert (status, answer["code"]) == (403, 50013)
    assert buyer.roles() == []
    orders = open_sim.state.channels[open_sim.channel_id("orders")]
    orders["permission_overwrites"] = orders["permission_overwrites"][:1]
    status, answer = await rest("POST", f"/channels/{orders['id']}/messages", {"content": "c"})
    assert (status, answer["code"]) == (403, 50001)
    assert open_sim.messages("orders") == []


async def test_roles_are_created_below_and_moved_not_above(open_sim: Simulator, rest: Rest) -> None:
    guild = open_sim.guild_id("demo")
    status, role = await rest("POST", f"/guilds/{guild}/roles", {"name": "New", "permissions": "0"})
    assert (status, role["position"]) == (200, 1)
    top = open_sim.state.guilds[guild].roles[open_sim.role_id("bot")]["position"]
    assert (await rest("PATCH", f"/guilds/{guild}/roles", [{"id": role["id"], "position": top}]))[1]["code"] == 50013
    assert (await rest("PATCH", f"/guilds/{guild}/roles", [{"id": role["id"], "position": 3}]))[0] == 200
    assert open_sim.state.guilds[guild].roles[role["id"]]["position"] == 3
    assert (await rest("DELETE", f"/guilds/{guild}/roles/{role['id']}"))[0] == 204


async def test_dms_need_a_guild_in_common(open_sim: Simulator, rest: Rest) -> None:
    newcomer = open_sim.member("newcomer")
    _, channel = await rest("POST", "/users/@me/channels", {"recipient_id": newcomer.id})
    status, answer = await rest("POST", f"/channels/{channel['id']}/messages", {"content": "c"})
    assert (status, answer["code"]) == (403, 50007)
    newcomer.join()
    assert (await rest("POST", f"/channels/{channel['id']}/messages", {"content": "c"}))[0] == 200


async def test_private_threads(open_sim: Simulator, rest: Rest) -> None:
    buyer = open_sim.member("buyer")
    body = {"name": "Order 1", "type": 12, "invitable": False}
    status, thread = await rest("POST", f"/channels/{open_sim.channel_id('shop')}/threads", body)
    assert status == 201
    assert (await rest("PUT", f"/channels/{thread['id']}/thread-members/{buyer.id}"))[0] == 204
    assert (await rest("POST", f"/channels/{thread['id']}/messages", {"content": "c"}))[0] == 200
    assert (await rest("PATCH", f"/channels/{thread['id']}", {"archived": True, "locked": True}))[0] == 200
    assert (await rest("PUT", f"/channels/{thread['id']}/thread-members/{buyer.id}"))[1]["code"] == 50083
