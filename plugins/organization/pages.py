"""The pages of the workspace: branches and departments, discount groups, and the part of a customer's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aiohttp import web

from guildshop.errors import Invalid, NotFound, Refusal, Stale
from guildshop.hookspecs import Page
from guildshop.i18n import _, lazy, ngettext
from guildshop.money import parse_money, to_decimal
from guildshop.permissions import Actor
from guildshop.plugins.catalog.api import Product, ProductSection
from guildshop.plugins.catalog.service import CatalogService
from guildshop.plugins.customers.api import AccountFunction, Customer, CustomerSection
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.organization.api import (
    ORGANIZATION_READ,
    ORGANIZATION_UPDATE,
    DiscountGroup,
    GroupInput,
    UnitKind,
)
from guildshop.plugins.organization.rules import FUNCTION_LABELS, KIND_LABELS
from guildshop.plugins.organization.service import OrganizationService
from guildshop.web.again import show_again
from guildshop.web.context import actor_of, app_of, store_of
from guildshop.web.pages import flash, form_version, read_form, redirect, render

if TYPE_CHECKING:
    from guildshop.app import App

HOME = "organization"
BLOCKS = "blocks-"
"""What the check box of a function is called, before its name."""
UNIT = "unit-"
"""What the check box of a branch or department is called, before its ID."""
GROUP_FIELDS = ("name", "percent", "role", "position", "prices", "version")


async def home_page(request: web.Request) -> web.StreamResponse:
    """Show branches, departments and groups."""
    service = _service(request)
    units = await service.units()
    return render(
        request,
        "organization/home.html",
        {
            "kinds": [
                (UnitKind.BRANCH, _("Branches"), _("New branch"), _("No branches yet.")),
                (UnitKind.DEPARTMENT, _("Departments"), _("New department"), _("No departments yet.")),
            ],
            "units": units,
            "groups": await service.groups(),
            "roles": dict(_roles(request)),
            "restricted": service.restricted(store_of(request).id),
        },
    )


async def save_unit(request: web.Request) -> web.StreamResponse:
    """Add a unit, or rename, move or delete one."""
    service, actor, typed = _service(request), actor_of(request), await read_form(request)
    name = typed.get("name", "")
    try:
        if not typed.get("id"):
            if typed.get("kind") not in UnitKind.__members__:
                raise Invalid.field("kind", _("Choose whether it is a branch or a department."))
            made = await service.create_unit(actor, UnitKind(typed["kind"]), name)
            flash(request, _("{name} was added.").format(name=made.name))
        elif typed.get("do") == "delete":
            unit = await service.unit(_key(typed["id"]))
            await service.delete_unit(actor, unit.id)
            flash(request, _("{name} was deleted.").format(name=unit.name))
        else:
            position = _whole("position", typed.get("position", "")) or 0
            version = form_version(typed)
            key = _key(typed["id"])
            saved = await service.change_unit(actor, key, name=name, position=position, version=version)
            flash(request, _("{name} was saved.").format(name=saved.name))
    except Refusal as refusal:
        return await show_again(request, home_page, refusal)
    raise redirect(request, HOME)


async def unit_page(request: web.Request) -> web.StreamResponse:
    """Show the products that are restricted to a unit."""
    service = _service(request)
    unit = await service.unit(_key(request.match_info["id"]))
    products = await _products(request, await service.products_of(unit.id))
    typed = "\n".join(product.sku for product in products)
    return _show_unit(request, await _unit_values(request), {"products": typed, "version": str(unit.version)})


async def save_products(request: web.Request) -> web.StreamResponse:
    """Restrict the products of the form to a unit."""
    service, typed = _service(request), await read_form(request)
    unit = await service.unit(_key(request.match_info["id"]))
    try:
        version = form_version(typed)
        skus = [line.strip() for line in typed.get("products", "").splitlines() if line.strip()]
        count = await service.set_products(actor_of(request), unit.id, skus, version=version or 0)
    except Refusal as refusal:
        return _show_unit(request, await _unit_values(request), {"products": "", "version": "", **typed}, refusal)
    text = ngettext("{count} product is restricted to {name}.", "{count} products are restricted to {name}.", count)
    flash(request, text.format(count=count, name=unit.name))
    raise redirect(request, f"{HOME}/unit/{unit.id}")


async def new_group_page(request: web.Request) -> web.StreamResponse:
    """Show the form of a new group."""
    return _show_group(request, None, {"position": "0"})


async def create_group(request: web.Request) -> web.StreamResponse:
    """Make a group of what the form says."""
    typed = await read_form(request)
    try:
        group = await _service(request).create_group(actor_of(request), await _read_group(request, typed))
    except Refusal as refusal:
        return _show_group(request, None, typed, refusal)
    told = _("{name} was added. Assign customers on their pages, or by a Discord role.")
    flash(request, told.format(name=group.name))
    raise redirect(request, f"{HOME}/group/{group.id}")


async def group_page(request: web.Request) -> web.StreamResponse:
    """Show a group with its form."""
    service = _service(request)
    group = await service.group(_key(request.match_info["id"]))
    return _show_group(request, group, await _typed_group(request, group))


async def save_group(request: web.Request) -> web.StreamResponse:
    """Change a group to what the form says."""
    service, typed = _service(request), await read_form(request)
    group = await service.group(_key(request.match_info["id"]))
    try:
        version = form_version(typed)
        given = await _read_group(request, typed)
        saved = await service.change_group(actor_of(request), group.id, given, version=version)
    except Refusal as refusal:
        return _show_group(request, group, typed, refusal)
    flash(request, _("{name} was saved. Orders that were placed keep their prices.").format(name=saved.name))
    raise redirect(request, f"{HOME}/group/{group.id}")


async def delete_group(request: web.Request) -> web.StreamResponse:
    """Delete a group that nobody belongs to."""
    service = _service(request)
    group = await service.group(_key(request.match_info["id"]))
    try:
        await service.delete_group(actor_of(request), group.id)
    except Refusal as refusal:
        flash(request, refusal.message, "error")
        raise redirect(request, f"{HOME}/group/{group.id}") from None
    flash(request, _("{name} was deleted.").format(name=group.name))
    raise redirect(request, HOME)


async def assign(request: web.Request) -> web.StreamResponse:
    """Say where a customer belongs."""
    service, typed = _service(request), await read_form(request)
    customer = await app_of(request).get(CustomerService).get(_key(request.match_info["id"]))
    wanted = {name: _key(typed[name]) if typed.get(name) else None for name in ("branch", "department", "group")}
    version = form_version(typed)
    await service.assign(actor_of(request), customer.id, **wanted, version=version)
    flash(request, _("Where {customer} belongs was saved.").format(customer=customer.name))
    raise redirect(request, f"customer/{customer.id}")


def customer_section(app: App) -> CustomerSection:
    """Return the part of a customer's page that says where they belong."""

    async def load(actor: Actor, customer: Customer) -> Mapping[str, Any]:
        service = app.get(OrganizationService)
        units, groups = await service.units(), await service.groups()
        known = await service.membership(customer.id)
        named = {unit.id: unit.name for unit in units}
        group = next((one for one in groups if one.id == known.group), None)
        nothing = [("", _("None"))]
        return {
            "known": known,
            "branch": named.get(known.branch) if known.branch else "",
            "department": named.get(known.department) if known.department else "",
            "group": group,
            "effects": [] if group is None else effects(group),
            "branches": nothing + [(str(one.id), one.name) for one in units if one.kind is UnitKind.BRANCH],
            "departments": nothing + [(str(one.id), one.name) for one in units if one.kind is UnitKind.DEPARTMENT],
            "groups": nothing + [(str(one.id), one.name) for one in groups],
        }

    return CustomerSection("organization", ORGANIZATION_READ, "organization/customer.html", load, position=20)


