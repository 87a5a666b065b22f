"""The settings of a process: `config/guildshop.toml` under what the environment overrides."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from guildshop.config.secret import Secret
from guildshop.config.validation import (
    EnvironmentText,
    Location,
    Validation,
    suggestion,
    unknown_key,
    validate_section,
)
from guildshop.errors import ConfigurationError, Invalid
from guildshop.i18n import _
from guildshop.mail.addresses import mailbox
from guildshop.money import known_currency
from guildshop.plugins import BUILT_IN

__all__ = ["Secret", "Settings", "StoreSettings", "check_sections", "load_settings", "validate_section"]

DEFAULT_FILE = Path("config/guildshop.toml")
PREFIX = "GUILDSHOP_"
DELIMITER = "__"
TOKEN = "env:GUILDSHOP_DISCORD_TOKEN"  # noqa: S105 - a variable's name
SECRET_KEY = "env:GUILDSHOP_SECRET_KEY"  # noqa: S105 - a variable's name
HIGHEST_PORT = 65535


class Group(BaseModel):
    """A table of the configuration: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _url_with(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        if value and urlsplit(value).scheme not in schemes:
            message = _("This is no address that starts with {schemes}. Write one here.").format(
                schemes=_(" or ").join(f"{scheme}://" for scheme in schemes)
            )
            raise ValueError(message)
        return value

    return AfterValidator(check)


def _without_final_slash(value: str) -> str:
    return value.rstrip("/")


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError:
        message = _("“{value}” is no address or network. Write one such as 127.0.0.1 or 10.0.0.0/8.").format(
            value=value
        )
        raise ValueError(message) from None
    return value


def _snowflake(value: object) -> object:
    if isinstance(value, str) and value.isascii() and value.isdigit() and int(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    message = _("“{value}” is no Discord ID. Write its digits alone.").format(value=value)
    raise ValueError(message)


def none_if_empty(value: object) -> object:
    """Take an empty text for nothing."""
    return None if value == "" else value


def _currency(value: str) -> str:
    try:
        return known_currency(value)
    except Invalid:
        message = _("“{value}” is no ISO 4217 currency. Write one such as USD, EUR or JPY.").format(value=value)
        raise ValueError(message) from None


def _language(value: str) -> str:
    try:
        Locale.parse(value, sep="-")
    except (ValueError, UnknownLocaleError):
        message = _("“{value}” is no language. Write one such as en-US or de.").format(value=value)
        raise ValueError(message) from None
    return value


@cache
def _time_zones() -> frozenset[str]:
    """Return the names of all time zones; to ask for them reads hundreds of files."""
    return frozenset(available_timezones())


def _time_zone(value: str) -> str:
    names = _time_zones()
    if value not in names:
        message = _("“{value}” is no time zone. Write one such as UTC or America/New_York.").format(value=value)
        raise ValueError(message + suggestion(value, names))
    return value


def _sender(value: str) -> str:
    if value:
        try:
            mailbox(value, named=True)
        except ValueError:
            message = _("“{value}” is no email address. Write one such as shop@example.org or Shop <shop@example.org>.")
            raise ValueError(message.format(value=value)) from None
    return value


Snowflake = Annotated[int, BeforeValidator(_snowflake)]
WebAddress = Annotated[str, _url_with("http", "https"), AfterValidator(_without_final_slash)]
Network = Annotated[str, AfterValidator(_network)]
RoleTemplate = Literal["Owner", "Admin", "Manager", "Support", "Fulfilment", "Read only"]
ChannelKind = Literal["orders", "log", "shopify_log", "announcements", "conversations", "private_threads"]
Currency = Annotated[str, AfterValidator(_currency)]
Language = Annotated[str, AfterValidator(_language)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
ImageAddress = Annotated[str, _url_with("http", "https")]


class DatabaseSettings(Group):
    """Where the rows are."""

    url: Annotated[str, _url_with("sqlite", "postgres", "postgresql")] = Field(
        default="sqlite:///data/guildshop.sqlite", repr=False
    )
    """A file, or `postgres://user:password@host/database`."""


class DiscordSettings(Group):
    """How Discord is reached."""

    token: Secret = Secret(TOKEN, key="discord.token")
    """The bot's token, from Discord's developer portal."""
    api_url: WebAddress = "https://discord.com/api/v10"
    """Where Discord's API is; big bots run behind a proxy of their own."""


class WebSettings(Group):
    """Where the web pages are served."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Where the server listens; `0.0.0.0` within a container."""
    port: int = Field(default=8080, ge=0, le=HIGHEST_PORT)
    """The port of it; 0: any free one."""
    public_url: WebAddress = "http://127.0.0.1:8080"
    """How browsers reach it; links in messages begin with it."""
    trusted_proxies: list[Network] = []
    """Who may say which address a request came from, such as `127.0.0.1/32`."""
    metrics_public: bool = False
    """Whether `/metrics` answers everybody; otherwise only loopback and private addresses."""


class SecuritySettings(Group):
    """Keys of this installation."""

    secret_key: Secret | list[Secret] = Secret(SECRET_KEY, key="security.secret_key")
    """A list while rotating: the first one encrypts and signs."""

    @property
    def secret_keys(self) -> list[Secret]:
        """The secret keys, the one in use first."""
        return self.secret_key if isinstance(self.secret_key, list) else [self.secret_key]


class EmailSettings(Group):
    """How email is sent; off while `url` is empty."""

    url: Annotated[str, _url_with("smtp", "smtps")] = Field(default="", repr=False)
    """The mail server: `smtp://user:password@host:587` or `smtps://…`."""
    sender: Annotated[str, AfterValidator(_sender)] = ""
    """Whom emails come from: an address, with a name if you like."""


class PluginSettings(Group):
    """Which plugins this process has."""

    enabled: list[str] = list(BUILT_IN)
    """Their names; a plugin of somebody else's comes after those that it requires."""


class StoreSettings(Group):
    """One store as the file describes it. `sections` holds each plugin's own table, not validated yet."""

    name: str = Field(default="", max_length=100)
    currency: Currency = "USD"
    language: Language = "en-US"
    time_zone: TimeZone = "UTC"
    logo: ImageAddress = ""
    disabled_plugins: list[str] = []
    """Plugins that are off in this store."""
    staff_roles: dict[Snowflake, RoleTemplate] = {}
    """Which Discord roles are staff, and what they may do."""
    channels: dict[ChannelKind, Snowflake] = {}
    """Where notices go."""
    client_role: Annotated[Snowflake | None, BeforeValidator(none_if_empty)] = None
    """The role of everybody who bought something."""
    show_pii: bool = False
    auto_assign_on_join: bool = True
    sections: dict[str, dict[str, Any]] = Field(default={}, repr=False)


class Settings(Group):
    """Everything that is configured for this process."""

    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    discord: DiscordSettings = Field(default_factory=DiscordSettings)
    web: WebSettings = Field(default_factory=WebSettings)
    security: SecuritySettings = Field(default_factory=SecuritySettings)
    email: EmailSettings = Field(default_factory=EmailSettings)
    plugins: PluginSettings = Field(default_factory=PluginSettings)
    stores: dict[Snowflake, StoreSettings] = {}
    """By guild ID."""
    _environ: Mapping[str, str] = PrivateAttr(default_factory=lambda: os.environ)
    _source: str = PrivateAttr(default="")

    @property
    def source(self) -> str:
        """The file's name, for messages."""
        return self._source or _("configuration")

    def configured_stores(self) -> dict[int, dict[str, Any]]:
        """Return what the file sets of each store, by guild ID."""
        return {guild: self.store_values(guild) for guild in self.stores}

    def store_values(self, guild: int | None) -> dict[str, Any]:
        """Return the kernel's own settings that the file sets for a guild's store."""
        store = None if guild is None else self.stores.get(guild)
        kept = () if store is None else store.model_fields_set - {"sections", "disabled_plugins"}
        return {name: getattr(store, name) for name in sorted(kept)}

    def store_section(self, guild: int | None, section: str) -> dict[str, Any]:
        """Return what the file says in a plugin's table of a guild's store, not validated."""
        store = None if guild is None else self.stores.get(guild)
        return {} if store is None else dict(store.sections.get(section, {}))

    def disabled_plugins(self, guild: int | None) -> list[str]:
        """Return the plugins that the file switches off in a guild's store."""
        store = None if guild is None else self.stores.get(guild)
        return [] if store is None else list(store.disabled_plugins)

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment that `env:NAME` reads."""
        return self._environ

    def within(self, environ: Mapping[str, str]) -> Self:
        """Read `env:NAME`, and what is named in no file, from there instead of the process's own environment."""
        self._environ = environ
        return self


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings: the file given, named by `GUILDSHOP_CONFIG`, or `config/guildshop.toml` if there is one.

    ConfigurationError says everything that is wrong, one line each.
    """
    environ = os.environ if environ is None else environ
    named = path or (Path(environ[f"{PREFIX}CONFIG"]) if environ.get(f"{PREFIX}CONFIG") else None)
    raw = _read(named or DEFAULT_FILE, required=named is not None)
    source = str(named or DEFAULT_FILE)
    validation = Validation(source, (), environ)
    _override(raw, environ, validation)
    _gather_sections(raw, validation)
    _spell_out_secrets(raw)
    made = validation.model(Settings, raw)
    validation.stop_at_problems()
    if made is None:  # a model's problem is always noted
        raise ConfigurationError(source)
    made._source = source
    return made.within(environ)


def check_sections(
    settings: Settings,
    models: Mapping[str, type[BaseModel]],
    *,
    installed: Collection[str] = BUILT_IN,
) -> dict[int, dict[str, BaseModel]]:
    """Validate every store's plugin sections by the registered models; guild ID → section → model.

    A section of an installed plugin that this process does not load is left alone. ConfigurationError lists every
    problem of every store: unknown sections, unknown plugins in `disabled_plugins`, and what is wrong inside.
    """
    validation = Validation(settings.source, (), settings.environ)
    found: dict[int, dict[str, BaseModel]] = {}
    for guild, store in settings.stores.items():
        found[guild] = {}
        for name, raw in store.sections.items():
            validation.where = ("stores", str(guild), name)
            if name in models:
                made = validation.model(models[name], raw)
                if made is not None:
                    found[guild][name] = made
            elif name not in installed:
                allowed = {*models, *installed, *StoreSettings.model_fields} - {"sections"}
                validation.report((), unknown_key(name, allowed))
        validation.where = ("stores", str(guild))
        for index, name in enumerate(store.disabled_plugins):
            if name not in installed:
                sentence = _("No installed plugin is called “{name}”. Install it, or take the name out.")
                validation.report(("disabled_plugins", index), sentence.format(name=name) + suggestion(name, installed))
    validation.stop_at_problems()
    return found


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        if not required:
            return {}
        raise ConfigurationError(
            _("There is no configuration file {path}. Check GUILDSHOP_CONFIG.").format(path=path)
        ) from None
    except OSError as error:
        raise ConfigurationError(
            _("The configuration file {path} cannot be read: {reason}.").format(path=path, reason=error.strerror)
        ) from None
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            _("The configuration file {path} is not UTF-8: see byte {position}.").format(
                path=path, position=error.start
            )
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(_("{path} is not valid TOML: {reason}.").format(path=path, reason=error)) from None


def _override(raw: dict[str, Any], environ: Mapping[str, str], validation: Validation) -> None:
    """Lay `GUILDSHOP_WEB__PORT` and the like over the tree."""
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or DELIMITER not in variable:
            continue
        parts = variable.removeprefix(PREFIX).lower().split(DELIMITER)
        if parts[0] not in Settings.model_fields:
            validation.report((parts[0],), unknown_key(parts[0], Settings.model_fields), variable)
            continue
        node: Any = raw
        for part in parts[:-1]:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                sentence = _(
                    "This cannot be set: what it is to be in is no table. Unset this variable, or the other one."
                )
                validation.report(tuple(parts), sentence, variable)
                break
        else:
            node[parts[-1]] = EnvironmentText(environ[variable], variable)


def _gather_sections(raw: dict[str, Any], validation: Validation) -> None:
    """Move each store's plugin tables into `sections`."""
    stores = raw.get("stores")
    if not isinstance(stores, dict):
        return
    kernel = set(StoreSettings.model_fields) - {"sections"}
    for guild, store in stores.items():
        if not isinstance(store, dict):
            continue
        location: Location = ("stores", guild)
        sections: dict[str, Any] = {}
        for name in [name for name in store if name not in kernel]:
            value = store.pop(name)
            if isinstance(value, dict):
                sections[name] = value
            else:
                validation.report((*location, name), unknown_key(name, kernel))
        if sections:
            store["sections"] = sections


def _spell_out_secrets(raw: dict[str, Any]) -> None:
    """Write down the secrets that are left at their defaults, so that they read the environment given."""
    for group, key, reference in (("discord", "token", TOKEN), ("security", "secret_key", SECRET_KEY)):
        table = raw.setdefault(group, {})
        if isinstance(table, dict):
            table.setdefault(key, reference)
