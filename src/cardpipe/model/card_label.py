"""The label of a card in lists: its title, or the beginning of its question as plain text."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from cardpipe.markup import LinkForm, SegmentKind, clozes, ruby, scan
from cardpipe.model.deck import CardKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.markup import Scan
    from cardpipe.model.deck import Card

LONGEST_LABEL: Final = 60
"""The maximum number of characters of a label that is made of a question."""
_MOST_READ: Final = 5_000
"""The number of characters of a question that can be part of its label."""
_NOTHING: Final = "…"

_DELETION: Final = "[…]"
_HIDDEN: Final = "\ue000"
"""Stands for a deletion until the text is read: brackets could become a link."""
_LITERAL: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_FIRST_LITERAL: Final = 0xE100
"""Escaped characters are moved here in the private use area until emphasis is removed."""
_LITERALS: Final = re.compile("[\ue121-\ue17e]")
_STARS: Final = re.compile(r"(\*{1,3}|~~)(?=[^\s*~])([^*~]*[^\s*~])\1")
_LINES: Final = re.compile(r"(?<!\w)(_{1,3})(?=[^\s_])((?:[^_]|(?<=\w)_(?=\w))*[^\s_])\1(?!\w)")
_HARD_BREAK: Final = re.compile(r"(?<!\\)((?:\\\\){0,50})\\(?= ?(?:\n|$))")
"""A line break that a backslash makes."""
_BLANKS: Final = re.compile(r"[ \t]+")
_BLOCK_MARKS: Final = re.compile(
    r"(?m)^ ?(?:(?:>|#{1,6}(?= |$)|[-*+](?= )|\d{1,9}[.)](?= )) ?)+|^ ?(?:=+|-{2,}|(?:[-*_] ?){3,})$"
)
_TABLE_RULE: Final = re.compile(r"(?m)^ ?(?:> ?)*\|?(?: ?:?-+:? ?\|)+ ?(?::?-+:?)? ?$")
_RAISED: Final = re.compile(r"(?<=[A-Za-z0-9)])\^(?:\{([0-9]{1,3})\}|([0-9]))")
_LOWERED: Final = re.compile(r"(?<=[A-Za-z])_(?:\{([0-9]{1,3})\}|([0-9]))(?!\^)")
_SUPERSCRIPTS: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SIMPLE_FORMULA: Final = re.compile(r"[^\\{}^_&%~]*")


def card_label(card: Card) -> str:
    """Return what stands for a card in lists, on one line and without markup."""
    if card.title is not None:
        return card.title.text
    if card.note_type is not None:
        named = next((value.text.text for value in card.values if value.field.kind.names_card), "")
        return question_label(named)
    return question_label(card.question.text, is_cloze=card.kind is CardKind.CLOZE)


def question_label(question: str, *, is_cloze: bool = False) -> str:
    """Return the beginning of a question as plain text: formulas as TeX, deletions of a cloze as `[…]`.

    A picture is left out unless the question consists of pictures; its alternative text stands for it then.
    """
    text = question.replace("\r\n", "\n").replace("\r", "\n")
    text = _without_deletions(text) if is_cloze else text.replace(_HIDDEN, " ")
    scanned = scan(text)
    tokens = list(_tokens(scanned))
    if not any(map(_has_words, tokens)):
        tokens = [word for image in scanned.images() for word in _plain(image.alt).split()]
    return _shortened(tokens).replace(_HIDDEN, _DELETION) or _NOTHING


def _has_words(token: str) -> bool:
    return any(one.isalnum() or one == _HIDDEN for one in token)


def _without_deletions(text: str) -> str:
    text = text.replace(_HIDDEN, " ")
    parts, position = [], 0
    for deletion in clozes(scan(text)).deletions:
        if deletion.start < position:  # within another one
            continue
        parts += [text[position : deletion.start], _HIDDEN]
        position = deletion.end
    return "".join([*parts, text[position:]])


def _shortened(tokens: list[str]) -> str:
    """Return as many whole tokens as fit; a formula is one."""
    whole = " ".join(tokens)
    if len(whole) <= LONGEST_LABEL:
        return whole
    kept = ""
    for token in tokens:
        longer = f"{kept} {token}" if kept else token
        if len(longer) >= LONGEST_LABEL:
            break
        kept = longer
    return f"{kept or tokens[0][: LONGEST_LABEL - 1]}…"


def _tokens(scanned: Scan) -> Iterator[str]:
    """Yield the words of a text, with what adjoins a formula or code as part of the same word."""
    open_token = ""
    for piece, is_whole in _pieces(scanned):
        if is_whole:
            open_token += piece
            continue
        words = re.split(r"\s+", piece)
        open_token += words[0]
        for word in words[1:]:
            if open_token:
                yield open_token
            open_token = word
    if open_token:
        yield open_token


def _pieces(scanned: Scan) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text as plain text, and whether a part must not be divided."""
    cuts = _cuts(scanned)
    starts = [start for start, _ in cuts]
    for segment in scanned.segments:
        if segment.start > _MOST_READ:
            return
        if segment.kind is SegmentKind.PROSE:
            yield _prose(scanned, segment.start, min(segment.end, segment.start + _MOST_READ), cuts, starts), False
        elif segment.is_math:
            yield _formula(segment.tex), True
        elif segment.kind is SegmentKind.CODE_SPAN:
            yield " ".join(segment.tex.split()), False
        elif segment.kind is SegmentKind.CODE_BLOCK:
            yield f" {segment.tex[:_MOST_READ]} ", False
        else:
            yield " ", False


