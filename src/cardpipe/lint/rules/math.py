"""Rules on formulas: what MathJax rejects, and what it accepts although it is broken or unsafe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint import tex as reading
from cardpipe.lint.context import MOST_WORK_OF_FILE, UNREAD
from cardpipe.lint.declaration import card_rule, text_rule
from cardpipe.lint.rules.delimiters import backslash_delimiters, without_dollars
from cardpipe.lint.rules.math_shown import lost_line_break, macro_in_text, price_as_math
from cardpipe.lint.tex_advice import advice, macro_instead
from cardpipe.markup import SegmentKind, Trouble
from cardpipe.markup.addresses import without_addresses
from cardpipe.mathjax.formula import CONTROL_CHARACTERS
from cardpipe.mathjax.references import numbers_by_label
from cardpipe.mathjax.refusals import refusals
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.source.splicing import fix, replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.lint.api import Context
    from cardpipe.markup import Segment
    from cardpipe.model.deck import Card
    from cardpipe.model.diagnostics import Edit, Fix
    from cardpipe.text.positions import SourceText, Span

_PIECE = re.compile(r"\\(?:begin|end)[ \t]*\{[^{}\n]*\}|\\[A-Za-z]+|\\.|\S", re.DOTALL)
_ESCAPED = {"\t": r"\t into a tab", "\n": r"\n into a line break"}
"""The results of YAML escapes; other control characters are reported by YML004."""
_ESCAPED_LETTER = re.compile(r"[\t\n](?=[A-Za-z])")
_REFERENCE = re.compile(r"\\(?P<macro>(?:eq)?ref)[ \t\n]*\{(?P<name>[^{}]*)\}")
_REPORTED = re.compile(rf"{CONTROL_CHARACTERS}|\\[A-Za-z]+ is not allowed in a formula")
"""Errors that other rules report."""


@text_rule("MTH001", "math-refused", needs_markup=True)
def math_refused(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""MathJax rejects a formula.

    ## What it does

    Checks each formula with the version of MathJax that Anki ships, configured as in Anki, and reports errors at
    the position in the file where it stopped. Empty formulas are reported too.

    ## Why is this bad?

    Learners would see the raw TeX or a red error in place of the formula.

    ## Example

    ```yaml
    details: The weights are $\sotfmax(z)$.
    ```

    ## Use instead

    ```yaml
    details: The weights are $\operatorname{softmax}(z)$.
    ```
    """
    for formula in context.scan(text).math():
        tex = formula.tex
        if not tex.strip():
            yield Finding(
                "MTH001", text.span(formula.start, formula.end), "This formula is empty.", "Write it, or take it out."
            )
            continue
        error = context.math_error(tex, display=formula.kind is SegmentKind.DISPLAY_MATH)
        if error is None or error is UNREAD or _REPORTED.match(error.message):
            continue
        offset = min(error.offset or 0, len(tex))
        piece = _PIECE.search(tex, offset)
        first, last = piece.span() if piece else (0, len(tex))
        message, help_ = advice(error.message, tex[first:last], context.nearest)
        correction = _known_operator(text, formula, first, last, context)
        yield Finding("MTH001", _span(text, formula, first, last), message, help_, correction)


def _known_operator(text: SourceText, formula: Segment, first: int, last: int, context: Context) -> Fix | None:
    r"""Return the fix for a macro that is an operator's name, such as `\softmax`, or a misspelt macro."""
    if formula.tex[first : first + 1] != "\\":
        return None
    instead = macro_instead(formula.tex[first + 1 : last], context.nearest)
    if instead is None:
        return None
    edit = _replacing(text, formula, first, last, instead.written)
    return fix(f"Write `{instead.written}`.", edit, safe=instead.is_certain)


