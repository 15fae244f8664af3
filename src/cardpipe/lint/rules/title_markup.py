"""The rule on markup in titles, which are plain text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.lint.declaration import card_rule
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card

_FIRST, _LAST = r"(?=[\w\"'“‘„«¿¡(\\[])", r"(?<=[\w\"'”’“».?!…)\]])"
"""The first and last characters of words between marks: `*.txt|*.md` and `/* … */` are not emphasis."""
_MARKED: Final = re.compile(
    r"(?<![\w\\$])(?P<formula>(?P<dollars>\${1,2})(?P<tex>(?=\S)[^$]{1,200}(?<=\S))(?P=dollars))(?P<after>\w{0,9})"
    r"|(?P<delimited>\\\((?P<inline>[^()]{1,200}(?:\([^()]{0,50}\)[^()]{0,200}){0,5})\\\))"
    r"|(?<![\w`\\])(?P<code>(?P<ticks>`{1,2})(?=[^`\s])[^`]{1,200}(?<=\S)(?P=ticks))(?![\w`])"
    rf"|(?<![\w*/\\])(?P<stars>(?P<run>\*{{1,3}}){_FIRST}[^*]{{1,200}}{_LAST}(?P=run))(?![\w*/])"
    rf"|(?<!\w)(?P<lines>(?P<under>_{{1,3}}){_FIRST}[^_\s]{{1,100}}\s[^_]{{1,200}}{_LAST}(?P=under))(?!\w)"
    rf"|(?<![\w~])(?P<struck>~~{_FIRST}[^~]{{1,200}}{_LAST}~~)(?![\w~])"
    r"|(?P<tags><(?P<tag>b|i|u|s|em|strong|sub|sup|code|mark|small|del|ins|kbd)>[^<>\w]{0,200}\w[^<>]{0,200}</(?P=tag)>)"
    r"|(?P<link>!?\[[^\[\]]{1,200}\]\((?:https?://|card:|figure:|mailto:)[^\s()]{1,500}\))"
)
_TEX: Final = re.compile(r"\\[A-Za-z]{2,}|\\[|{},;! ]|[\w)}\]|][_^][\w{\\(+*-]")
"""What occurs in TeX only."""
_SHORT_FORMULA: Final = re.compile(r"\d{0,3}[A-Za-z]!?(?:\([^()]{1,20}\))?'?|\S.{0,80}?\s?(?:[=<>+*/-])\s?\S{1,40}")
"""A symbol, such as `$n$` or `$O(n)$`, or an operator with operands on both sides."""
_UNFINISHED: Final = re.compile(r"[-+*/=<>,;:.&]$")
"""The end of the text between two variable names, such as `$a+$b`."""
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_ENDINGS: Final = frozenset({"", "th", "st", "nd", "rd", "s"})
"""Letters that may follow a formula: “the $n$th term”."""
_QUOTED: Final = 40
"""The maximum number of characters of a title that a message quotes."""
_INSTEAD: Final = {
    "formula": "Use words, and write the formula in the question or the answer.",
    "link": "Move the link to the details or the references.",
    "marks": "Remove the markup.",
}


class _Marked(NamedTuple):
    start: int
    end: int
    kind: str
    """A key of `_INSTEAD`."""


@card_rule("MKU010", "markup-in-title", severity=Severity.WARNING, since="0.2")
def markup_in_title(card: Card, _context: Context) -> Iterator[Finding]:
    r"""A title contains Markdown or a formula.

    ## What it does

    Looks in titles for formulas between dollars or `\(…\)`, code between backticks, words between stars, `~~` or
    underscores, HTML tags, and links. Prices, pointers such as `int *p`, and names such as `C*` and `__init__` are
    ignored.

    ## Why is this bad?

    A title is plain text: `$`, backticks and asterisks are shown as written, on the card and in each table
    of contents.

    ## Example

    ```yaml
    title: The norm $\|x\|_2$ of a vector
    ```

    ## Use instead

    ```yaml
    title: The Euclidean norm of a vector
    ```
    """
    title = card.title
    if title is None:
        return
    for marked in _marked(title.text):
        shown = title.text[marked.start : marked.end]
        if len(shown) > _QUOTED:
            shown = f"{shown[: _QUOTED - 1]}…"
        yield Finding(
            "MKU010",
            title.span(marked.start, marked.end),
            f"Titles are plain text; “{shown}” is shown as written.",
            _INSTEAD[marked.kind],
        )


def _marked(title: str) -> Iterator[_Marked]:
    """Yield the markup in a title."""
    position = 0
    while (match := _MARKED.search(title, position)) is not None:
        position = match.start() + 1
        if match["formula"] is not None:
            start, end, kind = *match.span("formula"), "formula"
            found = _is_formula(match["tex"]) and match["after"] in _ENDINGS
        elif match["delimited"] is not None:
            start, end, kind = *match.span("delimited"), "formula"
            found = _TEX.search(match["inline"]) is not None
        else:
            start, end, kind = *match.span(), "link" if match["link"] is not None else "marks"
            found = True
        if found:
            yield _Marked(start, end, kind)
            position = end


def _is_formula(tex: str) -> bool:
    """Return whether the text between two dollars is a formula, not a price or a variable name."""
    if _TEX.search(tex) is not None and not tex.endswith((",", ";")):
        return True
    return _UNFINISHED.search(tex) is None and _WORD.search(tex) is None and _SHORT_FORMULA.fullmatch(tex) is not None
