"""The rule on characters that Markdown interprets although the author wants to show them."""

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
_EATEN_ASTERISK: Final = re.compile(r"\*(?<=[^\W_]\*)\*?[^\W_]")
"""Asterisks between letters or digits: a text with eaten emphasis marks has these, or two underscores."""
_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]+|[A-Z][A-Z0-9_]+")
_WORD: Final = re.compile(r"\S+")
_BACKSLASH: Final = re.compile(r"\\(?:(?P<escaped>[!-/:-@\[-`{-~])|(?P<literal>[A-Za-z0-9]))")
_NEVER_A_SIGN: Final = frozenset("./?,;")
"""Punctuation without a meaning in Markdown, except a full stop after a number at the start of a line."""
_NUMBERED: Final = re.compile(r"(?:^|\n)[ \t>]*[0-9]{1,9}$")
_LOOKED_AT: Final = 40
_LONGEST: Final = 200
"""The maximum length of a word that is checked; longer ones are data."""


@text_rule("MDN010", "eaten-sign", severity=Severity.WARNING, since="0.2", needs_markup=True)
def eaten_sign(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""Markdown removes a character that seems to be intended.

    ## What it does

    Looks for a single-line text that is a quotation, a heading, a horizontal rule or a list of one item, such as
    `> 140/90 mmHg`; for names between double underscores (`__init__`); for asterisks
    between letters or digits, as in `2*3*4`; and for the backslashes of paths and regular expressions, as in
    `\d+\.\d+`.

    ## Why is this bad?

    The character is part of the answer, and learners do not see it.

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
    """Yield the block marker with which a single-line text begins."""
    line = text.strip()
    match = _BLOCK_MARK.match(text) if line and "\n" not in line else None
    if match is None or line.startswith("> [!"):
        return
    mark = match["mark"]
    if len(line) == len(mark.strip()) and mark[0] in "-*_":
        kind, escaped = "a horizontal rule", f"\\{mark[0]}"
    elif mark[0].isdigit():
        kind, escaped = "a list", f"{mark[:-1]}\\{mark[-1]}"
    else:
        kind, escaped = _BLOCKS[mark[0]], f"\\{mark[0]}"
    yield (
        match.start("mark"),
        match.end("mark"),
        f"Markdown turns this line into {kind}; “{mark}” is not shown as written.",
        f"Write `{escaped}` for the character, or put code between backticks.",
    )


def _marks(text: str, scanned: Scan) -> Iterator[Place]:
    """Yield asterisks between letters or digits, and names between underscores."""
    if "__" not in scanned.prose_alone and _EATEN_ASTERISK.search(scanned.prose_alone) is None:
        return
    for mark, length, start, end in emphasised(scanned):
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
                f"The asterisks in “{before}{text[start:end]}{after}” are emphasis and not shown.",
                "Write `\\*` for an asterisk, `$2 \\cdot 3$` for a product, or put code between backticks.",
            )


def _is_product(text: str, inner: str, before: str, after: str, start: int, end: int, length: int) -> bool:
    sides = before + inner[:1] + inner[-1:] + after
    if length > 2 or not before or not after or not sides.isalnum() or any(sign.isspace() for sign in inner):
        return False
    alone = not text[max(0, start - 2) : start - 1].isalnum() and not text[end + 1 : end + 2].isalnum()
    return length == 1 or any(sign.isdecimal() for sign in sides) or (alone and len(inner) == 1)


def _backslashes(text: str, scanned: Scan) -> Iterator[Place]:
    if "\\" not in scanned.prose_alone:
        return
    hidden = sorted([*without_dollars(text, scanned), *((link.target_start, link.end) for link in scanned.links())])
    starts = [start for start, _ in hidden]

    def is_hidden(mark: re.Match[str]) -> bool:
        before = bisect_right(starts, mark.start()) - 1
        return before >= 0 and hidden[before][1] > mark.start()

    for segment in scanned.prose():
        if text.find("\\", segment.start, segment.end) < 0:
            continue
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
                        f"Markdown removes the backslash: “{mark[0]}” is shown as “{mark['escaped']}”.",
                        "Put code and paths between backticks, or write `\\\\` for a backslash.",
                    )
                    break


def _is_needless(text: str, mark: re.Match[str]) -> bool:
    if mark["escaped"] not in _NEVER_A_SIGN:
        return False
    return _NUMBERED.search(text[max(0, mark.start() - _LOOKED_AT) : mark.start()]) is None
