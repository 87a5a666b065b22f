"""The sample store: large and varied enough to show lists, searches and charts, and made by its program."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from guildshop.sample import generate

DIRECTORY = Path(generate.__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    with (DIRECTORY / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_are_what_the_program_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "DIRECTORY", tmp_path)
    generate.main()
    for name in ("products", "customers", "orders", "discounts"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (DIRECTORY / f"{name}.csv").read_bytes()


def test_products_are_many_and_varied() -> None:
    products = rows("products")
    assert len(products) >= 60
    assert len({product["sku"] for product in products}) == len(products)
    assert len({product["category"] for product in products}) >= 8
    assert any(product["kind"] == "digital" and product["granted_roles"] for product in products)
    assert any(product["kind"] == "shipped" for product in products)
    assert any(product["stock"] == "0" for product in products)
    assert any(product["required_roles"] for product in products)
    assert any(product["published"] == "false" for product in products)
    assert any(product["active"] == "false" for product in products)
    assert any(0 < int(product["stock"] or 0) <= int(product["low_stock_at"] or 0) for product in products)
    assert any(product["kind"] == "digital" and not product["stock"] for product in products)


def test_customers_and_orders_fit_together() -> None:
    customers, orders = rows("customers"), rows("orders")
    assert len(customers) == 40
    assert len(orders) == 200
    known = {customer["discord_id"] or customer["email"] for customer in customers}
    skus = {product["sku"] for product in rows("products")}
    months: Counter[int] = Counter()
    for order in orders:
        assert order["customer"] in known
        assert {line.split(":")[0] for line in order["lines"].split("|")} <= skus
        months[int(float(order["placed_days_ago"]) // 30)] += 1
    assert set(months) >= set(range(12))
    assert len({order["status"] for order in orders}) >= 4
