"""The screens of the order flow as Discord shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import discord

from guildshop.bot.items import custom_id, view
from guildshop.bot.rendering import ATTENTION, COLOUR, OPTION_LIMIT, clip, embed, escape, moment, money
from guildshop.i18n import _, grouped
from guildshop.plugins.orders.api import Choice, Draft, Question, Quote, Screen, ShippingAddress, Stage
from guildshop.plugins.orders.views import prefixes
from guildshop.plugins.orders.views.amounts import amount_lines, item_fields

PAGE = 25
"""How many products one select shows."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the items screen offers: one page of products, and the categories to look into."""

    products: Sequence[Choice]
    page: int = 1
    pages: int = 1
    categories: Sequence[Choice] = ()
    category: str = ""
    searched: bool = False
    """Whether these are what a search found, or variants, so that all products can be shown again."""
    of: str = ""
    """The product whose variants these are."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An embed and its components."""

    embed: discord.Embed
    view: discord.ui.View


def show(screen: Screen, shelf: Shelf | None = None, *, recipient: str = "") -> Shown:
    """Return a screen of the flow as Discord shows it; the items screen needs its shelf."""
    if screen.stage is Stage.QUESTION and screen.question is not None:
        return _question(screen, screen.question)
    if screen.stage is Stage.PAYMENT:
        return _payment(screen)
    if screen.stage is Stage.SUMMARY and screen.quote is not None:
        return _summary(screen, screen.quote, recipient)
    return _items(screen, shelf or Shelf(()))


def _items(screen: Screen, shelf: Shelf) -> Shown:
    draft = screen.draft
    subtotal = sum(line.quantity * line.unit_price for line in draft.lines)
    text = _("Choose a product; you are asked how many you want.")
    fields = []
    if draft.lines:
        text = _("Choose more products, or continue.")
        fields = [
            *item_fields(_("Your items"), draft.lines, draft.currency),
            (_("Subtotal"), money(subtotal, draft.currency), False),
        ]
    elif not shelf.products:
        text = _("There is nothing for sale here at the moment. Come back later.")
    if shelf.of:
        text = _("{product} comes in several variants: choose one.").format(product=escape(shelf.of))
    rows: list[discord.ui.Item[discord.ui.View]] = []
    key = draft.id.hex
    if shelf.products:
        place = _("Choose a product (page {page} of {pages})").format(page=shelf.page, pages=shelf.pages)
        if shelf.of:
            place = _("Choose a variant of {product}").format(product=shelf.of)
        rows.append(_select(draft, prefixes.PRODUCT, (key,), shelf.products, place, 0))
    if len(shelf.categories) > 1:
        rows.append(
            _select(draft, prefixes.CATEGORY, (key,), shelf.categories, _("Category"), 1, chosen=shelf.category)
        )
    if draft.lines:
        chosen = [
            Choice(line.product.hex, f"{grouped(line.quantity)} × {line.name}", money(line.unit_price, draft.currency))
            for line in draft.lines
        ]
        rows.append(_select(draft, prefixes.LINE, (key,), chosen, _("Change a quantity or remove a product"), 2))
    at, tail = shelf.page, shelf.category
    if shelf.pages > 1:
        rows += [
            _button(draft, prefixes.BROWSE, (key, at - 1, tail), _("Previous"), 3, disabled=at <= 1),
            _button(draft, prefixes.BROWSE, (key, at + 1, tail), _("Next"), 3, disabled=at >= shelf.pages),
        ]
    if shelf.searched:
        rows.append(_button(draft, prefixes.BROWSE, (key, 1, tail), _("Show all"), 3))
    if shelf.pages > 1 or shelf.searched or shelf.categories:
        rows.append(_button(draft, prefixes.FIND, (key,), _("Search"), 3))
    rows.append(
        _flow(draft, prefixes.NEXT, _("Continue"), 4, style=discord.ButtonStyle.primary, disabled=not draft.lines)
    )
    rows.append(_stop(draft))
    return Shown(_embed(screen, _("Your order"), text, fields), view(*rows))


def _question(screen: Screen, question: Question) -> Shown:
    draft = screen.draft
    key = draft.id.hex
    rows: list[discord.ui.Item[discord.ui.View]] = []
    if question.choices:
        rows.append(_select(draft, prefixes.ANSWER, (key, question.name), question.choices, question.title, 0))
    if question.form:
        label = question.form_label or _("Answer")
        style = discord.ButtonStyle.secondary if question.choices else discord.ButtonStyle.primary
        rows.append(_button(draft, prefixes.FORM, (key, question.name), label, 1, style=style))
    rows += _picks(draft, question, 2)
    if question.skip:
        rows.append(_button(draft, prefixes.FLOW, (key, prefixes.SKIP, question.name), question.skip, 3))
    rows += [_flow(draft, prefixes.BACK, _("Back to the items"), 4), _stop(draft)]
    text = question.text if question.formatted else escape(question.text)
    return Shown(_embed(screen, question.title, text, ()), view(*rows))


