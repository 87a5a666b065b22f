"""Hold what the bot sends, and what it is sent, against Discord's official descriptions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from guildshop.simulator.errors import ApiError, invalid
from guildshop.simulator.json_types import Json

OPENAPI = "discord-openapi.json"
GATEWAY = "discord-gateway-events.schema.json"
PAYLOADS = {
    "READY": "Ready",
    "GUILD_CREATE": "GuildCreate",
    "GUILD_MEMBER_ADD": "GuildMemberAdd",
    "GUILD_MEMBER_UPDATE": "GuildMemberUpdate",
    "MESSAGE_CREATE": "MessageCreate",
    "INTERACTION_CREATE": "InteractionCreate",
    "HELLO": "Hello",
}
# What an unmodified discord.py sends beyond the description: keys of each schema.
TOLERATED: dict[str, tuple[str, ...]] = {
    "ApplicationCommandCreateRequest": ("nsfw",),
    "ApplicationCommandUpdateRequest": ("nsfw",),
    "ApplicationCommandPatchRequestPartial": ("nsfw",),
    "RichEmbed": ("flags",),
    "MessageEditRequestPartial": ("tts",),
    "IncomingWebhookUpdateRequestPartial": ("tts",),
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial": ("tts",),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A body or payload that the description does not allow: where, what and why."""

    what: str
    path: str
    message: str
    body: Any

    def as_error(self) -> ApiError:
        """Return the 400 that Discord would answer."""
        place = [step for step in self.path.strip("/").split("/") if step]
        return invalid(place, "SCHEMA_VIOLATION", f"{self.what}: {self.message}")


@cache
def validator_for(folder: Path) -> "Validator":
    """Return the validator of a folder of descriptions: reading them takes longer than a test."""
    return Validator(folder)


class Validator:
    """Compile a validator the first time that a route or payload is met. Needs `jsonschema-rs`."""

    def __init__(self, folder: Path) -> None:
        self._open = orjson.loads((folder / OPENAPI).read_bytes())
        self._openapi = _strict(orjson.loads((folder / OPENAPI).read_bytes()))
        self._gateway = _relaxed(orjson.loads((folder / GATEWAY).read_bytes()))
        self._routes = {
            (method.upper(), shape(path)): operation
            for path, operations in self._openapi["paths"].items()
            for method, operation in operations.items()
            if method in ("get", "post", "put", "patch", "delete")
        }
        self._request_validator = cache(self._compile_request)
        self._payload_validator = cache(self._compile_payload)

    def request(self, method: str, route: str, body: Any) -> Violation | None:
        """Return what is wrong with a request body, if anything."""
        key = (method, shape(route))
        what = f"{method} {route}"
        if key not in self._routes:
            return Violation(what, "", "The description has no such route.", body)
        validator = self._request_validator(key)
        if validator is None:
            return None if body in (None, {}) else Violation(what, "", "This route takes no body.", body)
        if body is None:
            return None
        return _first(validator, what, body)

    def answer(self, method: str, route: str, status: int, body: Any) -> Violation | None:
        """Return what is wrong with the simulator's own answer, if anything: unknown keys may be there."""
        what = f"{status} to {method} {route}"
        answers = self._routes[method, shape(route)]["responses"]
        if str(status) not in answers:
            return Violation(what, "", f"The description knows {', '.join(answers)} only.", body)
        schema = answers[str(status)].get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return None
        import jsonschema_rs

        validator = jsonschema_rs.Draft202012Validator({**schema, "components": self._open["components"]})
        return _first(validator, what, body)

    def payload(self, name: str, data: Json, sequence: int | None) -> Violation | None:
        """Return what is wrong with a gateway payload, if anything; events not described pass."""
        if name not in PAYLOADS:
            return None
        op = 10 if name == "HELLO" else 0
        whole = {"op": op, "t": None if op else name, "s": sequence, "d": data}
        return _first(self._payload_validator(name), f"gateway {name}", orjson.loads(orjson.dumps(whole)))

    def _compile_request(self, key: tuple[str, str]) -> Any:
        import jsonschema_rs

        content = self._routes[key].get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            return None
        return jsonschema_rs.Draft202012Validator({**schema, "components": self._openapi["components"]})

    def _compile_payload(self, name: str) -> Any:
        import jsonschema_rs

        root = {"$ref": f"#/definitions/{PAYLOADS[name]}", "definitions": self._gateway["definitions"]}
        return jsonschema_rs.Draft7Validator(root)


def _first(validator: Any, what: str, body: Any) -> Violation | None:
    if validator.is_valid(body):
        return None
    problem = _deepest(next(iter(validator.iter_errors(body))))
    path = "/".join(str(step) for step in problem.instance_path)
    return Violation(what, path, problem.message[:2000], body)


def _deepest(problem: Any) -> Any:
    """Return the complaint that goes furthest into the body: of a union, the branch that nearly fits."""
    branches = getattr(problem.kind, "context", None) or ()
    inner = [min((_deepest(p) for p in branch), key=_depth) for branch in branches if branch]
    return max(inner, key=_depth, default=problem)


def _depth(problem: Any) -> int:
    return len(problem.instance_path)


def shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def _relaxed(gateway: Json) -> Json:
    """Take sums of flags, which the schema lists as single values, and the channels of GUILD_CREATE.

    The generator turned the excluded thread types into "no type at all" there.
    """
    definitions = gateway["definitions"]
    for name in definitions:
        if name.endswith("Flags"):
            definitions[name] = {"type": "integer"}
    definitions["GatewayGuildCreateDispatchData"]["properties"]["channels"]["items"] = {
        "$ref": "#/definitions/APIChannel"
    }
    return gateway


def _strict(openapi: Json) -> Json:
    """Forbid unknown keys in every object of the description, and take IDs as strings or integers."""
    spec = openapi
    schemas = spec["components"]["schemas"]
    for name, keys in TOLERATED.items():
        if name in schemas:
            for key in keys:
                schemas[name].setdefault("properties", {}).setdefault(key, {})
    schemas["SnowflakeType"] = {"anyOf": [{"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}, {"type": "integer"}]}
    for node in _objects(spec):
        if "properties" in node and "additionalProperties" not in node:
            node["additionalProperties"] = False
    return spec


def _objects(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        if node.get("type") == "object" or (isinstance(node.get("type"), list) and "object" in node["type"]):
            yield node
        for child in node.values():
            yield from _objects(child)
    elif isinstance(node, list):
        for child in node:
            yield from _objects(child)
