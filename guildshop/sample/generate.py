"""Write the sample store's CSV files: `python -m guildshop.sample.generate` writes the same bytes each time."""

from __future__ import annotations

import math
import random
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import phonenumbers

from guildshop.sample.catalogue import FAMILIES, IMAGES, ITEMS, LISTS, Item
from guildshop.sample.people import PEOPLE, Person
from guildshop.spreadsheets import write_row

DIRECTORY = Path(__file__).parent
ORDERS = 200
SEED = 20_26
NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER_LENGTH = 8
SHIPPING, FREE_OVER = Decimal("4.99"), Decimal(100)
METHODS = ("venmo", "zelle", "cashapp", "cash")
CARRIERS = (("USPS", "94001"), ("DHL", "JD014"), ("UPS", "1Z999"))
NOTES = ("A present, please leave out the bill.", "Please ring twice.", "Happy birthday to me!", "Danke schön!", "")

PRODUCT_COLUMNS = (
    "sku", "name", "description", "price", "cost", "currency", "category", "kind", "stock", "published", "active",
    "required_roles", "granted_roles", "image_url", "limit_per_customer", "low_stock_at", "position",
    "images", "parent", "options", "lists",
)  # fmt: skip
CUSTOMER_COLUMNS = (
    "discord_id", "username", "display_name", "first_name", "last_name", "email", "phone", "source", "tags", "notes",
    "recipient", "street", "line2", "city", "state", "postal_code", "country", "created_days_ago",
)  # fmt: skip
DISCOUNT_COLUMNS = (
    "name", "code", "percent", "amount", "scope", "targets", "limit_total", "limit_per_customer", "minimum", "active",
)  # fmt: skip
DISCOUNTS = (
    ("Welcome", "WELCOME10", "10", "", "all", "", "", "1", "", "true"),
    ("Five off", "FIVEOFF", "", "5.00", "all", "", "100", "", "40.00", "true"),
    ("Regulars", "", "15", "", "tags", "vip|wholesale", "", "", "", "true"),
    ("A thank you", "", "25", "", "customers", "", "", "", "", "true"),
    ("Last autumn", "AUTUMN", "20", "", "all", "", "", "", "", "false"),
)
ORDER_COLUMNS = (
    "number", "customer", "placed_days_ago", "status", "payment_method", "lines", "shipping", "tracking", "carrier",
    "note", "channel",
)  # fmt: skip


def products() -> Iterable[Sequence[str]]:
    """Yield the rows of products.csv, each product that is sold in variants before the first of these."""
    families = {sku: family for family in FAMILIES for sku in family.options}
    begun: set[str] = set()
    for position, item in enumerate(ITEMS, start=1):
        family = families.get(item.sku)
        if family is not None and family.sku not in begun:
            begun.add(family.sku)
            yield (
                family.sku, family.name, family.description, family.price, "", "USD", family.category, "shipped", "",
                "true", "true", "", "", "", "", "", str(position * 10 - 5), IMAGES.get(family.sku, ""), "", "",
                _lists(family.sku),
            )  # fmt: skip
        yield (
            item.sku, item.name, item.description, item.price, item.cost, "USD", item.category, item.kind, item.stock,
            str(item.published).lower(), str(item.active).lower(), item.required, item.granted, "", item.limit,
            item.low, str(position * 10), IMAGES.get(item.sku, ""), family.sku if family else "",
            family.options[item.sku] if family else "", "" if family else _lists(item.sku),
        )  # fmt: skip


def _lists(sku: str) -> str:
    return "|".join(name for name, skus in LISTS.items() if sku in skus)


def customers(chance: random.Random) -> Iterable[Sequence[str]]:
    """Yield the rows of customers.csv."""
    for number, person in enumerate(PEOPLE):
        name = f"{person.first_name} {person.last_name}".strip()
        yield (
            person.discord_id, person.username, name or person.username, person.first_name, person.last_name,
            email_of(person) if person.email else "", phone_of(person, number) if person.phone else "",
            "DISCORD" if person.discord_id else "EMAIL", person.tags, person.notes, name if person.street else "",
            person.street, person.line2, person.city, person.state, person.postal_code,
            person.country if person.street else "", str(366 + chance.randrange(200)),
        )  # fmt: skip


def orders(chance: random.Random) -> Iterable[Sequence[str]]:
    """Yield the rows of orders.csv, the oldest first."""
    numbers: dict[str, None] = {}
    while len(numbers) < ORDERS:
        numbers["".join(chance.choice(NUMBER_ALPHABET) for _position in range(NUMBER_LENGTH))] = None
    days = sorted((_placed(chance) for _number in range(ORDERS)), reverse=True)
    for number, ago in zip(numbers, days, strict=True):
        yield _order(chance, number, ago)


