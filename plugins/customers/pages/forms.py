"""What staff change of a customer: profile, state, addresses, the link to a user. Preferences are in none of it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from aiohttp import web

from guildshop.countries import country_codes, country_name
from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.hookspecs import Page
from guildshop.i18n import _
from guildshop.plugins.customers.api import (
    CUSTOMER_UPDATE,
    OFFERED_TAGS,
    Address,
    AddressInput,
    Customer,
    CustomerChange,
    CustomerInput,
    Source,
    address_labels,
)
from guildshop.plugins.customers.pages.detail import customer_of
from guildshop.plugins.customers.pages.words import SOURCE_LABELS
from guildshop.plugins.customers.rules import clean_discord_id
from guildshop.plugins.customers.service import CustomerService
from guildshop.web.context import actor_of, app_of
from guildshop.web.pages import flash, form_version, read_form, redirect, render
from guildshop.web.password_reset import PasswordResets

PROFILE = {
    "displayName": "display_name",
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "accountNumber": "account_number",
    "notes": "notes",
}
"""The fields of the form, by which refusals name them too, and what they are of a customer."""
ADDRESS = {
    "recipient": "recipient",
    "company": "company",
    "street": "street",
    "street2": "street2",
    "postalCode": "postal_code",
    "city": "city",
    "region": "region",
    "country": "country",
    "phone": "phone",
}
USE, KEEP = "use", "keep"
"""The buttons: take over how the country writes an address, leave it as it was typed."""


async def new_page(request: web.Request) -> web.StreamResponse:
    """Show the form of a customer whom staff enter, and take it."""
    if request.method == "GET":
        return _edit(request, None, {})
    form = await read_form(request)
    texts = {name: form.get(field, "") for field, name in PROFILE.items()}
    try:
        member = form.get("discordId", "").strip()
        given = CustomerInput(
            **texts | {"notes": texts["notes"].replace("\r\n", "\n")},
            tags=_tags(form),
            discord_id=clean_discord_id(member) if member else None,
            source=Source.EMAIL if form.get("source") == Source.EMAIL else Source.MANUAL,
        )
        made = await app_of(request).get(CustomerService).create(actor_of(request), given)
    except Refusal as refusal:
        return _edit(request, None, form, refusal)
    flash(request, _("{customer} is a customer now.").format(customer=made.name))
    raise redirect(request, f"customer/{made.id}")


async def edit_page(request: web.Request) -> web.StreamResponse:
    """Show the form of the profile, and take it."""
    customer = await customer_of(request)
    if request.method == "GET":
        typed = {field: str(getattr(customer, name)) for field, name in PROFILE.items()}
        return _edit(request, customer, typed | {"tags": ", ".join(customer.tags), "version": str(customer.version)})
    form = await read_form(request)
    texts = {name: form.get(field, "") for field, name in PROFILE.items()}
    try:
        await (
            app_of(request)
            .get(CustomerService)
            .change(
                actor_of(request),
                customer.id,
                CustomerChange(
                    display_name=texts["display_name"],
                    first_name=texts["first_name"],
                    last_name=texts["last_name"],
                    email=texts["email"],
                    phone=texts["phone"],
                    account_number=texts["account_number"],
                    notes=texts["notes"].replace("\r\n", "\n"),
                    tags=_tags(form),
                    discord_id=form.get("discordId", "").strip() or None,
                ),
                version=form_version(form),
            )
        )
    except Refusal as refusal:
        return _edit(request, customer, form, refusal)
    flash(request, _("The profile was saved."))
    raise redirect(request, f"customer/{customer.id}")


async def change_state(request: web.Request) -> web.StreamResponse:
    """Deactivate, reactivate, block or unblock."""
    customer, actor, service = await customer_of(request), actor_of(request), app_of(request).get(CustomerService)
    match (await read_form(request)).get("to"):
        case "inactive":
            await service.deactivate(actor, customer.id)
            told = _(
                "{customer} was deactivated: they cannot order or sign in, and all data is kept. "
                "To keep them out with a clear message, block them."
            )
        case "active":
            await service.reactivate(actor, customer.id)
            told = _("{customer} can order again.")
        case "blocked":
            await service.block(actor, customer.id)
            told = _("{customer} was blocked: they cannot order, link or sign in, and are told so.")
        case "unblocked":
            await service.unblock(actor, customer.id)
            told = _("{customer} is no longer blocked.")
        case _:
            raise Invalid(_("Choose what to do with this customer."))
    flash(request, told.format(customer=customer.name))
    raise redirect(request, f"customer/{customer.id}")


async def address_page(request: web.Request) -> web.StreamResponse:
    """Show the form of a new or a known address, and take it."""
    customer, service = await customer_of(request), app_of(request).get(CustomerService)
    known = await _address(request, customer)
    if request.method == "GET":
        typed = {field: getattr(known, name) if known else "" for field, name in ADDRESS.items()}
        return _address_form(request, customer, known, typed | {"version": str(known.version) if known else ""})
    form = await read_form(request)
    given = AddressInput(**{name: form.get(field, "") for field, name in ADDRESS.items()})
    try:
        suggestion = service.check_address(given).suggestion
        if suggestion is not None and form.get("do") not in {USE, KEEP}:
            return _address_form(request, customer, known, form, suggestion=suggestion)
        if suggestion is not None and form["do"] == USE:
            given = suggestion
        if known is None:
            await service.add_address(actor_of(request), customer.id, given)
        else:
            await service.update_address(actor_of(request), known.id, given, version=form_version(form))
    except Refusal as refusal:
        return _address_form(request, customer, known, form, refusal)
    flash(request, _("The address was saved. Orders keep the copy that they were placed with."))
    raise redirect(request, f"customer/{customer.id}")


async def change_address(request: web.Request) -> web.StreamResponse:
    """Delete an address, or make it the default or the billing address."""
    customer, actor, service = await customer_of(request), actor_of(request), app_of(request).get(CustomerService)
    known = await _address(request, customer)
    if known is None:
        raise NotFound(_("This address no longer exists."))
    match (await read_form(request)).get("do"):
        case "delete":
            await service.delete_address(actor, known.id)
            flash(request, _("The address was deleted. Orders keep the copy that they were placed with."))
        case "default":
            await service.set_default(actor, known.id)
            flash(request, _("Orders are shipped to this address unless told otherwise."))
        case "billing":
            await service.set_billing(actor, known.id)
            flash(request, _("This is the billing address now."))
        case _:
            raise Invalid(_("Choose what to do with this address."))
    raise redirect(request, f"customer/{customer.id}")


async def change_link(request: web.Request) -> web.StreamResponse:
    """Link the customer to a user, or end that."""
    customer, actor, service = await customer_of(request), actor_of(request), app_of(request).get(CustomerService)
    form = await read_form(request)
    if form.get("do") == "unlink":
        await service.unlink_user(actor, customer.id)
        flash(request, _("{customer} is linked to no user any more.").format(customer=customer.name))
    else:
        linked = await service.link_user(actor, customer.id, form.get("user", ""))
        told = _("{customer} is linked to the user {user}.")
        flash(request, told.format(customer=customer.name, user=await service.user_of(linked)))
    raise redirect(request, f"customer/{customer.id}")


async def reset_email(request: web.Request) -> web.StreamResponse:
    """Email the linked user a link to a new password, which nobody else sees."""
    customer = await customer_of(request)
    if customer.user is None:
        raise Refusal(_("{customer} is linked to no user.").format(customer=customer.name))
    user = await PasswordResets(app_of(request)).send(actor_of(request), customer.user)
    flash(request, _("A link to a new password is on its way to {user}.").format(user=user.username))
    raise redirect(request, f"customer/{customer.id}")


async def ask_email(request: web.Request) -> web.StreamResponse:
    """Send the customer a link that confirms the address on file."""
    customer = await customer_of(request)
    email = await app_of(request).get(CustomerService).ask_email(actor_of(request), customer.id)
    flash(request, _("A link is on its way to {email}.").format(email=email))
    raise redirect(request, f"customer/{customer.id}")


def _edit(
    request: web.Request, customer: Customer | None, typed: Mapping[str, str], refusal: Refusal | None = None
) -> web.StreamResponse:
    values = {
        "customer": customer,
        "typed": {**dict.fromkeys((*PROFILE, "discordId", "tags", "source", "version"), ""), **typed},
        "sources": [(one.value, _(SOURCE_LABELS[one])) for one in (Source.MANUAL, Source.EMAIL)],
        "offered_tags": ", ".join(OFFERED_TAGS),
        **_problem(refusal),
    }
    return render(request, "customers/edit.html", values, status=refusal.status if refusal else 200)


def _address_form(
    request: web.Request,
    customer: Customer,
    known: Address | None,
    typed: Mapping[str, str],
    refusal: Refusal | None = None,
    *,
    suggestion: AddressInput | None = None,
) -> web.StreamResponse:
    countries = sorted((country_name(code), code) for code in country_codes())
    values = {
        "customer": customer,
        "known": known,
        "typed": {**dict.fromkeys((*ADDRESS, "version"), ""), **typed},
        "labels": {field: address_labels()[name] for field, name in ADDRESS.items()},
        "suggestion": suggestion,
        "fields": ADDRESS,
        "countries": [("", _("Choose a country")), *((code, name) for name, code in countries)],
        **_problem(refusal),
    }
    return render(request, "customers/address.html", values, status=refusal.status if refusal else 200)


def _problem(refusal: Refusal | None) -> dict[str, object]:
    errors = refusal.errors if isinstance(refusal, Invalid) else ()
    named = {error.field: error.message for error in errors}
    return {"errors": named, "problem": "" if refusal is None or named else str(refusal)}


async def _address(request: web.Request, customer: Customer) -> Address | None:
    """Return the address that the page is about, None for a new one; another customer's is not there."""
    key = request.match_info.get("address", "new")
    if key == "new":
        return None
    try:
        known = await app_of(request).get(CustomerService).address(UUID(key))
    except ValueError:
        raise NotFound(_("This address no longer exists.")) from None
    if known.customer != customer.id:
        raise NotFound(_("This address no longer exists."))
    return known


def _tags(form: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(tag.strip() for tag in form.get("tags", "").split(",") if tag.strip())


_FORM = ("GET", "POST")
FORM_PAGES = [
    Page("customer/new", new_page, CUSTOMER_UPDATE, methods=_FORM),
    Page("customer/{id}/edit", edit_page, CUSTOMER_UPDATE, methods=_FORM),
    Page("customer/{id}/state", change_state, CUSTOMER_UPDATE, methods=("POST",)),
    Page("customer/{id}/address/{address}", address_page, CUSTOMER_UPDATE, methods=_FORM),
    Page("customer/{id}/address/{address}/change", change_address, CUSTOMER_UPDATE, methods=("POST",)),
    Page("customer/{id}/link", change_link, CUSTOMER_UPDATE, methods=("POST",)),
    Page("customer/{id}/reset-email", reset_email, CUSTOMER_UPDATE, methods=("POST",)),
    Page("customer/{id}/ask-email", ask_email, CUSTOMER_UPDATE, methods=("POST",)),
]
