"""The rule on formulas in the delimiters of MathJax, LaTeX and Anki instead of dollars."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.lint.declaration import text_rule
from cardpipe.markup import SegmentKind, scan
from cardpipe.model.diagnostics import Finding
from cardpipe.source.splicing import fix, replacing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.markup import Scan
    from cardpipe.text.positions import SourceText

_MARK: Final = re.compile(
    r"(?<!\\)(?P<slashes>\\{1,2})(?P<bracket>[(\[)\]])"
    r"|(?<!\\)\\{1,2}(?P<which>begin|end)[ \t]{0,4}\{(?P<name>[A-Za-z]{2,30}\*?)\}"
)
"""A delimiter; some programs need a double backslash, since Markdown removes one."""
_OPENING: Final = {"(": ")", "[": "]"}
_BLANK_LINE: Final = re.compile(r"\n[ \t>]*\n")
_SIGN_OF_MATH: Final = re.compile(r"[\\^_=+<>{}&|*/]|(?<![^\W_])[^\W\d_](?![^\W_])")
"""What only a formula in brackets has: a mathematical symbol, or a single letter."""
_WORDS: Final = re.compile(r"[^\W\d_]{2,}(?:[\s,;:.'\u2019-]+[^\W_]{2,})*[.!?]?")
_LINK_MARK: Final = re.compile(r"[\s\d,;\u2013-]*|[xX]")
"""Content of escaped square brackets that are not a formula: reference numbers, task list boxes."""

_QUOTED: Final = 40
"""The maximum length of a formula that the help text repeats."""


class _Formula(NamedTuple):
    """The delimiters of a formula; the second is empty if there is none."""

    opening: tuple[int, int]
    closing: tuple[int, int]
    dollars: str
    """What replaces the delimiters, or is added around an environment."""
    keeps: bool
    """Whether the delimiters belong to the formula, as those of an environment do."""


@text_rule("MTH020", "backslash-delimiters", since="0.2", needs_markup=True)
def backslash_delimiters(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""A formula is not between dollars.

    ## What it does

    Looks outside of formulas and code for `\(…\)` and `\[…\]`, with one backslash or two, and for `\begin{…}` and
    `\end{…}`. Words in brackets such as `\[sic\]` are ignored.

    ## Why is this bad?

    MathJax, LaTeX and Anki's editor use these delimiters. In Markdown a backslash before a bracket only says
    that the bracket is a character, so learners would see the TeX code, with some of its backslashes lost.

    ## Example

    ```yaml
    details: It is \(x^2\).
    ```

    ## Use instead

    ```yaml
    details: It is $x^2$.
    ```
    """
    if "\\" not in context.scan(text).prose_alone:
        return
    formulas = list(_formulas(text.text, context.scan(text)))
    fixable = _fixable(text.text, formulas)
    for number, formula in enumerate(formulas):
        yield _finding(text, formula, fixable=number in fixable)


def without_dollars(text: str, scanned: Scan) -> list[tuple[int, int]]:
    """Return the spans of the formulas that this rule reports."""
    if "\\" not in scanned.prose_alone:
        return []
    return [(formula.opening[0], formula.closing[1]) for formula in _formulas(text, scanned)]


def _formulas(text: str, scanned: Scan) -> Iterator[_Formula]:
    """Yield the outermost formulas with backslash delimiters."""
    marks = list(_marks(text, scanned))
    code = [segment.start for segment in scanned.segments if segment.kind is SegmentKind.CODE_BLOCK]
    partners = _partners(text, marks)
    position = 0
    for mark in marks:
        if mark.start() < position:
            continue
        closing = partners.get(mark.start())
        if closing is not None and bisect_right(code, mark.start()) != bisect_right(code, closing.start()):
            closing = None
        if mark["name"] is not None:
            stop = closing.span() if closing is not None else (mark.end(), mark.end())
            yield _Formula(mark.span(), stop, "$$", keeps=True)
            position = stop[1]
        elif closing is not None and _is_formula(text[mark.end() : closing.start()], mark["bracket"]):
            yield _Formula(mark.span(), closing.span(), "$" if mark["bracket"] == "(" else "$$", keeps=False)
            position = closing.end()


