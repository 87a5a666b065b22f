"""The refusals of links to Shopify."""

from __future__ import annotations

from http import HTTPStatus

from guildshop.errors import Invalid, NotConfigured, NotFound, Refusal, Unavailable


class InvalidEmail(Invalid):
    """What was given is no email address."""

    code = "invalid-email"


class CustomerNotFound(NotFound):
    """Shopify has no customer with that email address."""

    code = "shopify-customer-unknown"


class CustomerAmbiguous(Refusal):
    """Shopify has several customers with that email address."""

    code = "shopify-customer-ambiguous"


class MemberLinked(Refusal):
    """The member is linked to another customer."""

    code = "member-linked"


class CustomerLinked(Refusal):
    """The customer is linked to another member."""

    code = "shopify-customer-linked"


class NotLinked(NotFound):
    """The member is linked to no customer."""

    code = "not-linked"


class LinkFailed(Unavailable):
    """Shopify or the database did not do what they should; the log knows more by the reference."""

    code = "link-failed"


class ShopifyMissing(NotConfigured):
    """The store has no shop at Shopify, or its app may not do what is needed."""

    code = "shopify-missing"


class VerificationGone(Refusal):
    """The emailed link was used, ended or has expired."""

    code = "verification-gone"
    status = HTTPStatus.GONE


class VerificationUnknown(NotFound):
    """There never was such a link."""

    code = "verification-unknown"


class SomebodyElse(Refusal):
    """The browser is signed in as another Discord member than the one who asked for the link."""

    code = "somebody-else"
    status = HTTPStatus.FORBIDDEN
