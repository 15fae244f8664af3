"""Rules on the markup of other programs, which is shown as written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.lint.declaration import text_rule
from cardpipe.lint.prose import matches_in_prose, not_prose
from cardpipe.markup import SegmentKind
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.text.positions import SourceText


class _Form(NamedTuple):
    needle: str
    """What a text must contain for the pattern to match; a cheap test."""
    pattern: re.Pattern[str]
    what: str
    instead: str
    indented: bool = False
    """Whether a match begins with the indentation of a line, not with the first character of the needle."""


_LINE: Final = r"(?m:^)[ \t>]{0,40}+"
_FORMS: Final = (
    _Form(
        "![[",
        re.compile(r"!\[\[[^\[\]\n]{1,300}+\]\]"),
        "an Obsidian embed",
        "Write ![what it shows](name.png).",
    ),
    _Form(
        "[[",
        re.compile(r"(?<!!)\[\[(?!type:|[\s\d.,;-]+\]\]|\s)[^\[\]\n]{1,300}+\]\]"),
        "a wiki link (Obsidian)",
        "Write [text](card:EX0001), or put code between backticks.",
    ),
    _Form(
        "==",
        re.compile(r"(?<![=A-Za-z0-9!<>])==(?=[^\s=])[^=\n]{1,300}(?<=[^\s=])==(?![=A-Za-z0-9])"),
        "highlight markup of another program",
        "Write <mark>words</mark>.",
    ),
    _Form(
        "^",
        re.compile(r"(?<=[A-Za-z0-9)\]])\^(?=[^\s^\[])[^\s^]{1,20}\^(?!\w)"),
        "a Pandoc superscript",
        "Write <sup>2</sup>, or a formula: $x^2$.",
    ),
    _Form(
        "^[",
        re.compile(r"(?<!\\)\^\[[^\]\n]{1,500}+\]"),
        "a Pandoc inline footnote",
        "Write [^1], and [^1]: with the note below.",
    ),
    _Form(
        "[@",
        re.compile(r"(?<!\\)\[-?@[A-Za-z][^\]\n]{0,200}+\]"),
        "a Pandoc citation",
        "List the source under `references`.",
    ),
    _Form(
        "{",
        re.compile(
            r"(?<=[)\]`*_])\{:?[ \t]*(?:[#.][A-Za-z]|[A-Za-z-]+=)[^{}\n]{0,200}\}|\{:[ \t]*[#.][^{}\n]{1,200}\}"
        ),
        "an attribute list (Pandoc, Kramdown)",
        "Remove it: the stylesheet sets sizes and styles.",
    ),
    _Form(
        "{",
        re.compile(r"(?m:(?<=\s)\{[ \t]*[#.][A-Za-z][\w-]{0,60}[ \t]*\}[ \t]*$)"),
        "a Pandoc heading attribute",
        "Remove them.",
    ),
    _Form(
        "[!",
        re.compile(r"\[!(?!(?i:note|tip|important|warning|caution)\])[A-Za-z]{1,30}\][-+]?"),
        "an Obsidian callout",
        "Write > [!NOTE], [!TIP], [!IMPORTANT], [!WARNING] or [!CAUTION] alone on the first line of a quotation.",
    ),
    _Form("{%", re.compile(r"\{%[^{}\n]{1,200}%\}"), "a template command", "Remove it."),
    _Form(
        ":",
        re.compile(r":(?<![\w:`/\\]:)(?:[a-z][a-z0-9_]{1,40}|\+1|-1):(?![\w:`/])"),
        "an emoji shortcode",
        "Write the emoji itself, or put code between backticks.",
    ),
    _Form(
        ":",
        re.compile(rf"(?<=\n)(?:(?<=\S\n)|(?<=\S\n\n)){_LINE}:[ \t]{{1,8}}(?=\S)"),
        "a definition list",
        "Write **Term**: its meaning, or a table.",
        indented=True,
    ),
    _Form(
        ":::",
        re.compile(rf"{_LINE}:{{3,10}}(?:[ \t]*[\w{{\"].*)?(?m:$)"),
        "a fenced container (Pandoc, site generators)",
        "Write > **Warning:** and the words, or a heading.",
        indented=True,
    ),
    _Form(
        "!!!",
        re.compile(rf"{_LINE}!!!\+?[ \t]+[\w\"]"),
        "an MkDocs admonition",
        "Write > **Note:** and the words.",
        indented=True,
    ),
    _Form(
        "???",
        re.compile(rf"{_LINE}\?\?\?\+?[ \t]+[\w\"]"),
        "an MkDocs collapsible admonition",
        "Write > **Note:** and the words.",
        indented=True,
    ),
    _Form(
        "++",
        re.compile(r"(?<!\S)\+\+[a-z0-9]{1,20}(?:\+[a-z0-9]{1,20}){0,5}\+\+(?!\w)"),
        "an MkDocs key",
        "Write <kbd>Ctrl</kbd>.",
    ),
)
_NEEDLE: Final = re.compile("|".join(re.escape(needle) for needle in {form.needle: None for form in _FORMS}))
"""Most texts have none of the needles, which is faster to see at once."""
_BEGUN: Final = re.compile(r"\n[ \t>]{0,40}+(?::|!!!|\?\?\?)")
"""A line that begins with the needle of an indented form."""
_HIDDEN: Final = re.compile(r"(?<![%\d\\])%%(?!%)(?:[^%]|%(?!%)){1,2000}+%%(?!%)")
_SIZE: Final = re.compile(r"\|[ \t]*\d{1,5}(?:x\d{1,5})?[ \t]*$")
_DRAWN_ELSEWHERE: Final = frozenset(
    [
        *["mermaid", "plantuml", "geojson", "topojson", "stl", "dataview", "dataviewjs"],
        *["tikz", "echarts", "vega", "vega-lite", "wavedrom"],
    ]
)
"""Languages of code blocks that other programs render or run."""
_MERMAID: Final = (
    "Use a figure of the kind graph, tree or timeline, or save Mermaid's drawing without HTML labels as SVG in "
    "source/media/."
)
_DIRECTIVE: Final = re.compile(r"\{[A-Za-z:-]+\}|ad-[a-z]+")
"""MyST directives and Obsidian admonitions, written as languages of code blocks."""


@text_rule("MDN011", "foreign-markup", severity=Severity.WARNING, since="0.2")
def foreign_markup(text: SourceText, context: Context) -> Iterator[Finding]:
    """A text contains markup of another program.

    ## What it does

    Looks outside of formulas and code for links and embeds of `[[Obsidian]]`, `==highlights==`,
    Pandoc superscripts, footnotes, citations, attributes and containers, definition lists, admonitions and keys of
    MkDocs, emoji `:shortcodes:`, template commands, image sizes (`![a cat|300](cat.png)`), and code blocks that
    other programs render, such as `mermaid`.

    ## Why is this bad?

    Learners see the markup itself.

    ## Example

    ```yaml
    details: It is ==very== important.
    ```

    ## Use instead

    ```yaml
    details: It is <mark>very</mark> important.
    ```
    """
    scanned = context.scan(text)
    prose = scanned.prose_alone
    forms: list[_Form] = []
    if _NEEDLE.search(text.text) is not None:
        begun = _BEGUN.search(f"\n{text.text}") is not None
        forms = [
            form
            for form in _FORMS
            if form.needle in text.text and (begun if form.indented else form.needle[0] in prose)
        ]
    taken = not_prose(scanned) if forms else []
    for form in forms:
        for match in matches_in_prose(form.pattern, text.text, taken):
            yield Finding(
                "MDN011", text.span(*match.span()), f"This is {form.what}, which is shown as written.", form.instead
            )
    for image in scanned.images():
        size = _SIZE.search(image.alt)
        if size:
            start = image.alt_start + size.start()
            yield Finding(
                "MDN011",
                text.span(start, image.alt_start + size.end()),
                "This is an Obsidian image size; here it becomes part of the alternative text.",
                f'Remove it, and write the width as a title: ![…]({image.target} "width=300px").',
            )
    for segment in scanned.segments:
        if segment.kind is SegmentKind.CODE_BLOCK and segment.is_fenced:
            line = segment.text.partition("\n")[0]
            language = line.strip("`~ \t").split(maxsplit=1)[:1]
            if language and (language[0].lower() in _DRAWN_ELSEWHERE or _DIRECTIVE.fullmatch(language[0])):
                yield Finding(
                    "MDN011",
                    text.span(segment.start, segment.start + len(line)),
                    f"Other programs render a code block “{language[0]}”; here it is shown as code.",
                    _MERMAID
                    if language[0].lower() == "mermaid"
                    else "Use a figure under `figures:`, a picture, or text.",
                )


@text_rule("MDN012", "hidden-text", since="0.2")
def hidden_text(text: SourceText, context: Context) -> Iterator[Finding]:
    """A text contains a comment that would be shown.

    ## What it does

    Looks outside of formulas and code for Obsidian comments, between `%%` and `%%`.

    ## Why is this bad?

    Text that was meant to be hidden would be on the card.

    ## Example

    ```yaml
    details: It is so. %%Check this again.%%
    ```

    ## Use instead

    ```yaml
    # Check this again.
    details: It is so.
    ```
    """
    if "%%" not in text.text:
        return
    for match in matches_in_prose(_HIDDEN, text.text, not_prose(context.scan(text))):
        yield Finding(
            "MDN012",
            text.span(*match.span()),
            "This is an Obsidian comment; here it would be shown.",
            "Write a YAML comment (# …), or `\\%%` for the characters.",
        )
