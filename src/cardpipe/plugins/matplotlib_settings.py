"""Prevent matplotlib from reading a `matplotlibrc` of the working folder, which may be untrusted.

While it is imported, matplotlib looks for its settings in the working folder first (`matplotlib.matplotlib_fname`). No
option turns that off, and a plug-in may be the first to import it. So its import happens in an empty folder.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_GUARDED: Final = "matplotlib"


def guard() -> None:
    """Make a later import of matplotlib look for settings in an empty folder; one call is enough."""
    if _GUARDED not in sys.modules and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the module specification of matplotlib, with a wrapped loader."""
        if fullname != _GUARDED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """Create the module with matplotlib's own loader."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Import it in an empty folder, then restore the working folder."""
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        try:
            before = Path.cwd()
        except FileNotFoundError:  # the working folder was removed
            self._loader.exec_module(module)
            return
        with tempfile.TemporaryDirectory(prefix="cardpipe-") as empty:
            os.chdir(empty)
            try:
                self._loader.exec_module(module)
            finally:
                os.chdir(before)
