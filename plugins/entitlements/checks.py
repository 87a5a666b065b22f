"""What the doctor looks at before anybody buys: whether the roles and channels that products give can be given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from guildshop.doctor.server import Presence, read_presence, too_high
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _
from guildshop.plugins.catalog.api import Product
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.entitlements.service import GoodsService
from guildshop.tenancy import scope

if TYPE_CHECKING:
    from guildshop.app import App

NAMED = 3
"""Products that a finding names."""


def examination(app: App) -> Callable[[int | None], Awaitable[Sequence[Finding]]]:
    """Return what examines the products of a store."""

    async def examine(store_id: int | None) -> Sequence[Finding]:
        if store_id is None:
            return []
        with scope(store_id):
            sold = await app.get(GoodsService).granting()
            products = list((await app.get(CatalogService).get_many(sold)).values())
        presence = await read_presence(app, app.stores.get(store_id)) if products else None
        if presence is None:
            return []
        return [*_roles(presence, products), *_channels(presence, products)]

    return examine


def _roles(presence: Presence, products: Sequence[Product]) -> Iterable[Finding]:
    for role_id in sorted({role for product in products for role in product.granted_roles}):
        role = presence.server.roles.get(role_id)
        if role is None:
            givers = [product for product in products if role_id in product.granted_roles]
            yield _gone(_("The role {id}, which {products} gives, was deleted."), role_id, givers)
        elif role.position >= presence.top:
            yield too_high(role)


def _channels(presence: Presence, products: Sequence[Product]) -> Iterable[Finding]:
    for channel_id in sorted({channel for product in products for channel in product.granted_channels}):
        if channel_id not in presence.server.channels:
            givers = [product for product in products if channel_id in product.granted_channels]
            yield _gone(_("The channel {id}, which {products} opens, was deleted."), channel_id, givers)


def _gone(sentence: str, target: int, givers: Sequence[Product]) -> Finding:
    names = sorted(product.name for product in givers)
    shown = ", ".join([*names[:NAMED], *(["…"] if len(names) > NAMED else [])])
    return Finding(
        Severity.BROKEN,
        _("Roles and channels"),
        sentence.format(id=target, products=shown),
        _("Choose another one on the product's page, or take it away there."),
    )
