"""What needs neither network nor database."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guildshop.errors import Invalid, Refusal
from guildshop.plugins.shopify_link import rules
from guildshop.plugins.shopify_link.api import InvalidEmail, ShopifySettings
from guildshop.plugins.shopify_link.rules import Told

WRONG = [
    "", " ", "plain", "@example.com", "john@", "john@@example.com", "john example.com", "john@example", "john@.com",
    "john@example..com", "jo hn@example.com", "john@exam ple.com", "john..doe@example.com", ".john@example.com",
    "john@example.com, mary@example.com", "a@b.com OR email:*", '"john doe"@example.com', '"a"@example.com',
    "John <john@example.com>", "john@example.com\0", "john@example.com\nbcc: x@example.com", "john@[127.0.0.1]",
    "j" * 65 + "@example.com", "john@" + "a" * 64 + ".com", "john@" + "a." * 130 + "com", "mailto:john@example.com",
    "john@-example.com", "<@123456789012345678>", "email:john@example.com", "😀",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_address_is_refused_with_the_exact_words(text: str) -> None:
    with pytest.raises(InvalidEmail) as refused:
        rules.clean_email(text)
    assert refused.value.message == "Invalid email address format."


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  john@example.com\t", "john@example.com"),
        ("John.O'Neil+shop@Example.COM", "John.O'Neil+shop@example.com"),
        ("jöhn@exämple.de", "jöhn@exämple.de"),
    ],
)
def test_an_address_is_taken_without_spaces_around_it(text: str, clean: str) -> None:
    assert rules.clean_email(text) == clean


def test_addresses_are_compared_without_case_and_a_search_is_quoted() -> None:
    assert rules.email_key("JOHN@EXÄMPLE.de") == rules.email_key("john@xn--exmple-cua.DE")
    assert rules.email_key("john@example.com") != rules.email_key("jon@example.com")
    assert rules.search_by_email('a"b\\c@x.com') == 'email:"a\\"b\\\\c@x.com"'


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        ("gid://shopify/Customer/9223372036854775813", "9223372036854775813"),
        (9223372036854775813, "9223372036854775813"),
        ("7", "7"),
        ("gid://shopify/Order/7", ""),
        ("gid://shopify/Customer/7?x", ""),
        ("gid://shopify/Customer/" + "7" * 21, ""),
        (True, ""), (-7, ""), (7.0, ""), (None, ""), ({}, ""), ("٣", ""),
    ],
)  # fmt: skip
def test_ids_are_taken_apart(value: object, digits: str) -> None:
    assert rules.digits_of(value) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("1245.5", "USD", 124550), ("100.0", "JPY", 100), ("0.0005", "USD", 0), ("1.2345", "KWD", 1234),
        ("1e18", "USD", 10**13),
    ],
)  # fmt: skip
def test_amounts_become_minor_units(amount: str, currency: str, units: int) -> None:
    assert rules.minor_units(amount, currency) == units
    for wrong in ("NaN", "Infinity", "1e999999", "twelve", ""):
        with pytest.raises(ValueError, match="no amount"):
            rules.minor_units(wrong, "USD")


def test_a_member_is_digits_or_a_mention() -> None:
    assert rules.member_id(" <@!123456789012345678> ") == rules.member_id("123456789012345678")
    for wrong in ("", "@john", "1234", "<#123456789012345678>", "1" * 21, "99999999999999999999"):
        with pytest.raises(Invalid):
            rules.member_id(wrong)


def test_signatures_of_two_secrets_are_taken_and_no_others() -> None:
    body = b'{"id": 1}'
    for secret in ("old", "new"):
        rules.verify(["old", "new"], rules.sign(secret, body), body)
    for wrong in (
        "",
        "x",
        "ä",
        rules.sign("third", body),
        rules.sign("old", body + b" "),
        rules.sign("old", body)[:-2],
    ):
        with pytest.raises(Refusal) as refused:
            rules.verify(["old", "new"], wrong, body)
        assert refused.value.status == 401
    with pytest.raises(Refusal):
        rules.verify([], rules.sign("", body), body)


PERSON = {"shop_id": 1, "shop_domain": "x.myshopify.com", "customer": {"id": 7, "email": "john@example.com"}}
MERGE = {
    "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/8",
    "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/7",
    "status": "completed",
}


@pytest.mark.parametrize(
    ("topic", "payload", "told"),
    [
        ("customers/update", {"id": 1, "admin_graphql_api_id": "gid://shopify/Customer/7"}, ("7", "", "")),
        ("customers/merge", MERGE, ("7", "8", "")),
        ("customers/merge", MERGE | {"status": "failed"}, ("", "", "")),
        ("customers/purchasing_summary", {"customer_id": 7, "number_of_orders": 3}, ("7", "", "")),
        ("orders/paid", {"id": 5, "customer": {"id": 7}, "line_items": []}, ("7", "", "")),
        ("orders/paid", {"id": 5, "customer": None}, ("", "", "")),
        ("refunds/create", {"id": 1, "order_id": 5}, ("5", "", "")),
        ("customers/redact", PERSON | {"orders_to_redact": [5]}, ("7", "", "john@example.com")),
        ("customers/data_request", PERSON | {"orders_requested": []}, ("7", "", "john@example.com")),
        ("shop/redact", {"shop_id": 1, "shop_domain": "x.myshopify.com"}, ("", "", "")),
        ("products/update", {"id": 1}, ("", "", "")),
    ],
)
def test_webhooks_are_read(topic: str, payload: Any, told: tuple[str, str, str]) -> None:
    assert rules.read_webhook(topic, json.dumps(payload).encode()) == Told(topic, *told)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("customers/redact", PERSON | {"orders_requested": []}),
        ("customers/data_request", PERSON | {"orders_to_redact": []}),
        ("customers/redact", {"id": 7, "email": "john@example.com"}),
        ("shop/redact", PERSON),
        ("shop/redact", {}),
        ("customers/update", PERSON),
        ("customers/merge", {"id": 7}),
        ("refunds/create", {"id": 7}),
        ("orders/paid", {"id": 7}),
        ("customers/update", [1]),
        ("customers/update", "x"),
    ],
)
def test_a_body_under_another_topic_is_refused(topic: str, payload: object) -> None:
    with pytest.raises(Invalid):
        rules.read_webhook(topic, json.dumps(payload).encode())
    with pytest.raises(Invalid):
        rules.read_webhook(topic, b"{")


def test_settings_take_a_shop_as_people_write_it() -> None:
    for written in ("Sample", "sample.myshopify.com", "https://sample.myshopify.com/"):
        assert ShopifySettings(shop=written).base_url == "https://sample.myshopify.com"
    for wrong in ("sam ple", "sample.myshopify.com/admin", "a@b.com", "javascript:x"):
        with pytest.raises(ValueError, match="no domain"):
            ShopifySettings(shop=wrong)
    assert not ShopifySettings().begun
    assert not ShopifySettings(shop="sample").complete
