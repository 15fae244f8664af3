"""Rules on formulas that MathJax typesets differently than intended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint import tex as reading
from cardpipe.lint.declaration import text_rule
from cardpipe.markup import SegmentKind
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.markup import Segment
    from cardpipe.text.positions import SourceText, Span

_TEXT: Final = re.compile(
    r"\\(?:text(?:rm|bf|it|sf|tt|up|normal)?|mbox|hbox|fbox|intertext|shortintertext|tag\*?)[ \t\n]*\{"
)
_IN_TEXT: Final = re.compile(r"\$[^$]*\$|\\\((?:[^\\]|\\[^)])*\\\)|\\(?P<macro>[A-Za-z]+|.)|[{}]", re.DOTALL)
_SHOWN_RIGHT: Final = frozenset([*"${}\\", "ref", "eqref"])
"""What MathJax interprets within text without the extension `textmacros`, which Anki does not load."""
_SIGNS: Final = frozenset("%&_#")
_ACCENTS: Final = frozenset("'`^\"~=.")
_FONTS: Final = re.compile(r"text[a-z]+|emph|(?:bf|it|rm|sf|tt)(?:series|shape|family)?")
_ROWS: Final = frozenset(
    [
        *["substack", "shortstack", "matrix", "pmatrix", "bordermatrix", "cases", "displaylines"],
        *["eqalign", "eqalignno", "leqalignno"],
    ]
)
"""Macros whose argument has rows."""
_WITHOUT_ROWS: Final = frozenset(["equation", "equation*", "math", "displaymath"])
_TEX: Final = re.compile(r"[\\^_{}=<>]")
_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_SPACED_WORD: Final = re.compile(r"\s[A-Za-z]{2,}|[A-Za-z]{2,}\s")


@text_rule("MTH022", "macro-in-text", severity=Severity.WARNING, since="0.2", needs_markup=True)
def macro_in_text(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""A macro within `\text{…}` is shown as written.

    ## What it does

    Looks for macros in the argument of `\text`, `\textbf`, `\mbox` and similar, outside of dollars. `\$`, `\{`, `\}`
    and `\\` are allowed.

    ## Why is this bad?

    Anki's MathJax does not expand macros in text: learners see the backslashes.

    ## Example

    ```yaml
    details: $a = \text{50\% of the sum}$
    ```

    ## Use instead

    ```yaml
    details: $a = \text{50% of the sum}$
    ```
    """
    for formula in context.scan(text).math():
        tex = formula.tex
        position = 0
        while (opening := _TEXT.search(tex, position)) is not None:
            position, depth = opening.end(), 1
            while depth and (match := _IN_TEXT.search(tex, position)) is not None:
                position = match.end()
                depth += {"{": 1, "}": -1}.get(match[0], 0)
                macro = match["macro"]
                if macro is not None and macro not in _SHOWN_RIGHT:
                    message = f"Within text, {match[0].strip() or 'this backslash'} is shown as written."
                    yield Finding("MTH022", _span(text, formula, *match.span()), message, _instead(macro))
            if depth:
                break


def _instead(macro: str) -> str:
    if macro in _SIGNS:
        return f"Write {macro} without the backslash."
    if macro.isspace() or macro in {",", ";", ":", "!", "quad", "qquad"}:
        return "Write a space without the backslash."
    if macro in _ACCENTS:
        return "Write the letter with its accent: é, ü, ñ."
    if _FONTS.fullmatch(macro):
        return f"Close the text before it, and write \\{macro}{{…}} next to \\text{{…}}."
    return f"Put it between dollars, $\\{macro}$, or outside of the text."


@text_rule("MTH023", "lost-line-break", severity=Severity.WARNING, since="0.2", needs_markup=True)
def lost_line_break(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""A line break in a formula has no effect.

    ## What it does

    Looks for `\\` outside of environments such as `aligned` and `cases`, and of macros such as `\substack`.

    ## Why is this bad?

    MathJax ignores the break: two equations become a single wrong one.

    ## Example

    ```yaml
    details: $$a = b \\ c = d$$
    ```

    ## Use instead

    ```yaml
    details: $$\begin{gathered} a = b \\ c = d \end{gathered}$$
    ```
    """
    for formula in context.scan(text).math():
        tex = formula.tex
        for start, end in _lost_breaks(tex) if "\\\\" in tex or "\\newline" in tex else ():
            if tex[end:].strip():
                yield Finding(
                    "MTH023",
                    _span(text, formula, start, end),
                    f"{tex[start:end]} has no effect here.",
                    "Write \\begin{aligned} … \\end{aligned} or \\begin{gathered} … \\end{gathered} around the lines.",
                )


def _lost_breaks(tex: str) -> Iterator[tuple[int, int]]:
    r"""Return the spans of `\\` outside of everything that has rows."""
    has_rows = [False]
    environments = 0
    before = ""
    for token in reading.tokens(tex):
        if token.macro in {"begin", "end"}:
            name = tex[token.end : token.end + 40].lstrip().removeprefix("{").partition("}")[0]
            if name not in _WITHOUT_ROWS:
                environments = max(0, environments + (1 if token.macro == "begin" else -1))
        elif token.text == "{":
            has_rows.append(has_rows[-1] or before in _ROWS)
        elif token.text == "}" and len(has_rows) > 1:
            has_rows.pop()
        elif (token.text == "\\\\" or token.macro == "newline") and not (environments or has_rows[-1] or token.in_text):
            yield token.start, token.end
        before = token.macro


@text_rule("MTH024", "price-as-math", severity=Severity.WARNING, since="0.2", needs_markup=True)
def price_as_math(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""Two dollar signs for money turn the words between them into a formula.

    ## What it does

    Looks for formulas without any TeX in them that have words and begin with a digit, or whose dollars touch letters or
    digits outside.

    ## Why is this bad?

    The words between are typeset as a product of letters, without spaces, and both dollar signs disappear.

    ## Example

    ```yaml
    details: It costs $5 a month or 10$ a year.
    ```

    ## Use instead

    ```yaml
    details: It costs \$5 a month or 10\$ a year.
    ```
    """
    for formula in context.scan(text).math():
        if formula.kind is SegmentKind.INLINE_MATH and _is_money(text.text, formula):
            yield Finding(
                "MTH024",
                text.span(formula.start, formula.end),
                "These dollar signs turn the words between them into a formula.",
                "Write \\$ for a dollar sign.",
            )


def _is_money(text: str, formula: Segment) -> bool:
    tex = formula.tex
    if _TEX.search(tex) is not None or not formula.text.startswith("$") or formula.text.startswith("$`"):
        return False
    touched_before = _is_letter_or_digit(text[max(formula.start - 1, 0) : formula.start])
    touched_after = _is_letter_or_digit(text[formula.end : formula.end + 1])
    if touched_before and tex[:1] in "/,.;:-–":
        return True
    if touched_before or touched_after:
        return _SPACED_WORD.search(tex) is not None or (touched_before and touched_after and bool(_WORD.search(tex)))
    return tex[:1].isdigit() and _SPACED_WORD.search(tex) is not None


def _is_letter_or_digit(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _span(text: SourceText, formula: Segment, start: int, end: int) -> Span:
    return text.span(formula.text_index(start), formula.text_index(end - 1) + 1)


RULES = (macro_in_text, lost_line_break, price_as_math)
