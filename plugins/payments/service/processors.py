"""The payment processors that plugins registered, as each store has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guildshop.errors import Invalid, NotConfigured
from guildshop.i18n import _
from guildshop.plugins.payments.api import PaymentsSettings, Processor

if TYPE_CHECKING:
    from guildshop.app import App


class Processors:
    """Asks the hook `register_processors` once."""

    def __init__(self, app: App) -> None:
        """Ask nothing yet: other plugins' services may not be there."""
        self.app = app
        self._known: dict[str, tuple[str, Processor]] | None = None

    def all(self) -> list[Processor]:
        """Return every processor there is, whether a store uses it or not."""
        return [processor for _plugin, processor in self._registered().values()]

    def enabled(self, store: int) -> list[Processor]:
        """Return those by which new payments can be made in the store, in the order of its settings."""
        known = self._registered()
        found = []
        for code in self.app.stores.settings(store, PaymentsSettings).methods:
            plugin, processor = known.get(code, ("", None))
            if processor is not None and self.app.stores.enabled(store, plugin) and processor.ready(store):
                found.append(processor)
        return found

    def choose(self, store: int, code: str) -> Processor:
        """Return an enabled processor; refuse any other code."""
        for processor in self.enabled(store):
            if processor.code == code:
                return processor
        raise Invalid.field(
            "processor", _("This shop does not take “{code}” here. Choose another way to pay.").format(code=code[:32])
        )

    def find(self, code: str) -> Processor | None:
        """Return the processor of a method, also one that is no longer offered; None for manual methods."""
        found = self._registered().get(code)
        return None if found is None else found[1]

    def get(self, code: str) -> Processor:
        """Return the processor of a method; `NotConfigured` when its plugin is gone."""
        found = self.find(code)
        if found is None:
            raise NotConfigured(
                _("The plugin of the payment processor “{code}” is not installed any more. Install it again.").format(
                    code=code[:32]
                )
            )
        return found

    def _registered(self) -> dict[str, tuple[str, Processor]]:
        if self._known is None:
            self._known = {
                processor.code: (plugin, processor)
                for plugin, processors in self.app.hooks("register_processors")
                for processor in processors
            }
        return self._known
