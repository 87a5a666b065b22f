"""The forms of customers in Piccolo Admin: linking a customer to a user of the platform, and ending that."""

from __future__ import annotations

from typing import Any

from piccolo_admin.endpoints import FormConfig
from pydantic import BaseModel, Field

from guildshop.i18n import _, lazy
from guildshop.plugins.customers.service import CustomerService
from guildshop.web.context import current_actor


class LinkForm(BaseModel):
    """A customer, and the user to link them to."""

    customer: str = Field(title=lazy("Customer: number, @username, email or ID"))
    user: str = Field(title=lazy("User ID"))


class UnlinkForm(BaseModel):
    """A customer whose link ends."""

    customer: str = Field(title=lazy("Customer: number, @username, email or ID"))


def link_forms(service: CustomerService) -> list[FormConfig]:
    """Return the forms."""

    async def link(_request: Any, data: LinkForm) -> str:
        actor = current_actor()
        linked = await service.link_user(actor, (await service.find_one(actor, data.customer)).id, data.user)
        told = _("{customer} is linked to the user {user}.")
        return told.format(customer=linked.name, user=await service.user_of(linked))

    async def unlink(_request: Any, data: UnlinkForm) -> str:
        actor = current_actor()
        free = await service.unlink_user(actor, (await service.find_one(actor, data.customer)).id)
        return _("{customer} is linked to no user any more.").format(customer=free.name)

    return [
        FormConfig(
            name=lazy("Link customer to user"),
            pydantic_model=LinkForm,
            endpoint=link,
            description=lazy("Link a customer to a user of the platform, by the user's ID."),
        ),
        FormConfig(
            name=lazy("Unlink customer from user"),
            pydantic_model=UnlinkForm,
            endpoint=unlink,
            description=lazy("End a customer's link to a user of the platform."),
        ),
    ]
