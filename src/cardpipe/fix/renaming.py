"""Rename files of `source/media/` as rules propose, and update all references."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cardpipe.fix.splice import Spans, is_faithful, spliced, splices
from cardpipe.markup import scan
from cardpipe.model.deck import media_key
from cardpipe.source.load import MEDIA_FOLDER, load
from cardpipe.source.splicing import suggestion
from cardpipe.text.nodes import scalars

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cardpipe.fix.splice import Splice
    from cardpipe.model.deck import Deck
    from cardpipe.model.diagnostics import Diagnostic, Fix
    from cardpipe.text.positions import SourceFile

_LOST: Final = "\ufffd"


@dataclass(slots=True)
class RenamedFile:
    """The result of renaming in a project, in memory."""

    names: dict[str, str] = field(default_factory=dict)
    """New paths in the project by old path."""
    before: dict[str, SourceFile] = field(default_factory=dict)
    """The old contents of files with updated references."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """The new contents of files with updated references."""
    made: list[Diagnostic] = field(default_factory=list)


def renamed(root: Path, findings: Iterable[Diagnostic], contents: Mapping[str, bytes]) -> RenamedFile:
    """Apply the findings that propose a new name; `contents` replaces files on disk.

    A file is not renamed if a script mentions it or a reference cannot be updated.
    """
    result = RenamedFile()
    for finding in findings:
        proposed = finding.fix.rename if finding.fix is not None else None
        if proposed is None:
            continue
        deck = load(root, contents={**contents, **result.contents}).deck
        if deck is None or any(proposed[0].encode() in script.data for script in deck.settings.scripts):
            continue
        changed = _reference_edits(deck, *proposed)
        if changed is None:
            continue
        for file, edits in changed:
            result.before.setdefault(file.path, file)
            result.contents[file.path] = spliced(file.text, edits).encode()
        result.names[f"{MEDIA_FOLDER}/{proposed[0]}"] = f"{MEDIA_FOLDER}/{proposed[1]}"
        result.made.append(finding)
    return result


def _reference_edits(deck: Deck, old: str, new: str) -> list[tuple[SourceFile, list[Splice]]] | None:
    """Return the edits of each file that refers to the name; None if a reference cannot be updated."""
    alike = sum(media_key(media.name) == media_key(old) for media in deck.settings.media)
    by_path: dict[str, tuple[SourceFile, list[Splice]]] = {}
    for file, fix in _references(deck, old, new, exact=alike > 1):
        edits = by_path.setdefault(file.path, (file, []))[1]
        added = splices(file, fix.edits) if fix is not None else []
        taken = Spans((edit.start, edit.end) for edit in edits)
        if not added or any(taken.overlapped_by(edit.start, edit.end) for edit in added):
            return None
        edits += added
        edits.sort()
    found = list(by_path.values())
    sound = all(_LOST not in file.text and is_faithful(file, edits) for file, edits in found)
    return found if sound else None


def _references(deck: Deck, old: str, new: str, *, exact: bool) -> Iterator[tuple[SourceFile, Fix | None]]:
    def is_meant(name: str) -> bool:
        return name.removeprefix("./") == old if exact else media_key(name) == media_key(old)

    texts = [(deck.settings.file, deck.settings.description)]
    texts += [(card.file, text) for card in deck.cards for _, text in card.texts()]
    for file, text in texts:
        for image in scan(text.text).images():
            if is_meant(image.target):
                yield file, suggestion(text, new, image.target_start, image.target_end)
    for card in deck.cards:
        for figure in card.figures:
            for scalar in scalars(figure.parameters):
                if is_meant(scalar.text):
                    yield card.file, suggestion(scalar, new, 0, len(scalar.text))
