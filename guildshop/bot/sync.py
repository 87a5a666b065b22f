"""Each server's commands: those of the plugins that are on, in one bulk call, and only when they changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID
from weakref import WeakKeyDictionary

import discord
import structlog

from guildshop.bot.registry import AnyCommand
from guildshop.bot.tables import SyncedCommands
from guildshop.database import new_id
from guildshop.errors import Refusal
from guildshop.i18n import catalogue_folders
from guildshop.permissions import Actor

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

log = structlog.get_logger(__name__)

COALESCE_SECONDS = 0.2
"""Changes within this time become one call."""

GLOBAL_ONLY = ("contexts", "integration_types", "dm_permission")
"""Fields that Discord takes for global commands only."""


_described: WeakKeyDictionary[AnyCommand, tuple[tuple[Path, ...], dict[str, Any]]] = WeakKeyDictionary()
"""Each command as Discord takes it, and by which translations: its texts in every language take milliseconds."""


class CommandSync:
    """Keeps what servers offer equal to what their stores have on."""

    def __init__(self, bot: Bot) -> None:
        """Belong to a bot."""
        self._bot = bot
        self._payloads: dict[str, list[dict[str, Any]]] = {}
        self._ids: dict[int, dict[str, int]] = {}
        self._waiting: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._locks: dict[int, asyncio.Lock] = {}
        self._forgotten: set[int] = set()
        self._hurry = asyncio.Event()

    def request(self, store_id: int) -> None:
        """Bring a store's server up to date soon."""
        if store_id in self._waiting or self._bot.stopping:
            return
        self._waiting.add(store_id)
        task = asyncio.create_task(self._soon(store_id), name="command-sync")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def forget(self, store_id: int) -> None:
        """Take nothing for granted the next time: a server that the bot left has lost its commands."""
        self._forgotten.add(store_id)

    async def settled(self) -> None:
        """Do what was requested without waiting for more of it, and return once nothing is left to do."""
        self._hurry.set()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._hurry.clear()

    async def stop(self) -> None:
        """Drop what has not begun."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def now(self, store_id: int, *, force: bool = False) -> bool:
        """Bring a store's server up to date; return whether a call was needed. Raises `discord.HTTPException`."""
        async with self._locks.setdefault(store_id, asyncio.Lock()):
            store = self._bot.app.stores.get(store_id)
            application_id = self._bot.application_id
            if store.guild_id is None or application_id is None or self._bot.get_guild(store.guild_id) is None:
                return False
            payload = await self.payload(store_id)
            digest = fingerprint(application_id, store.guild_id, payload)
            stored = await self._stored(store_id)
            if not force and store_id not in self._forgotten and stored is not None and stored["fingerprint"] == digest:
                self._ids[store_id] = _as_ids(stored["command_ids"])
                return False
            answer = await self._bot.http.bulk_upsert_guild_commands(application_id, store.guild_id, payload)
            self._forgotten.discard(store_id)
            ids = {command["name"]: int(command["id"]) for command in answer}
            self._ids[store_id] = ids
            await self._store(store_id, store.guild_id, digest, ids, stored["id"] if stored else None)
            log.info("commands.synced", store=store_id, count=len(ids))
            return True

    def command_ids(self, store_id: int) -> Mapping[str, int]:
        """Return the IDs of the store's commands by name, for mentions."""
        return self._ids.get(store_id, {})

    async def payload(self, store_id: int) -> list[dict[str, Any]]:
        """Return what the store's server is to offer, as Discord takes it."""
        stores = self._bot.app.stores
        commands = [
            (plugin, command)
            for plugin, command in self._bot.registry.commands.values()
            if stores.enabled(store_id, plugin)
        ]
        key = ",".join(sorted({plugin for plugin, _command in commands}))
        if key not in self._payloads:
            self._payloads[key] = [await self._describe(command) for _plugin, command in commands]
        return self._payloads[key]

    async def _describe(self, command: AnyCommand) -> dict[str, Any]:
        folders = catalogue_folders()
        by, known = _described.get(command, (None, {}))
        if by != folders:
            tree = self._bot.tree
            translator = tree.translator
            described = (
                command.to_dict(tree) if translator is None else await command.get_translated_payload(tree, translator)
            )
            known = {name: value for name, value in described.items() if name not in GLOBAL_ONLY}
            if translator is not None:
                _described[command] = (folders, known)
        return known

    async def _soon(self, store_id: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(COALESCE_SECONDS):
                await self._hurry.wait()
        self._waiting.discard(store_id)
        try:
            await self.now(store_id)
        except discord.HTTPException as error:
            log.exception("commands.sync_failed", store=store_id, code=error.code, status=error.status)

    async def _stored(self, store_id: int) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await self._bot.app.database.fetch_one(
            "SELECT id, fingerprint, command_ids FROM synced_commands WHERE store = :store", store=store_id
        )
        return found

    async def _store(self, store_id: int, guild_id: int, digest: str, ids: Mapping[str, int], key: UUID | None) -> None:
        app = self._bot.app
        columns: dict[str, Any] = {
            "guild_id": guild_id,
            "fingerprint": digest,
            "command_ids": dict(ids),
            "synced": app.now(),
        }
        columns["synced"] = app.now()
        with suppress(Refusal):  # another process was faster and stored the same
            async with app.work(Actor.system(store_id, "bot")) as work:
                if key is None:
                    work.insert(SyncedCommands, conflict=Refusal("stored"), id=new_id(), **columns)
                else:
                    work.update(SyncedCommands, key, **columns)


def fingerprint(application_id: int, guild_id: int, payload: list[dict[str, Any]]) -> str:
    """Return the hash of what was sent to which server by which application."""
    text = json.dumps([application_id, guild_id, payload], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _as_ids(stored: Any) -> dict[str, int]:
    decoded = json.loads(stored) if isinstance(stored, str | bytes) else stored
    return {str(name): int(value) for name, value in decoded.items()}
