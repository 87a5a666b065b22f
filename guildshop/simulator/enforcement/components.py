"""What a message's components may be, old style and V2."""

from collections.abc import Sequence

from guildshop.simulator.errors import Problems
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import walk

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
SELECTS = frozenset({3, 5, 6, 7, 8})
SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = 9, 10, 11, 12, 13, 14, 17, 18
TOP_LEVEL_V2 = frozenset({ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR, CONTAINER})
IN_CONTAINER = TOP_LEVEL_V2 - {CONTAINER}
LINK, PREMIUM = 5, 6
ROWS, BUTTONS, COMPONENTS, OPTIONS, CUSTOM_ID, LABEL_LENGTH, V2_TEXT = 5, 5, 40, 25, 100, 80, 4000

Path = Sequence[str | int]


def check_components(problems: Problems, components: Sequence[Json], *, v2: bool) -> None:
    """Add what is wrong with a message's components."""
    if not v2 and len(components) > ROWS:
        problems.add(["components"], "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {ROWS} in length.")
    everything = list(walk(components))
    if len(everything) > COMPONENTS and v2:
        text = f"The maximum number of components in a message is {COMPONENTS}; this one has {len(everything)}."
        problems.add(["components"], "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", text)
    texts = sum(len(c.get("content") or "") for c in everything if c["type"] == TEXT_DISPLAY)
    if texts > V2_TEXT:
        text = f"The combined text of a message may have {V2_TEXT} characters; this one has {texts}."
        problems.add(["components"], "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", text)
    for index, component in enumerate(components):
        place: Path = ["components", index]
        allowed = TOP_LEVEL_V2 if v2 else {ROW}
        if component["type"] not in allowed:
            problems.add(place, "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {sorted(allowed)}.')
            continue
        _check(problems, component, place)
    check_unique(problems, everything)


def check_unique(problems: Problems, everything: Sequence[Json]) -> None:
    """Add a complaint for each custom_id or ID used twice."""
    seen: set[str] = set()
    numbers: set[int] = set()
    for component in everything:
        custom_id, number = component.get("custom_id"), component.get("id")
        if custom_id is not None:
            if custom_id in seen:
                text = f"Component custom id cannot be duplicated: {custom_id}"
                problems.add(["components"], "COMPONENT_CUSTOM_ID_DUPLICATED", text)
            seen.add(custom_id)
        if number:
            if number in numbers:
                problems.add(["components"], "COMPONENT_ID_DUPLICATED", f"Component id {number} is used twice")
            numbers.add(number)


def _check(problems: Problems, component: Json, path: Path) -> None:
    kind = component["type"]
    if kind == ROW:
        _check_row(problems, component, path)
    elif kind == SECTION:
        _check_section(problems, component, path)
    elif kind == CONTAINER:
        _check_container(problems, component, path)
    elif kind == TEXT_DISPLAY and not (component.get("content") or "").strip():
        problems.add([*path, "content"], "BASE_TYPE_REQUIRED", "This field is required")
    elif kind == GALLERY and not 1 <= len(component.get("items") or ()) <= 10:
        problems.add([*path, "items"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 10 in length.")
    elif kind == FILE and not str((component.get("file") or {}).get("url", "")).startswith("attachment://"):
        problems.add([*path, "file", "url"], "URL_TYPE_INVALID_SCHEME", "Scheme must be attachment://")


def _check_container(problems: Problems, component: Json, path: Path) -> None:
    children = component.get("components") or ()
    if not children:
        problems.add([*path, "components"], "BASE_TYPE_REQUIRED", "This field is required")
    for index, child in enumerate(children):
        place = [*path, "components", index]
        if child["type"] not in IN_CONTAINER:
            problems.add(place, "UNION_TYPE_CHOICES", f"Component type {child['type']} cannot be in a container.")
        else:
            _check(problems, child, place)


def _check_section(problems: Problems, component: Json, path: Path) -> None:
    children = component.get("components") or ()
    if not 1 <= len(children) <= 3 or any(child["type"] != TEXT_DISPLAY for child in children):
        problems.add([*path, "components"], "BASE_TYPE_BAD_LENGTH", "A section has 1 to 3 text displays.")
    accessory = component.get("accessory")
    if accessory is None or accessory["type"] not in (BUTTON, THUMBNAIL):
        problems.add([*path, "accessory"], "BASE_TYPE_REQUIRED", "A section needs a button or a thumbnail.")
    elif accessory["type"] == BUTTON:
        _check_button(problems, accessory, [*path, "accessory"])


def _check_row(problems: Problems, row: Json, path: Path) -> None:
    children = row.get("components") or ()
    if not 1 <= len(children) <= BUTTONS:
        problems.add([*path, "components"], "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {BUTTONS} in length.")
    selects = [child for child in children if child["type"] in SELECTS]
    if selects and len(children) > 1:
        problems.add([*path, "components"], "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "A select fills its row alone.")
    for index, child in enumerate(children):
        place = [*path, "components", index]
        if child["type"] == BUTTON:
            _check_button(problems, child, place)
        elif child["type"] in SELECTS:
            check_select(problems, child, place)
        else:
            problems.add(place, "UNION_TYPE_CHOICES", f"Component type {child['type']} cannot be in a message's row.")


def _check_button(problems: Problems, button: Json, path: Path) -> None:
    style, custom_id, url = button.get("style"), button.get("custom_id"), button.get("url")
    if style == LINK:
        if not url:
            problems.add([*path, "url"], "BASE_TYPE_REQUIRED", "A link button needs a url")
        elif not url.startswith(("http://", "https://", "discord://")):
            problems.add([*path, "url"], "URL_TYPE_INVALID_SCHEME", f"Scheme of {url} must be http, https or discord.")
        if custom_id is not None:
            problems.add([*path, "custom_id"], "BUTTON_LINK_CUSTOM_ID", "A link button cannot have a custom_id")
    elif style != PREMIUM:
        if url is not None:
            problems.add([*path, "url"], "BUTTON_CUSTOM_ID_URL", "A custom id and url cannot both be specified")
        _check_custom_id(problems, button, path)
    label = button.get("label") or ""
    if len(label) > LABEL_LENGTH:
        problems.add([*path, "label"], "BASE_TYPE_MAX_LENGTH", f"Must be {LABEL_LENGTH} or fewer in length.")
    if not label.strip() and not button.get("emoji") and style != PREMIUM:
        problems.add(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button must have a label or an emoji")


def _check_custom_id(problems: Problems, component: Json, path: Path) -> None:
    length = len(component.get("custom_id") or "")
    if not 1 <= length <= CUSTOM_ID:
        problems.add([*path, "custom_id"], "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {CUSTOM_ID} in length.")


def check_select(problems: Problems, select: Json, path: Path) -> None:
    """Add what is wrong with a select of a message or modal."""
    _check_custom_id(problems, select, path)
    if len(select.get("placeholder") or "") > 150:
        problems.add([*path, "placeholder"], "BASE_TYPE_MAX_LENGTH", "Must be 150 or fewer in length.")
    low, high = select.get("min_values"), select.get("max_values")
    low, high = 1 if low is None else low, 1 if high is None else high
    if low > high:
        problems.add([*path, "min_values"], "SELECT_COMPONENT_VALUES_RANGE", "min_values is above max_values.")
    if select["type"] != STRING_SELECT:
        return
    options = select.get("options") or ()
    if not 1 <= len(options) <= OPTIONS:
        problems.add([*path, "options"], "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {OPTIONS} in length.")
    if high > len(options):
        problems.add([*path, "max_values"], "SELECT_COMPONENT_MAX_VALUES", "max_values is above the number of options.")
    seen: set[str] = set()
    for index, option in enumerate(options):
        place = [*path, "options", index]
        if option["value"] in seen:
            problems.add([*place, "value"], "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                         f"The specified option value is already used: {option['value']}")  # fmt: skip
        seen.add(option["value"])
        for key, least in (("label", 1), ("value", 1), ("description", 0)):
            if not least <= len(option.get(key) or "") <= 100:
                problems.add([*place, key], "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and 100 in length.")
    if sum(1 for option in options if option.get("default")) > high:
        problems.add([*path, "options"], "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "More defaults than max_values.")
