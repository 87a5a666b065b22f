"""What a modal and a list of choices may hold."""

from guildshop.simulator.enforcement.components import (
    LABEL,
    ROW,
    SELECTS,
    TEXT_DISPLAY,
    TEXT_INPUT,
    Path,
    check_select,
    check_unique,
)
from guildshop.simulator.errors import Problems
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import walk

IN_LABEL = SELECTS | {TEXT_INPUT, 19, 21, 22, 23}


def check_modal(modal: Json) -> None:
    """Raise 50035 for a modal that Discord refuses."""
    problems = Problems()
    if not 1 <= len(modal.get("title") or "") <= 45:
        problems.add(["data", "title"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 45 in length.")
    if not 1 <= len(modal.get("custom_id") or "") <= 100:
        problems.add(["data", "custom_id"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    rows = modal.get("components") or ()
    if not 1 <= len(rows) <= 5:
        problems.add(["data", "components"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for index, row in enumerate(rows):
        _check_row(problems, row, ["data", "components", index])
    check_unique(problems, list(walk(rows)))
    problems.raise_any()


def _check_row(problems: Problems, row: Json, path: Path) -> None:
    if row["type"] == LABEL:
        if not 1 <= len(row.get("label") or "") <= 45:
            problems.add([*path, "label"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 45 in length.")
        if len(row.get("description") or "") > 100:
            problems.add([*path, "description"], "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
        children, allowed = [row.get("component") or {"type": 0}], IN_LABEL
    elif row["type"] == ROW:
        children, allowed = row.get("components") or [], frozenset({TEXT_INPUT})
        if len(children) != 1:
            problems.add([*path, "components"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 1 in length.")
    elif row["type"] == TEXT_DISPLAY:
        return
    else:
        problems.add(path, "UNION_TYPE_CHOICES", f"Component type {row['type']} cannot be at the top of a modal.")
        return
    for child in children:
        if child["type"] not in allowed:
            problems.add(path, "UNION_TYPE_CHOICES", f"Component type {child['type']} cannot be here in a modal.")
        elif child["type"] == TEXT_INPUT:
            _check_input(problems, child, path, labelled=row["type"] == LABEL)
        elif child["type"] in SELECTS:
            check_select(problems, child, path)


def _check_input(problems: Problems, field: Json, path: Path, *, labelled: bool) -> None:
    if not 1 <= len(field.get("custom_id") or "") <= 100:
        problems.add([*path, "custom_id"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if not labelled and not 1 <= len(field.get("label") or "") <= 45:
        problems.add([*path, "label"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 45 in length.")
    least, most = field.get("min_length") or 0, field.get("max_length") or 4000
    if not 0 <= least <= most <= 4000:
        problems.add([*path, "max_length"], "TEXT_INPUT_LENGTH_RANGE", "0 ≤ min_length ≤ max_length ≤ 4000.")
    if len(field.get("placeholder") or "") > 100:
        problems.add([*path, "placeholder"], "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
    value = field.get("value")
    if value and not least <= len(value) <= most:
        problems.add([*path, "value"], "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def check_choices(data: Json) -> None:
    """Raise 50035 for choices of an autocompletion that Discord refuses."""
    problems = Problems()
    choices = data.get("choices") or ()
    if len(choices) > 25:
        problems.add(["data", "choices"], "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, choice in enumerate(choices):
        place: Path = ["data", "choices", index]
        if not 1 <= len(choice["name"]) <= 100:
            problems.add([*place, "name"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        if isinstance(choice["value"], str) and not 1 <= len(choice["value"]) <= 100:
            problems.add([*place, "value"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    problems.raise_any()
