"""Reports are tested on a till, which sells and refunds."""

from tests.plugins.refunds.conftest import till

__all__ = ["till"]
