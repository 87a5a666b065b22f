"""The reference is whole: every setting, command, permission, page and operation of the API is on its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

import pytest
from pydantic import BaseModel

from guildshop.app import App
from guildshop.config.settings import Settings
from guildshop.hookspecs import SettingsSection


@pytest.fixture(scope="module")
def pages(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("reference_pages")


@pytest.fixture(scope="module")
def api(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("reference_api")


def test_something_is_said_of_everything(pages: ModuleType, api: ModuleType, installed: App) -> None:
    assert pages.unexplained(installed) == []
    assert api.unexplained(installed) == []


def test_every_setting_is_on_its_page(pages: ModuleType, installed: App) -> None:
    page = pages.settings_page(installed)
    names = pages.setting_names(installed)
    sections = {section.name: model for model, section in installed.sections.items()}
    expected = {f"{name}.{key}" for name, model in sections.items() for key in model.model_fields}
    expected |= {f"{group}.{key}" for group in set(Settings.model_fields) - {"stores"} for key in _group(group)}
    assert expected <= set(names)
    assert len(names) == len(set(names))
    for name in names:
        assert f"| `{name.rpartition('.')[2]}` |" in page, name
    assert "| `token` | secret | `env:GUILDSHOP_DISCORD_TOKEN` |" in page
    assert "| `expire_hours` | whole number, at least 1, at most 2,160 | `48` |" in page
    assert "table: Discord ID → `Owner` or `Admin`" in page


def _group(name: str) -> set[str]:
    model = Settings.model_fields[name].annotation
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return set(model.model_fields)


def test_every_command_is_on_its_page(pages: ModuleType, installed: App) -> None:
    members, _heading, staff = pages.commands_page(installed).partition("## For staff")
    for _kind, name in installed.registry.commands:
        assert (members + staff).count(f"| `/{name}` |") == 1, name
    assert "| `/order` |" in members
    assert "| `/refund` |" in staff
    assert "`order`: The order's number.<br>`[reason]`" in staff
    assert re.search(r"\| `/refund` \|.*\| `refund.create` \|", staff)


def test_every_permission_and_every_page_with_one(pages: ModuleType, installed: App) -> None:
    page = pages.permissions_page(installed)
    for name in installed.permissions.permissions:
        assert page.count(f"\n| `{name}` |") == 1, name
    for _plugin, found in installed.hooks("register_pages"):
        for one in found:
            if "GET" in one.methods:
                assert f"| `/admin/{one.path}` | `{one.permission}` |" in page
    assert "| `order.delete` | Delete orders | ✓ |  |  |  |  | orders |" in page


def test_every_operation_of_the_api_is_on_its_page(api: ModuleType, installed: App) -> None:
    page = api.api_page(installed)
    described = api.description(installed)
    listed = api.operations(described)
    assert len(listed) > 50
    for method, path, _operation in listed:
        assert page.count(f"\n### {method.upper()} /api{path}\n") == 1
    for anchor in set(re.findall(r"\]\(#([\w]+)\)", page)):
        assert re.search(rf"^### {anchor}$", page, re.MULTILINE | re.IGNORECASE), anchor
    assert "| `quantity` | whole number | needed." in page


def test_what_says_nothing_of_itself_is_found(
    pages: ModuleType, installed: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SilentSettings(BaseModel):
        volume: int = 3

    silent = [("noise", [SettingsSection("noise", SilentSettings, "Noise")])]
    monkeypatch.setattr(installed, "hooks", lambda _name: silent)
    assert pages.unexplained(installed) == ["noise.volume"]
