"""Rules on texts that YAML cuts short."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.api import Scope
from cardpipe.lint.declaration import card_rule
from cardpipe.lint.texts import plain_texts_of_settings
from cardpipe.model.diagnostics import Edit, Finding, Severity
from cardpipe.source.splicing import fix, written
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.model.diagnostics import Fix
    from cardpipe.text.nodes import Node

_COMMENT: Final = re.compile(r"[ \t]+(?P<comment>#(?![ \t]*cardpipe:)[^\r\n]*)")
_OWN_LINE: Final = re.compile(r"[ \t]*(?:-[ \t]+)*(?:[\w-]+[ \t]*:[ \t]+)?")
"""What precedes a text that fills its line, outside of brackets."""
_IN_BRACKETS: Final = re.compile(r"(?:\s++|#[^\r\n]*+)*+[,\]}]")
"""What follows the comment after a text in brackets: only there a line can begin with these characters."""
_HASH_WORD: Final = re.compile(r"#\w")


def _of_settings(settings: DeckSettings, _context: Context) -> Iterator[Finding]:
    yield from _cut(settings.description)
    for text in plain_texts_of_settings(settings):
        yield from _cut_if_likely(text)


@card_rule("SRC001", "comment-after-text", severity=Severity.WARNING, since="0.2", also={Scope.SETTINGS: _of_settings})
def comment_after_text(card: Card, _context: Context) -> Iterator[Finding]:
    """YAML reads the end of a text as a comment.

    ## What it does

    Looks after titles, questions, answers and other texts that are not in quotes for a space and a `#` on the same
    line. Comments that begin with `# cardpipe:` are ignored.

    ## Why is this bad?

    A comment begins there: everything from the `#` to the end of the line is missing from the card. A comment
    that is meant belongs on its own line.

    ## Example

    ```yaml
    title: Issue #5 explained
    ```

    ## Use instead

    ```yaml
    title: "Issue #5 explained"
    ```
    """
    if card.title is not None:
        yield from _cut(card.title)
    if card.typed is not None:
        yield from _cut(card.typed)
    for _, text in card.texts():
        yield from _cut(text)
    for figure in card.figures:
        for alt in figure.alts:
            yield from _cut(alt)
        for text in _texts_in(figure.parameters):
            yield from _cut_if_likely(text)


def _texts_in(node: Node) -> Iterator[SourceText]:
    if isinstance(node, SourceText):
        yield node
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _texts_in(item)
    elif isinstance(node, MapNode):
        for _, value in node.entries:
            yield from _texts_in(value)


def _cut_if_likely(text: SourceText) -> Iterator[Finding]:
    """Return the finding, unless it is likely a number or a name followed by an intended comment."""
    for match in _comment(text):
        if any(map(str.isalpha, text.text)) and (" " in text.text or _HASH_WORD.match(match["comment"])):
            yield _finding(text, match)


def _cut(text: SourceText) -> Iterator[Finding]:
    yield from (_finding(text, match) for match in _comment(text))


def _comment(text: SourceText) -> Iterator[re.Match[str]]:
    """Return the comment after an unquoted text, if there is one."""
    match = _COMMENT.match(text.file.text, text.end) if not text.style and text.text else None
    if match is not None:
        yield match


def _finding(text: SourceText, match: re.Match[str]) -> Finding:
    start, end = match.span("comment")
    return Finding(
        "SRC001",
        text.file.span(start, end),
        "YAML reads the rest of this line as a comment, so it is missing from the text.",
        "Quote the text or use `|`; put a comment on its own line.",
        _quoting(text, end),
    )


def _quoting(text: SourceText, end: int) -> Fix | None:
    """Return the unsafe fix that quotes a text and what follows it; None if more than the text would change."""
    file = text.file
    line, column = file.position(text.start)
    before = file.text[text.start - column + 1 : text.start]
    whole = file.text[text.start : end].rstrip()
    inside = written(whole, "'")
    if inside is None or file.position(text.end)[0] != line or _OWN_LINE.fullmatch(before) is None:
        return None
    if _IN_BRACKETS.match(file.text, end) is not None:
        return None
    edit = Edit(file.span(text.start, end), f"'{inside}'")
    return fix("Quote the text and what follows it.", edit, safe=False)


RULES = (comment_after_text,)
