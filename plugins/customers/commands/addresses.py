"""A member's own addresses: listing, adding, changing, deleting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands

from guildshop.bot import (
    Context,
    Fields,
    StoreButton,
    StoreModal,
    StoreSelect,
    TextField,
    answer,
    context_of,
    open_modal,
    update,
    view,
)
from guildshop.bot.rendering import embed
from guildshop.countries import country_codes, country_name, country_named
from guildshop.errors import Invalid
from guildshop.folding import fold
from guildshop.i18n import _
from guildshop.i18n import lazy as _l
from guildshop.plugins.customers.api import Address, AddressInput
from guildshop.plugins.customers.commands.profile import acting_customer
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.customers.views.addresses import (
    address_embed,
    address_fields,
    address_options,
    country_options,
    from_refused,
    list_embed,
    more_fields,
    read_address,
    refused_embed,
)

if TYPE_CHECKING:
    from guildshop.bot.client import Bot

Shown = tuple[discord.Embed, discord.ui.View]


async def suggest_countries(_interaction: discord.Interaction[Bot], current: str) -> list[app_commands.Choice[str]]:
    """Suggest countries by name or code."""
    wanted = fold(current)
    named = sorted((country_name(code), code) for code in country_codes())
    found = [(name, code) for name, code in named if wanted in fold(name) or wanted == fold(code)]
    found.sort(key=lambda pair: not fold(pair[0]).startswith(wanted))
    return [app_commands.Choice(name=name[:100], value=code) for name, code in found[:25]]


@app_commands.command(name="address-list", description=_l("See your saved addresses."))
async def address_list_command(interaction: discord.Interaction[Bot]) -> None:
    """Show all addresses with a select to change one."""
    await acting_customer(interaction)
    shown, parts = await _list(context_of(interaction))
    await answer(interaction, embed=shown, view=parts)


@app_commands.command(name="address-add", description=_l("Save an address for your orders."))
@app_commands.describe(country=_l("The country that the address is in"))
@app_commands.autocomplete(country=suggest_countries)
async def address_add_command(interaction: discord.Interaction[Bot], country: str | None = None) -> None:
    """Ask for the country, then open its form."""
    context = context_of(interaction)
    if country is not None:
        await _open_form(interaction, context, country_named(country))
        return
    await acting_customer(interaction)
    shown, parts = _countries(interaction, context)
    await answer(interaction, embed=shown, view=parts)


@app_commands.command(name="address-update", description=_l("Change or delete a saved address."))
async def address_update_command(interaction: discord.Interaction[Bot]) -> None:
    """Show the only address, or a select of all."""
    context = context_of(interaction)
    customer = await acting_customer(interaction)
    addresses = await _service(context).addresses(customer.id)
    shown, parts = _one(context, addresses[0]) if len(addresses) == 1 else await _list(context)
    await answer(interaction, embed=shown, view=parts)


class AddButton(StoreButton, prefix="customers.address_add"):
    """Begins a new address."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Ask for the country."""
        shown, parts = _countries(interaction, context)
        await update(interaction, embed=shown, view=parts)


class CountrySelect(StoreSelect, prefix="customers.country"):
    """Chooses the country of a new address."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Open the country's form."""
        await _open_form(interaction, context, country_named(values[0]))


class OtherCountry(StoreButton, prefix="customers.country_other"):
    """For countries that the select has no room for."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Ask for its name."""
        fields = [TextField("country", _("Country"), maximum=60, description=_("Its name, or its code of two letters"))]
        await open_modal(interaction, CountryForm.build(context.store.id, title=_("Another country"), fields=fields))


class CountryForm(StoreModal, prefix="customers.country_form"):
    """Takes the name of a country."""

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Go on with a button, since a form cannot open another one."""
        country = country_named(fields["country"])
        text = _("Go on with an address in {country}.").format(country=country_name(country))
        button = FillIn(
            context.store.id, "new", country, label=_("Enter the address"), style=discord.ButtonStyle.primary
        )
        await update(interaction, embed=embed(_("New address"), text), view=view(button))


class FillIn(StoreButton, prefix="customers.address_fill"):
    """Opens the form of an address; arguments: `new` or its ID, and its country.

    On a message that says why an address was not saved, the form begins with what was written.
    """

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Open the form."""
        country = country_named(args[1])
        given: AddressInput | Address | None = from_refused(interaction.message, country)
        if given is None and args[0] != "new":
            given = await _service(context).own_address(context.actor, UUID(args[0]))
        fields = address_fields(country, given)
        await open_modal(interaction, AddressForm.build(context.store.id, *args, title=_title(args[0]), fields=fields))


class AddressForm(StoreModal, prefix="customers.address_form"):
    """Takes an address; arguments: `new` or its ID, and its country."""

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Save it, or say what is wrong and let it be corrected."""
        given, service = read_address(fields, country_named(args[1])), _service(context)
        try:
            if args[0] == "new":
                customer = await service.of_member(context.actor)
                saved = await service.add_address(context.actor, customer.id, given)
            else:
                before = await service.own_address(context.actor, UUID(args[0]))
                given = replace(given, company=before.company, phone=before.phone)
                saved = await service.update_address(context.actor, before.id, given)
        except Invalid as refusal:
            again = FillIn(context.store.id, *args, label=_("Correct it"), style=discord.ButtonStyle.primary)
            await update(interaction, embed=refused_embed(refusal.message, given), view=view(again))
            return
        shown, parts = _saved(context, saved)
        await update(interaction, embed=shown, view=parts)


class Suggestion(StoreButton, prefix="customers.address_suggestion"):
    """Use suggested, or Keep mine; arguments: the address's ID, and `use` or `keep`."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Take the suggestion over if wanted, and show the address."""
        address = await _service(context).own_address(context.actor, UUID(args[0]))
        if args[1] == "use":
            address = await _service(context).use_suggestion(context.actor, address.id)
        shown, parts = _one(context, address)
        await update(interaction, embed=shown, view=parts)