@text_rule("MTH002", "unsafe-tex", needs_markup=True, safety=True)
def unsafe_tex(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""A formula uses an unsafe macro.

    ## What it does

    Looks for macros that make links, load code, set HTML classes and styles, define macros or change settings:
    `\href`, `\require`, `\style`, `\class`, `\cssId`, `\def`, `\newcommand`, `\let`, `\unicode` and similar macros; and
    for `\bbox` and `\fcolorbox` with more in their arguments than colours, sizes and a border.

    ## Why is this bad?

    A link in a formula can run code on a learner's machine. A definition affects all later formulas on the same
    page, so a card would look different depending on the cards reviewed before it.

    ## Example

    ```yaml
    details: $\def\loss{L} \loss$
    ```

    ## Use instead

    ```yaml
    details: $L$
    ```
    """
    for formula in context.scan(text).math():
        for refused in refusals(formula.tex):
            yield Finding(
                "MTH002",
                _span(text, formula, refused.start, refused.end),
                f"\\{refused.macro} is not allowed: {refused.why}.",
                refused.instead,
            )


@text_rule("MTH003", "lost-tex", needs_markup=True)
def lost_tex(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""A part of a formula is silently dropped.

    ## What it does

    Looks for a `%` without a backslash, which begins a comment in TeX, for a backslash at the very end, and for `\ref`
    and `\eqref` that name no `\label` of their own formula, or one of a line without `\tag`.

    ## Why is this bad?

    MathJax silently omits the rest of the line: of `50% of x` a learner sees `50`. Each formula is typeset by
    itself, and lines have no numbers of their own, so that a reference to another formula, or to a line without `\tag`,
    is shown as `???`.

    ## Example

    ```yaml
    details: It holds for $50% \text{ of } x$.
    ```

    ## Use instead

    ```yaml
    details: It holds for $50\% \text{ of } x$.
    ```
    """
    formulas = tuple(context.scan(text).math())
    if "ref" in text.text:
        yield from _lost_references(text, formulas)
    for formula in formulas:
        if "%" not in formula.tex and not formula.tex.rstrip().endswith("\\"):
            continue
        for token in reading.tokens(formula.tex):
            if token.text == "%" and not token.in_text:
                yield Finding(
                    "MTH003",
                    _span(text, formula, token.start, token.end),
                    "In TeX `%` begins a comment: the rest of the line is lost.",
                    "Write `\\%`.",
                    fix("Write `\\%`.", _replacing(text, formula, token.start, token.end, "\\%")),
                )
            elif token.text == "\\" and not formula.tex[token.end :].strip():
                yield Finding(
                    "MTH003",
                    _span(text, formula, token.start, token.end),
                    "A backslash at the end of a formula does nothing.",
                    "Remove it, or complete the macro.",
                )


def _lost_references(text: SourceText, formulas: Sequence[Segment]) -> Iterator[Finding]:
    elsewhere: dict[str, str | None] | None = None
    for formula in formulas:
        own: dict[str, str | None] | None = None
        for match in _REFERENCE.finditer(formula.tex):
            own = numbers_by_label(formula.tex) if own is None else own
            name = match["name"].strip()
            if own.get(name) is not None:
                continue
            if elsewhere is None:
                elsewhere = {label: number for one in formulas for label, number in numbers_by_label(one.tex).items()}
            number = elsewhere.get(name) or "1"
            shown = f"({number})" if match["macro"] == "eqref" else number
            if name in own:
                what = f"label “{name}” of a line without `\\tag`"
                advice = "Number the line with `\\tag{1}`."
            else:
                what = f"unknown label “{name}”"
                known = "in its place" if elsewhere.get(name) else "or number the equation with `\\tag`"
                advice = f"Write {shown} {known}."
            yield Finding(
                "MTH003",
                _span(text, formula, match.start(), match.end()),
                f"`\\{match['macro']}` refers to {'the' if name in own else 'an'} {what}: "
                "??? is shown instead of a number.",
                advice,
            )


@text_rule("MTH004", "dollar-in-math", needs_markup=True)
def dollar_in_math(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""A formula contains a dollar sign.

    ## What it does

    Looks for a `$` without a backslash inside a formula. Where MathJax reads text, a pair of dollars is valid TeX and
    is ignored: inside `\text{…}`, `\tag{…}`, `\ce{…}` and the nodes of a proof, and in the second column of
    `cases*`.

    ## Why is this bad?

    TeX has no math within math. MathJax shows the dollars as characters, other programs end the formula there.

    ## Example

    ```yaml
    details: $$x + $y$ = z$$
    ```

    ## Use instead

    ```yaml
    details: $$x + y = z$$
    ```
    """
    for formula in context.scan(text).math():
        for token in reading.tokens(formula.tex) if "$" in formula.tex else ():
            if token.text == "$" and not token.in_text:
                yield Finding(
                    "MTH004",
                    _span(text, formula, token.start, token.end),
                    "Dollar sign inside a formula.",
                    "Remove it; write `\\$` for a literal dollar sign, or `\\text{…}` around words.",
                )


@text_rule("MTH005", "array-columns", needs_markup=True)
def array_columns(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""An array has no column specification, or more cells than columns.

    ## What it does

    Checks that `\begin{array}` and `\begin{subarray}` are followed by a column specification such as `{lcr}` that
    contains only columns and rules, and that no row of an `array` has more cells than columns.

    ## Why is this bad?

    Without it MathJax reads the first character of the first cell as the specification, so that character is lost,
    and LaTeX rejects the formula.

    ## Example

    ```yaml
    details: $$\begin{array} a & b \\ c & d \end{array}$$
    ```

    ## Use instead

    ```yaml
    details: $$\begin{array}{cc} a & b \\ c & d \end{array}$$
    ```
    """
    for formula in context.scan(text).math():
        for fault in reading.array_faults(formula.tex) if "array" in formula.tex else ():
            yield Finding("MTH005", _span(text, formula, fault.start, fault.end), fault.message, fault.help)


_TROUBLES = {
    Trouble.UNCLOSED_DISPLAY: (
        "This `$$` is never closed.",
        "Close the formula with `$$`, inside the same list item or quote; write `\\$\\$` for two dollar signs.",
    ),
    Trouble.UNCLOSED_INLINE: (
        "This `$` seems to begin a formula that is never closed.",
        "Close it with `$` in the same paragraph; write `\\$` for a dollar sign.",
    ),
    Trouble.SPACED_INLINE: (
        "With whitespace next to its dollars this is not a formula.",
        "Write `$x$`, not `$ x $`; write `\\$` for a dollar sign.",
    ),
    Trouble.DIGIT_AFTER: (
        "A digit directly after the closing dollar makes this an amount of money, not a formula.",
        "Move the digit into the formula, or insert a space.",
    ),
    Trouble.CELL_BOUNDARY: (
        "The table cell ends inside this formula.",
        "Write `\\mid`, `\\vert` or `\\lvert … \\rvert` for a bar inside a table.",
    ),
    Trouble.DOLLAR_RUN: (
        "Three or more dollars in a row do not begin a formula.",
        "Write `$` or `$$` around a formula, `\\$` for a dollar sign.",
    ),
}


@text_rule("MTH006", "unclosed-math", needs_markup=True)
def unclosed_math(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""A formula is not closed properly.

    ## What it does

    Looks for a `$$` without its partner, and for a `$` that is clearly meant to begin a formula (TeX follows it):
    it is never closed, has whitespace inside, or a digit or the end of a table cell gets in the way. Amounts of money
    such as `$5 and $6` are ignored.

    ## Why is this bad?

    Learners would see the TeX code, dollars included.

    ## Example

    ```yaml
    details: The output is $\hat{y} = \sigma(z).
    ```

    ## Use instead

    ```yaml
    details: The output is $\hat{y} = \sigma(z)$.
    ```
    """
    for problem in context.scan(text).problems:
        words = _TROUBLES.get(problem.trouble)
        if words is not None:
            yield Finding("MTH006", text.span(problem.start, problem.end), *words)


def _replacing(text: SourceText, formula: Segment, first: int, last: int, new: str) -> Edit | None:
    return replacing(text, formula.text_index(first), formula.text_index(last - 1) + 1, new)


def _span(text: SourceText, formula: Segment, first: int, last: int) -> Span:
    start = formula.text_index(first)
    end = formula.text_index(last - 1) + 1 if last > first else start
    return text.span(start, end)


@text_rule("MTH007", "escaped-tex", needs_markup=True)
def escaped_tex(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""YAML read a backslash of a formula as an escape.

    ## What it does

    Looks in texts between double quotes for formulas with the escape `\t` or `\n`, which YAML turns into a tab or
    a line break before TeX sees it.

    ## Why is this bad?

    Of `\theta` only a tab and `heta` are left, and that is a valid formula.

    ## Example

    ```yaml
    details: "The angle is $\theta$."
    ```

    ## Use instead

    ```yaml
    details: The angle is $\theta$.
    ```
    """
    if text.style != '"':
        return
    inside = {index for formula in context.scan(text).math() for index in range(formula.start, formula.end)}
    offsets: list[int] | None = None
    for match in _ESCAPED_LETTER.finditer(text.text):
        index = match.start()
        # A line break directly after a dollar prevents a formula, which is the fault to report.
        if index in inside or text.text[index - 1 : index] == "$":
            offsets = offsets if offsets is not None else text.offsets()
            if text.file.text[offsets[index]] == "\\":
                yield Finding(
                    "MTH007",
                    text.span(index, index + 1),
                    f"Between double quotes, YAML turns {_ESCAPED[match[0]]}.",
                    "Remove the quotes, use single quotes, or use `|`.",
                )


@card_rule("MTH010", "bare-script", severity=Severity.WARNING, since="0.2")
def bare_script(card: Card, context: Context) -> Iterator[Finding]:
    r"""A subscript or superscript is outside of a formula.

    ## What it does

    Looks outside of formulas, code and addresses for chemical formulas such as `H_2O`, for a letter with an index
    (`x_1`), and for powers (`x^2`, `10^6`, `m/s^2`). Names such as `file_1` and typed answers are ignored.

    ## Why is this bad?

    Learners see the underscore or circumflex.

    ## Example

    ```yaml
    details: Water is H_2O.
    ```

    ## Use instead

    ```yaml
    details: Water is $\mathrm{H_2O}$.
    ```
    """
    for name, text in card.texts():
        if name == "reference":
            continue
        prose = context.scan(text).sentences
        if "_" not in prose and "^" not in prose:
            continue
        reported = without_dollars(text.text, context.scan(text))
        for segment in context.scan(text).prose():
            for match in _SCRIPT.finditer(without_addresses(segment.text)):
                written = match[0]
                if "_" not in written and "^" not in written:
                    continue
                if any(start <= segment.start + match.start() < end for start, end in reported):
                    continue
                formula = f"$\\mathrm{{{written}}}$" if _ELEMENTS.fullmatch(written) else f"${written}$"
                yield Finding(
                    "MTH010",
                    text.span(segment.start + match.start(), segment.start + match.end()),
                    f"“{written}” is outside of a formula and shown as written.",
                    f"Write `{formula}`; code goes between backticks."
                    if written[0] != ")"
                    else "Write the whole expression between dollars, or code between backticks.",
                )


_SCRIPTED: Final = r"(?:\d{1,3}|[a-zA-Z]|\{[^{}\n]{1,20}\}|[-+\u2212]\d{1,3})"
_COUNT: Final = r"(?:_(?:\d{1,3}|\{\d{1,3}\}))"
_CHEMICAL: Final = rf"(?:\(?[A-Z][a-z]?{_COUNT}?\)?{_COUNT}?){{1,12}}(?:\^(?:\{{[^{{}}\n]{{1,6}}\}}|\d?[-+\u2212]))?"
_SCRIPT: Final = re.compile(
    # Not next to a letter, to ignore names and words: a chemical formula, an index, a power.
    rf"(?:(?<![\w\\/.:^@#&-])(?:(?=[A-Za-z0-9()]*(?:_[\d{{]|\^)){_CHEMICAL}|[A-Za-z]_(?:\d{{1,2}}|[ijkmn]|\{{[^{{}}\n]{{1,20}}\}})"
    rf"|(?:[A-Za-z]{{1,2}}/)?(?:[A-Za-z]{{1,2}}|\d{{1,9}})\^{_SCRIPTED})|\)\^{_SCRIPTED})(?![\w_^({{])"
)
_ELEMENTS: Final = re.compile(_CHEMICAL)


@text_rule("MTH008", "too-many-formulas", needs_markup=True)
def too_many_formulas(text: SourceText, context: Context) -> Iterator[Finding]:
    """The formulas of a file take MathJax too long.

    ## What it does

    Adds up MathJax's work on the different formulas of a file, and reports each text with a formula that
    was not checked because those before it reached the limit of 60,000 steps. A step is about one character
    that is typeset; repeated formulas in a file count once. The number is the same on every machine.

    ## Why is this bad?

    Some short formulas take MathJax seconds, and a file can contain thousands, so that the deck could not be built.

    ## Example

    A file with thousands of different formulas.

    ## Use instead

    Several files, preferably one per card.
    """
    for formula in context.scan(text).math():
        if context.math_error(formula.tex, display=formula.kind is SegmentKind.DISPLAY_MATH) is UNREAD:
            yield Finding(
                "MTH008",
                text.span(formula.start, formula.end),
                f"The formulas before this one exceed the limit of {MOST_WORK_OF_FILE:,} MathJax steps per file.",
                "Write fewer or shorter formulas, or split the file.",
            )
            return


RULES = (
    math_refused,
    unsafe_tex,
    lost_tex,
    dollar_in_math,
    array_columns,
    unclosed_math,
    escaped_tex,
    too_many_formulas,
    bare_script,
    backslash_delimiters,
    macro_in_text,
    lost_line_break,
    price_as_math,
)
