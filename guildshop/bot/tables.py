"""What the bot remembers of Discord servers."""

from piccolo.columns import JSON, UUID, BigInt, Timestamptz, Varchar
from piccolo.table import Table

from guildshop.tenancy import StoreTable


class SyncedCommands(StoreTable, tablename="synced_commands"):
    """The commands that a store's server offers: a fingerprint of what was sent, and the IDs that came back."""

    id = UUID(primary_key=True)
    guild_id = BigInt()
    fingerprint = Varchar(length=64)
    command_ids = JSON()
    synced = Timestamptz()


class GreetedServer(Table, tablename="greeted_server"):
    """A server without a store that was told how to get one; gone when the bot leaves it."""

    guild_id = BigInt(primary_key=True)
    greeted = Timestamptz()
