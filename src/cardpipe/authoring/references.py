"""Edits of everything in a deck that refers to a card, a tag or a file by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.fix.splice import Spans, is_faithful, spliced, splices
from cardpipe.markup import scan
from cardpipe.markup.segments import CARD_SCHEME
from cardpipe.source.partial_cards import STAND_IN_PATH
from cardpipe.source.splicing import replacing, rewriting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cardpipe.fix.splice import Splice
    from cardpipe.model.deck import Card, Deck
    from cardpipe.model.diagnostics import Edit
    from cardpipe.text.positions import SourceFile, SourceText

_LOST: Final = "\ufffd"
"""The replacement for an invalid character: such a file cannot be written back unchanged."""


@dataclass(slots=True)
class FileEdits:
    """Edits of the files of a project, which change nothing else."""

    files: dict[str, SourceFile] = field(default_factory=dict)
    edits: dict[str, list[Splice]] = field(default_factory=dict)

    def add(self, text: SourceText, edit: Edit | None) -> None:
        """Add the edit of a text; raises UsageError if it is None, since the text cannot be written that way."""
        if edit is None:
            line, _ = text.file.position(text.start)
            raise UsageError(
                f"{text.file.path}:{line}: “{text.text[:60].strip()}” cannot be changed here automatically.",
                hint="Nothing was written. Write this value in quotes, and try again.",
            )
        self.add_splices(text.file, splices(text.file, [edit]))

    def add_splices(self, file: SourceFile, added: list[Splice]) -> None:
        """Add edits by offset; the same edit twice counts once."""
        known = self.edits.setdefault(file.path, [])
        self.files[file.path] = file
        known += [edit for edit in added if edit not in known]

    def contents(self) -> dict[str, bytes]:
        """Return the edited files; raises UsageError if an edit would change anything else."""
        found = {}
        for path, edits in self.edits.items():
            file = self.files[path]
            edits.sort()
            taken = Spans()
            for edit in edits:
                if edit.new and taken.overlapped_by(edit.start, edit.end):
                    raise _unsafe(path)
                taken.add(edit.start, edit.end)
            if _LOST in file.text or not is_faithful(file, edits):
                raise _unsafe(path)
            found[path] = spliced(file.text, edits).encode("utf-8")
        return found


def _unsafe(path: str) -> UsageError:
    return UsageError(
        f"{path} cannot be edited without changing anything else.",
        hint=f"Nothing was written. `cardpipe lint {path}` may show why; otherwise edit it by hand.",
    )


def all_cards(deck: Deck) -> tuple[Card, ...]:
    """Return all cards of a deck, with those that have errors."""
    return (*deck.cards, *deck.faulty_cards)


def refuse_unreadable(deck: Deck, card_id: str) -> None:
    """Raise UsageError if a card may be in a file that cannot be read."""
    if card_id in deck.faulty_ids:
        raise UsageError(
            f"The card {card_id} cannot be read.", hint="`cardpipe lint` shows its errors; fix them first."
        )


def card_references(deck: Deck) -> Iterator[tuple[SourceText, int, int]]:
    """Return everything that refers to a card by its ID: the text, and where the ID is in it."""
    texts = [deck.settings.description]
    for card in all_cards(deck):
        for item in (*card.related, *([card.replaced_by] if card.replaced_by is not None else [])):
            yield item, 0, len(item.text)
        texts += [text for _, text in card.texts()]
    for edition in deck.settings.editions:
        for item in edition.ids:
            yield item, 0, len(item.text)
    for text in texts:
        if text.file.path == STAND_IN_PATH or CARD_SCHEME not in text.text:
            continue
        for link in scan(text.text).card_links():
            yield text, link.target_start + len(CARD_SCHEME), link.target_end


def edit_card_references(
    deck: Deck, ids: Mapping[str, str], edits: FileEdits, *, is_meant: Callable[[SourceText], bool]
) -> list[SourceText]:
    """Let references name the new IDs; return those that are not meant, and therefore stay."""
    left = []
    for text, start, end in card_references(deck):
        new = ids.get(text.text[start:end])
        if new is None or text.file.path == STAND_IN_PATH:
            continue
        if is_meant(text):
            edits.add(text, replacing(text, start, end, new))
        else:
            left.append(text)
    return left


def edit_per_path(deck: Deck, moves: Mapping[str, str], edits: FileEdits) -> None:
    """Let the lint settings of single files name their new paths."""
    for pattern, _ in deck.settings.lint.per_path if deck.settings.lint is not None else ():
        new = moves.get(f"source/{pattern.text}")
        if new is not None:
            edits.add(pattern, rewriting(pattern, new.removeprefix("source/")))
