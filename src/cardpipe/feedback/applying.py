"""Write chosen changes of a learner into the source's files, in memory, and as a patch."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

from cardpipe.authoring.patch import file_patch
from cardpipe.authoring.source_change import SourceChange
from cardpipe.errors import UsageError
from cardpipe.feedback.taking import card_in, rewritten
from cardpipe.files.git import checkout_of
from cardpipe.files.reading import read_whole
from cardpipe.release.word_diff import Budget

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cardpipe.feedback.comparison import LearnerChange
    from cardpipe.model.deck import DeckSettings

_STEPS: Final = 60_000_000
_LARGEST: Final = 64 * 1024 * 1024


def applied(changes: Sequence[LearnerChange], settings: DeckSettings) -> SourceChange:
    """Return the files with all changes; raises UsageError if one cannot be combined with those before it."""
    made = SourceChange()
    budget = Budget(_STEPS)
    for change in changes:
        file = change.card.file
        current = made.contents.get(file.path, file.text.encode("utf-8", "surrogatepass")).decode(
            "utf-8", "surrogatepass"
        )
        card = card_in(file.path, current, change.card.id.text, settings)
        new = rewritten(card, change.part, change.after, settings, budget) if card is not None else None
        if new is None:
            raise UsageError(
                f"{change.place}: the changes of {change.card.id.text} cannot be written together.",
                hint="Choose them one by one with --card.",
            )
        made.before[file.path] = file
        made.contents[file.path] = new.file.text.encode("utf-8", "surrogatepass")
    return made


def patch_of(root: Path, change: SourceChange) -> str:
    """Return a change as a patch for `git apply`, with paths from the repository's folder, else from the project's."""
    top = checkout_of(root)
    prefix = root.resolve().relative_to(top).as_posix() if top is not None else "."
    parts = []
    for path, data in sorted(change.contents.items()):
        mark = "\ufeff" if read_whole(root, path, _LARGEST).startswith(codecs.BOM_UTF8) else ""
        old, new = change.before[path].text, data.decode("utf-8", "surrogatepass")
        parts.append(file_patch(mark + old, mark + new, path if prefix == "." else f"{prefix}/{path}"))
    return "".join(parts)
