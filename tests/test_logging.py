"""Logs: no secret ever appears, wherever it comes from."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from guildshop.config.secret import Secret, remember_secret
from guildshop.logging import configure_logging, mask, new_reference

# Put together here so that no scanner takes the test's own text for a leak.
BOT_TOKEN = ".".join(["MTE" + "wMDAwMDAwMDAwMDAwMDAwMQ", "GhIjKl", "abcdefghijklmnopqrstuvwxyz0123456789AB"])
SECRETS = {
    "stripe": "sk_" + "live_51HxyzABCDEFGHIJ",
    "webhook": "whsec_" + "abcdefghijklmnop",
    "shopify": "shpat_" + "0123456789abcdef",
    "bearer": "Bearer abcdefghijklmnop0123",
    "bot": BOT_TOKEN,
    "url": "postgres://joe:hunter22@db.example.org:5432/shop",
    "smtp": "smtps://mailer:p4ssw0rd!@mail.example.org",
}
LEAKS = (
    "51HxyzABCDEFGHIJ",
    "abcdefghijklmnop",
    "0123456789abcdef",
    "hunter22",
    "p4ssw0rd!",
    "GhIjKl.abc",
    "plain-literal-value",
)


@pytest.fixture(params=["json", "console"])
def output(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config())
    configure_logging(json=request.param == "json", level="DEBUG", stream=stream)
    yield stream
    _restore(*before)


def _restore(handlers: list[logging.Handler], level: int, configuration: dict[str, object]) -> None:
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.configure(**configuration)  # type: ignore[arg-type]


def assert_clean(text: str) -> None:
    assert text.strip()
    for leak in LEAKS:
        assert leak not in text


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_what_looks_like_a_secret_is_masked(output: io.StringIO, name: str) -> None:
    value = SECRETS[name]
    log = structlog.get_logger("guildshop.test")
    log.info(f"sent {value}", detail=value, nested={"deep": [value]}, raw=value.encode())
    logging.getLogger("library").warning("request with %s failed", value)
    logging.getLogger("library").warning("headers %r", {"Authorization": value})
    assert_clean(output.getvalue())
    assert "request with" in output.getvalue()


def test_a_secret_in_a_traceback_is_masked(output: io.StringIO) -> None:
    value = Secret("plain-literal-value").reveal()
    try:
        raise ValueError(f"cannot use {value} and {SECRETS['url']}")
    except ValueError:
        structlog.get_logger("guildshop.test").exception("failed", reference="ABC234")
        logging.getLogger("library").exception("failed too")
    text = output.getvalue()
    assert_clean(text)
    assert text.count("Traceback") == 2
    assert "ABC234" in text


def test_a_value_under_a_telling_key_is_masked(output: io.StringIO) -> None:
    structlog.get_logger("guildshop.test").info("settings", password="x1", secret_key="y2", token="z3", item="kept")
    text = output.getvalue()
    for value in ("x1", "y2", "z3"):
        assert value not in text.replace(str(json.dumps("info")), "")
    assert "kept" in text


class Request:
    """Something of a library's that shows its headers."""

    def __repr__(self) -> str:
        return f"<Request {SECRETS['bearer']}>"


def test_an_object_that_shows_a_secret_is_masked(output: io.StringIO) -> None:
    structlog.get_logger("guildshop.test").info("asked", request=Request())
    assert_clean(output.getvalue())
    assert "<Request" in output.getvalue()


def test_a_token_made_here_is_masked(output: io.StringIO) -> None:
    remember_secret("a-token-just-made")
    structlog.get_logger("guildshop.test").info("made a-token-just-made")
    assert "a-token-just-made" not in output.getvalue()


def test_ordinary_text_stays_as_it_is() -> None:
    for text in (
        "GET /api/orders/7K2M 200",
        "sqlite:///data/guildshop.sqlite",
        "https://shop.example.org/invoice/abc",
        "order.placed order=0192f3a4-5b6c-7d8e-9f00-112233445566",
        "discord.app_commands.errors.CommandInvokeError",
    ):
        assert mask(text) == text


def test_references_are_short_and_differ() -> None:
    made = {new_reference() for _count in range(100)}
    assert len(made) == 100
    assert all(len(reference) == 6 for reference in made)