def _formula(tex: str) -> str:
    tex = _RAISED.sub(lambda match: (match[1] or match[2]).translate(_SUPERSCRIPTS), " ".join(tex.split()))
    tex = _LOWERED.sub(lambda match: (match[1] or match[2]).translate(_SUBSCRIPTS), tex)
    return tex if _SIMPLE_FORMULA.fullmatch(tex) else f"${tex}$"


def _cuts(scanned: Scan) -> list[tuple[int, int]]:
    """Return the stretches of prose that are not shown: tags, targets of links, footnotes."""
    cuts = [(tag.start, tag.end) for tag in scanned.html]
    for link in scanned.links():
        if link.form is LinkForm.DEFINITION:
            cuts.append((link.start, link.end))
        elif link.form is LinkForm.AUTOMATIC:
            cuts += [(link.start, link.start + 1), (link.end - 1, link.end)]
        else:
            cuts += [(link.start, link.text_start), (link.text_end, link.end)]
    cuts += [(footnote.start, footnote.end) for footnote in scanned.footnotes]
    return sorted(cuts)


def _prose(scanned: Scan, start: int, end: int, cuts: list[tuple[int, int]], starts: list[int]) -> str:
    parts, position = [], start
    for cut_start, cut_end in cuts[max(0, bisect_right(starts, start) - 1) : bisect_right(starts, end)]:
        if cut_end > position and cut_start < end:
            parts.append(scanned.text[position : max(position, cut_start)])
            position = max(position, min(cut_end, end))
    parts.append(scanned.text[position:end])
    text = ruby.replaced(_BLANKS.sub(" ", "".join(parts)), lambda found, _source: found.text)
    if any(one < end and start < other for one, other in scanned.tables):
        text = _TABLE_RULE.sub("", text).replace("|", " ")
    return _plain(text, begins_line=start == 0 or scanned.text[start - 1] == "\n")


def _plain(text: str, *, begins_line: bool = True) -> str:
    """Return Markdown prose without its marks."""
    text = _HARD_BREAK.sub(r"\1", _BLANKS.sub(" ", text))
    if not begins_line:
        first, feed, rest = text.partition("\n")
        return f"{_inline(first)}{feed}{_plain(rest) if feed else ''}"
    return _inline(_BLOCK_MARKS.sub("", text))


def _inline(text: str) -> str:
    text = _LITERAL.sub(lambda match: chr(_FIRST_LITERAL + ord(match[1])), text)
    for marks in (_STARS, _LINES):
        for _ in range(2):
            text = marks.sub(r"\2", text)
    return _LITERALS.sub(lambda match: chr(ord(match[0]) - _FIRST_LITERAL), html.unescape(text))
