"""A German buyer among people who speak other languages: commands, the order, and what comes later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from guildshop.i18n import gettext_in, pgettext_in
from guildshop.plugins.customers.api import CustomerChange
from guildshop.plugins.customers.service import CustomerService
from guildshop.tenancy import scope
from guildshop.testing import MailboxServer, Shop
from tests.plugins.sale import Sale

ADA = "ada@example.org"
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


async def test_who_changes_the_language_of_discord_hears_in_the_new_one_of_what_they_ordered_before(
    shop: Shop, mailbox: MailboxServer
) -> None:
    mailbox.serve(shop.app)
    sale, clara = Sale(shop), shop.sim.member("buyer3")
    product = await sale.product("GOLD", roles=("gold",), price=123450)
    await clara.slash("register")
    first, second = await sale.order(product, person=clara), await sale.order(product, person=clara)
    assert (first.locale, second.locale) == ("en-US", "en-US")  # as if they had been placed in English
    with scope(shop.store.id):
        await shop.app.get(CustomerService).change(shop.actor(), first.customer, CustomerChange(email=ADA))
    assert [one.embeds[0]["title"] for one in await clara.dms()] == [
        gettext_in("de", "Order {number} received").format(number=one.number) for one in (first, second)
    ]
    shop.sim.state.keys[f"locale:{clara.id}"] = "fr"
    await clara.slash("help")
    await sale.confirm(first)
    await sale.cancel(second)
    for title, one in (("Receipt for order {number}", first), ("Order {number} was cancelled", second)):
        told = gettext_in("fr", title).format(number=one.number)
        assert told != title.format(number=one.number)
        assert told in [message.embeds[0]["title"] for message in await clara.dms()]
    (cancelled,) = [message for message in await clara.dms() if second.number in message.embeds[0]["title"]][1:]
    # A reason that nobody typed is read by everybody in their language.
    assert gettext_in("fr", "Cancelled by the shop.") in cancelled.text
    assert "1\u202f234,50" in cancelled.text
    assert second.id in [
        row["id"] for row in await sale.rows("orders") if row["cancel_reason"] == "Cancelled by the shop."
    ]
    receipt, cancellation = mailbox.to(ADA)
    assert receipt.subject == gettext_in("fr", "Receipt for order {number}").format(number=first.number)
    assert gettext_in("fr", "Cancelled by the shop.") in cancellation.text
    assert "1\u202f234,50" in cancellation.html