def _marks(text: str, scanned: Scan) -> Iterator[re.Match[str]]:
    """Return the delimiters in prose, except those in addresses."""
    hidden = sorted((link.target_start, link.end) for link in scanned.links())
    hidden += [(segment.start, segment.end) for segment in scanned.segments if segment.kind is not SegmentKind.PROSE]
    hidden.sort()
    starts = [start for start, _ in hidden]
    for match in _MARK.finditer(text):
        before = bisect_right(starts, match.start()) - 1
        if before < 0 or hidden[before][1] <= match.start():
            yield match


def _partners(text: str, marks: list[re.Match[str]]) -> dict[int, re.Match[str]]:
    """Return, by the start of each opening delimiter, its closing one; brackets end at the next brackets."""
    found = {}
    environments: dict[str, list[int]] = {}
    brackets: dict[str, re.Match[str]] = {}
    for mark in marks:
        if mark["which"] == "begin":
            environments.setdefault(mark["name"], []).append(mark.start())
        elif mark["which"] == "end":
            if begun := environments.get(mark["name"]):
                found[begun.pop()] = mark
        elif mark["bracket"] in _OPENING:
            brackets[_OPENING[mark["bracket"]]] = mark
        elif (opening := brackets.pop(mark["bracket"], None)) is not None and opening["slashes"] == mark["slashes"]:
            in_line = mark["bracket"] == ")"
            if not in_line or _BLANK_LINE.search(text, opening.end(), mark.start()) is None:
                found[opening.start()] = mark
    return found


def _is_formula(content: str, bracket: str) -> bool:
    content = content.strip()
    if not content or (bracket == "[" and _LINK_MARK.fullmatch(content)):
        return False
    return _SIGN_OF_MATH.search(content) is not None or _WORDS.fullmatch(content) is None


def _finding(text: SourceText, formula: _Formula, *, fixable: bool) -> Finding:
    start, end = formula.opening[0], max(formula.opening[1], formula.closing[1])
    if formula.keeps:
        message = f"`{text.text[slice(*formula.opening)]}` is outside of a formula and is shown as written."
        help_ = "Write `$$` on the line above the environment and on the line below it."
    else:
        message = "This is not a formula: Markdown removes the backslashes of its brackets."
        inner = " ".join(text.text[formula.opening[1] : formula.closing[0]].split())
        shown = inner if len(inner) <= _QUOTED else "…"
        help_ = f"Write `{formula.dollars}{shown}{formula.dollars}`; code goes between backticks."
    made = None
    if fixable:
        edits = [replacing(text, first, last, written) for first, last, written in _edits(text.text, formula)]
        made = fix(f"Write {formula.dollars} around the formula.", *edits)
    return Finding("MTH020", text.span(start, end), message, help_, made)


def _edits(text: str, formula: _Formula) -> list[tuple[int, int, str]]:
    """Return the edits that put dollars around a formula."""
    (start, opened), (closing, end) = formula.opening, formula.closing
    inner = text[opened:closing]
    if closing == end or "$" in inner:
        return []
    if formula.keeps:
        return [(start, opened, f"$${text[start:opened]}"), (closing, end, f"{text[closing:end]}$$")]
    first, last = opened, closing
    # Whitespace at the start of a line belongs to the list item around it.
    if "\n" not in inner or formula.dollars == "$":
        first, last = opened + len(inner) - len(inner.lstrip(" \t")), opened + len(inner.rstrip(" \t"))
    return [(start, first, formula.dollars), (last, end, formula.dollars)]


def _fixable(text: str, formulas: list[_Formula]) -> set[int]:
    """Return the indexes of the formulas that stay the same formulas once all of them have dollars."""
    parts: list[str] = []
    length = position = 0
    spans: list[tuple[int, int, int]] = []
    for number, formula in enumerate(formulas):
        ends = []
        for first, last, written in _edits(text, formula):
            parts += [text[position:first], written]
            length += first - position
            ends += [length, length + len(written)]
            length += len(written)
            position = last
        if ends:
            spans.append((number, ends[0], ends[-1]))
    made = {(one.start, one.end) for one in scan("".join([*parts, text[position:]])).math()} if spans else set()
    return {number for number, start, end in spans if (start, end) in made}
