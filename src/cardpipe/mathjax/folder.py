"""The location of MathJax's files."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from cardpipe.errors import RenderError


def mathjax_folder() -> Path:
    """Return the folder of MathJax's distribution; raises RenderError if its package is not installed."""
    found = importlib.util.find_spec("mathjax")
    for place in (found.submodule_search_locations or []) if found else []:
        folder = Path(place, "static", "mathjax", "es5")
        if folder.is_dir():
            return folder
    raise RenderError("MathJax is not installed", hint="install the package django-static-mathjax")
