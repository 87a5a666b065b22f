"""What Discord's own client does: find a command, build its options, refuse what its form would not accept."""

from collections.abc import Mapping, Sequence
from typing import Any

from guildshop.simulator import permissions as p
from guildshop.simulator.errors import invalid
from guildshop.simulator.json_types import Json
from guildshop.simulator.state import State

STRING, INTEGER, BOOLEAN, NUMBER = 3, 4, 5, 10


class SimulatorError(AssertionError):
    """Something that Discord's client would not let a person do."""


def find_command(
    state: State, guild_id: str | None, user_id: str, name: str, kind: int = 1, *, stale: bool = False
) -> Json:
    """Return the command that a person sees under this name. `stale`: also what was removed or is not permitted."""
    known = [c for c in state.commands_for(guild_id) if c["type"] == kind]
    found = next((c for c in known if c["name"] == name), None)
    if found is not None and (stale or p.may_use(state, found, guild_id, user_id)):
        return found
    if stale:
        old = [c for c in state.retired_commands.values() if c["name"] == name and c["type"] == kind]
        if old:
            return old[-1]
    if found is not None:
        needed = found["default_member_permissions"]
        raise SimulatorError(f"/{name} is not shown to user {user_id}: it needs permissions {needed}.")
    names = ", ".join(sorted(c["name"] for c in known)) or "none"
    raise SimulatorError(f"There is no command {name!r} here. Registered: {names}.")


def leaf(command: Json, words: Sequence[str]) -> Json:
    """Return the command or subcommand that `words` lead to."""
    node = command
    for word in words:
        inside = [option for option in node.get("options", ()) if option["type"] in (1, 2)]
        found = next((option for option in inside if option["name"] == word), None)
        if found is None:
            names = ", ".join(option["name"] for option in inside) or "none"
            raise SimulatorError(f"{node['name']!r} has no subcommand {word!r}. It has: {names}.")
        node = found
    if any(option["type"] in (1, 2) for option in node.get("options", ())):
        raise SimulatorError(f"{node['name']!r} needs a subcommand.")
    return node


def command_data(command: Json, words: Sequence[str], options: list[Json]) -> Json:
    """Return an interaction's `data` for a chat command, subcommands nested."""
    node = command
    kinds: list[Json] = []
    for word in words:
        node = next(option for option in node["options"] if option["name"] == word)
        kinds.append(node)
    for inner in reversed(kinds):
        options = [{"name": inner["name"], "type": inner["type"], "options": options}]
    data: Json = {"id": command["id"], "name": command["name"], "type": 1}
    if options:
        data["options"] = options
    if command.get("guild_id"):
        data["guild_id"] = command["guild_id"]
    return data


def check_options(node: Json, given: Mapping[str, Any], *, partial: bool = False) -> None:
    """Raise SimulatorError for what the client's form would refuse. `partial`: while still typing."""
    known = {option["name"]: option for option in node.get("options", ())}
    for name in given:
        if name not in known:
            raise SimulatorError(f"{node['name']!r} has no option {name!r}. It has: {', '.join(known) or 'none'}.")
    for name, option in known.items():
        if name not in given:
            if option.get("required") and not partial:
                raise SimulatorError(f"Option {name!r} of {node['name']!r} is required.")
            continue
        if not partial:
            _check_value(node, option, given[name])


def _check_value(node: Json, option: Json, value: Any) -> None:
    name = f"{node['name']} {option['name']}"
    kind = option["type"]
    if kind == BOOLEAN and not isinstance(value, bool):
        raise SimulatorError(f"{name} takes true or false, not {value!r}.")
    if kind in (INTEGER, NUMBER):
        if isinstance(value, bool) or not isinstance(value, int | float) or (kind == INTEGER and value != int(value)):
            raise SimulatorError(f"{name} takes a number, not {value!r}.")
        low, high = option.get("min_value"), option.get("max_value")
        if (low is not None and value < low) or (high is not None and value > high):
            raise SimulatorError(f"{name} takes {low} to {high}, not {value}.")
    if kind == STRING:
        low, high = option.get("min_length") or 0, option.get("max_length") or 6000
        if not isinstance(value, str) or not low <= len(value) <= high:
            raise SimulatorError(f"{name} takes a text of {low} to {high} characters, not {value!r}.")
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        raise SimulatorError(f"{name} takes one of {[choice['value'] for choice in choices]}, not {value!r}.")


def check_sent(command: Json, data: Json, *, partial: bool) -> None:
    """Hold options sent by a console against the command. Raises ApiError 50035."""
    node, options = command, list(data.get("options") or ())
    while options and options[0]["type"] in (1, 2):
        node = leaf_option(node, options[0]["name"])
        options = list(options[0].get("options") or ())
    try:
        check_options(node, {option["name"]: option["value"] for option in options}, partial=partial)
    except SimulatorError as refusal:
        raise invalid(["data", "options"], "APPLICATION_COMMAND_OPTION_INVALID", str(refusal)) from None


def leaf_option(node: Json, name: str) -> Json:
    """Return a subcommand or group by name. Raises ApiError 50035."""
    for option in node.get("options", ()):
        if option["name"] == name and option["type"] in (1, 2):
            return option  # type: ignore[no-any-return]
    raise invalid(["data", "options"], "APPLICATION_COMMAND_OPTION_INVALID", f"{node['name']} has no {name}.")


def check_press(component: Json, values: Sequence[str] | None) -> None:
    """Raise SimulatorError for a use of a component that the client would not allow."""
    shown = component.get("label") or component.get("placeholder") or component.get("custom_id")
    if component.get("disabled"):
        raise SimulatorError(f"{shown!r} is disabled.")
    if component["type"] == 2:
        if component.get("style") == 5:
            raise SimulatorError(f"{shown!r} is a link to {component['url']}.")
        return
    chosen = list(values or ())
    low = 1 if component.get("min_values") is None else component["min_values"]
    high = 1 if component.get("max_values") is None else component["max_values"]
    if not low <= len(chosen) <= high:
        raise SimulatorError(f"{shown!r} takes {low} to {high} values, not {len(chosen)}.")
    if component["type"] == 3:
        offered = [option["value"] for option in component["options"]]
        for value in chosen:
            if value not in offered:
                raise SimulatorError(f"{shown!r} does not offer {value!r}. It offers: {offered}.")


def modal_fields(modal: Json) -> list[tuple[str, Json]]:
    """List a modal's inputs, each with its label."""
    fields: list[tuple[str, Json]] = []
    for row in modal["components"]:
        if row["type"] == 18:
            fields.append((row["label"], row["component"]))
        elif row["type"] == 1:
            fields += [(child.get("label") or "", child) for child in row["components"]]
    return fields


def check_field(label: str, field: Json, value: Any) -> None:
    """Raise SimulatorError for a modal field's value that the client would not submit."""
    required = field.get("required", True)
    if field["type"] == 4:
        low, high = field.get("min_length") or (1 if required else 0), field.get("max_length") or 4000
        if (required or value) and not low <= len(value) <= high:
            raise SimulatorError(f"{label!r} takes {low} to {high} characters, not {len(value)}.")
    elif required and value in (None, [], ""):
        raise SimulatorError(f"{label!r} must be filled in.")
    elif field["type"] == 3 and value:
        check_press({**field, "min_values": 0 if not required else field.get("min_values")}, value)