async def save_units(request: web.Request) -> web.StreamResponse:
    """Restrict a product to the units that are ticked."""
    service, typed = _service(request), await read_form(request)
    catalog = app_of(request).get(CatalogService)
    product = await catalog.get((await catalog.get(_key(request.match_info["id"]))).family)
    ticked = [_key(name.removeprefix(UNIT)) for name in typed if name.startswith(UNIT)]
    seen = [_key(one) for one in typed.get("seen", "").split()]
    try:
        await service.set_units(actor_of(request), product, ticked, seen=seen)
    except (Stale, NotFound) as refusal:
        flash(request, refusal.message, "error")
    else:
        flash(request, _("Where {product} is sold was saved.").format(product=product.name))
    raise redirect(request, f"product/{product.id}")


def product_section(app: App) -> ProductSection:
    """Return the part of a product's page that says which branches and departments it is restricted to."""

    async def load(actor: Actor, product: Product) -> Mapping[str, Any]:
        service = app.get(OrganizationService)
        known, units = await service.units_of(product.id), await service.units()
        return {
            "restricted": service.restricted(actor.store),
            "units": [
                (UNIT + str(one.id), f"{one.name} · {_(KIND_LABELS[one.kind])}", one.id in known) for one in units
            ],
            "chosen": [one for one in units if one.id in known],
            "seen": " ".join(sorted(str(one) for one in known)),
        }

    return ProductSection("organization", ORGANIZATION_READ, "organization/product.html", load, position=20)


