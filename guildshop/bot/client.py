"""The client: connects, puts commands and items in place, and passes on what happens in the servers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from guildshop.bot.direct import Hearing
from guildshop.bot.items import split_custom_id
from guildshop.bot.members import RolesSeen, record_join
from guildshop.bot.owner import handle_owner_message, is_owners_word
from guildshop.bot.presence import ServersState, greet, note_server, note_servers
from guildshop.bot.routing import run_modal, run_unknown
from guildshop.bot.sync import CommandSync
from guildshop.bot.tree import CatalogueTranslator, ShopTree
from guildshop.errors import ConfigurationError

if TYPE_CHECKING:
    from guildshop.app import App
    from guildshop.stores import Store

log = structlog.get_logger(__name__)

# A shop says nothing by voice; without this the library warns about what it would need for that.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

CONNECT_SECONDS = 60.0
FINISH_SECONDS = 3.0
SERVER_SECONDS = 0.3
"""How long after the last server the bot counts as ready; one that comes later is `on_guild_available`."""
INTERACTION_TASKS = ("CommandTree-invoker", "discord-ui-", "guildshop-modal")
UNDER_WAY = (*INTERACTION_TASKS, "discord.py: on_message")
"""The names of tasks for which somebody waits who asked or wrote something."""


class Bot(discord.AutoShardedClient):
    """The bot of one application; interactions reach it as `interaction.client`."""

    def __init__(
        self,
        app: App,
        *,
        members: bool = False,
        shard_ids: Sequence[int] | None = None,
        shard_count: int | None = None,
    ) -> None:
        """Prepare; nothing connects. `members` asks for the privileged intent that tells who joins."""
        shards: dict[str, Any] = {}
        if shard_count is not None:
            shards = {"shard_count": shard_count, "shard_ids": list(shard_ids) if shard_ids is not None else None}
        super().__init__(
            intents=discord.Intents(guilds=True, dm_messages=True, members=members),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=SERVER_SECONDS,
            max_messages=None,
            **shards,
        )
        self.app = app
        self.stopping = False
        self.registry = app.registry
        self.tree = ShopTree(self)
        self.sync = CommandSync(self)
        self.noting = asyncio.Lock()
        """Held while it is noted which servers there are."""
        self._connecting: asyncio.Task[None] | None = None
        self._modals: set[asyncio.Task[None]] = set()
        self._roles_seen = RolesSeen()
        self._hearing = Hearing(self)

    # Starting and stopping

    async def start_up(self, token: str) -> None:
        """Sign in, connect, and return once the servers are known."""
        await self.login(token)
        self._connecting = asyncio.create_task(self.connect(), name="discord-connect")
        ready = asyncio.create_task(self.wait_until_ready())
        await asyncio.wait({self._connecting, ready}, timeout=CONNECT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            self._connecting.add_done_callback(self._connection_ended)
            return
        ready.cancel()
        failed = self._connecting.exception() if self._connecting.done() else None
        await self.shut_down()
        raise ConfigurationError(
            f"The bot could not connect to Discord's gateway at {DiscordWebSocket.DEFAULT_GATEWAY}"
            f" within {CONNECT_SECONDS:.0f} seconds: {failed or 'no answer'}. Check the network and discord.api_url."
        ) from failed

    async def shut_down(self) -> None:
        """Take no more interactions and messages, let those under way finish for at most 3 s, and disconnect."""
        self.stopping = True
        running = [task for task in asyncio.all_tasks() if task.get_name().startswith(UNDER_WAY)]
        if running:
            await asyncio.wait(running, timeout=FINISH_SECONDS)
        await self.sync.stop()
        await self.close()
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError, discord.DiscordException, aiohttp.ClientError):
                await self._connecting

    async def wait_until_disconnected(self) -> None:
        """Return once the connection has ended for good, whatever ended it."""
        if self._connecting is not None:
            await asyncio.wait({self._connecting})

    async def setup_hook(self) -> None:
        """Put the plugins' commands and items in place."""
        for _plugin, command in self.registry.commands.values():
            self.tree.add_command(command)
        self.add_dynamic_items(*(kind for _plugin, kind in self.registry.items.values()))
        await self.tree.set_translator(CatalogueTranslator())
        self.app.on_settings_changed(self.sync.request)

    def _connection_ended(self, task: asyncio.Task[None]) -> None:
        if not self.stopping and not task.cancelled():
            log.critical("discord.connection_ended", exc_info=task.exception())

    # What happens

    async def on_ready(self) -> None:
        """Say so in the log."""
        log.info("discord.ready", servers=len(self.guilds), user=str(self.user))

    async def on_servers_known(self, shard: int, count: int) -> None:
        """Wake and put to sleep what changed while a shard was away."""
        await note_servers(self, shard, count)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Bring the commands of a server that came into view up to date, or say how to get a store."""
        await self._welcome(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Put the store of a server to sleep that the bot was removed from; an outage is no loss."""
        await note_server(self, guild.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Wake the server's store and offer its commands, or say how to get one."""
        await note_server(self, guild.id)
        store = self.app.stores.by_guild(guild.id)
        if store is not None:
            self.sync.forget(store.id)
        await self._welcome(guild)

    async def on_member_join(self, member: discord.Member) -> None:
        """Tell the plugins that somebody joined."""
        await record_join(self.app, member)

    async def on_member_roles(self, guild_id: int, user_id: int, roles: tuple[int, ...]) -> None:
        """Tell the plugins which roles a member has now, unless that is what they had."""
        await self._roles_seen.note(self.app, guild_id, user_id, roles)

    async def on_message(self, message: discord.Message) -> None:
        """Hear what the owners tell the bot, and what people write to it."""
        if is_owners_word(message) and await handle_owner_message(self, message):
            return
        if not await self._hearing.hear(message):
            await handle_owner_message(self, message)

    async def on_interaction(self, interaction: discord.Interaction[Bot]) -> None:
        """Route modals, and answer components and modals that nobody knows; discord.py does the rest."""
        data: Any = interaction.data or {}
        custom_id = str(data.get("custom_id", ""))
        parts = split_custom_id(custom_id)
        prefix = parts[0] if parts else ""
        if interaction.type is discord.InteractionType.modal_submit:
            known = self.registry.modals.get(prefix)
            if known is not None:
                task = asyncio.create_task(run_modal(interaction, known[1], custom_id), name="guildshop-modal")
                self._modals.add(task)
                task.add_done_callback(self._modals.discard)
            elif not self._remembers(interaction, custom_id):
                await run_unknown(interaction, prefix)
        elif (
            interaction.type is discord.InteractionType.component
            and prefix not in self.registry.items
            and not self._remembers(interaction, custom_id)
        ):
            await run_unknown(interaction, prefix)

    def command_mention(self, store: Store, name: str) -> str:
        """Return a command as a link that a click runs, or as plain text while its ID is not known."""
        command_id = self.sync.command_ids(store.id).get(name.split(" ")[0])
        return f"</{name}:{command_id}>" if command_id else f"/{name}"

    def _get_state(self, **options: Any) -> ServersState:
        return ServersState(
            dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options
        )

    async def _welcome(self, guild: discord.Guild) -> None:
        store = self.app.stores.by_guild(guild.id)
        if store is not None:
            self.sync.request(store.id)
        else:
            await greet(self, guild)

    def _remembers(self, interaction: discord.Interaction[Any], custom_id: str) -> bool:
        """Tell whether discord.py itself holds the view or modal, as of a plugin that keeps one in memory."""
        held = self._connection._view_store
        if interaction.type is discord.InteractionType.modal_submit:
            return custom_id in held._modals
        message = interaction.message.id if interaction.message is not None else None
        views = [held._views.get(message, {}), held._views.get(None, {})]
        return any(key[1] == custom_id for view in views for key in view)


async def start_bot(app: App, *, shard_ids: Sequence[int] | None = None, shard_count: int | None = None) -> Bot:
    """Connect a bot as the settings say; ConfigurationError says what is wrong with the token or the address."""
    token = app.settings.discord.token.reveal()
    Route.BASE = app.settings.discord.api_url
    flags, gateway = await _look_around(token, Route.BASE)
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    members = flags.gateway_guild_members or flags.gateway_guild_members_limited
    if not members:
        log.warning(
            "discord.no_members_intent",
            remedy="switch on Server Members Intent in the developer portal, so that returning members get their roles",
        )
    bot = Bot(app, members=members, shard_ids=shard_ids, shard_count=shard_count)
    await bot.start_up(token)
    return bot


async def _look_around(token: str, api_url: str) -> tuple[discord.ApplicationFlags, str]:
    """Return the application's flags and the gateway's address."""
    async with discord.Client(intents=discord.Intents(guilds=True)) as probe:
        try:
            await probe.login(token)
            _shards, gateway, _limits = await probe.http.get_bot_gateway()
        except discord.LoginFailure as error:
            raise ConfigurationError(
                "Discord refuses the bot's token. Set discord.token to the one in the developer portal under Bot."
            ) from error
        except (discord.HTTPException, discord.GatewayNotFound, aiohttp.ClientError, OSError) as error:
            raise ConfigurationError(
                f"Discord cannot be reached at {api_url}: {error}. Check the network and discord.api_url."
            ) from error
        application = probe.application
    return application.flags if application is not None else discord.ApplicationFlags(), gateway
