"""What the webhooks of processors have in common: the store of the guild in the address, and texts that are checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from aiohttp import web

from guildshop.errors import NotFound
from guildshop.hookspecs import PageHandler
from guildshop.i18n import _, use_locale
from guildshop.tenancy import scope
from guildshop.web.context import app_of

KIND_LENGTH = 100
"""The longest name of an event that is kept."""

_ID = re.compile(r"[\x21-\x7e]{1,200}")


def id_of(value: object) -> str:
    """Return an ID that a processor sent; empty for what is none, such as a text that no database takes."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def uuid_or_none(value: object) -> UUID | None:
    """Return the UUID that a text is, if it is one in its usual form."""
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def metadata_of(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what we noted with something at the processor; nothing where others noted something odd."""
    found = thing.get("metadata")
    return found if isinstance(found, Mapping) else {}


def of_guild(handler: PageHandler) -> PageHandler:
    """Return the handler that runs in the store of the guild that `{guild}` names; 404 where there is none."""

    async def within(request: web.Request) -> web.StreamResponse:
        store = app_of(request).stores.by_guild(int(request.match_info["guild"]))
        if store is None:
            raise NotFound(_("There is no shop of that Discord server here."))
        with scope(store.id), use_locale(store.language):
            return await handler(request)

    return within