class AddressSelect(StoreSelect, prefix="customers.address"):
    """Chooses one of one's own addresses."""

    async def chosen(
        self, interaction: discord.Interaction[Bot], context: Context, values: Sequence[str], *args: str
    ) -> None:
        """Show it with what can be done to it."""
        shown, parts = _one(context, await _service(context).own_address(context.actor, UUID(values[0])))
        await update(interaction, embed=shown, view=parts)


class AddressAction(StoreButton, prefix="customers.address_action"):
    """Does something to an address; arguments: its ID, and what."""

    async def pressed(self, interaction: discord.Interaction[Bot], context: Context, *args: str) -> None:
        """Do it, and show the address or, after deleting, the list."""
        service = _service(context)
        address = await service.own_address(context.actor, UUID(args[0]))
        if args[1] == "more":
            form = MoreForm.build(
                context.store.id, address.id, title=_("Company and phone"), fields=more_fields(address)
            )
            await open_modal(interaction, form)
            return
        if args[1] == "delete":
            await service.delete_address(context.actor, address.id)
        elif args[1] == "default":
            address = await service.set_default(context.actor, address.id)
        elif args[1] == "billing":
            address = await service.set_billing(context.actor, address.id)
        shown, parts = _one(context, address) if args[1] in {"default", "billing"} else await _list(context)
        await update(interaction, embed=shown, view=parts)


class MoreForm(StoreModal, prefix="customers.address_more"):
    """Takes company and phone of an address."""

    async def submitted(
        self, interaction: discord.Interaction[Bot], context: Context, fields: Fields, *args: str
    ) -> None:
        """Save them."""
        service = _service(context)
        address = await service.own_address(context.actor, UUID(args[0]))
        given = replace(address.as_input, company=fields["company"], phone=fields["phone"])
        shown, parts = _one(context, await service.update_address(context.actor, address.id, given))
        await update(interaction, embed=shown, view=parts)


async def _open_form(interaction: discord.Interaction[Bot], context: Context, country: str) -> None:
    if interaction.guild_id is not None:
        await acting_customer(interaction)
    form = AddressForm.build(context.store.id, "new", country, title=_title("new"), fields=address_fields(country))
    await open_modal(interaction, form)


async def _list(context: Context) -> Shown:
    service, store = _service(context), context.store.id
    addresses = await service.addresses((await service.of_member(context.actor)).id)
    items: list[discord.ui.Item[Any]] = []
    if addresses:
        options = address_options(addresses)
        items.append(AddressSelect(store, options=options, placeholder=_("Choose an address"), row=0))
    items.append(AddButton(store, label=_("Add an address"), style=discord.ButtonStyle.primary, row=1))
    return list_embed(addresses), view(*items)


def _countries(interaction: discord.Interaction[Bot], context: Context) -> Shown:
    territory = context.locale.partition("-")[2]
    options = country_options(territory)
    items = (
        CountrySelect(context.store.id, options=options, placeholder=_("Choose the country"), row=0),
        OtherCountry(context.store.id, label=_("Another country"), row=1),
    )
    return embed(_("New address"), _("Which country is the address in?")), view(*items)


def _saved(context: Context, address: Address) -> Shown:
    """Return the saved address, with the choice between it and what its country would write."""
    suggestion = _service(context).check_address(address.as_input).suggestion
    if suggestion is None:
        return _one(context, address, _("Address saved"))
    store = context.store.id
    items = (
        Suggestion(store, address.id, "use", label=_("Use suggested"), style=discord.ButtonStyle.primary),
        Suggestion(store, address.id, "keep", label=_("Keep mine")),
    )
    return address_embed(address, _("Address saved"), suggestion), view(*items)


def _one(context: Context, address: Address, heading: str = "") -> Shown:
    store = context.store.id
    items: list[StoreButton] = [
        FillIn(store, address.id, address.country, label=_("Edit"), style=discord.ButtonStyle.primary, row=0),
        AddressAction(store, address.id, "more", label=_("Company and phone"), row=0),
        AddressAction(store, address.id, "default", label=_("Make default"), disabled=address.is_default, row=1),
        AddressAction(store, address.id, "billing", label=_("Use for billing"), disabled=address.is_billing, row=1),
        AddressAction(store, address.id, "delete", label=_("Delete"), style=discord.ButtonStyle.danger, row=1),
        AddressAction(store, address.id, "list", label=_("All addresses"), row=2),
    ]
    return address_embed(address, heading or _("Address")), view(*items)


def _title(which: str) -> str:
    return _("New address") if which == "new" else _("Edit address")


def _service(context: Context) -> CustomerService:
    return context.app.get(CustomerService)


ADDRESS_COMMANDS: list[Any] = [address_list_command, address_add_command, address_update_command]
ADDRESS_ITEMS: list[Any] = [
    AddButton,
    CountrySelect,
    OtherCountry,
    CountryForm,
    FillIn,
    AddressForm,
    Suggestion,
    AddressSelect,
    AddressAction,
    MoreForm,
]