def effects(group: DiscountGroup) -> list[str]:
    """Return in words what a group does for its customers."""
    told = []
    if group.percent:
        told.append(_("{percent} % off every price").format(percent=group.percent))
    if group.prices:
        text = ngettext("own prices for {count} product", "own prices for {count} products", group.prices)
        told.append(text.format(count=group.prices))
    told += [_("blocked: {function}").format(function=_(FUNCTION_LABELS[one])) for one in sorted(group.blocks)]
    return told


# Within


def _service(request: web.Request) -> OrganizationService:
    return app_of(request).get(OrganizationService)


async def _products(request: web.Request, keys: list[UUID]) -> list[Any]:
    found = await app_of(request).get(CatalogService).get_many(keys)
    return sorted(found.values(), key=lambda product: product.sku)


async def _unit_values(request: web.Request) -> dict[str, Any]:
    service = _service(request)
    unit = await service.unit(_key(request.match_info["id"]))
    return {
        "unit": unit,
        "kind": _(KIND_LABELS[unit.kind]),
        "restricted": service.restricted(store_of(request).id),
        "listed": await _products(request, await service.products_of(unit.id)),
    }


def _show_unit(
    request: web.Request, values: Mapping[str, Any], typed: Mapping[str, str], refusal: Refusal | None = None
) -> web.StreamResponse:
    values = {**values, "typed": typed, **_problem(refusal, ("products",))}
    return render(request, "organization/unit.html", values, status=refusal.status if refusal else 200)


def _show_group(
    request: web.Request, group: DiscountGroup | None, typed: Mapping[str, str], refusal: Refusal | None = None
) -> web.StreamResponse:
    roles = [("", _("None")), *((str(role), f"@{name}") for role, name in _roles(request))]
    chosen = typed.get("role", "")
    if chosen and chosen not in dict(roles):
        roles.append((chosen, chosen))
    values = {
        "group": group,
        "typed": {**dict.fromkeys(GROUP_FIELDS, ""), **typed},
        "functions": [(BLOCKS + one.value, _(label)) for one, label in FUNCTION_LABELS.items()],
        "role_choices": roles,
        **_problem(refusal, GROUP_FIELDS),
    }
    return render(request, "organization/group.html", values, status=refusal.status if refusal else 200)


