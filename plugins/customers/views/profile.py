"""The profile and the DM preferences."""

from __future__ import annotations

from collections.abc import Mapping

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


def preferences_embed(switches: Mapping[MessageTopic, bool]) -> discord.Embed:
    """Return which direct messages a customer gets."""
    heading = _("Choose which direct messages you get. Press a button to switch one on or off.")
    return embed(_("Direct messages"), "\n".join([heading, "", *_lines(switches, "🔔", "🔕")]))


def email_embed(customer: Customer, switches: Mapping[MessageTopic, bool], *, mail: bool) -> discord.Embed:
    """Return which emails a customer gets, and where."""
    title = _("Emails")
    if not mail:
        return embed(title, _("This shop sends no email at present."))
    if not customer.email:
        return embed(title, _("No email address of yours is on file, so you get no email. Set one to get some."))
    state = _("confirmed") if customer.email_confirmed else _("not confirmed yet")
    where = _("Emails go to {email} ({state}).").format(email=escape(customer.email), state=state)
    heading = _("Press a button to switch one on or off.")
    return embed(title, "\n".join([where, heading, "", *_lines(switches, "✉️", "🚫")]))


def preference_label(topic: MessageTopic, on: bool) -> str:
    """Return what a topic's button says."""
    return _("{topic}: {state}").format(topic=_(topic.label), state=_("on") if on else _("off"))


def _lines(switches: Mapping[MessageTopic, bool], on: str, off: str) -> list[str]:
    return [f"{on if wanted else off} {escape(_(topic.label))}" for topic, wanted in switches.items()]
