"""Rules on the markup of other programs, which is shown as it is written."""

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
    """What a text must hold for it to be worth looking."""
    pattern: re.Pattern[str]
    what: str
    instead: str


_LINE: Final = r"(?m:^)[ \t>]{0,40}+"
_FORMS: Final = (
    _Form(
        "![[",
        re.compile(r"!\[\[[^\[\]\n]{1,300}+\]\]"),
        "a picture or note that Obsidian embeds",
        "Write ![what it shows](name.png).",
    ),
    _Form(
        "[[",
        re.compile(r"(?<!!)\[\[(?!type:|[\s\d.,;-]+\]\]|\s)[^\[\]\n]{1,300}+\]\]"),
        "a link of a wiki or of Obsidian",
        "Write [text](card:EX0001), or put code between backticks.",
    ),
    _Form(
        "==",
        re.compile(r"(?<![=A-Za-z0-9!<>])==(?=[^\s=])[^=\n]{1,300}(?<=[^\s=])==(?![=A-Za-z0-9])"),
        "a highlight of other programs",
        "Write <mark>words</mark>.",
    ),
    _Form(
        "^",
        re.compile(r"(?<=[A-Za-z0-9)\]])\^(?=[^\s^\[])[^\s^]{1,20}\^(?!\w)"),
        "a superscript of Pandoc",
        "Write <sup>2</sup>, or a formula: $x^2$.",
    ),
    _Form(
        "^[",
        re.compile(r"(?<!\\)\^\[[^\]\n]{1,500}+\]"),
        "a footnote of Pandoc",
        "Write [^1], and [^1]: with the note below.",
    ),
    _Form(
        "[@",
        re.compile(r"(?<!\\)\[-?@[A-Za-z][^\]\n]{0,200}+\]"),
        "a citation of Pandoc",
        "List the source under `references`.",
    ),
    _Form(
        "{",
        re.compile(
            r"(?<=[)\]`*_])\{:?[ \t]*(?:[#.][A-Za-z]|[A-Za-z-]+=)[^{}\n]{0,200}\}|\{:[ \t]*[#.][^{}\n]{1,200}\}"
        ),
        "a list of attributes of Pandoc or Kramdown",
        "Take it out: sizes and styles are the stylesheet's.",
    ),
    _Form(
        "{",
        re.compile(r"(?m:(?<=\s)\{[ \t]*[#.][A-Za-z][\w-]{0,60}[ \t]*\}[ \t]*$)"),
        "a heading's attributes in Pandoc",
        "Take them out.",
    ),
    _Form(
        "[!",
        re.compile(r"\[!(?!(?i:note|tip|important|warning|caution)\])[A-Za-z]{1,30}\][-+]?"),
        "a box of Obsidian",
        "Write > [!NOTE], [!TIP], [!IMPORTANT], [!WARNING] or [!CAUTION] alone on the first line of a quotation.",
    ),
    _Form("{%", re.compile(r"\{%[^{}\n]{1,200}%\}"), "a command of a website's templates", "Take it out."),
    _Form(
        ":",
        re.compile(r"(?<![\w:`/\\]):(?:[a-z][a-z0-9_]{1,40}|\+1|-1):(?![\w:`/])"),
        "a name for an emoji",
        "Write the emoji itself, or put code between backticks.",
    ),
    _Form(
        ":",
        re.compile(rf"(?<=\S\n){_LINE}:[ \t]{{1,8}}(?=\S)|(?<=\S\n\n){_LINE}:[ \t]{{1,8}}(?=\S)"),
        "a definition list of other programs",
        "Write **Term**: its meaning, or a table.",
    ),
    _Form(
        ":::",
        re.compile(rf"{_LINE}:{{3,10}}(?:[ \t]*[\w{{\"].*)?(?m:$)"),
        "a container of Pandoc or of a website's generator",
        "Write > **Warning:** and the words, or a heading.",
    ),
    _Form(
        "!!!", re.compile(rf"{_LINE}!!!\+?[ \t]+[\w\"]"), "an admonition of MkDocs", "Write > **Note:** and the words."
    ),
    _Form(
        "???",
        re.compile(rf"{_LINE}\?\?\?\+?[ \t]+[\w\"]"),
        "a folded admonition of MkDocs",
        "Write > **Note:** and the words.",
    ),
    _Form(
        "++",
        re.compile(r"(?<!\S)\+\+[a-z0-9]{1,20}(?:\+[a-z0-9]{1,20}){0,5}\+\+(?!\w)"),
        "a key of MkDocs",
        "Write <kbd>Ctrl</kbd>.",
    ),
)
_HIDDEN: Final = re.compile(r"(?<![%\d\\])%%(?!%)(?:[^%]|%(?!%)){1,2000}+%%(?!%)")
_SIZE: Final = re.compile(r"\|[ \t]*\d{1,5}(?:x\d{1,5})?[ \t]*$")
_DRAWN_ELSEWHERE: Final = frozenset(
    [
        *["mermaid", "plantuml", "geojson", "topojson", "stl", "dataview", "dataviewjs"],
        *["tikz", "echarts", "vega", "vega-lite", "wavedrom"],
    ]
)
"""Languages of code blocks that other programs draw or run."""
_DIRECTIVE: Final = re.compile(r"\{[A-Za-z:-]+\}|ad-[a-z]+")
"""MyST's directives and the boxes of a plug-in for Obsidian, written as languages of code blocks."""


