"""Keeps matplotlib from reading a `matplotlibrc` of the working folder, which may be a stranger's repository.

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
    """Let matplotlib, if it is imported from now on, look for settings in an empty folder; once is enough."""
    if _GUARDED not in sys.modules and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification of matplotlib as Python finds it, with a loader of ours around its own."""
        if fullname != _GUARDED:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """As the loader of matplotlib does it."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Import it in an empty folder, and come back."""
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        try:
            before = Path.cwd()
        except FileNotFoundError:  # the working folder is gone, and what lay in it
            self._loader.exec_module(module)
            return
        with tempfile.TemporaryDirectory(prefix="cardpipe-") as empty:
            os.chdir(empty)
            try:
                self._loader.exec_module(module)
            finally:
                os.chdir(before)
