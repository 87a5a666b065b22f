"""All tests may use the fixtures that plugin authors use."""

from pathlib import Path

from guildshop.translating import compile_all

pytest_plugins = ["guildshop.testing", "tests.wheels"]

ROOT = Path(__file__).parents[1]


def pytest_configure() -> None:
    """Have the catalogues as they are in the sources; takes a moment when none changed."""
    compile_all([ROOT / "guildshop/locales", *ROOT.glob("plugins/*/locales"), *ROOT.glob("examples/*/*/locales")])