@text_rule("MDN011", "foreign-markup", severity=Severity.WARNING, since="0.2")
def foreign_markup(text: SourceText, context: Context) -> Iterator[Finding]:
    """A text holds markup of another program.

    ## What it does

    Looks outside of formulas and code for links and pictures as `[[Obsidian]]` writes them, `==highlights==`,
    superscripts, footnotes, citations, attributes and containers of Pandoc, definition lists, admonitions and keys of
    MkDocs, `:names:` for emoji, template commands, sizes of pictures (`![a cat|300](cat.png)`), and code blocks that
    other programs draw, such as `mermaid`.

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
    forms = [form for form in _FORMS if form.needle in text.text]
    taken = not_prose(scanned) if forms else []
    for form in forms:
        for match in matches_in_prose(form.pattern, text.text, taken):
            yield Finding(
                "MDN011", text.span(*match.span()), f"This is {form.what}, and is shown as it is written.", form.instead
            )
    for image in scanned.images():
        size = _SIZE.search(image.alt)
        if size:
            start = image.alt_start + size.start()
            yield Finding(
                "MDN011",
                text.span(start, image.alt_start + size.end()),
                "Obsidian takes this for a size; here it becomes a part of the picture's alternative text.",
                "Take it out: pictures get the size that they have.",
            )
    for segment in scanned.segments:
        if segment.kind is SegmentKind.CODE_BLOCK and segment.is_fenced:
            line = segment.text.partition("\n")[0]
            language = line.strip("`~ \t").split(maxsplit=1)[:1]
            if language and (language[0].lower() in _DRAWN_ELSEWHERE or _DIRECTIVE.fullmatch(language[0])):
                yield Finding(
                    "MDN011",
                    text.span(segment.start, segment.start + len(line)),
                    f"Other programs make something of a code block “{language[0]}”; here it is shown as code.",
                    "Write a figure below `figures:`, a picture, or the words themselves.",
                )


@text_rule("MDN012", "hidden-text", since="0.2")
def hidden_text(text: SourceText, context: Context) -> Iterator[Finding]:
    """A text holds a comment that would be shown.

    ## What it does

    Looks outside of formulas and code for comments as Obsidian writes them, between `%%` and `%%`.

    ## Why is this bad?

    What somebody meant to hide would be on the card.

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
            "Obsidian hides this comment; here it would be shown.",
            "Write a YAML comment: # …, or `\\%%` for the signs.",
        )
