"""Members link themselves: an emailed link shows that the mailbox is theirs.

Whoever asks learns nothing: the answer is given before anybody looks at Shopify. That, and the email, is the work of a
delivery, so neither words nor time tell whether an address is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from guildshop.database import Work, new_id
from guildshop.errors import Forbidden, NotConfigured, Refusal
from guildshop.events import Delivery
from guildshop.i18n import _, use_locale
from guildshop.mail import Letter, link_tokens, token_hash, token_of
from guildshop.permissions import Actor, ActorKind, Origin
from guildshop.plugins.shopify_link import rules, tables
from guildshop.plugins.shopify_link.api import (
    Linked,
    LinkMethod,
    ShopifyVerificationAsked,
    SomebodyElse,
    Target,
    Verification,
    VerificationGone,
    VerificationState,
    VerificationUnknown,
)
from guildshop.plugins.shopify_link.client import SECONDS
from guildshop.plugins.shopify_link.service.linking import Linking, known, member_linked
from guildshop.plugins.shopify_link.service.reading import email_hash
from guildshop.plugins.shopify_link.service.trouble import explained
from guildshop.stores import Store
from guildshop.tenancy import every_store, scope

log = structlog.get_logger(__name__)

LIFETIME = timedelta(minutes=30)
MOST_AN_HOUR = 3
"""How many links a member can ask for, and how many can go to one address, so that no mailbox is filled."""
KEPT = timedelta(days=7)
"""How long a link that is over can say so."""
PURPOSE = "shopify-verify"
COLUMNS = "id, store, discord_id, username, email, locale, created, expires, used, rejected, token_hash"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, to be said to whoever asked."""

    email: str
    minutes: int