def email_of(person: Person) -> str:
    """Return an address at a domain that is kept for examples."""
    plain = unicodedata.normalize("NFKD", person.last_name or person.username).encode("ascii", "ignore").decode()
    local = "".join(letter for letter in plain.lower() if letter.isalnum()) or person.username
    return f"{person.username.split('.')[0] or 'mail'}.{local}@example.org".replace("_", "-")


def phone_of(person: Person, number: int) -> str:
    """Return a phone number that is valid in the person's country."""
    example = phonenumbers.example_number_for_type(person.country, phonenumbers.PhoneNumberType.MOBILE)
    if example is None or example.national_number is None:
        return ""
    first = example.national_number
    for offset in range(number * 7, number * 7 + 1000):
        example.national_number = first + offset
        if phonenumbers.is_valid_number_for_region(example, person.country):
            return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    return ""


def _placed(chance: random.Random) -> float:
    """Return how long ago an order was placed: the shop grows, and a wave goes through the year."""
    while True:
        ago = chance.uniform(0.2, 364)
        growth = 1 - 0.65 * ago / 365
        wave = 0.75 + 0.25 * math.cos(2 * math.pi * ago / 182)
        if chance.random() < growth * wave:
            return round(ago, 3)


def _order(chance: random.Random, number: str, ago: float) -> Sequence[str]:
    person = chance.choices(PEOPLE, weights=[person.weight for person in PEOPLE])[0]
    chosen = _lines(chance, person)
    shipped = any(item.kind == "shipped" for item, _quantity in chosen)
    total = sum((Decimal(item.price) * quantity for item, quantity in chosen), Decimal(0))
    status = _status(chance, ago, shipped=shipped)
    shipping = SHIPPING if shipped and total < FREE_OVER else Decimal(0)
    carrier, prefix = chance.choice(CARRIERS)
    on_its_way = shipped and status in {"SHIPPED", "COMPLETE"}
    tracking = f"{prefix}{chance.randrange(10**9, 10**10)}"
    return (
        number,
        person.discord_id or email_of(person),
        str(ago),
        status,
        chance.choices(METHODS, weights=(6, 4, 3, 1))[0],
        "|".join(f"{item.sku}:{quantity}" for item, quantity in chosen),
        str(shipping),
        tracking if on_its_way else "",
        carrier if on_its_way else "",
        chance.choice(NOTES) if chance.random() < 0.12 else "",
        "WEB" if not person.discord_id or chance.random() < 0.08 else "DISCORD",
    )


def _lines(chance: random.Random, person: Person) -> list[tuple[Item, int]]:
    sold = [item for item in ITEMS if item.published]
    if not person.street:
        sold = [item for item in sold if item.kind == "digital"]
    # Cheap things sell more often.
    weights = [1 / math.sqrt(float(item.price)) for item in sold]
    count = chance.choices((1, 2, 3, 4), weights=(55, 27, 12, 6))[0]
    chosen: dict[str, tuple[Item, int]] = {}
    for item in chance.choices(sold, weights=weights, k=count):
        many = 1 if item.limit or item.kind == "digital" else chance.choices((1, 2, 3, 5), weights=(75, 17, 5, 3))[0]
        chosen[item.sku] = (item, many)
    return list(chosen.values())


def _status(chance: random.Random, ago: float, *, shipped: bool) -> str:
    if chance.random() < 0.07:
        return "CANCELLED"
    if not shipped or ago > 14:
        return "COMPLETE"
    if ago > 4:
        return "SHIPPED"
    return chance.choice(("PAID", "FULFILLING"))


def main() -> None:
    """Write the files beside this one."""
    sheets = (
        ("products", PRODUCT_COLUMNS, products()),
        ("customers", CUSTOMER_COLUMNS, customers(random.Random(SEED))),  # noqa: S311 - the same each time
        ("discounts", DISCOUNT_COLUMNS, DISCOUNTS),
        ("orders", ORDER_COLUMNS, orders(random.Random(SEED))),  # noqa: S311 - the same each time
    )
    for name, columns, rows in sheets:
        with (DIRECTORY / f"{name}.csv").open("w", encoding="utf-8", newline="") as target:
            write_row(target, columns)
            for row in rows:
                write_row(target, row)


if __name__ == "__main__":
    main()
