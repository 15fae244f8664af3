"""Rules on raw HTML, Anki commands and invisible characters."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from cardpipe.lint.api import Scope
from cardpipe.lint.declaration import text_rule
from cardpipe.lint.rules.title_markup import markup_in_title
from cardpipe.lint.texts import plain_texts_of_card, plain_texts_of_settings
from cardpipe.markup.html import COLOURED, PAIRED_TAGS, SINGLE_TAGS, is_allowed
from cardpipe.model.diagnostics import Finding
from cardpipe.source.splicing import fix, replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cardpipe.lint.api import Context
    from cardpipe.lint.declaration import Also
    from cardpipe.markup import HtmlTag, Scan
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.text.positions import SourceText

_COLOURED = '<span style="color:#0055aa">text</span>'
_INSTEAD = {
    "a": "[text](https://…)",
    "b": "**text**",
    "blockquote": "> at the start of each line",
    "center": "nothing: the stylesheet controls the layout",
    "code": "`text`",
    "details": "nothing: the format hides answers",
    "div": "a blank line between paragraphs",
    "em": "*text*",
    "figure": "![what it shows](name.png)",
    "font": _COLOURED,
    "hr": "a line of ---",
    "i": "*text*",
    "img": "![what it shows](name.png)",
    "li": "- at the start of each item",
    "ol": "1. at the start of each item",
    "p": "a blank line between paragraphs",
    "pre": "``` around the lines",
    "strike": "<del>text</del>",
    "strong": "**text**",
    "table": "a table with | between its cells",
    "td": "a table with | between its cells",
    "th": "a table with | between its cells",
    "tr": "a table with | between its cells",
    "tt": "`text`",
    "ul": "- at the start of each item",
    **dict.fromkeys(["h1", "h2", "h3", "h4", "h5", "h6"], "# and the heading"),
}


@text_rule("MKU001", "raw-html", needs_markup=True, safety=True)
def raw_html(text: SourceText, context: Context) -> Iterator[Finding]:
    """A text contains HTML that is not allowed.

    ## What it does

    Looks for HTML tags and comments outside code and math. Only these are allowed, without attributes: `<br>`, and
    in pairs `<del>`, `<ins>`, `<kbd>`, `<mark>`, `<q>`, `<s>`, `<samp>`, `<small>`, `<sub>`, `<sup>`, `<u>`, `<var>`;
    and `<span style="color:#0055aa">…</span>` for words in a colour, which is written with three or six digits.

    ## Why is this bad?

    HTML can run code where the deck is read, and only some formats support it. Everything else is
    removed at export, possibly with words in angle brackets; the Markdown format shows it as
    written.

    ## Example

    ```yaml
    details: This is <b>important</b>.
    ```

    ## Use instead

    ```yaml
    details: This is **important**.
    ```
    """
    open_tags: list[tuple[str, HtmlTag]] = []
    refused: Counter[str] = Counter()
    for tag in context.scan(text).html:
        if not is_allowed(tag.text, tag.name):
            if tag.text.startswith("</") and refused[tag.name]:
                # Its opening tag was reported; one mistake is one finding.
                refused[tag.name] -= 1
                continue
            refused[tag.name] += 1
            yield Finding("MKU001", text.span(tag.start, tag.end), _html_message(tag), _html_help(tag))
        elif tag.name not in SINGLE_TAGS:
            if not tag.text.startswith("</"):
                open_tags.append((tag.name, tag))
            elif refused[tag.name]:
                refused[tag.name] -= 1
            elif open_tags and open_tags[-1][0] == tag.name:
                open_tags.pop()
            else:
                yield Finding(
                    "MKU001",
                    text.span(tag.start, tag.end),
                    f"{tag.text} has no opening tag.",
                    "Remove it.",
                )
    for name, tag in open_tags:
        yield Finding(
            "MKU001", text.span(tag.start, tag.end), f"{tag.text} is never closed.", f"Add </{name}> after it."
        )


def _html_message(tag: HtmlTag) -> str:
    if not tag.name:
        return "HTML comments and declarations are not allowed in a text."
    if tag.name in PAIRED_TAGS | SINGLE_TAGS:
        return f"<{tag.name}> cannot have attributes here."
    return f"The HTML tag <{tag.name}> is not allowed in a text."


def _html_help(tag: HtmlTag) -> str:
    if not tag.name:
        return "Use a YAML comment for notes to other authors: # …"
    if tag.name == COLOURED:
        return f"Write {_COLOURED} for words in a colour; otherwise remove it."
    if tag.name in PAIRED_TAGS | SINGLE_TAGS:
        return f"Write <{tag.name}> without attributes."
    if tag.name in _INSTEAD:
        return f"Write {_INSTEAD[tag.name]}."
    return "Remove it; write \\< for a literal angle bracket, or put code between backticks."


# A bracket can also be a character reference or follow a backslash; Anki sees the result.
_BRACKET = r"(?:\\?\[|&\#0*91;|&\#[xX]0*5[bB];|&lbrack;|&lsqb;)"
_COMMANDS = re.compile(
    rf"(?P<sound>{_BRACKET}sound:)"
    rf"|(?P<latex>{_BRACKET}/?(?:latex|\${{1,2}})(?:\]|&\#0*93;|&rbrack;|&rsqb;))"
    rf"|(?P<type>{_BRACKET}{_BRACKET}type:)"
    rf"|(?P<anki>{_BRACKET}/?anki:)",
    re.IGNORECASE,
)
_PARTS_OF_COMMANDS = ("sound:", "latex", "$]", "$&", "type:", "ank")
"""What a text must contain, after `casefold`, for the pattern to match; without the i, whose case folds otherwise."""
_COMMAND_WORDS = {
    "sound": ("Anki would play a file here.", "Put a space after the bracket: `[ sound:`."),
    "latex": ("Anki would run LaTeX here.", "Write the formula between `$` signs."),
    "type": ("Anki would show a text box here.", "Put a space between the brackets: `[ [type:`."),
    "anki": ("Anki would read this as a command.", "Put a space after the bracket: `[ anki:`."),
}


def _everywhere(check: Callable[[SourceText], Iterable[Finding]]) -> Also:
    """Return the checks that also call a rule for texts that are not Markdown."""

    def of_card(card: Card, _context: Context) -> Iterator[Finding]:
        for text in plain_texts_of_card(card):
            yield from check(text)

    def of_settings(settings: DeckSettings, _context: Context) -> Iterator[Finding]:
        for text in plain_texts_of_settings(settings):
            yield from check(text)

    return {Scope.CARD: of_card, Scope.SETTINGS: of_settings}


def _commands(text: SourceText) -> Iterator[Finding]:
    if "[" not in text.text:
        return
    folded = text.text.casefold()
    if not any(part in folded for part in _PARTS_OF_COMMANDS):
        return
    for match in _COMMANDS.finditer(text.text):
        words = _COMMAND_WORDS[match.lastgroup or "anki"]
        yield Finding("MKU002", text.span(*match.span()), *words)


@text_rule("MKU002", "anki-command", also=_everywhere(_commands), needs_markup=True, safety=True)
def anki_command(text: SourceText, _context: Context) -> Iterator[Finding]:
    """A text contains an Anki command.

    ## What it does

    Looks for `[sound:`, `[latex]`, `[$]`, `[$$]`, `[[type:` and `[anki:` in every text, title, tag and address, and in
    code too, since Anki does not exempt code.

    ## Why is this bad?

    Anki does not show these words but acts on them: it plays a file, starts LaTeX, or shows a text box.

    ## Example

    ```yaml
    details: Write `[sound:name.mp3]` to play a file.
    ```

    ## Use instead

    ```yaml
    details: Write `[ sound:name.mp3 ]`, without the spaces, to play a file.
    ```
    """
    yield from _commands(text)


_NEVER = (
    "\u00ad\u115f\u1160\u180e\u3164\uffa0"  # soft hyphen and blank letters
    "\u200b\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero width, invisible signs
    "\u202a-\u202e"  # overrides and embeddings of direction; the isolates are among the above
)
_INVISIBLE = re.compile(f"[{_NEVER}]|[\U000e0000-\U000e007f]+")
_JOINERS = re.compile("[\u200c-\u200f]")
_FLAG = "\U0001f3f4"

_NAMES = {
    "\u00ad": "a soft hyphen",
    "\u200b": "a zero-width space",
    "\u200c": "a zero-width non-joiner",
    "\u200d": "a zero-width joiner",
    "\u200e": "a left-to-right mark",
    "\u200f": "a right-to-left mark",
    "\u2060": "a word joiner",
    "\ufeff": "a byte order mark",
}


def _invisible_characters(text: SourceText) -> Iterator[Finding]:
    if text.text.isascii():
        return
    for match in _INVISIBLE.finditer(text.text):
        if not (match.group()[0] >= "\U000e0000" and text.text[match.start() - 1 : match.start()] == _FLAG):
            yield _invisible(text, *match.span())


@text_rule("MKU003", "invisible-character", also=_everywhere(_invisible_characters), safety=True)
def invisible_character(text: SourceText, context: Context) -> Iterator[Finding]:
    r"""A text contains an invisible character.

    ## What it does

    Looks for characters that change the direction of writing, zero-width and other invisible ones, also those written
    as YAML escapes. The joiners that emoji and many scripts need are allowed in prose, not in code and math. (Control
    characters are reported by YML004.)

    ## Why is this bad?

    Readers see something other than the text: code can look different from what it does, and a search does not find
    the word.

    ## Example

    ```yaml
    details: "A zero\u200bwidth space."
    ```

    ## Use instead

    ```yaml
    details: "A zero-width space."
    ```
    """
    yield from _invisible_characters(text)
    if not text.text.isascii() and _JOINERS.search(text.text):
        yield from _joiners(text, context.scan(text))


def _joiners(text: SourceText, scan: Scan) -> Iterator[Finding]:
    for segment in scan.segments:
        if segment.is_math or segment.is_code:
            for match in _JOINERS.finditer(text.text, segment.start, segment.end):
                yield _invisible(text, *match.span())


def _invisible(text: SourceText, start: int, end: int) -> Finding:
    character = text.text[start]
    code = f"U+{ord(character):04X}"
    name = _NAMES.get(character)
    return Finding(
        "MKU003",
        text.span(start, end),
        f"Invisible character {code}{f', {name}' if name else ''}.",
        "Remove it.",
        fix("Remove it.", replacing(text, start, end, "")),
    )


RULES = (raw_html, anki_command, invisible_character, markup_in_title)
