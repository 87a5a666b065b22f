"""A German buyer among people who speak other languages: commands, the order, and what comes later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from guildshop.i18n import gettext_in, pgettext_in
from guildshop.testing import Shop
from tests.plugins.sale import Sale

LOCALES = {"de": "de", "es-419": "es", "es-ES": "es", "fr": "fr"}
NAME = re.compile(r"[-_'\w]{1,32}")


def localised(nodes: list[dict[str, Any]], field: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Return every text of a field with its translations, those of options and choices too."""
    for node in nodes:
        if node.get(field):
            yield node[field], node.get(f"{field}_localizations") or {}
        yield from localised([*(node.get("options") or ()), *(node.get("choices") or ())], field)


async def test_a_german_orders_and_hears_in_german_while_staff_hear_in_the_shops_language(shop: Shop) -> None:
    puts = [request for request in shop.sim.requests if request.method == "PUT" and request.path.endswith("/commands")]
    assert len(puts) == 1
    sent = {command["name"]: command for command in puts[0].body}
    assert sent["order"]["name_localizations"] == {
        "de": "bestellen", "es-419": "pedir", "es-ES": "pedir", "fr": "commander"
    }  # fmt: skip
    for locale in LOCALES:
        names = [(one.get("name_localizations") or {}).get(locale, one["name"]) for one in puts[0].body]
        assert len(set(names)) == len(names)
        assert [name for name in names if not NAME.fullmatch(name) or name != name.lower()] == []
    for text, translations in localised(puts[0].body, "description"):
        assert set(translations) == set(LOCALES), text
        assert [one for one in translations.values() if len(one) > 100] == []
    # The same commands are not sent again.
    await shop.restart()
    assert len([one for one in shop.sim.requests if one.method == "PUT" and one.path.endswith("/commands")]) == 1

    sale = Sale(shop)
    await sale.product("GOLD", roles=("gold",))
    clara = shop.sim.member("buyer3")
    reply = await clara.slash("order")
    reply = await (await reply.select("Gold")).submit(quantity="1")
    reply = await reply.press(gettext_in("de", "Continue"))
    reply = await reply.select("Venmo")
    assert "15,00\xa0$" in reply.text
    receipt = await reply.press(gettext_in("de", "Confirm & submit"))
    await shop.settle()
    (row,) = await sale.rows("orders")
    order = await sale.get(row["id"])
    assert order.locale == "de"
    assert f"Bestellung {order.number}" in receipt.text
    (notice,) = shop.sim.messages("orders")
    await shop.staff.press(notice, "Approve")
    await shop.settle()
    dms = await clara.dms()
    assert dms[0].embeds[0]["title"] == gettext_in("de", "Order {number} received").format(number=order.number)
    assert f"/{pgettext_in('de', 'command', 'order-status')}" not in notice.text
    assert all("Order" not in message.embeds[0]["title"] for message in dms)
    english = {"Your", "the", "There", "you", "Orders", "No", "is", "are"}
    for command, given in (("help", {}), ("orders", {}), ("catalog", {}), ("order-status", {"order": "NOSUCH"})):
        reply = await clara.slash(command, **given)
        assert not english & set(re.findall(r"\w+", reply.text)), reply.text
    assert shop.sim.violations == []
