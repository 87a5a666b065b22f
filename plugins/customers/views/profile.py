"""The profile and the DM preferences."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from guildshop.bot.rendering import GOOD, embed, escape
from guildshop.i18n import _
from guildshop.plugins.customers.api import Customer, MessageTopic


def registered_embed(customer: Customer, shop: str) -> discord.Embed:
    """Return what a member reads after registering."""
    return embed(
        _("You are registered"),
        _(
            "You are a customer of {shop}. See what is for sale with /catalog, and add an address with /address-add."
        ).format(shop=escape(shop)),
        colour=GOOD,
        fields=[
            (_("Name"), escape(customer.name)),
            (_("Username"), escape(customer.username)),
            (_("Account number"), escape(customer.account_number)),
        ],
    )


def preferences_embed(customer: Customer, topics: Sequence[MessageTopic]) -> discord.Embed:
    """Return which messages a customer gets."""
    lines = [f"{_mark(wanted(customer, topic))} {escape(_(topic.label))}" for topic in topics]
    heading = _("Choose which direct messages you get. Press a button to switch one on or off.")
    return embed(_("Direct messages"), "\n".join([heading, "", *lines]))


def wanted(customer: Customer, topic: MessageTopic) -> bool:
    """Tell whether the customer wants messages on the topic."""
    return customer.dm_preferences.get(topic.name, True)


def preference_label(customer: Customer, topic: MessageTopic) -> str:
    """Return what a topic's button says."""
    state = _("on") if wanted(customer, topic) else _("off")
    return _("{topic}: {state}").format(topic=_(topic.label), state=state)


def _mark(on: bool) -> str:
    return "🔔" if on else "🔕"
