"""What an invoice says. It is kept as it was issued; amounts are minor units of its currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line of an invoice."""

    sku: str
    name: str
    quantity: int
    unit_price: int
    total: int


@dataclass(frozen=True, slots=True)
class InvoiceAmount:
    """One amount between the lines and the total; `amount` is negative where it lowers. Included ones change no sum."""

    label: str
    amount: int
    included: bool = False


@dataclass(frozen=True, slots=True)
class InvoiceContent:
    """Everything that is printed, so that later changes of store, customer and order never rewrite an invoice."""

    seller: str
    seller_address: tuple[str, ...]
    tax_number: str
    buyer: tuple[str, ...]
    order_number: str
    ordered: datetime
    paid: datetime | None
    payment: str
    currency: str
    lines: tuple[InvoiceLine, ...]
    subtotal: int
    amounts: tuple[InvoiceAmount, ...]
    total: int
    credit: int
    due: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """A numbered invoice of an order; numbers of a store have no gaps."""

    id: UUID
    number: int
    prefix: str
    order: UUID
    order_number: str
    issued: datetime
    content: InvoiceContent

    @property
    def label(self) -> str:
        """Return the number as it is printed."""
        return f"{self.prefix}{self.number:04d}"


@dataclass(frozen=True, slots=True)
class CreditNoteContent:
    """Everything that is printed of a credit note; `taxes` lie within the amount, `lines` are there if it is all."""

    seller: str
    seller_address: tuple[str, ...]
    tax_number: str
    buyer: tuple[str, ...]
    invoice: str
    invoiced: datetime
    order_number: str
    currency: str
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[InvoiceAmount, ...]
    amount: int


@dataclass(frozen=True, slots=True)
class CreditNote:
    """What of an invoiced order was given back, as it was issued; numbers of a store have no gaps."""

    id: UUID
    number: int
    prefix: str
    order: UUID
    order_number: str
    amount: int
    issued: datetime
    content: CreditNoteContent

    @property
    def label(self) -> str:
        """Return the number as it is printed."""
        return f"{self.prefix}{self.number:04d}"
