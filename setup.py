"""Compiles the translations into what is built; everything else is in pyproject.toml."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))


class BuildWithCatalogues(build_py):
    """Puts a compiled catalogue beside each source of one."""

    def run(self) -> None:
        """Build, then compile."""
        from guildshop.translating import compile_all

        super().run()
        compile_all(Path(self.build_lib).glob("**/locales"))


setup(cmdclass={"build_py": BuildWithCatalogues})
