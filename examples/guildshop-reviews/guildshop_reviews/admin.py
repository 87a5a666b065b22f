"""Reviews in Piccolo Admin: to hide and show, by the table and by a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from guildshop.hookspecs import AdminLabels, AdminSection
from guildshop.i18n import _, lazy
from guildshop.permissions import Actor
from guildshop.web.admin import service_table
from guildshop.web.context import current_actor
from piccolo_admin.endpoints import FormConfig
from pydantic import BaseModel, Field
from starlette.requests import Request

from guildshop_reviews.api import READ
from guildshop_reviews.service import ReviewService
from guildshop_reviews.tables import Review

if TYPE_CHECKING:
    from guildshop.app import App


LABELS = AdminLabels(
    tables={"review": lazy("Reviews")},
    columns={"product_name": lazy("Product name"), "rating": lazy("Rating"), "hidden": lazy("Hidden")},
)
"""What people read instead of the names in the database; `created`, `text` and others have labels already."""


class HideReview(BaseModel):
    """What the form asks."""

    review: UUID = Field(title=lazy("Review: its ID"))
    hidden: bool = Field(default=True, title=lazy("Hidden"))


def admin_section(app: App) -> AdminSection:
    """Return the section of reviews."""
    service = app.get(ReviewService)

    async def patch(actor: Actor, key: UUID, changes: dict[str, Any], version: int | None) -> None:
        await service.hide(actor, key, bool(changes["hidden"]), version=version)

    async def submit(_request: Request, data: HideReview) -> str:
        review = await service.hide(current_actor(), data.review, data.hidden)
        return _("The review is hidden.") if review.hidden else _("The review is shown.")

    table = service_table(
        Review,
        read=READ,
        visible=[Review.product_name, Review.rating, Review.text, Review.hidden, Review.created],
        editable=[Review.hidden],
        on_patch=patch,
        order_by=[Review.created],
        newest_first=True,
        link=Review.product_name,
    )
    form = FormConfig(lazy("Hide a review"), HideReview, submit, lazy("Hides a review, or shows it again."))
    return AdminSection(lazy("Reviews"), [table], [form], LABELS)
