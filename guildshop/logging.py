"""Logs: one line per event, as JSON or for people, with every secret masked, tracebacks included.

Everything goes through the standard library's root logger: libraries' lines look like ours and are masked alike.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any, TextIO

import structlog

from guildshop.config.secret import MASK, revealed_values

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 6

_SENSITIVE_KEY = re.compile(r"authorization|password|secret|cookie|api_?key|(^|_)token$|passwd", re.IGNORECASE)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # user:password@host in any URL
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@'\"]*):[^\s/'\"]*@", re.IGNORECASE), rf"\1:{MASK}@"),
    # Authorization headers, as text or in a dictionary's repr
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {MASK}"),
    (re.compile(r"(authorization['\"]?\s*[:=]\s*['\"]?)(?!Bearer|Basic)[^\s'\",}]+", re.IGNORECASE), rf"\1{MASK}"),
    # Bot tokens: three parts of base64url, the last a signature
    (re.compile(r"\b[A-Za-z0-9_-]{20,30}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{25,}\b"), MASK),
    # Tokens of an interaction in the API's paths
    (re.compile(r"(/(?:interactions|webhooks)/\d{15,}/)[A-Za-z0-9_.-]{20,}"), rf"\1{MASK}"),
    # Stripe, Shopify, webhook secrets and our own bearer tokens
    (re.compile(r"\b(?:whsec|sk|rk|pk|shpat|shpss|shpca|gs)_[A-Za-z0-9_=+/-]{6,}"), MASK),
    (
        re.compile(r"((?:password|passwd|secret|api_?key|token)['\"]?\s*[=:]\s*['\"]?)[^\s'\",&)}]{4,}", re.IGNORECASE),
        rf"\1{MASK}",
    ),
)


def new_reference() -> str:
    """Return an ID that a member can read out to staff, to find a failure in the logs."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _position in range(REFERENCE_LENGTH))


def mask(text: str) -> str:
    """Return the text without anything that is, or looks like, a secret."""
    for value in sorted(revealed_values(), key=len, reverse=True):
        if value in text:
            text = text.replace(value, MASK)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def configure_logging(*, json: bool | None = None, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Route structlog and the standard library to one stream; JSON unless that is a terminal."""
    target = stream or sys.stderr
    as_json = not target.isatty() if json is None else json
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.UnicodeDecoder(),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(MaskingFormatter(foreign_pre_chain=shared, processors=_renderers(as_json)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in _QUIETER.items():
        logging.getLogger(name).setLevel(max(logging.getLevelName(level), least))
    logging.captureWarnings(True)


_QUIETER = {
    "aiohttp.access": logging.WARNING,
    "discord": logging.INFO,
    "discord.gateway": logging.WARNING,
    "discord.http": logging.INFO,
    "asyncio": logging.WARNING,
}
"""Loggers whose lower levels tell nothing about the shop, and whose debug lines carry requests."""


def _renderers(as_json: bool) -> list[Processor]:
    if as_json:
        return [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            mask_event,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=lambda value: mask(repr(value))),
        ]
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        mask_event,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]


def mask_event(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Mask every text of an event, and every value whose key says that it is a secret."""
    return {key: _masked(key, value) for key, value in event.items()}


class MaskingFormatter(structlog.stdlib.ProcessorFormatter):
    """Masks the finished line once more, for what no processor saw."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without secrets."""
        return mask(super().format(record))


def _masked(key: str, value: Any) -> Any:
    if isinstance(key, str) and _SENSITIVE_KEY.search(key) and value:
        return MASK
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, MutableMapping):
        return {inner: _masked(inner, item) for inner, item in value.items()}
    if isinstance(value, Iterable) and isinstance(value, list | tuple | set | frozenset):
        return [_masked("", item) for item in value]
    if isinstance(value, bytes):
        return mask(value.decode("utf-8", "replace"))
    return value
