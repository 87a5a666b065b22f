"""What the settings panel, the doctor and the one-time link look like in Discord."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from guildshop.bot.rendering import (
    ATTENTION,
    BAD,
    GOOD,
    QUIET,
    attention_embed,
    clip,
    embed,
    escape,
    money,
)
from guildshop.hookspecs import Finding, Severity
from guildshop.i18n import _, ngettext, pgettext
from guildshop.permissions import TEMPLATES
from guildshop.plugins.staff.api import (
    CHANNEL_KINDS,
    FieldKind,
    PluginState,
    Section,
    SettingField,
    channel_label,
)
from guildshop.stores import Store

MARKS = {Severity.FINE: "✅", Severity.WARNING: "⚠️", Severity.BROKEN: "❌"}
SHOWN_VALUE = 200
SHOWN_FINDINGS = 20

ROOM_FOR_HELP = 5_800
"""Characters of two embeds together; Discord takes 6,000."""


def overview(store: Store, plugins: Sequence[PluginState]) -> discord.Embed:
    """Show how the store is set up."""
    off = ", ".join(plugin.title for plugin in plugins if not plugin.on)
    return embed(
        _("Settings of {store}").format(store=escape(store.name)),
        _("Choose below what to look at or change. A change applies at once."),
        fields=[
            (_("Currency"), store.currency),
            (_("Language"), store.language),
            (_("Time zone"), store.time_zone),
            (pgettext("plugins", "Switched off"), off or _("nothing")),
            (_("Staff roles"), _staff_roles(store.staff_roles), False),
            (_("Channels"), _channels(store.channels), False),
            (_("Client role"), role(store.client_role)),
        ],
    )


def section_embed(section: Section, currency: str) -> discord.Embed:
    """Show a section's settings with their values."""
    lines = [
        f"**{_(field.label)}**: {shown(field, field.value, currency)}"
        + (f"\n-# {_(field.description)}" if field.description else "")
        for field in section.fields
    ]
    off = "" if section.enabled else _("This plugin is switched off in this shop.") + "\n\n"
    return embed(section.title, off + "\n".join(lines) or _("There is nothing to set."))


def plugins_embed(plugins: Sequence[PluginState]) -> discord.Embed:
    """Show which plugins are on."""
    lines = [f"{'🟢' if plugin.on else '⚫'} **{plugin.title}**: {plugin.description}" for plugin in plugins]
    return embed(
        _("Plugins"),
        "\n".join(lines),
        footer=_("Off means closed to new business: what was begun still finishes."),
    )


def confirm_off_embed(plugin: PluginState) -> discord.Embed:
    """Ask whether a plugin may go off together with those that need it."""
    return attention_embed(
        _("{others} need {plugin} and would be switched off too. What was begun still finishes.").format(
            others=", ".join(plugin.needed_by), plugin=plugin.title
        ),
        _("Switch off {plugin}?").format(plugin=plugin.title),
    )


def roles_embed(store: Store, template: str = "") -> discord.Embed:
    """Show which Discord roles stand for which role template."""
    text = _("The server's owner and members with Administrator are Owner without being listed.")
    if template:
        text = _("Choose the Discord roles whose members are **{role}**.").format(role=template)
    return embed(_("Staff roles"), f"{text}\n\n{_staff_roles(store.staff_roles)}")


def channels_embed(store: Store, kind: str = "") -> discord.Embed:
    """Show which channel is for what."""
    text = _("Choose what a channel is for, then the channel.")
    if kind:
        text = _("Choose the channel for: **{kind}**. Choose none to take it away.").format(kind=channel_label(kind))
    return embed(_("Channels"), f"{text}\n\n{_channels(store.channels)}")


def client_role_embed(store: Store) -> discord.Embed:
    """Show which role customers get."""
    text = _("The role of everybody who bought something: {role}.").format(role=role(store.client_role))
    return embed(_("Client role"), text)


