"""Find the project folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path


def find_project(start: Path) -> Path:
    """Return the nearest folder from `start` upward that has a `source/deck.yaml`, as an absolute path.

    Raises ProjectError if there is none.
    """
    folder = start.resolve()
    for candidate in (folder, *folder.parents):
        try:
            if (candidate / "source" / "deck.yaml").is_file():
                return candidate
        except OSError:  # an unreadable parent folder is not a project of the user
            continue
    raise ProjectError(
        f"No deck project found: neither {folder} nor a folder above it has a source/deck.yaml.",
        hint="`cardpipe init DIR` creates a new deck; `-C DIR` selects another project.",
    )
