"""What people read when Shopify or the database did not do what they should; the log has more by a reference."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import structlog

from guildshop.errors import DatabaseError
from guildshop.i18n import _
from guildshop.logging import new_reference
from guildshop.plugins.shopify_link.api import LinkFailed, ShopifyMissing
from guildshop.plugins.shopify_link.wire import ShopifyDenied, ShopifyFailure, ShopifyUnauthorized

log = structlog.get_logger(__name__)

DATABASE = (DatabaseError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn a failure of Shopify or of the database into a refusal with a reference; `what` is for the log."""
    try:
        yield
    except ShopifyUnauthorized as error:
        text = _(
            "Shopify refuses the shop's credentials. An admin must check them in the settings of Shopify, and run"
            " /doctor. Reference: {reference}"
        )
        raise ShopifyMissing(_with_reference(text, what, error)) from error
    except ShopifyDenied as error:
        text = _(
            "The app lacks a permission at Shopify: it needs the scope read_customers and access to protected customer"
            " data. An admin must grant it. Reference: {reference}"
        )
        raise ShopifyMissing(_with_reference(text, what, error)) from error
    except ShopifyFailure as error:
        text = _("Shopify is unavailable at the moment. Try again in a few minutes. Reference: {reference}")
        raise LinkFailed(_with_reference(text, what, error)) from error
    except DATABASE as error:
        text = _(
            "There was trouble with the database. Look with /customer whether anything changed, then try again."
            " Reference: {reference}"
        )
        raise LinkFailed(_with_reference(text, what, error)) from error


def _with_reference(text: str, what: str, error: Exception) -> str:
    reference = new_reference()
    log.error("shopify.failed", what=what, reference=reference, reason=str(error), exc_info=error)
    return text.format(reference=reference)