def doctor_embed(store: Store, findings: Sequence[Finding]) -> discord.Embed:
    """Show what the doctor found, the worst first."""
    order = [Severity.BROKEN, Severity.WARNING, Severity.FINE]
    ranked = sorted(findings, key=lambda finding: order.index(finding.severity))
    worst = ranked[0].severity if ranked else Severity.FINE
    lines = [
        f"{MARKS[finding.severity]} **{escape(finding.subject)}**: {escape(finding.message)}"
        + (f"\n-# {escape(finding.remedy)}" if finding.remedy else "")
        for finding in ranked[:SHOWN_FINDINGS]
    ]
    broken = sum(finding.severity is Severity.BROKEN for finding in findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in findings)
    fine = len(findings) - broken - warnings
    return embed(
        _("Check of {store}").format(store=escape(store.name)),
        "\n".join(lines),
        colour={Severity.BROKEN: BAD, Severity.WARNING: ATTENTION, Severity.FINE: GOOD}[worst],
        footer=" · ".join(
            (
                ngettext("{count} broken", "{count} broken", broken).format(count=broken),
                ngettext("{count} warning", "{count} warnings", warnings).format(count=warnings),
                ngettext("{count} fine", "{count} fine", fine).format(count=fine),
            )
        ),
    )


def link_embed(store: Store) -> discord.Embed:
    """Show what the one-time link is."""
    return embed(
        _("Sign in to {store}").format(store=escape(store.name)),
        _("The button signs you in, once, within 5 minutes. It is yours alone: do not pass it on."),
        colour=QUIET,
    )


def help_embeds(shop: str, members: Sequence[tuple[str, str]], staff: Sequence[tuple[str, str]]) -> list[discord.Embed]:
    """Return what members can do, and for staff what they can do besides; each a command and what it does."""
    text = _("Look around with {catalog}, order with {order}. Every answer is for your eyes only.")
    named = {mention.lstrip("</").split(":")[0]: mention for mention, _does in members}
    start = text.format(catalog=named.get("catalog", "/catalog"), order=named.get("order", "/order"))
    shown = [embed(_("What you can do at {shop}").format(shop=escape(shop)), f"{start}\n\n{_lines(members)}")]
    if staff:
        text = _lines(staff)
        if len(text) + len(shown[0]) > ROOM_FOR_HELP:
            text = " · ".join(mention for mention, _does in staff)
        shown.append(embed(_("For staff"), text, colour=QUIET))
    return shown


def _lines(commands: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"{mention} – {escape(does)}" for mention, does in commands)


def shown(field: SettingField, value: Any, currency: str) -> str:
    """Write a setting's value for people, in one line."""
    if field.kind is FieldKind.TOGGLE:
        return _("On") if value else _("Off")
    if field.kind is FieldKind.SECRET:
        return _("set") if value else _("not set")
    if value is None or value == "" or value == () or value == {}:
        return "–"
    if field.kind is FieldKind.MONEY:
        return money(value, currency)
    if field.kind is FieldKind.CHOICE:
        plain = str(getattr(value, "value", value))
        return escape(dict(field.choices).get(plain, plain))
    if field.kind is FieldKind.ROWS:
        return escape(clip(", ".join(str(getattr(row, "label", row)) for row in value), SHOWN_VALUE))
    if isinstance(value, Mapping):
        return escape(clip(", ".join(value), SHOWN_VALUE))
    if isinstance(value, tuple | list | set | frozenset):
        return escape(clip(", ".join(str(part) for part in value), SHOWN_VALUE))
    return escape(clip(str(value), SHOWN_VALUE))


def role(role_id: int | None) -> str:
    """Return a mention of a role; nobody is notified."""
    return f"<@&{role_id}>" if role_id else _("none")


def _staff_roles(roles: Mapping[int, str]) -> str:
    lines = []
    for template in TEMPLATES:
        found = [role(role_id) for role_id, name in roles.items() if name == template]
        if found:
            lines.append(f"**{template}**: {', '.join(found)}")
    return "\n".join(lines) or _("none")


def _channels(channels: Mapping[str, int]) -> str:
    return "\n".join(
        f"**{channel_label(kind)}**: {f'<#{channels[kind]}>' if kind in channels else _('none')}"
        for kind in CHANNEL_KINDS
    )
