"""Open what an export wrote in the program for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cardpipe.cli.streams import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def open_result(paths: Sequence[Path]) -> None:
    """Open a file, the start page in a folder, or the folder of several; a failure is a warning."""
    target = paths[0] if len(paths) == 1 else paths[0].parent
    if target.is_dir() and len(paths) == 1:
        pages = [target / name for name in ("index.html", "README.md")]
        target = next((page for page in pages if page.is_file()), target)
    try:
        code = click.launch(str(target.resolve()))
    except OSError:
        code = 1
    if code:
        say(f"cardpipe: warning: {target} could not be opened: no program for it was found.", err=True)
