"""What the bot remembers of each store's Discord server."""

from piccolo.columns import JSON, UUID, BigInt, Timestamptz, Varchar

from guildshop.tenancy import StoreTable


class SyncedCommands(StoreTable, tablename="synced_commands"):
    """The commands that a store's server offers: a fingerprint of what was sent, and the IDs that came back."""

    id = UUID(primary_key=True)
    guild_id = BigInt()
    fingerprint = Varchar(length=64)
    command_ids = JSON()
    synced = Timestamptz()
