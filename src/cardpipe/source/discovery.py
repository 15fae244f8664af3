"""Which folder is the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path


def find_project(start: Path) -> Path:
    """The nearest folder from `start` upward that has a `source/deck.yaml`, as an absolute path.

    Raises ProjectError where there is none.
    """
    folder = start.resolve()
    for candidate in (folder, *folder.parents):
        try:
            if (candidate / "source" / "deck.yaml").is_file():
                return candidate
        except OSError:  # a folder above that may not be looked into is not ours
            continue
    raise ProjectError(
        f"No deck project was found: neither {folder} nor a folder above it has a source/deck.yaml.",
        hint="`cardpipe init DIR` starts a new deck; `-C DIR` works on another project.",
    )
