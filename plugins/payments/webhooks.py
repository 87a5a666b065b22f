"""What the webhook routes of processors have in common: the store is the one of the guild in the address."""

from __future__ import annotations

import re

from aiohttp import web

from guildshop.errors import NotFound
from guildshop.hookspecs import PageHandler
from guildshop.i18n import _, use_locale
from guildshop.tenancy import scope
from guildshop.web.context import app_of

_ID = re.compile(r"[\x21-\x7e]{1,200}")


def id_of(value: object) -> str:
    """Return an ID that a processor sent; empty for what is none, such as a text that no database takes."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def of_guild(handler: PageHandler) -> PageHandler:
    """Return the handler that runs in the store of the guild that `{guild}` names; 404 where there is none."""

    async def within(request: web.Request) -> web.StreamResponse:
        store = app_of(request).stores.by_guild(int(request.match_info["guild"]))
        if store is None:
            raise NotFound(_("There is no shop of that Discord server here."))
        with scope(store.id), use_locale(store.language):
            return await handler(request)

    return within