def _picks(draft: Draft, question: Question, row: int) -> list[discord.ui.Item[discord.ui.View]]:
    """Return the buttons that answer a question at once, the first of a question without a form in the main colour."""
    primary = not question.form and not question.choices and len(question.buttons) > 1
    return [
        _button(
            draft,
            prefixes.PICK,
            (draft.id.hex, question.name, choice.value),
            choice.label,
            row,
            style=discord.ButtonStyle.primary if primary and not at else discord.ButtonStyle.secondary,
        )
        for at, choice in enumerate(question.buttons[:5])
    ]


def _actions(screen: Screen) -> list[discord.ui.Item[discord.ui.View]]:
    """Return the buttons of what steps offer at the summary, five in a row, in up to three rows."""
    made: list[discord.ui.Item[discord.ui.View]] = []
    for question in screen.actions:
        if question.form:
            label = question.form_label or question.title
            made.append(_button(screen.draft, prefixes.FORM, (screen.draft.id.hex, question.name), label, 1))
        made += _picks(screen.draft, question, 1)
    for at, item in enumerate(made[:15]):
        item.row = 1 + at // 5
    return made[:15]


def _payment(screen: Screen) -> Shown:
    draft = screen.draft
    choices = [Choice(method.code, method.label) for method in screen.methods]
    rows: list[discord.ui.Item[discord.ui.View]] = [
        _select(draft, prefixes.METHOD, (draft.id.hex,), choices, _("Payment method"), 0),
        _flow(draft, prefixes.BACK, _("Back to the items"), 4),
        _stop(draft),
    ]
    return Shown(_embed(screen, _("Payment method"), _("How would you like to pay?"), ()), view(*rows))


def _summary(screen: Screen, quote: Quote, recipient: str) -> Shown:
    draft = screen.draft
    fields = [
        *item_fields(_("Items"), quote.lines, quote.totals.currency),
        (_("Amount"), amount_lines(quote.totals, quote.adjustments, ships=draft.ships), False),
        (_("Ship to"), address_text(quote.address), True),
        (_("Tax for"), "" if quote.address else address_text(quote.tax_place), True),
        (_("Payment method"), escape(screen.payment_label), True),
        (_("For"), recipient, True),
    ]
    text = _("Please check your order. This price holds until {time}.").format(time=moment(quote.expires, "t"))
    confirm = (draft.id.hex, prefixes.CONFIRM, draft.version)  # so that an older message confirms nothing newer
    rows: list[discord.ui.Item[discord.ui.View]] = [
        _select(draft, prefixes.REVISE, (draft.id.hex,), screen.changes, _("Change something"), 0),
        *_actions(screen),
        _button(draft, prefixes.FLOW, confirm, _("Confirm & submit"), 4, style=discord.ButtonStyle.success),
        _stop(draft),
    ]
    return Shown(_embed(screen, _("Summary"), text, fields), view(*rows))


def address_text(address: Mapping[str, str] | ShippingAddress | None) -> str:
    """Write an address as it stands on a label; nothing where there is none."""
    if not address:
        return ""
    copy = address if isinstance(address, ShippingAddress) else ShippingAddress(**address)
    return "\n".join(escape(line) for line in copy.lines)


def _embed(
    screen: Screen, title: str, text: str, fields: Sequence[tuple[str, str] | tuple[str, str, bool]]
) -> discord.Embed:
    notice = f"⚠️ {escape(screen.notice)}\n\n" if screen.notice else ""
    colour = ATTENTION if screen.notice else COLOUR
    footer = _("Only you see this. It waits for you for 30 minutes.")
    return embed(title, notice + text, colour=colour, fields=fields, footer=footer)


def _select(
    draft: Draft,
    prefix: str,
    args: Sequence[object],
    choices: Sequence[Choice],
    placeholder: str,
    row: int,
    chosen: str = "",
) -> discord.ui.Select[discord.ui.View]:
    options = [
        discord.SelectOption(
            label=clip(choice.label, OPTION_LIMIT) or "—",
            value=choice.value,
            description=clip(choice.description, OPTION_LIMIT) or None,
            default=bool(chosen) and choice.value == chosen,
        )
        for choice in choices[:25]
    ]
    return discord.ui.Select(
        custom_id=custom_id(prefix, draft.store, args), options=options, placeholder=clip(placeholder, 150), row=row
    )


def _button(
    draft: Draft,
    prefix: str,
    args: Sequence[object],
    label: str,
    row: int,
    *,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    disabled: bool = False,
) -> discord.ui.Button[discord.ui.View]:
    made = custom_id(prefix, draft.store, args)
    return discord.ui.Button(custom_id=made, label=clip(label, 80), style=style, disabled=disabled, row=row)


def _flow(
    draft: Draft,
    action: str,
    label: str,
    row: int,
    *,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    disabled: bool = False,
) -> discord.ui.Button[discord.ui.View]:
    return _button(draft, prefixes.FLOW, (draft.id.hex, action), label, row, style=style, disabled=disabled)


def _stop(draft: Draft) -> discord.ui.Button[discord.ui.View]:
    return _flow(draft, prefixes.STOP, _("Cancel"), 4, style=discord.ButtonStyle.danger)
