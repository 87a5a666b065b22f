"""Plugins come in the order of `requires`, and each mistake names its plugin."""

from typing import Any, ClassVar

import pytest

from guildshop.errors import LoadError
from guildshop.hookspecs import hookimpl
from guildshop.loading import Plugin, Plugins, available, load_plugins
from guildshop.plugins import BUILT_IN


def make(name: str, *requires: str, **members: Any) -> Plugin:
    kind = type(name.title(), (Plugin,), {"name": name, "title": name, "requires": requires, **members})
    plugin: Plugin = kind()
    return plugin


def test_each_comes_after_what_it_requires() -> None:
    plugins = Plugins([make("payments", "orders"), make("orders", "customers"), make("customers")])
    assert plugins.names == ("customers", "orders", "payments")


def test_dependants_and_requirements_are_found_through_others() -> None:
    plugins = Plugins([make("a"), make("b", "a"), make("c", "b"), make("d")])
    assert plugins.dependants("a") == ("b", "c")
    assert plugins.requirements("c") == ("a", "b")
    assert plugins.dependants("d") == plugins.requirements("d") == ()


def test_a_missing_requirement_is_named() -> None:
    with pytest.raises(LoadError, match="the plugin orders needs catalog, customers"):
        Plugins([make("orders", "catalog", "customers")])


def test_a_circle_is_named() -> None:
    with pytest.raises(LoadError, match=r"in a circle: .*a.*b"):
        Plugins([make("a", "b"), make("b", "a")])


def test_twice_is_refused() -> None:
    with pytest.raises(LoadError, match="a is enabled twice"):
        Plugins([make("a"), make("a")])


def test_a_misspelt_hook_stops_the_start() -> None:
    @hookimpl
    def register_comands(self: Plugin, app: object) -> list[object]:
        return []

    with pytest.raises(LoadError, match="register_comands"):
        Plugins([make("a", register_comands=register_comands)])


def test_results_come_labelled_and_in_order() -> None:
    class First(Plugin):
        name: ClassVar[str] = "first"
        title = "First"

        @hookimpl
        def register_services(self, app: object) -> list[object]:
            return [app, 1]

    class Second(Plugin):
        name: ClassVar[str] = "second"
        title = "Second"
        requires = ("first",)

        @hookimpl
        def register_services(self) -> list[object]:
            return [2]

    plugins = Plugins([Second(), First()])
    assert plugins.call("register_services", app="app") == [("first", ["app", 1]), ("second", [2])]


def test_a_hook_that_raises_names_its_plugin() -> None:
    @hookimpl
    def register_services(self: Plugin, app: object) -> list[object]:
        raise RuntimeError("no luck")

    plugins = Plugins([make("fine"), make("broken", register_services=register_services)])
    with pytest.raises(LoadError, match="plugin broken: register_services failed: RuntimeError: no luck"):
        plugins.call("register_services", app=None)


def test_an_unknown_name_is_refused_with_a_near_one() -> None:
    with pytest.raises(LoadError, match=r"names custmers, which is not installed\. Did you mean customers\?"):
        load_plugins(["custmers"])


def test_the_built_in_plugins_are_available() -> None:
    assert set(BUILT_IN) <= set(available())
