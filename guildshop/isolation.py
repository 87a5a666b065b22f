"""Keeps what one plugin gets wrong while it runs to itself: the rest of the page, and the shop, go on.

What a plugin raises on purpose, a `Refusal`, passes. Everything else is logged with a reference, and becomes a
`PluginFailed` that names the plugin.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import ClassVar, TypeVar

import structlog

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.logging import new_reference

log = structlog.get_logger(__name__)

Result = TypeVar("Result")


class PluginFailed(Refusal):
    """A plugin raised what it should not; `part` says so where only a part of something is missing."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    code: ClassVar[str] = "plugin-failed"

    def __init__(self, plugin: str, reference: str) -> None:
        """Name the plugin, and the reference under which the log has more."""
        super().__init__(
            _(
                "The plugin {plugin} failed, so this could not be done. Try again; if it happens again, "
                "tell the shop's staff this reference: {reference}"
            ).format(plugin=plugin, reference=reference),
            details={"plugin": plugin, "reference": reference},
        )
        self.part = _("This part could not be loaded (plugin {plugin}, reference {reference}).").format(
            plugin=plugin, reference=reference
        )


@contextmanager
def isolated(plugin: str, what: str) -> Iterator[None]:
    """Turn whatever else than a refusal is raised inside into PluginFailed; `what` is for the log."""
    try:
        yield
    except Refusal:
        raise
    except Exception as error:
        raise failure(plugin, what, error) from error


def failure(plugin: str, what: str, error: Exception) -> PluginFailed:
    """Log what a plugin did wrong, and return what may be said about it."""
    reference = new_reference()
    log.error("plugin.failed", plugin=plugin, what=what, reference=reference, exc_info=error)
    return PluginFailed(plugin, reference)


async def part(plugin: str, what: str, load: Callable[[], Awaitable[Result]]) -> tuple[Result | None, str]:
    """Return what `load` returns and "", or None and what to show in its place."""
    try:
        with isolated(plugin, what):
            return await load(), ""
    except PluginFailed as failed:
        return None, failed.part
    except Refusal as refusal:
        return None, refusal.message
