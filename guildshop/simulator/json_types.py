"""The JSON that Discord speaks, as Python sees it."""

from typing import Any

Json = dict[str, Any]
