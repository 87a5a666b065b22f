"""What the doctor looks at once for the whole installation: keys, addresses, the token, the outbox."""

from __future__ import annotations

from yarl import URL

from guildshop.app import App
from guildshop.bot.reading import Application, DiscordReader, TokenRefused
from guildshop.config.settings import Settings
from guildshop.errors import GuildshopError
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _, ngettext
from guildshop.tenancy import every_store

SHORTEST_SECRET_KEY = 32
SIGNING_SECRET = "INVOICE_LINK_SIGNING_SECRET"  # noqa: S105 - the variable's name
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
DISCORD = "discord.com"


def examine_settings(settings: Settings) -> list[Finding]:
    """Return what the configuration itself tells."""
    return [_secret_key(settings), _public_url(settings), _signing_secret(settings)]


async def examine_discord(settings: Settings) -> tuple[Application | None, list[Finding]]:
    """Return the bot's application, where Discord tells it, and what is to say of token and intents."""
    subject, token = _("Discord token"), settings.discord.token
    if not token.is_set:
        remedy = _("Set {variable} to the bot's token from Discord's developer portal.").format(
            variable=token.variable or "discord.token"
        )
        return None, [Finding(Severity.BROKEN, subject, _("discord.token is not set."), remedy)]
    try:
        async with DiscordReader(settings) as reader:
            application = await reader.application()
    except TokenRefused:
        remedy = _("Reset the token in Discord's developer portal and set the new one.")
        return None, [Finding(Severity.BROKEN, subject, _("Discord refuses it."), remedy)]
    except GuildshopError as error:
        remedy = _("Check the network and discord.api_url.")
        return None, [Finding(Severity.WARNING, subject, str(error), remedy)]
    fine = Finding(Severity.FINE, subject, _("It belongs to the bot {name}.").format(name=application.name))
    return application, [fine, _intents(application)]


async def examine_outbox(app: App, store: int | None = None) -> list[Finding]:
    """Return what is to say of deliveries that failed, or that nobody is there to take."""
    subject, findings = _("Events"), []
    failed = await app.dispatcher.failed(store)
    if failed:
        findings.append(
            Finding(
                Severity.WARNING,
                subject,
                ngettext(
                    "{count} delivery has failed for good.", "{count} deliveries have failed for good.", len(failed)
                ).format(count=len(failed)),
                _("See `events list --failed` or the page Events, mend the cause, then retry."),
            )
        )
    condition = "" if store is None else " AND store = :store"
    with every_store():
        rows = await app.database.fetch(
            f"SELECT listener, COUNT(*) AS waiting FROM delivery WHERE status = 'PENDING'{condition}"
            " GROUP BY listener ORDER BY listener",
            **({} if store is None else {"store": store}),
        )
    known = set(app.listeners.names(discord=True))
    orphans = [row for row in rows if row["listener"] not in known]
    if orphans:
        waiting = sum(int(row["waiting"]) for row in orphans)
        findings.append(
            Finding(
                Severity.WARNING,
                subject,
                ngettext(
                    "{count} delivery waits for plugins that are not loaded: {listeners}.",
                    "{count} deliveries wait for plugins that are not loaded: {listeners}.",
                    waiting,
                ).format(count=waiting, listeners=", ".join(row["listener"] for row in orphans)),
                _("Install the plugin again and put it into plugins.enabled; nothing is lost until then."),
            )
        )
    return findings or [Finding(Severity.FINE, subject, _("No delivery has failed."))]


def no_store() -> Finding:
    """Return the finding of an installation without a store."""
    remedy = _("Run `store create --guild ID --name NAME`, or put one into the configuration.")
    return Finding(Severity.WARNING, _("Stores"), _("There is none."), remedy)


def _secret_key(settings: Settings) -> Finding:
    subject, keys = _("Secret key"), settings.security.secret_keys
    if not all(key.is_set for key in keys):
        remedy = _("Set {variable} to {count} random characters.").format(
            variable=keys[0].variable or "security.secret_key", count=SHORTEST_SECRET_KEY
        )
        return Finding(Severity.BROKEN, subject, _("security.secret_key is not set."), remedy)
    if any(len(key.reveal()) < SHORTEST_SECRET_KEY for key in keys):
        remedy = _("Use at least {count} random characters.").format(count=SHORTEST_SECRET_KEY)
        return Finding(Severity.WARNING, subject, _("security.secret_key is short."), remedy)
    return Finding(Severity.FINE, subject, _("It is set."))


def _public_url(settings: Settings) -> Finding:
    subject, url = _("Web address"), URL(settings.web.public_url)
    public = URL(settings.discord.api_url).host == DISCORD
    if public and url.host in LOCAL_HOSTS:
        return Finding(
            Severity.WARNING,
            subject,
            _("web.public_url is {url}, which only this machine reaches.").format(url=url),
            _("Set web.public_url to the address at which people reach the pages: links in Discord use it."),
        )
    if url.scheme != "https" and url.host not in LOCAL_HOSTS:
        return Finding(
            Severity.WARNING,
            subject,
            _("web.public_url is {url}: passwords and links travel unencrypted.").format(url=url),
            _("Put a proxy with HTTPS in front, and set web.public_url to its https:// address."),
        )
    return Finding(Severity.FINE, subject, _("Pages are at {url}.").format(url=url))


def _signing_secret(settings: Settings) -> Finding:
    subject = _("Invoice links")
    if not settings.environ.get(SIGNING_SECRET, "").strip():
        return Finding(
            Severity.WARNING,
            subject,
            _("{variable} is not set, so invoice links cannot be made.").format(variable=SIGNING_SECRET),
            _("Set {variable} to at least 32 random characters.").format(variable=SIGNING_SECRET),
        )
    return Finding(Severity.FINE, subject, _("{variable} is set.").format(variable=SIGNING_SECRET))


def _intents(application: Application) -> Finding:
    subject, flags = _("Intents"), application.flags
    if not (flags.gateway_guild_members or flags.gateway_guild_members_limited):
        return Finding(
            Severity.WARNING,
            subject,
            _("Server Members Intent is off, so members who join again do not get their roles back at once."),
            _("Switch it on in Discord's developer portal, under Bot, then restart."),
        )
    return Finding(Severity.FINE, subject, _("Server Members Intent is on."))
