"""Store credit in the JSON API."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime

from guildshop.plugins.customers.service import CustomerService
from guildshop.plugins.store_credit.api import (
    CREDIT_READ,
    CREDIT_UPDATE,
    CreditAccount,
    CreditAction,
    CreditEntry,
    EntryKind,
)
from guildshop.plugins.store_credit.service import CreditService
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, Cursor, CursorPage, Limit, needs

router = APIRouter(prefix="/credit", tags=["Store credit"])


class AccountModel(ApiModel):
    """What the store owes a customer in one currency."""

    customer_id: UUID
    customer_name: str
    currency: str
    balance_cents: int


class EntryModel(ApiModel):
    """One change of a customer's credit."""

    id: UUID
    kind: EntryKind
    amount_cents: int
    currency: str
    reason: str
    order_number: str
    made_by: str
    created_at: AwareDatetime


class CustomerCredit(ApiModel):
    """A customer's balances, one for each currency, and the latest 100 changes."""

    customer_id: UUID
    balances: list[AccountModel]
    entries: list[EntryModel]


class OwedModel(ApiModel):
    """What the store owes all customers in one currency."""

    currency: str
    amount_cents: int
    customers: int


class AdjustRequest(ApiModel):
    """Top up a customer's credit or reduce it; the store's currency when none is named."""

    action: CreditAction
    amount_cents: int
    reason: str
    currency: str = ""


@router.get("", dependencies=[needs(CREDIT_READ)])
async def list_credit(
    actor: CurrentActor, app: CurrentApp, cursor: Cursor = None, limit: Limit = 50
) -> CursorPage[AccountModel]:
    """List to whom the store owes credit, the largest first."""
    found = await app.get(CreditService).list_accounts(actor, cursor=cursor or "", limit=limit)
    return CursorPage[AccountModel].of(found, _account)


@router.get("/owed", dependencies=[needs(CREDIT_READ)])
async def read_owed(app: CurrentApp) -> list[OwedModel]:
    """Return the total that the store owes, by currency."""
    return [
        OwedModel(currency=one.currency, amount_cents=one.amount, customers=one.customers)
        for one in await app.get(CreditService).owed()
    ]


@router.get("/{customer_id}", dependencies=[needs(CREDIT_READ)])
async def read_credit(app: CurrentApp, customer_id: UUID) -> CustomerCredit:
    """Return a customer's credit."""
    service = app.get(CreditService)
    await app.get(CustomerService).get(customer_id)
    return CustomerCredit(
        customer_id=customer_id,
        balances=[_account(one) for one in await service.accounts_of(customer_id)],
        entries=[_entry(one) for one in await service.entries(customer_id)],
    )


@router.post("/{customer_id}/adjust", dependencies=[needs(CREDIT_UPDATE)])
async def adjust_credit(
    actor: CurrentActor, app: CurrentApp, customer_id: UUID, request: AdjustRequest
) -> AccountModel:
    """Top up or reduce; return the balance after that."""
    return _account(
        await app.get(CreditService).adjust(
            actor, customer_id, request.action, request.amount_cents, request.reason, currency=request.currency
        )
    )


def _account(account: CreditAccount) -> AccountModel:
    return AccountModel(
        customer_id=account.customer,
        customer_name=account.customer_name,
        currency=account.currency,
        balance_cents=account.balance,
    )


def _entry(entry: CreditEntry) -> EntryModel:
    return EntryModel(
        id=entry.id,
        kind=entry.kind,
        amount_cents=entry.amount,
        currency=entry.currency,
        reason=entry.reason,
        order_number=entry.order_number,
        made_by=entry.made_by,
        created_at=entry.created,
    )
