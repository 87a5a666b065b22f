"""Invoice links: addresses at which whoever has one can pay an order in a browser, for as long as they are good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from guildshop.config.secret import remember_secret
from guildshop.errors import Invalid, NotConfigured
from guildshop.i18n import _
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import Order, OrderStatus, status_label
from guildshop.plugins.orders.service import OrderService
from guildshop.plugins.payments.api import InvoiceLink, NothingToPay, PaymentsSettings
from guildshop.plugins.payments.rules import Link, form_token, invoice_token, is_form_token, read_invoice_token
from guildshop.plugins.payments.service.payments import PaymentService

if TYPE_CHECKING:
    from guildshop.app import App

SECRET = "INVOICE_LINK_SIGNING_SECRET"  # noqa: S105 - a variable's name
LINK = "payment.link"
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=90)


class InvoiceLinks:
    """Makes and reads invoice links."""

    def __init__(self, app: App) -> None:
        """Work within this application."""
        self.app = app

    @property
    def configured(self) -> bool:
        """Whether there is a secret to sign with."""
        return bool(self._known_secrets())

    async def make(self, actor: Actor, reference: UUID | str, life: timedelta | None = None) -> InvoiceLink:
        """Return a link to an unpaid order, good for that long; the order and its reservation last as long at least."""
        actor.require(LINK)
        orders = self.app.get(OrderService)
        order = await orders.get(reference)
        if life is None:
            life = timedelta(days=self.app.stores.settings(order.store, PaymentsSettings).invoice_link_days)
        if not SHORTEST <= life <= LONGEST:
            raise Invalid.field(
                "expiresInSeconds",
                _("An invoice link lasts {least} to {most} seconds, not {given}.").format(
                    least=int(SHORTEST.total_seconds()),
                    most=int(LONGEST.total_seconds()),
                    given=int(life.total_seconds()),
                ),
            )
        secret = self.secrets()[0]
        expires = (self.app.now() + life).replace(microsecond=0)

        async def extend(current: Order) -> None:
            self.require_payable(current)
            async with self.app.work(actor) as work:
                orders.keep_until(work, current, expires)
                work.audit(
                    "payment.link",
                    subject="order",
                    subject_id=current.id,
                    after={"expires": expires.isoformat()},
                    note=current.number,
                )

        await orders.again(order.id, extend)
        return InvoiceLink(self._url(secret, order, expires), expires)

    def of_customer(self, order: Order) -> InvoiceLink:
        """Return the link to an unpaid order that ends with it."""
        until = order.reserved_until or self.app.now() + SHORTEST
        return InvoiceLink(self._url(self.secrets()[0], order, until), until.replace(microsecond=0))

    def read(self, token: str) -> Link:
        """Return what a token stands for; refused when it was not signed by us or has expired."""
        return read_invoice_token(self.secrets(), token, self.app.now())

    def form_token(self, link: Link) -> str:
        """Return what the form on the link's page carries."""
        return form_token(self.secrets()[0], link, self.app.now())

    def is_form_token(self, text: str, link: Link) -> bool:
        """Tell whether a form came from the link's page."""
        return is_form_token(self.secrets(), text, link, self.app.now())

    def require_payable(self, order: Order) -> None:
        """Refuse unless something is due that a processor of the store can take."""
        if order.status is not OrderStatus.PENDING_PAYMENT or not order.due:
            raise NothingToPay(
                _("Order {number} is {status}: nothing is due, so there is nothing to pay by a link.").format(
                    number=order.number, status=status_label(order.status)
                )
            )
        if not self.app.get(PaymentService).online(order.store):
            raise NothingToPay(
                _(
                    "This shop has no payment processor switched on, so an invoice page could offer nothing."
                    " Set up Stripe or BTCPay, and name it among the payment methods."
                )
            )

    def secrets(self) -> tuple[str, ...]:
        """Return the secrets, the one that signs first; `NotConfigured` names the variable when there is none."""
        found = self._known_secrets()
        if not found:
            raise NotConfigured(
                _(
                    "Invoice links cannot be made: {variable} is not set. Set it to at least 32 random characters."
                ).format(variable=SECRET)
            )
        return found

    def _known_secrets(self) -> tuple[str, ...]:
        text = self.app.settings.environ.get(SECRET, "")
        found = tuple(part.strip() for part in text.split(",") if part.strip())
        for secret in found:
            remember_secret(secret)
        return found

    def _url(self, secret: str, order: Order, expires: datetime) -> str:
        link = Link(order.store, order.id, expires.astimezone(UTC))
        return f"{self.app.settings.web.public_url}/invoice/{invoice_token(secret, link)}"
