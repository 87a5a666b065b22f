"""Reviews, and the orders for which one is asked."""

from __future__ import annotations

from guildshop.tenancy import StoreTable
from piccolo.columns import UUID, Boolean, Integer, Text, Timestamptz, Varchar


class Review(StoreTable, tablename="review"):
    """A customer's review of a product: one each. `customer` is empty once they wanted to be forgotten."""

    id = UUID(primary_key=True)
    customer = UUID(null=True, default=None)
    product = UUID()
    product_name = Varchar(100)
    rating = Integer()
    text = Text(default="")
    hidden = Boolean(default=False)
    created = Timestamptz()
    updated = Timestamptz()
    version = Integer(default=1)


class ReviewRequest(StoreTable, tablename="review_request"):
    """An order that is complete. `asked` is when its customer was asked for a review, or would have been."""

    id = UUID(primary_key=True)
    order_id = UUID()
    completed = Timestamptz()
    asked = Timestamptz(null=True, default=None)
