"""Every hook and event is on its page, with its documentation; pages are made from the code when the site is built."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import pytest

from guildshop.app import App
from guildshop.events import Event
from guildshop.hookspecs import hookspec


def test_everything_is_documented(points: ModuleType, installed: App) -> None:
    assert points.undocumented(installed) == []


def test_every_hook_is_on_its_page(points: ModuleType, installed: App) -> None:
    page = points.hooks_page(installed)
    names = [hook.name for hook in points.hooks(installed)]
    assert {"register_services", "lifespan", "register_payment_methods", "register_message_topics"} <= set(names)
    assert [name for name in names if page.count(f"\n### {name}\n") != 1] == []
    assert set(installed.plugins.hook_names) <= set(names)
    assert "### CheckoutStep" in page
    assert "| `position` | `int` | Default: `100`. |" in page


def test_every_event_that_plugins_hear_is_on_its_page(points: ModuleType, installed: App) -> None:
    page = points.events_page(installed)
    names = [kind.__name__ for kind in points.events(installed)]
    heard = {listener.event for _plugin, found in installed.hooks("register_listeners") for listener in found}
    public = {kind.__name__ for kind in heard if "api" in kind.__module__.split(".")}
    assert {"OrderPaid", "MemberJoined", *public} <= set(names)
    assert [name for name in names if page.count(f"### {name}\n") != 1] == []
    lines = [line for line in page.splitlines() if line.startswith("Heard by: ")]
    assert any("`entitlements.order_paid`" in line for line in lines)


def test_what_lacks_a_docstring_is_found(points: ModuleType, installed: App, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, slots=True)
    class Silent(Event):
        number: int

    class Hooks:
        @hookspec
        def register_silence(self, app: App) -> list[object]:
            raise NotImplementedError

    hook = points.Hook("orders", vars(Hooks)["register_silence"])
    monkeypatch.setattr(points, "hooks", lambda _app: [hook])
    monkeypatch.setattr(points, "events", lambda _app: [Silent])
    assert [name.split(".")[-1] for name in points.undocumented(installed)] == ["register_silence", "Silent"]
