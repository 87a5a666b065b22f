"""Loyalty in Piccolo Admin: the ledger is to look at, the form adjusts points through the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from piccolo_admin.endpoints import FormConfig
from pydantic import BaseModel, Field

from guildshop.errors import Invalid, Refusal
from guildshop.hookspecs import AdminSection
from guildshop.i18n import _, lazy
from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.loyalty import rules
from guildshop.plugins.loyalty.admin_labels import LABELS
from guildshop.plugins.loyalty.api import LOYALTY_READ, LOYALTY_UPDATE, REASON_LENGTH, PointsAction
from guildshop.plugins.loyalty.labels import adjusted_text
from guildshop.plugins.loyalty.service import LoyaltyService
from guildshop.plugins.loyalty.tables import LoyaltyAccount, LoyaltyEntry, LoyaltyOrder
from guildshop.web.admin import service_table
from guildshop.web.context import current_actor

if TYPE_CHECKING:
    from guildshop.app import App


class PointsForm(BaseModel):
    """Adjust Loyalty Points."""

    # Piccolo Admin shows titles, and nothing else of a field.
    customer: str = Field(max_length=254, title=lazy("Customer: number, @username, email or ID"))
    action: str = Field(
        default="Add Points",
        max_length=20,
        title=lazy("Action"),
        json_schema_extra={"choices": {"Add Points": lazy("Add Points"), "Deduct Points": lazy("Deduct Points")}},
    )
    points: str = Field(max_length=20, title=lazy("Number of Points"))
    reason: str = Field(max_length=REASON_LENGTH, title=lazy("Reason, told to the customer"))


def admin_section(app: App) -> AdminSection:
    """Return the section of loyalty."""

    async def adjust(_request: Any, data: PointsForm) -> str:
        actor = current_actor()
        actor.require(LOYALTY_UPDATE)
        try:
            done = await app.get(LoyaltyService).adjust(
                actor,
                await app.get(CustomerService).find_one(actor, data.customer),
                _action(data.action),
                rules.parse_points(data.points),
                data.reason,
            )
        except Refusal as refusal:
            raise ValueError(refusal.message) from refusal
        return adjusted_text(done)

    form = FormConfig(
        name=lazy("Adjust Loyalty Points"),
        pydantic_model=PointsForm,
        endpoint=adjust,
        description=lazy("Add points to a customer's loyalty account, or deduct some."),
    )
    tables = [
        service_table(LoyaltyAccount, read=LOYALTY_READ, order_by=[LoyaltyAccount.created], newest_first=True),
        service_table(LoyaltyEntry, read=LOYALTY_READ, order_by=[LoyaltyEntry.created], newest_first=True),
        service_table(LoyaltyOrder, read=LOYALTY_READ, order_by=[LoyaltyOrder.created], newest_first=True),
    ]
    return AdminSection(lazy("Loyalty"), tables, [form], labels=LABELS)


def _action(typed: str) -> PointsAction:
    found = {"addpoints": PointsAction.ADD, "add": PointsAction.ADD}
    found |= {"deductpoints": PointsAction.DEDUCT, "deduct": PointsAction.DEDUCT}
    try:
        return found["".join(typed.casefold().split())]
    except KeyError:
        raise Invalid.field("action", _("Choose Add Points or Deduct Points.")) from None
