"""Rules on ambiguous Markdown and on texts beyond the limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cardpipe.lint.declaration import text_rule
from cardpipe.lint.emphasis import unpaired_marks
from cardpipe.lint.prose import not_prose
from cardpipe.lint.rules.footnotes import broken_footnote
from cardpipe.lint.rules.foreign import foreign_markup, hidden_text
from cardpipe.lint.rules.signs import eaten_sign
from cardpipe.markup import Trouble, excess
from cardpipe.markup.lines import table_cells
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.source.splicing import fix, replacing
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from cardpipe.lint.api import Context
    from cardpipe.markup import Scan
    from cardpipe.model.diagnostics import Fix
    from cardpipe.text.positions import SourceText

    Place: TypeAlias = tuple[int, int, str, str]
    """Start, end, message and help."""

_SIGNS: tuple[tuple[tuple[str, ...], re.Pattern[str], str, str], ...] = (
    (
        ("://", "www."),
        re.compile(r"(?<![\w/@.:-])(?:https?://|www\.)[^\s<>)\]]{1,2000}+", re.IGNORECASE),
        "Some programs turn a bare address into a link, others do not.",
        "Write <https://…> or [text](https://…).",
    ),
    (
        ("~",),
        re.compile(r"(?<![~\\])~(?=[^\s~])[^~\n]{0,500}+(?<!\s)~(?!~)"),
        "Single tildes are strikethrough on GitHub and literal elsewhere.",
        "Write ~~words~~ for strikethrough, \\~ for a tilde.",
    ),
    (
        ("[ ]", "[x]"),
        re.compile(r"(?<=[-*+] )\[[ xX]\](?=\s)|(?<=[.)] )\[[ xX]\](?=\s)"),
        "GitHub renders this as a task list item, other programs do not.",
        "Write a plain list.",
    ),
    (
        ("[!",),
        re.compile(
            r"(?im:(?<!^> )(?<!^>)\[!(?:note|tip|important|warning|caution)\]"
            r"|\[!(?:note|tip|important|warning|caution)\](?![ \t]*$))"
        ),
        "An alert marker must be alone on the first line of a block quote, outside of lists.",
        "Write > [!NOTE] on its own line, and the words below it.",
    ),
    (
        ("][",),
        re.compile(r"(?<!\\)!\[[^\[\]]{0,500}+\]\[[^\[\]]{0,500}+\]"),
        "Reference-style images are not supported.",
        "Write ![what it shows](name.png).",
    ),
    (
        ("]: ",),
        re.compile(r"(?<!\\)!\[[^\[\]^\n]{1,500}+\](?![\[(])"),
        "Reference-style images are not supported.",
        "Write ![what it shows](name.png).",
    ),
)
"""What a text must contain, in lower case, for the pattern to match; the pattern; message and help."""
_NEEDLES = tuple((needle, number) for number, sign in enumerate(_SIGNS) for needle in sign[0])
_BREAK = re.compile(r"(?<=\S)[ \t]{2,}(?=\n)")
_UNDERLINE = re.compile(r"[> ]*-{2,}[ \t]*(?=\n|\Z)")
_DELIMITER_ROW = re.compile(
    r"(?m:^[ \t>]*+(\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)++\|?|\|[ \t]*+:?-++:?[ \t]*+\|)[ \t]*$)"
)
_TAG_LINE = re.compile(r"[ ]{0,3}</?[a-z]+>[ \t]*(?=\n|\Z)")


@text_rule("MDN001", "ambiguous-markdown", severity=Severity.WARNING, needs_markup=True)
def ambiguous_markdown(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""Markdown that programs read differently.

    ## What it does

    Looks for markup on which Markdown programs disagree: bare addresses; `*` and `_` that have no clear
    partner; two spaces at the end of a line within a paragraph; a line of dashes directly below a text; task
    lists, single tildes; a code fence that is never closed; a tag alone on a line; a malformed link target;
    a table row with more cells than the table has columns; a line such as `|---|---|` that begins no table.

    ## Why is this bad?

    The same text goes to Anki, to a PDF and to code hosts. Ambiguous markup looks right in one of them and
    wrong in the next.

    ## Example

    ```yaml
    details: See https://example.org/proof for the proof.
    ```

    ## Use instead

    ```yaml
    details: See [the proof](https://example.org/proof).
    ```
    """
    found = context.scan(text)
    for start, end, message, help_ in sorted(set(_ambiguous(text.text, found))):
        yield Finding("MDN001", text.span(start, end), message, help_, _fix_of_address(text, start, end))


def _fix_of_address(text: SourceText, start: int, end: int) -> Fix | None:
    """Return the fix that puts a bare address in angle brackets."""
    written = text.text[start:end]
    address = written.rstrip(".,;:!?'\"")
    if address.lower().startswith(("http://", "https://")):
        return fix("Put it in angle brackets.", replacing(text, start, start + len(address), f"<{address}>"))
    return None


