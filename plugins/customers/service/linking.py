"""Which user of the platform a customer is, so that they could sign in."""

from __future__ import annotations

from uuid import UUID

from guildshop.errors import Invalid, NotFound, Refusal
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.customers.api import CUSTOMER_UPDATE, AlreadyTaken, Customer
from guildshop.plugins.customers.service.editing import stale
from guildshop.plugins.customers.service.reading import Reading, blocked, blocked_for_staff, inactive
from guildshop.plugins.customers.tables import Customer as CustomerTable
from guildshop.tenancy import every_store

_HERE = (
    "SELECT u.id, u.username FROM user_account AS u WHERE u.id = :user AND u.active AND ("
    "EXISTS (SELECT 1 FROM membership AS m WHERE m.user_account = u.id AND m.store = :store)"
    " OR NOT EXISTS (SELECT 1 FROM membership AS m WHERE m.user_account = u.id))"
)
"""A user whom a store may know of: one of its own, or one of no store."""


class Linking(Reading):
    """One customer per user and store."""

    async def user_of(self, customer: Customer) -> str:
        """Return the name of the user that a customer is linked to; empty when there is none any more."""
        row = await self.app.database.fetch_one(
            "SELECT username FROM user_account WHERE id = :user", user=customer.user
        )
        return str(row["username"]) if row else ""

    async def check_sign_in(self, user: UUID) -> None:
        """Refuse the user of customers who are blocked or deactivated in every shop that they are a customer of."""
        with every_store():
            rows = await self.app.database.fetch(
                "SELECT blocked, active FROM customer WHERE user_account = :user AND merged_into IS NULL", user=user
            )
        if not rows or any(row["active"] and not row["blocked"] for row in rows):
            return
        raise blocked() if any(row["blocked"] for row in rows) else inactive()

    async def link_user(self, actor: Actor, customer_id: UUID, typed: str) -> Customer:
        """Link the customer to the user of that ID."""
        actor.require(CUSTOMER_UPDATE)
        customer = await self._customer(actor.store, customer_id)
        if customer.blocked:
            raise blocked_for_staff(customer)
        user, name = await self._user(actor.store, typed)
        self.ensure_present(customer)
        if customer.user == user:
            return customer
        if customer.user is not None:
            raise Refusal(
                _("{customer} is linked to the user {user} already. Unlink that one first.").format(
                    customer=customer.name, user=await self.user_of(customer) or customer.user
                )
            )
        other = await self.app.database.fetch_one(
            "SELECT display_name FROM customer WHERE store = :store AND user_account = :user",
            store=actor.store,
            user=user,
        )
        if other is not None:
            raise _linked(name)
        async with self.app.work(actor) as work:
            work.guard(
                CustomerTable,
                set="user_account = :user, version = version + 1",
                where="id = :id AND version = :seen AND user_account IS NULL AND NOT blocked",
                refusal=stale(customer),
                conflict=_linked(name),
                user=user,
                id=customer.id,
                seen=customer.version,
            )
            work.audit(
                "customer.link", subject="customer", subject_id=customer.id, after={"user": str(user)}, note=name
            )
        return await self._customer(actor.store, customer_id)

    async def unlink_user(self, actor: Actor, customer_id: UUID) -> Customer:
        """End the link; neither the customer nor the user is changed otherwise."""
        actor.require(CUSTOMER_UPDATE)
        customer = await self._customer(actor.store, customer_id)
        if customer.user is None:
            raise Refusal(_("{customer} is linked to no user.").format(customer=customer.name))
        async with self.app.work(actor) as work:
            work.guard(
                CustomerTable,
                set="user_account = NULL, version = version + 1",
                where="id = :id AND version = :seen",
                refusal=stale(customer),
                id=customer.id,
                seen=customer.version,
            )
            before = {"user": str(customer.user)}
            work.audit("customer.unlink", subject="customer", subject_id=customer.id, before=before)
        return await self._customer(actor.store, customer_id)

    async def _user(self, store: int, typed: str) -> tuple[UUID, str]:
        try:
            user = UUID(typed.strip())
        except ValueError:
            raise Invalid.field(
                "user",
                _("“{typed}” is no user ID. Copy the ID of the user, as `user list` shows it.").format(
                    typed=typed[:60]
                ),
            ) from None
        row = await self.app.database.fetch_one(_HERE, user=user, store=store)
        if row is None:
            raise NotFound(_("There is no active user {user} in this store. Check the ID.").format(user=user))
        return user, str(row["username"])


def _linked(user: str) -> AlreadyTaken:
    return AlreadyTaken(
        _("Another customer of this shop is linked to the user {user}. Unlink that customer first.").format(user=user)
    )
