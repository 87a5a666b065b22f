"""The language of a member's Discord: heard with every interaction, spoken in what is sent later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from guildshop.i18n import preferred
from guildshop.tenancy import current_store

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.hookspecs import MemberLanguages

log = structlog.get_logger(__name__)


async def note_language(app: App, discord_id: int, locale: str) -> None:
    """Tell the plugins which language somebody uses the store in scope in; one that fails is only logged."""
    for plugin, kept in _keepers(app):
        try:
            await kept.note(discord_id, locale)
        except Exception:
            log.exception("language.not_noted", plugin=plugin, store=current_store())


async def language_of_member(app: App, discord_id: int, about: str = "") -> str:
    """Return what to speak to a member: their Discord's language, else that of what it is about, else the store's."""
    found = ""
    for plugin, kept in _keepers(app):
        try:
            found = found or await kept.recall(discord_id)
        except Exception:
            log.exception("language.not_recalled", plugin=plugin, store=current_store())
    return preferred(found, about, app.stores.get(current_store()).language)


def _keepers(app: App) -> list[tuple[str, MemberLanguages]]:
    found = app.hooks("register_member_languages")
    return [(plugin, one) for plugin, some in found for one in some if app.stores.enabled(current_store(), plugin)]
