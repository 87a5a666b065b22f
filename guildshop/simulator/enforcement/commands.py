"""What application commands may be."""

import re
from collections import Counter
from collections.abc import Sequence

from guildshop.simulator.errors import Problems, error, invalid
from guildshop.simulator.json_types import Json

CHAT_INPUT, USER, MESSAGE = 1, 2, 3
LIMITS = {CHAT_INPUT: 100, USER: 15, MESSAGE: 15}
SUBCOMMAND, GROUP = 1, 2
CHOOSABLE = frozenset({3, 4, 10})
TOTAL = 8000
_NAME = re.compile(r"[-_'\w]{1,32}", re.UNICODE)

Path = Sequence[str | int]


def check_counts(commands: Sequence[Json]) -> None:
    """Raise 30032 when there are too many of a type, 50035 when two have one name."""
    types = Counter(command.get("type") or CHAT_INPUT for command in commands)
    if any(count > LIMITS.get(kind, 1) for kind, count in types.items()):
        raise error(30032)
    for kind in types:
        places = [index for index, command in enumerate(commands) if (command.get("type") or CHAT_INPUT) == kind]
        for repeated in _repeated([commands[index] for index in places]):
            raise invalid([places[repeated], "name"], "APPLICATION_COMMANDS_DUPLICATE_NAME",
                          "Application command names must be unique")  # fmt: skip


def check_command(command: Json, path: Path = ()) -> None:
    """Raise 50035 for a command that Discord refuses."""
    problems = Problems()
    kind = command.get("type") or CHAT_INPUT
    if kind == CHAT_INPUT:
        _check_name(problems, command, path)
        _check_description(problems, command, path)
        _check_options(problems, command.get("options") or (), path, depth=0)
        size = _size(command)
        if size > TOTAL:
            problems.add(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({TOTAL}): {size}")
    else:
        if not 1 <= len(command["name"]) <= 32:
            problems.add([*path, "name"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")
        if command.get("description") or command.get("options"):
            text = "Context menu commands cannot have description or options"
            problems.add([*path, "description"], "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", text)
    problems.raise_any()


def _size(node: Json) -> int:
    own = _longest(node, "name") + _longest(node, "description")
    own += sum(_longest(choice, "name") + len(str(choice["value"])) for choice in node.get("choices") or ())
    return own + sum(_size(option) for option in node.get("options") or ())


def _longest(node: Json, key: str) -> int:
    """Return the length of a text in the language in which it is longest, which is the one that counts."""
    return max(map(len, _in_all_languages(node, key)))


def _in_all_languages(node: Json, key: str) -> Sequence[str]:
    return [node.get(key) or "", *(node.get(f"{key}_localizations") or {}).values()]


def _repeated(nodes: Sequence[Json]) -> Sequence[int]:
    """Return which of the nodes bear a name, in any language, that another has in it."""
    languages = {language for node in nodes for language in node.get("name_localizations") or ()}
    found: set[int] = set()
    for language in ("", *languages):
        names = [(node.get("name_localizations") or {}).get(language) or node["name"] for node in nodes]
        counted = Counter(names)
        found.update(index for index, name in enumerate(names) if counted[name] > 1)
    return sorted(found)


def _check_name(problems: Problems, node: Json, path: Path) -> None:
    for name in _in_all_languages(node, "name"):
        if not _NAME.fullmatch(name) or name != name.lower():
            text = "Command name is invalid"
            problems.add([*path, "name"], "APPLICATION_COMMAND_INVALID_NAME", f"{text}: {name}")


def _check_description(problems: Problems, node: Json, path: Path) -> None:
    if any(not 1 <= len(text) <= 100 for text in _in_all_languages(node, "description")):
        problems.add([*path, "description"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")


def _check_options(problems: Problems, options: Sequence[Json], path: Path, depth: int) -> None:
    if len(options) > 25:
        problems.add([*path, "options"], "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    repeated = _repeated(options)
    kinds = {option["type"] in (SUBCOMMAND, GROUP) for option in options}
    if len(kinds) > 1:
        text = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        problems.add([*path, "options"], "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text)
    optional_seen = False
    for index, option in enumerate(options):
        place = [*path, "options", index]
        _check_name(problems, option, place)
        _check_description(problems, option, place)
        if index in repeated:
            text = "Application command option names must be unique"
            problems.add([*place, "name"], "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", text)
        if option["type"] in (SUBCOMMAND, GROUP):
            _check_nested(problems, option, place, depth)
            continue
        if option.get("required") and optional_seen:
            text = "Required options must be placed before non-required options"
            problems.add(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
        optional_seen |= not option.get("required")
        _check_values(problems, option, place)


def _check_nested(problems: Problems, option: Json, path: Path, depth: int) -> None:
    too_deep = depth > (0 if option["type"] == GROUP else 1)
    inside = option.get("options") or ()
    if too_deep or (option["type"] == GROUP and any(child["type"] != SUBCOMMAND for child in inside)):
        text = "Sub-commands may be in a command or a group, groups only in a command"
        problems.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text)
        return
    _check_options(problems, inside, path, depth + 1)


def _check_values(problems: Problems, option: Json, path: Path) -> None:
    choices = option.get("choices") or ()
    if len(choices) > 25:
        problems.add([*path, "choices"], "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    if choices and option.get("autocomplete"):
        text = "Autocomplete and choices exclude each other"
        problems.add([*path, "autocomplete"], "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", text)
    if (choices or option.get("autocomplete")) and option["type"] not in CHOOSABLE:
        text = f"Options of type {option['type']} have neither choices nor autocomplete"
        problems.add([*path, "type"], "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text)
    for index, choice in enumerate(choices):
        bad_name = any(not 1 <= len(name) <= 100 for name in _in_all_languages(choice, "name"))
        if bad_name or len(str(choice["value"])) > 100:
            problems.add([*path, "choices", index], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    low, high = option.get("min_value"), option.get("max_value")
    if low is not None and high is not None and low > high:
        problems.add([*path, "min_value"], "APPLICATION_COMMAND_OPTION_VALUE_RANGE", "min_value is above max_value")
