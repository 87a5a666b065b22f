"""Refunds in Piccolo Admin: the rows are to look at, the form refunds through the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from piccolo_admin.endpoints import FormConfig
from pydantic import BaseModel, Field

from guildshop.database import new_id
from guildshop.errors import Invalid
from guildshop.hookspecs import AdminSection
from guildshop.i18n import _, lazy
from guildshop.plugins.refunds.admin_labels import LABELS
from guildshop.plugins.refunds.api import NOTE_LENGTH, READ, REASON_LENGTH, RefundMode
from guildshop.plugins.refunds.labels import MODES
from guildshop.plugins.refunds.order_page import read_request, said
from guildshop.plugins.refunds.service import RefundService
from guildshop.plugins.refunds.tables import Refund, RefundItem, RefundPart, ReturnItem, ReturnRequest
from guildshop.web.admin import service_table
from guildshop.web.context import current_actor

if TYPE_CHECKING:
    from guildshop.app import App


class RefundForm(BaseModel):
    """Refund an order: all that is left, an amount, items, or items for another amount."""

    # Piccolo Admin shows titles, and nothing else of a field. The key has two presses refund once.
    order: str = Field(max_length=64, title=lazy("Order: its number or ID"))
    mode: RefundMode = Field(
        default=RefundMode.FULL,
        title=lazy("What to refund"),
        json_schema_extra={"choices": {mode.value: text for mode, text in MODES.items()}},
    )
    amount: str = Field(
        default="", max_length=15, title=lazy("Amount in minor units such as cents, unless all or items are refunded")
    )
    items: str = Field(
        default="", max_length=1000, title=lazy("Items as productId:quantity,…, where items are refunded")
    )
    reason: str = Field(default="", max_length=REASON_LENGTH, title=lazy("Reason, told to the customer"))
    note: str = Field(default="", max_length=NOTE_LENGTH, title=lazy("How you paid it back, if you do so yourself"))
    key: str = Field(default="", max_length=36, title=lazy("Key"), json_schema_extra={"hidden": True})

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Describe the form, each time with a key of its own."""
        schema = super().model_json_schema(*args, **kwargs)
        schema["properties"]["key"]["default"] = str(new_id())
        return schema


def admin_section(app: App) -> AdminSection:
    """Return the section of refunds and returns."""
    service = app.get(RefundService)

    async def refund(_request: Any, data: RefundForm) -> str:
        fields = {**data.model_dump(exclude={"order", "key"}), "mode": data.mode.value}
        key = _key(data.key)
        before = None if key is None else await service.find(key)
        made = await service.refund(current_actor(), data.order, read_request(fields), key=key, note=data.note)
        if before is None:
            return said(made)
        return _("This form was sent before. {answer} Reload the page to refund something else.").format(
            answer=said(made)
        )

    tables = [
        service_table(
            Refund,
            read=READ,
            visible=[Refund.order_number, Refund.mode, Refund.amount, Refund.currency, Refund.state, Refund.created],
            order_by=[Refund.created],
            newest_first=True,
            link=Refund.order_number,
        ),
        service_table(RefundItem, read=READ, order_by=[RefundItem.refund, RefundItem.position]),
        service_table(
            RefundPart, read=READ, hidden=[RefundPart.key], order_by=[RefundPart.refund, RefundPart.position]
        ),
        service_table(
            ReturnRequest,
            read=READ,
            visible=[ReturnRequest.order_number, ReturnRequest.status, ReturnRequest.reason, ReturnRequest.created],
            order_by=[ReturnRequest.created],
            newest_first=True,
            link=ReturnRequest.order_number,
        ),
        service_table(ReturnItem, read=READ, order_by=[ReturnItem.return_id, ReturnItem.position]),
    ]
    form = FormConfig(
        name=lazy("Refund an order"),
        pydantic_model=RefundForm,
        endpoint=refund,
        description=lazy("Give back all that is left of an order, an amount, items, or items for another amount."),
    )
    return AdminSection(lazy("Refunds"), tables, [form], labels=LABELS)


def _key(text: str) -> UUID | None:
    """Return the key that a form came with; refuse what was written into its field."""
    try:
        return UUID(text.strip()) if text.strip() else None
    except ValueError:
        raise Invalid.field("key", _("This is no key of ours. Reload the page.")) from None