def _ambiguous(text: str, scan: Scan) -> Iterator[Place]:
    yield from _signs(text, scan)
    yield from _hidden_breaks(text, scan)
    yield from _underlines(text, scan)
    yield from _wide_rows(text, scan)
    yield from _lost_tables(text, scan)
    yield from _tag_lines(text, scan)
    for start, end in unpaired_marks(scan):
        yield (
            start,
            end,
            f"Unclear where the emphasis of this “{text[start:end]}” begins or ends.",
            f"Write \\{text[start]} for the character, or put the marks directly next to the words.",
        )
    for problem in scan.problems:
        if problem.trouble is Trouble.UNCLOSED_FENCE:
            yield (
                problem.start,
                problem.end,
                "This code block is never closed.",
                "Add the same fence after its last line.",
            )
        elif problem.trouble is Trouble.UNREAD_TARGET:
            yield (
                problem.start,
                problem.end,
                "The target of this link or picture is malformed.",
                "Write it without spaces and with balanced parentheses.",
            )


def _signs(text: str, scan: Scan) -> Iterator[Place]:
    """Yield the spans of single characters in prose, outside links and tags."""
    lowered = text.lower()
    looked_for = {number for needle, number in _NEEDLES if needle in lowered}
    taken = not_prose(scan) if looked_for else []
    for _, pattern, message, help_ in (_SIGNS[number] for number in looked_for):
        index = 0
        for match in pattern.finditer(text):
            while index < len(taken) and taken[index][1] <= match.start():
                index += 1
            inside = index < len(taken) and taken[index][0] <= match.start()
            if not inside:
                yield match.start(), match.end(), message, help_


def _hidden_breaks(text: str, scan: Scan) -> Iterator[Place]:
    """Two spaces at the end of a line within a paragraph; at its end they do nothing."""
    if "  \n" not in text and "\t\n" not in text:
        return
    taken = not_prose(scan)
    for start, end in scan.blocks:
        for match in _BREAK.finditer(text, start, end):
            if match.end() < end and not any(first <= match.start() < last for first, last in taken):
                yield (
                    match.start(),
                    match.end(),
                    "Trailing whitespace is an invisible line break.",
                    "Write <br>, or remove the whitespace.",
                )


def _underlines(text: str, scan: Scan) -> Iterator[Place]:
    for _, end in scan.blocks:
        match = _UNDERLINE.match(text, end + 1)
        if match and text[end : end + 1] == "\n" and text[end - 1 : end] != "|":
            yield (
                end + 1,
                match.end(),
                "Directly below a line of text this makes it a heading; a horizontal rule may be intended.",
                "Write ## before a heading, or an empty line above a horizontal rule.",
            )


def _wide_rows(text: str, scan: Scan) -> Iterator[Place]:
    for start, end in scan.tables:
        rows = text[start:end].split("\n")
        columns = len(table_cells(rows[0]))
        table = counted(columns, "column")
        position = start + len(rows[0]) + 1
        for row in rows[1:]:
            # Within a block quote, each row begins with its mark.
            content = row.lstrip(" \t>")
            cells = table_cells(content)
            if len(cells) > columns:
                first = position + len(row) - len(content) + cells[columns][0]
                yield (
                    first,
                    position + len(row),
                    f"This row has {counted(len(cells), 'cell')}, but the table has {table}; the rest is not shown.",
                    "Write \\| for a vertical bar in a cell, also in code.",
                )
            position += len(row) + 1


def _lost_tables(text: str, scan: Scan) -> Iterator[Place]:
    if "|" not in text:
        return
    taken = sorted([*scan.tables, *not_prose(scan)])
    index = reached = 0
    for match in _DELIMITER_ROW.finditer(text):
        while index < len(taken) and taken[index][0] <= match.start(1):
            reached = max(reached, taken[index][1])
            index += 1
        if match.start(1) >= reached:
            yield (
                match.start(1),
                match.end(1),
                "This line begins no table, so the rows are shown as written.",
                "Write an empty line before the header of a table, and in this line as many cells as in the header.",
            )


def _tag_lines(text: str, scan: Scan) -> Iterator[Place]:
    starts = {start for start, _ in scan.blocks}
    for tag in scan.html:
        if tag.start in starts and _TAG_LINE.match(text, tag.start):
            yield (
                tag.start,
                tag.end,
                "Markdown is not parsed in a paragraph that begins with a tag alone on its line.",
                "Write it on the same line as the words.",
            )


@text_rule("MDN002", "excessive-nesting")
def excessive_nesting(text: SourceText, _context: Context) -> Iterator[Finding]:
    """A text is too long, too deeply nested, or expands too much.

    ## What it does

    Limits the length of a text (100,000 characters, 2,000 lines), the nesting depth of quotes and lists, the number of
    open brackets (50) and emphasis marks (2,000 of a kind) in a paragraph, the cells of its tables
    (10,000, rows times columns), the expansion of its link references (100,000 characters), its changes of writing
    direction (10,000), and its footnotes (50, with 500 references). No card that a
    person wrote comes near these limits.

    ## Why is this bad?

    Markdown and PDF programs take minutes for such texts, run out of memory, or fail. One card would
    stop the whole deck.

    ## Example

    ```yaml
    details: "> > > > > > > > > > > > > > > > > > > > > > > > > > > > > > too deep"
    ```

    ## Use instead

    ```yaml
    details: "> as deep as it needs to be"
    ```
    """
    found = excess(text.text)
    if found is not None:
        start = min(found.start, max(0, len(text.text) - 1))
        yield Finding(
            "MDN002", text.span(start, start + 1), found.message, "Split it into several cards or paragraphs."
        )


RULES = (
    ambiguous_markdown,
    excessive_nesting,
    eaten_sign,
    foreign_markup,
    hidden_text,
    broken_footnote,
)
