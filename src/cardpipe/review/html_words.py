"""Mark the words that differ between two rendered texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.release.word_diff import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.release.word_diff import Budget

_PIECE: Final = re.compile(
    r'(?P<tag><(?:[^<>"]|"[^"]*")*>)|(?P<word>&#?\w+;|\s+|\w+|[^\w\s])',
)
"""A tag, or a word, space or sign of the text; an entity is one sign."""
_WHOLE: Final = ("<img ", "<audio ")
"""Elements that differ as a whole; all other tags only surround words."""


def marked(before: str, after: str, budget: Budget) -> tuple[str, str]:
    """Return both texts, HTML fragments of the sanitiser, with `del` around removed words and `ins` around added ones.

    Texts that are too long or differ too much are marked as a whole. No mark contains a tag other than a picture, so
    the elements of the texts stay as they are.
    """
    if before == after:
        return before, after
    old, new = _pieces(before), _pieces(after)
    old_words = [number for number, piece in enumerate(old) if _is_word(piece)]
    new_words = [number for number, piece in enumerate(new) if _is_word(piece)]
    runs = aligned([_comparable(old[n]) for n in old_words], [_comparable(new[n]) for n in new_words], budget)
    if runs is None:
        return _with_marks(old, set(old_words), "del"), _with_marks(new, set(new_words), "ins")
    gone = {n for run in runs if not run.same for n in old_words[slice(*run.old)]}
    come = {n for run in runs if not run.same for n in new_words[slice(*run.new)]}
    return _with_marks(old, gone, "del"), _with_marks(new, come, "ins")


def _pieces(html: str) -> list[str]:
    return [match[0] for match in _PIECE.finditer(html)]


def _is_word(piece: str) -> bool:
    return piece[0] != "<" or piece.startswith(_WHOLE)


def _comparable(piece: str) -> str:
    """Return what is compared of a word: spaces are all the same."""
    return " " if piece.isspace() else piece


def _with_marks(pieces: Sequence[str], changed: set[int], element: str) -> str:
    made: list[str] = []
    run: list[str] = []
    for number, piece in enumerate(pieces):
        if number in changed:
            run.append(piece)
            continue
        made += _mark(run, element)
        run = []
        made.append(piece)
    made += _mark(run, element)
    return "".join(made)


def _mark(run: Sequence[str], element: str) -> list[str]:
    # Spaces between blocks are no text, and an element around them would be invalid in a table.
    return list(run) if all(piece.isspace() for piece in run) else [f"<{element}>", *run, f"</{element}>"]