class Verifying(Linking):
    """Emailed links."""

    async def ask(self, actor: Actor, target: Target, email: str, locale: str) -> Asked:
        """Have a link sent to the address, should it be a customer's; the answer is the same if it is not."""
        if actor.discord_id != target.discord_id:
            raise Forbidden(_("Only a member of the Discord server can do this."))
        with explained("link"):
            if not self.app.mail.enabled:
                raise NotConfigured(
                    _(
                        "This shop sends no email, so you cannot link yourself. Ask the staff: they can do it with"
                        " /link-customer."
                    )
                )
            self.configured()
            address = rules.clean_email(email)
            await self._refuse_blocked(actor, target)
            if await self.of_member(target.discord_id) is not None:
                raise member_linked(actor, target.discord_id)
            await self._refuse_many(actor.store, target.discord_id, address)
            key = new_id()
            hashed = token_hash(link_tokens(self.app.settings, PURPOSE, key)[0])
            async with self.app.work(actor) as work:
                work.insert(
                    tables.ShopifyVerification,
                    id=key,
                    discord_id=target.discord_id,
                    username=target.username[:64],
                    email=address,
                    email_hash=email_hash(address),
                    token_hash=hashed,
                    locale=locale[:20],
                    created=work.now,
                    expires=work.now + LIFETIME,
                )
                work.record(ShopifyVerificationAsked(key))
                work.audit("customer_link.ask", subject="discord_member", subject_id=target.discord_id)
        await self._make_known(actor, target)
        return Asked(address, int(LIFETIME.total_seconds() // 60))

    async def send_link(self, event: ShopifyVerificationAsked, delivery: Delivery) -> None:
        """Look the address up, and write to it if it is a customer's."""
        row = await self.app.database.fetch_one(
            f"SELECT {COLUMNS} FROM shopify_verification WHERE store = :store AND id = :id",
            store=delivery.store,
            id=event.verification,
        )
        if row is None or _state(row, self.app.now()) is not VerificationState.OPEN:
            return
        (found,) = await self.client.find(self.settings(delivery.store), [row["email"]], patience=SECONDS * 4)
        if found.customer is None or found.several:
            return
        token = token_of(self.app.settings, PURPOSE, event.verification, row["token_hash"])
        if token is None:
            return
        link = await self.of_customer(found.customer.id)
        taken = link is not None and link.discord_id != row["discord_id"]
        store = self.app.stores.get(delivery.store)
        with use_locale(row["locale"] or store.language):
            letter = _taken_letter(store) if taken else _letter(store, row, self._address_of(token))
            content = self.app.mail.letter(store, letter)
        outcome = await self.app.mail.send(store, row["email"], content, key=delivery.id)
        if not outcome.delivered:
            log.warning("shopify.verification_undelivered", store=store.id, reason=outcome.reason)

    async def opened(self, token: str, signed_in: int | None = None) -> Verification:
        """Return what a link is for; refuse one that never was, and one that somebody else than the asker opens.

        `signed_in` is the Discord member as whom the browser is signed in to this shop, if any.
        """
        with every_store():
            row = await self.app.database.fetch_one(
                f"SELECT {COLUMNS} FROM shopify_verification WHERE token_hash = :hash", hash=token_hash(token)
            )
        if row is None:
            raise VerificationUnknown(
                _("This link is not whole, or none of ours. Open it from the email again, or use /link anew.")
            )
        if signed_in is not None and signed_in != row["discord_id"]:
            raise SomebodyElse(
                _(
                    "This link was asked for by another Discord account ({account}) than the one that you are signed in"
                    " with here, so nothing was linked. Use /link with your own account."
                ).format(account=row["username"] or row["discord_id"])
            )
        names = ("id", "store", "discord_id", "username", "email", "locale", "created", "expires")
        return Verification(**{name: row[name] for name in names}, state=_state(row, self.app.now()))

    async def confirm(self, token: str, signed_in: int | None = None) -> Linked:
        """Link the member who asked, once."""
        asked = await self.opened(token, signed_in)
        if asked.state is not VerificationState.OPEN:
            raise gone(asked.state)
        with scope(asked.store), explained("verify"):
            actor = Actor(ActorKind.MEMBER, str(asked.discord_id), asked.username, asked.store, frozenset(), Origin.WEB)
            target = Target(asked.discord_id)
            await self._refuse_blocked(actor, target)
            (found,) = await self.client.find(self.configured(), [asked.email])
            return await self.link(
                actor,
                target_of(asked),
                known(found),
                asked.email,
                LinkMethod.EMAIL,
                lambda work: _end(work, asked, "used"),
            )

    async def reject(self, token: str, signed_in: int | None = None) -> Verification:
        """End a link that whoever has the mailbox did not ask for."""
        asked = await self.opened(token, signed_in)
        if asked.state is not VerificationState.OPEN:
            raise gone(asked.state)
        with scope(asked.store):
            actor = Actor.system(asked.store, "shopify_link.reject", origin=Origin.WEB)
            async with self.app.work(actor) as work:
                _end(work, asked, "rejected")
                work.audit("customer_link.reject", subject="discord_member", subject_id=asked.discord_id)
        return asked

    # Within

    def _address_of(self, token: str) -> str:
        return f"{self.app.settings.web.public_url}/verify/{token}"

    async def _refuse_many(self, store: int, discord_id: int, email: str) -> None:
        since = self.app.now() - timedelta(hours=1)
        row = await self.app.database.fetch_one(
            "SELECT COUNT(CASE WHEN discord_id = :member THEN 1 END) AS mine,"
            " COUNT(CASE WHEN email_hash = :hash THEN 1 END) AS there FROM shopify_verification"
            " WHERE store = :store AND created > :since AND (discord_id = :member OR email_hash = :hash)",
            store=store,
            member=discord_id,
            hash=email_hash(email),
            since=since,
        )
        if row is not None and max(row["mine"], row["there"]) >= MOST_AN_HOUR:
            raise Refusal(
                _("That is the third time within an hour. Look into the mailbox and its spam folder, or ask the staff.")
            )


def target_of(asked: Verification) -> Target:
    """Return the member who asked; they are a customer of this shop since they did."""
    return Target(asked.discord_id, asked.username)


def gone(state: VerificationState) -> VerificationGone:
    """Return the refusal of a link that is over."""
    if state is VerificationState.USED:
        return VerificationGone(_("This link was used already: the account is linked. There is nothing more to do."))
    if state is VerificationState.REJECTED:
        return VerificationGone(_("This link was ended, since somebody said that it was not them who asked for it."))
    return VerificationGone(_("This link has expired: it works for 30 minutes."))


def _end(work: Work, asked: Verification, column: str) -> None:
    """Let a link be good for nothing more; its address is not needed any more."""
    work.guard(
        tables.ShopifyVerification,
        set=f"{column} = :now, email = ''",
        where="id = :id AND used IS NULL AND rejected IS NULL AND expires > :now",
        refusal=gone(VerificationState.USED),
        id=asked.id,
    )


def _state(row: dict[str, Any], now: datetime) -> VerificationState:
    if row["used"] is not None:
        return VerificationState.USED
    if row["rejected"] is not None:
        return VerificationState.REJECTED
    return VerificationState.OPEN if row["expires"] > now else VerificationState.EXPIRED


def _letter(store: Store, row: dict[str, Any], link: str) -> Letter:
    return Letter(
        _("Link your Discord account"),
        [
            _("The Discord member {member} wants to be linked to your customer account of {shop}.").format(
                member=row["username"] or row["discord_id"], shop=store.name
            ),
            _("Is that you? Then confirm it. The link works once, for 30 minutes."),
            _("If it was not you, do nothing, and nothing happens."),
        ],
        button=_("Confirm"),
        link=link,
    )


def _taken_letter(store: Store) -> Letter:
    return Letter(
        _("Link your Discord account"),
        [
            _("A Discord member wants to be linked to your customer account of {shop}.").format(shop=store.name),
            _("It is linked to another Discord account already. Use /unlink with that one first, then /link again."),
            _("If you cannot, ask the staff. If it was not you, do nothing, and nothing happens."),
        ],
    )
