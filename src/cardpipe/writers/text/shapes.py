"""The shapes of the text format, one for each program that imports it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cardpipe.model.deck import CardKind
from cardpipe.writers.anki.decks import decks_of
from cardpipe.writers.anki.notes import notes
from cardpipe.writers.csv.plain import plain_rows, readable
from cardpipe.writers.text.cards import text_cards
from cardpipe.writers.text.options import setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck

LINE_BREAK: Final = " / "
"""Stands for a line break where a card has only one line."""
_JOINER: Final = "\u2060"
"""WORD JOINER, which is invisible and changes no line break."""
_FORMULA: Final = re.compile(r"(\$\$.+?\$\$|\$[^$\n]+\$)", re.DOTALL)
_REMNOTE_MARKS: Final = re.compile(
    r">(?=>)|<(?=[<>])|:(?=:)|;(?=;)|=(?==)|\{(?=\{)|\}(?=\})|\[(?=\[)|\((?=\()|\*(?=\*)|_(?=_)|\^(?=\^)|~(?=~)|`(?=\S)"
    r"|#(?=\w)|!(?=\[)|\](?=\()|(?<=^)[-+#>](?=\s)"
)
"""Where something invisible ends a mark of RemNote: arrows, clozes, references, tags, Markdown."""
_DELETION: Final = re.compile(r"\{\{c\d+::(?P<text>.*?)(?:::(?P<hint>(?:(?!::).)*?))?\}\}", re.DOTALL)
_DASHES: Final = re.compile(r"^([ \t]*)---([ \t]*)$", re.MULTILINE)


def text_of(deck: RenderedDeck, options: Mapping[str, str]) -> str:
    """Return the deck in the shape of these settings."""
    return _SHAPES[setting(options, "shape")](deck, options)


def _quizlet(deck: RenderedDeck, options: Mapping[str, str]) -> str:
    """Return two columns with a tab between them, without quotation marks (help.quizlet.com, "Creating sets")."""
    separator = setting(options, "card-separator")
    rows = []
    for card in text_cards(deck, options):
        sides = [side.replace("\t", "    ") for side in (card.front, card.back)]
        if separator == "newline":
            sides = [on_one_line(side) for side in sides]
        else:
            # A text that contains the separator would end there.
            sides = [side.replace(separator, f"{separator[0]}{_JOINER}{separator[1:]}") for side in sides]
        rows.append("\t".join(sides))
    end = "\n" if separator == "newline" else separator
    return "".join(f"{row}{end}" for row in rows)


def _remnote(deck: RenderedDeck, options: Mapping[str, str]) -> str:
    """Return an outline in RemNote's Markdown: `Front >> Back`, `<>` for both directions, `{{…}}` for a cloze.

    An answer of several lines becomes the lines below `Front >>>` (forum.remnote.io/t/310, on pasted Markdown).
    """
    lines: list[str] = []
    for card in text_cards(deck, options):
        if card.cloze:
            first, *rest = [line for line in card.cloze.split("\n") if line.strip()] or [""]
            lines.append(f"- {_remnote_cloze(' '.join([first, *rest]))}")
            lines += [f"\t- {_without_marks(line)}" for line in card.remark.split("\n") if line.strip()]
            continue
        front = _without_marks(on_one_line(card.front))
        back = [_without_marks(line.rstrip()) for line in card.back.split("\n") if line.strip()]
        both = card.kind is CardKind.REVERSED
        if len(back) > 1 and not both:
            lines += [f"- {front} >>>", *(f"\t- {line}" for line in back)]
        else:
            lines.append(f"- {front} {'<>' if both else '>>'} {LINE_BREAK.join(back)}")
    return "".join(f"{line}\n" for line in lines)


def _remnote_cloze(text: str) -> str:
    """Return a text with Anki's deletions in RemNote's form; a hint follows in brackets."""
    parts = []
    position = 0
    for match in _DELETION.finditer(text):
        hint = f" ({_without_marks(match['hint'].strip())})" if match["hint"] else ""
        deletion = f"{{{{{_without_marks(match['text'].strip())}}}}}{hint}"
        parts += [_without_marks(text[position : match.start()]), deletion]
        position = match.end()
    return "".join([*parts, _without_marks(text[position:])])


def _without_marks(text: str) -> str:
    """Return the text so that RemNote reads no markup in it; formulas between dollars stay formulas."""
    pieces = _FORMULA.split(text)
    # Within a formula, TeX ignores a space.
    return "".join(
        _REMNOTE_MARKS.sub(rf"\g<0>{' ' if number % 2 else _JOINER}", piece) for number, piece in enumerate(pieces)
    )


def _mochi(deck: RenderedDeck, options: Mapping[str, str]) -> str:
    """Return two columns of Markdown with a tab between them, quoted where necessary.

    A line of three dashes would divide a side; four are a horizontal rule (mochi.cards/docs/cards, …/basic-formatting).
    """

    def rows() -> Iterator[list[str]]:
        for card in text_cards(deck, options):
            sides = [_DASHES.sub(r"\1----\2", side) for side in (card.front, card.back)]
            yield sides
            if card.kind is CardKind.REVERSED:
                yield sides[::-1]

    return _table(rows())


def _columns(deck: RenderedDeck, options: Mapping[str, str]) -> str:
    chosen = setting(options, "columns").split(",")
    # Each face of a note of the deck's own type is a card here.
    basic = replace(deck, cards=tuple(replace(card, note_type="") for card in deck.cards))
    rows = plain_rows(tuple(notes(readable(basic), decks_of(deck.settings))))
    header = next(rows)
    places = [header.index(name) for name in chosen]
    return _table([chosen, *([row[place] for place in places] for row in rows)])


def _table(rows: Sequence[Sequence[str]] | Iterator[list[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t", quoting=csv.QUOTE_MINIMAL, lineterminator="\n").writerows(rows)
    return out.getvalue()


def on_one_line(text: str) -> str:
    """Return the text on one line, with a mark for each line break."""
    return LINE_BREAK.join(" ".join(line.split()) for line in text.split("\n") if line.strip())


_SHAPES: Final[Mapping[str, Callable[[RenderedDeck, Mapping[str, str]], str]]] = {
    "quizlet": _quizlet,
    "remnote": _remnote,
    "mochi": _mochi,
    "columns": _columns,
}
