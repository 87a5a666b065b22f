"""The shop of books, for the pages that all plugins share."""

from tests.web.conftest import app

__all__ = ["app"]
