"""The rule on signs that an author wants to show and Markdown takes for its own."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import text_rule
from cardpipe.lint.emphasis import emphasised
from cardpipe.lint.rules.delimiters import without_dollars
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from cardpipe.lint.api import Context
    from cardpipe.markup import Scan
    from cardpipe.text.positions import SourceText

    Place: TypeAlias = tuple[int, int, str, str]
    """Start, end, message and help."""

_BLOCK_MARK: Final = re.compile(
    r"\s*(?P<mark>>|#{1,6}(?=[ \t])|[-+*](?=[ \t])|[0-9]{1,9}[.)](?=[ \t])|(?:[-*_][ \t]*){3,}$)"
)
_BLOCKS: Final = {">": "a quotation", "#": "a heading", "-": "a list", "+": "a list", "*": "a list"}
_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]+|[A-Z][A-Z0-9_]+")
_WORD: Final = re.compile(r"\S+")
_BACKSLASH: Final = re.compile(r"\\(?:(?P<escaped>[!-/:-@\[-`{-~])|(?P<literal>[A-Za-z0-9]))")
_NEVER_A_SIGN: Final = frozenset("./?,;")
"""Punctuation that means nothing to Markdown, but for a full stop behind a number at the start of a line."""
_NUMBERED: Final = re.compile(r"(?:^|\n)[ \t>]*[0-9]{1,9}$")
_LOOKED_AT: Final = 40
_LONGEST: Final = 200
"""Characters of a word that is looked into; a longer one is data."""


@text_rule("MDN010", "eaten-sign", severity=Severity.WARNING, since="0.2")
def eaten_sign(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""Markdown takes away a sign that seems to be meant.

    ## What it does

    Looks for a text that is one line and a quotation, a heading, a rule or a list of one item, such as
    `> 140/90 mmHg`; for the name of a variable or a method between two underscores on each side (`__init__`); for stars
    between letters or digits, as in `2*3*4`; and for the backslashes of paths and regular expressions, as in
    `\d+\.\d+`.

    ## Why is this bad?

    The sign is what the card asks for, and learners do not see it.

    ## Example

    ```yaml
    answer: The pattern \d+\.\d+ matches.
    ```

    ## Use instead

    ```yaml
    answer: The pattern `\d+\.\d+` matches.
    ```
    """
    scanned = context.scan(text)
    places = (*_block_mark(text.text), *_marks(text.text, scanned), *_backslashes(text.text, scanned))
    for start, end, message, help_ in sorted(places):
        yield Finding("MDN010", text.span(start, end), message, help_)


def _block_mark(text: str) -> Iterator[Place]:
    """The mark with which a text of one line begins."""
    line = text.strip()
    match = _BLOCK_MARK.match(text) if line and "\n" not in line else None
    if match is None or line.startswith("> [!"):
        return
    mark = match["mark"]
    if len(line) == len(mark.strip()) and mark[0] in "-*_":
        kind, escaped = "a rule across the page", f"\\{mark[0]}"
    elif mark[0].isdigit():
        kind, escaped = "a list", f"{mark[:-1]}\\{mark[-1]}"
    else:
        kind, escaped = _BLOCKS[mark[0]], f"\\{mark[0]}"
    yield (
        match.start("mark"),
        match.end("mark"),
        f"Markdown makes {kind} of this line, and “{mark}” is not shown as it is written.",
        f"Write `{escaped}` for the sign itself, or put code between backticks.",
    )


def _marks(text: str, scanned: Scan) -> Iterator[Place]:
    """Stars between letters or digits, and names between underscores."""
    for mark, length, start, end in emphasised(text, scanned):
        inner = text[start + length : end - length]
        before, after = text[start - 1 : start], text[end : end + 1]
        if mark == "_":
            if length == 2 and _IDENTIFIER.fullmatch(inner):
                yield (
                    start,
                    end,
                    f"“{text[start:end]}” is shown in bold, without its underscores.",
                    f"Write `` `{text[start:end]}` `` for a name, **{inner}** for bold words.",
                )
        elif mark == "*" and _is_product(text, inner, before, after, start, end, length):
            yield (
                start,
                end,
                f"The stars in “{before}{text[start:end]}{after}” make emphasis and are not shown.",
                "Write `\\*` for the sign, `$2 \\cdot 3$` for a product, or put code between backticks.",
            )


def _is_product(text: str, inner: str, before: str, after: str, start: int, end: int, length: int) -> bool:
    sides = before + inner[:1] + inner[-1:] + after
    if length > 2 or not before or not after or not sides.isalnum() or any(sign.isspace() for sign in inner):
        return False
    alone = not text[max(0, start - 2) : start - 1].isalnum() and not text[end + 1 : end + 2].isalnum()
    return length == 1 or any(sign.isdecimal() for sign in sides) or (alone and len(inner) == 1)


def _backslashes(text: str, scanned: Scan) -> Iterator[Place]:
    if "\\" not in text:
        return
    hidden = sorted([*without_dollars(text, scanned), *((link.target_start, link.end) for link in scanned.links())])
    starts = [start for start, _ in hidden]

    def is_hidden(mark: re.Match[str]) -> bool:
        before = bisect_right(starts, mark.start()) - 1
        return before >= 0 and hidden[before][1] > mark.start()

    for segment in scanned.prose():
        for word in _WORD.finditer(text, segment.start, segment.end):
            if "\\" not in word[0] or len(word[0]) > _LONGEST:
                continue
            marks = [mark for mark in _BACKSLASH.finditer(text, *word.span()) if not is_hidden(mark)]
            literal = any(mark["literal"] is not None for mark in marks)
            for mark in marks:
                if mark["escaped"] is not None and (literal or _is_needless(text, mark)):
                    yield (
                        mark.start(),
                        mark.end(),
                        f"Markdown takes the backslash away: “{mark[0]}” is shown as “{mark['escaped']}”.",
                        "Put code and paths between backticks, or write `\\\\` for a backslash.",
                    )
                    break


def _is_needless(text: str, mark: re.Match[str]) -> bool:
    if mark["escaped"] not in _NEVER_A_SIGN:
        return False
    return _NUMBERED.search(text[max(0, mark.start() - _LOOKED_AT) : mark.start()]) is None
