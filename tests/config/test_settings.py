"""The settings: where values come from, and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from guildshop.config.settings import Secret, Settings, check_sections, load_settings, validate_section
from guildshop.errors import ConfigurationError
from guildshop.plugins import BUILT_IN

SHIPPED = Path(__file__).parents[2] / "config" / "guildshop.toml"
GUILD = 123456789012345678


class ShippingType(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: str
    cost: int = Field(ge=0)
    countries: tuple[str, ...] = ()


class OrdersSection(BaseModel):
    model_config = ConfigDict(extra="forbid")
    expire_hours: int = 48
    shipping_types: list[ShippingType] = []
    secret: Secret | list[Secret] | None = None


def read(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    file = tmp_path / "guildshop.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environ=environ or {})


def problems(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text, environ)
    return str(caught.value).splitlines()


def test_the_shipped_file_says_the_defaults() -> None:
    shipped = load_settings(SHIPPED, environ={})
    assert shipped.model_dump() == Settings().model_dump()
    assert shipped.plugins.enabled == list(BUILT_IN)
    assert shipped.stores == {}


def test_without_a_file_there_are_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environ={})
    assert settings.web.port == 8080
    assert not settings.discord.token.is_set


def test_a_file_that_is_named_must_exist(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.toml"
    with pytest.raises(ConfigurationError, match=r"There is no configuration file .*nowhere\.toml"):
        load_settings(environ={"GUILDSHOP_CONFIG": str(missing)})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environ = {
        "GUILDSHOP_WEB__PORT": "9000",
        "GUILDSHOP_WEB__TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1",
        f"GUILDSHOP_STORES__{GUILD}__SHOW_PII": "true",
        "GUILDSHOP_PLUGINS__ENABLED": '["customers"]',
    }
    settings = read(tmp_path, f'[web]\nport = 1\n[stores."{GUILD}"]\nname = "Shop"', environ)
    assert settings.web.port == 9000
    assert settings.web.trusted_proxies == ["10.0.0.0/8", "127.0.0.1"]
    assert settings.stores[GUILD].show_pii is True
    assert settings.stores[GUILD].name == "Shop"
    assert settings.plugins.enabled == ["customers"]


def test_every_problem_is_named_at_once_with_key_type_and_what_is_allowed(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        f"""
        [wbe]
        port = 1
        [web]
        prot = 1
        port = "eighty"
        [plugins]
        enabled = "orders"
        [stores."{GUILD}"]
        currency = "EUX"
        time_zone = "America/New_Yorck"
        staff_roles = {{ "1" = "Suport" }}
        channels = {{ log = "general" }}
        nmae = "Shop"
        """,
        {"GUILDSHOP_WEB__PUBLIC_URL": "ftp://shop", "GUILDSHOP_EMAIL__URL": "env:NOPE"},
    )
    text = "\n".join(found)
    for sentence in (
        "wbe: There is no key of this name. Correct it, or take it out. Did you mean “web”?",
        "web.prot: There is no key of this name. Correct it, or take it out. Did you mean “port”? Allowed here: host,",
        'web.port: This is text ("eighty"), but must be a whole number. Change it.',
        "environment variable GUILDSHOP_WEB__PUBLIC_URL: web.public_url: This is no address that starts with http",
        "email.url: This reads the environment variable NOPE, which is not set. Set it, or write the value here.",
        'plugins.enabled: This is text ("orders"), but must be a list. Change it.',
        f'stores."{GUILD}".currency: “EUX” is no ISO 4217 currency. Write one such as USD, EUR or JPY.',
        "Did you mean “America/New_York”?",
        "Did you mean “Support”?",
        f'stores."{GUILD}".channels.log: “general” is no Discord ID. Write its digits alone.',
        f'stores."{GUILD}".nmae: There is no key of this name. Correct it, or take it out. Did you mean “name”?',
    ):
        assert sentence in text
    assert len(found) == 11


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("port = 70000", "This is a whole number (70000), but must be less than or equal to 65535. Change it."),
        ("port = true", "This is true or false (true), but must be a whole number. Change it."),
        ('port = "8080"', 'This is text ("8080"), but must be a whole number. Change it.'),
        ("host = 5", "This is a whole number (5), but must be text. Change it."),
        ('trusted_proxies = ["here"]', "“here” is no address or network. Write one such as 127.0.0.1 or 10.0.0.0/8."),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    (found,) = problems(tmp_path, f"[web]\n{line}")
    assert f"web.{line.split()[0]}" in found
    assert sentence in found


def test_what_may_be_secret_is_not_shown(tmp_path: Path) -> None:
    found = problems(tmp_path, '[database]\nurl = "mysql://joe:hunter22@host/db"\n[discord]\ntoken = 1234567')
    assert len(found) == 2
    assert "hunter22" not in "".join(found)
    assert "1234567" not in "".join(found)


def test_an_unknown_environment_override_is_named() -> None:
    with pytest.raises(
        ConfigurationError, match=r"GUILDSHOP_WBE__PORT: wbe: There is no key of this name\..* Did you mean “web”"
    ):
        load_settings(environ={"GUILDSHOP_WBE__PORT": "1"})


def test_broken_toml_and_wrong_encoding_are_sentences(tmp_path: Path) -> None:
    assert "is not valid TOML" in problems(tmp_path, "[web\nport=1")[0]
    file = tmp_path / "latin.toml"
    file.write_bytes('[web]\nhost = "café"'.encode("latin-1"))
    with pytest.raises(ConfigurationError, match="not UTF-8: see byte 17"):
        load_settings(file, environ={})


def test_a_secret_is_read_when_it_is_needed(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    settings = read(tmp_path, '[discord]\ntoken = "env:MY_TOKEN"', environ)
    settings = load_settings(tmp_path / "guildshop.toml", environ=environ)
    with pytest.raises(ConfigurationError, match=r"discord\.token reads the environment variable MY_TOKEN"):
        settings.discord.token.reveal()
    environ["MY_TOKEN"] = "token-of-the-bot"
    assert settings.discord.token.reveal() == "token-of-the-bot"
    assert "token-of-the-bot" not in f"{settings!r} {settings.discord.token} {settings.model_dump()}"


def test_a_literal_secret_never_shows(tmp_path: Path) -> None:
    settings = read(tmp_path, f'[discord]\ntoken = "abcdefgh"\n[stores.{GUILD}.stripe]\nsecret_key = "sk_live_123"')
    assert settings.discord.token.reveal() == "abcdefgh"
    assert "abcdefgh" not in repr(settings)
    assert "sk_live_123" not in repr(settings)


def test_a_list_of_secrets_while_rotating(tmp_path: Path) -> None:
    settings = read(tmp_path, '[security]\nsecret_key = ["env:NEW", "old-old-old"]')
    new, old = settings.security.secret_keys
    assert old.reveal() == "old-old-old"
    with pytest.raises(ConfigurationError, match=r"security\.secret_key\[0\] reads the environment variable NEW"):
        new.reveal()


def test_a_stores_plugin_tables_wait_for_their_models(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        f"""
        [stores."{GUILD}".orders]
        expire_hours = 24
        secret = "env:ORDERS_SECRET"
        [[stores."{GUILD}".orders.shipping_types]]
        code = "standard"
        cost = 499
        countries = ["US"]
        """,
        {f"GUILDSHOP_STORES__{GUILD}__ORDERS__EXPIRE_HOURS": "12", "ORDERS_SECRET": "very-secret"},
    )
    section = check_sections(settings, {"orders": OrdersSection})[GUILD]["orders"]
    assert isinstance(section, OrdersSection)
    assert section.expire_hours == 12
    assert section.shipping_types == [ShippingType(code="standard", cost=499, countries=("US",))]
    assert isinstance(section.secret, Secret)
    assert section.secret.reveal() == "very-secret"
    assert settings.store_section(GUILD, "orders")["secret"] == "env:ORDERS_SECRET"


def test_problems_of_all_sections_come_together(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        f"""
        [stores."{GUILD}"]
        disabled_plugins = ["cataloge"]
        [stores."{GUILD}".odrers]
        x = 1
        [stores."{GUILD}".orders]
        expire_hours = "two days"
        [[stores."{GUILD}".orders.shipping_types]]
        cost = -1
        """,
    )
    with pytest.raises(ConfigurationError) as caught:
        check_sections(settings, {"orders": OrdersSection})
    found = str(caught.value).splitlines()
    prefix = f'{tmp_path}/guildshop.toml: stores."{GUILD}"'
    said = "\n".join(found)
    for sentence in (
        "odrers: There is no key of this name. Correct it, or take it out. Did you mean “orders”?",
        'orders.expire_hours: This is text ("two days"), but must be a whole number. Change it.',
        "orders.shipping_types[0].code: This is missing. Add it.",
        "orders.shipping_types[0].cost: This is a whole number (-1), but must be greater than or equal to 0.",
        "disabled_plugins[0]: No installed plugin is called “cataloge”. Install it, or take the name out. Did you mean",
    ):
        assert f"{prefix}.{sentence}" in said
    assert len(found) == 5


def test_a_section_of_a_plugin_that_is_not_loaded_is_left_alone(tmp_path: Path) -> None:
    settings = read(tmp_path, f'[stores."{GUILD}".payments]\nmethods = ["venmo"]')
    assert check_sections(settings, {"orders": OrdersSection}) == {GUILD: {}}


def test_a_section_from_elsewhere_is_validated_alike() -> None:
    made = validate_section(OrdersSection, {"expire_hours": "env:HOURS"}, "stores.1.orders", environ={"HOURS": "7"})
    assert made.expire_hours == 7
    with pytest.raises(ConfigurationError, match=r'"1"\.orders\.expire_hours: This reads the environment variable'):
        validate_section(OrdersSection, {"expire_hours": "env:HOURS"}, "stores.1.orders", environ={})


def test_what_the_file_sets_of_a_store(tmp_path: Path) -> None:
    settings = read(tmp_path, f'[stores."{GUILD}"]\nname = "Shop"\nclient_role = "55"\ndisabled_plugins = ["orders"]')
    assert settings.configured_stores() == {GUILD: {"client_role": 55, "name": "Shop"}}
    assert settings.disabled_plugins(GUILD) == ["orders"]
    assert settings.store_values(None) == {}
    assert settings.store_section(1, "orders") == {}