async def _typed_group(request: web.Request, group: DiscountGroup) -> dict[str, str]:
    prices = await _service(request).prices_of(group.id)
    products = await app_of(request).get(CatalogService).get_many([one.product for one in prices])
    lines = [f"{products[one.product].sku} {to_decimal(one.price, one.currency)}" for one in prices]
    return {
        "name": group.name,
        "percent": str(group.percent or ""),
        "role": str(group.role or ""),
        "position": str(group.position),
        "prices": "\n".join(lines),
        "version": str(group.version),
        **{BLOCKS + one.value: "1" for one in group.blocks},
    }


async def _read_group(request: web.Request, typed: Mapping[str, str]) -> GroupInput:
    catalog = app_of(request).get(CatalogService)
    prices: dict[UUID, int] = {}
    for line in typed.get("prices", "").splitlines():
        sku, _space, amount = line.strip().rpartition(" ")
        if not line.strip():
            continue
        if not sku:
            told = _("“{line}” is no price. Write a SKU, a space and the price, such as TEA-01 12.50.")
            raise Invalid.field("prices", told.format(line=line.strip()[:60]))
        try:
            product = await catalog.look_up(sku)
        except NotFound as refusal:
            raise Invalid.field("prices", refusal.message) from None
        if product.id in prices:
            raise Invalid.field("prices", _("{sku} is named twice. Name each product once.").format(sku=sku))
        prices[product.id] = parse_money(amount, product.currency, field="prices")
    return GroupInput(
        name=typed.get("name", ""),
        percent=_whole("percent", typed.get("percent", "")),
        role=_whole("role", typed.get("role", "")),
        position=_whole("position", typed.get("position", "")) or 0,
        blocks=frozenset(one for one in AccountFunction if typed.get(BLOCKS + one.value)),
        prices=prices,
    )


def _roles(request: web.Request) -> list[tuple[int, str]]:
    """Return the roles of the store's server, the highest first, as far as this process knows them."""
    guild_id, bot = store_of(request).guild_id, app_of(request).bot
    guild = bot.get_guild(guild_id) if bot is not None and guild_id is not None else None
    return [(role.id, role.name) for role in reversed(guild.roles) if not role.is_default()] if guild else []


def _problem(refusal: Refusal | None, fields: tuple[str, ...]) -> dict[str, Any]:
    errors = {error.field: error.message for error in refusal.errors} if isinstance(refusal, Invalid) else {}
    named = dict.fromkeys(fields, "") | errors
    return {"errors": named, "problem": "" if refusal is None or errors.keys() & set(fields) else refusal.message}


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("There is nothing of that ID in this shop.")) from None


def _whole(field: str, text: str) -> int | None:
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise Invalid.field(field, _("“{text}” is no whole number.").format(text=text[:40]))
    return int(text)


PAGES = [
    Page(
        HOME, home_page, ORGANIZATION_READ, label=lazy("Organization"), position=35, icon="organization", shortcut="b"
    ),
    Page(f"{HOME}/unit", save_unit, ORGANIZATION_UPDATE, methods=("POST",)),
    Page(f"{HOME}/unit/{{id}}", unit_page, ORGANIZATION_READ),
    Page(f"{HOME}/unit/{{id}}", save_products, ORGANIZATION_UPDATE, methods=("POST",)),
    Page(f"{HOME}/group/new", new_group_page, ORGANIZATION_UPDATE),
    Page(f"{HOME}/group/new", create_group, ORGANIZATION_UPDATE, methods=("POST",)),
    Page(f"{HOME}/group/{{id}}", group_page, ORGANIZATION_READ),
    Page(f"{HOME}/group/{{id}}", save_group, ORGANIZATION_UPDATE, methods=("POST",)),
    Page(f"{HOME}/group/{{id}}/delete", delete_group, ORGANIZATION_UPDATE, methods=("POST",)),
    Page(f"{HOME}/product/{{id}}", save_units, ORGANIZATION_UPDATE, methods=("POST",)),
    Page(f"{HOME}/customer/{{id}}", assign, ORGANIZATION_UPDATE, methods=("POST",)),
]
