"""Messages for YAML syntax errors that card authors understand, with suggestions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.model.diagnostics import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    import yaml

    from cardpipe.text.positions import SourceFile, Span

_QUOTE_OR_BLOCK: Final = "Put the whole text in single quotes, or write it indented on the lines after `|`."
_NO_SPACE: Final = re.compile(r"(?:- +)?([A-Za-z_][\w-]*):(?=[^\s:])")
_LINE_ABOVE: Final = re.compile(r"(?:\A|[\r\n])([ ]*)([^ \r\n][^\r\n]*)(?:\r\n?|\n)\1[^ \r\n][^\r\n]*\Z")
"""The line above, where it begins in the same column."""
_LINE: Final = re.compile(r"[^\r\n]*")
_LEADING_WHITE: Final = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A syntax error: the parser's message, its position, and the start of the construct."""

    file: SourceFile
    problem: str
    context: str
    offset: int
    began: int

    @property
    def character(self) -> str:
        return self.file.text[self.offset : self.offset + 1]

    @property
    def before(self) -> str:
        """The last visible character before the position."""
        return self.file.text[max(0, self.offset - 200) : self.offset].rstrip()[-1:]

    def here(self, length: int = 1) -> Span:
        return self.file.span(self.offset, min(self.offset + length, len(self.file.text)))

    def line_from(self, offset: int) -> Span:
        match = _LINE.match(self.file.text, offset)
        return self.file.span(offset, match.end() if match is not None else offset)


_Advice = tuple["Span", str, str]


def syntax_finding(file: SourceFile, error: yaml.YAMLError) -> Finding:
    """Return the finding for an error of the parser, C or Python."""
    trouble = _trouble(file, error)
    span, message, advice = _advice(trouble)
    return Finding("YML001", span, message, help=advice)


def _trouble(file: SourceFile, error: yaml.YAMLError) -> _Trouble:
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    offset = place.index if place is not None else getattr(error, "position", None)
    offset = min(offset if isinstance(offset, int) else 0, len(file.text))
    start = getattr(error, "context_mark", None)
    began = min(start.index, len(file.text)) if start is not None else offset
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return _Trouble(file, str(problem), str(getattr(error, "context", None) or ""), offset, began)


def _advice(trouble: _Trouble) -> _Advice:
    tab = _tab(trouble)
    if tab is not None:
        return tab
    for words, advise in _ADVISERS:
        if words in trouble.problem or words in trouble.context:
            return advise(trouble)
    return _general(trouble)


def _tab(trouble: _Trouble) -> _Advice | None:
    text = trouble.file.text
    line_start = max(text.rfind("\n", 0, trouble.offset), text.rfind("\r", 0, trouble.offset)) + 1
    match = _LEADING_WHITE.match(text, line_start)
    indentation = match.group() if match is not None else ""
    if "\t" not in indentation or trouble.offset > line_start + len(indentation):
        return None
    first = line_start + indentation.index("\t")
    return (
        trouble.file.span(first, line_start + len(indentation)),
        "The indentation contains a tab; YAML allows only spaces.",
        "Replace the tab with spaces, two for each level.",
    )


def _bad_start(trouble: _Trouble) -> _Advice:
    return trouble.here(), f"In YAML a text cannot begin with “{trouble.character}”.", _QUOTE_OR_BLOCK


def _colon(trouble: _Trouble) -> _Advice:
    above = _LINE_ABOVE.search(trouble.file.text[max(0, trouble.offset - 400) : trouble.offset])
    match = _NO_SPACE.match(above.group(2)) if above is not None else None
    if above is not None and match is not None:
        return _space_missing(trouble, trouble.offset - len(above.group()) + above.start(2) - above.start(), match)
    return trouble.here(), "In YAML “: ” ends a key, so unquoted text cannot contain it.", _QUOTE_OR_BLOCK


def _no_colon(trouble: _Trouble) -> _Advice:
    text = trouble.file.text
    match = _NO_SPACE.match(text[trouble.began : trouble.began + 400])
    if match is not None:
        return _space_missing(trouble, trouble.began, match)
    return (
        trouble.line_from(trouble.began),
        "This line is neither `key: value` nor part of the text above.",
        "Indent it below the key whose text it continues, or write that text after `|`.",
    )


def _space_missing(trouble: _Trouble, line: int, match: re.Match[str]) -> _Advice:
    key = match.group(1)
    colon = trouble.file.span(line + match.end() - 1, line + match.end())
    return colon, f"A space is missing after “{key}:”.", f"Write “{key}: ” with a space after the colon."


def _open_quote(trouble: _Trouble) -> _Advice:
    quote = trouble.file.text[trouble.began : trouble.began + 1]
    return (
        trouble.file.span(trouble.began, trouble.began + 1),
        f"The quote {quote} that opens here is never closed.",
        f"Close it with {quote}, or write the text indented on the lines after `|`.",
    )


def _bad_escape(trouble: _Trouble) -> _Advice:
    backslash = max(trouble.file.text.rfind("\\", trouble.began, trouble.offset + 1), trouble.began)
    return (
        trouble.file.span(backslash, backslash + 2),
        "Invalid escape: in double quotes a backslash begins an escape sequence.",
        "Use single quotes, or write the text after `|`: backslashes are literal there, as TeX needs.",
    )


def _open_bracket(trouble: _Trouble) -> _Advice:
    text, began = trouble.file.text, trouble.began
    if text[began : began + 1] not in {"[", "{"}:  # at the end of the file libyaml does not say which is open
        began = max(text.rfind("[", 0, began), text.rfind("{", 0, began), 0)
    opening = text[began : began + 1]
    what, closing = ("list", "]") if opening == "[" else ("mapping", "}")
    return (
        trouble.file.span(began, began + 1),
        f"In YAML “{opening}” begins a {what}, but its “{closing}” is missing.",
        f"Close it with “{closing}”; if it is text, put the whole text in quotes or write it after `|`.",
    )


def _misplaced(trouble: _Trouble) -> _Advice:
    if trouble.character in {",", "]", "}"}:
        return _bad_start(trouble)
    if trouble.before in {'"', "'"}:
        advice = "Put the whole text in quotes of the other kind, or write it indented on the lines after `|`."
        return trouble.line_from(trouble.offset), "Text after the closing quote of this value.", advice
    if trouble.before in {"]", "}"}:
        what = "list" if trouble.before == "]" else "mapping"
        return (
            trouble.line_from(trouble.offset),
            f"Text after the “{trouble.before}” that closes a {what}.",
            "If it is a single text, put it in quotes, or write it indented on the lines after `|`.",
        )
    return (
        trouble.line_from(trouble.offset),
        "The indentation of this line matches no line above.",
        "Start all keys of a card in the same column; indent the lines of a text by two spaces below its key.",
    )


def _dash(trouble: _Trouble) -> _Advice:
    return (
        trouble.here(),
        "A list cannot begin with “- ” on the line of its key.",
        "Write each item on its own line below the key; if it is text, put it in quotes.",
    )


def _question_mark(trouble: _Trouble) -> _Advice:
    return trouble.here(), "In YAML “? ” begins a key, so unquoted text cannot begin with it.", _QUOTE_OR_BLOCK


def _star(trouble: _Trouble) -> _Advice:
    character = trouble.file.text[trouble.began : trouble.began + 1]
    return (
        trouble.file.span(trouble.began, trouble.began + 1),
        f"In YAML a text cannot begin with “{character}”.",
        _QUOTE_OR_BLOCK,
    )


def _block_header(trouble: _Trouble) -> _Advice:
    return (
        trouble.line_from(trouble.offset),
        "Nothing can follow `|` or `>` on the same line.",
        "Write the text on the next lines, indented by two spaces.",
    )


def _percent(trouble: _Trouble) -> _Advice:
    return trouble.line_from(trouble.began), "In YAML a line cannot begin with “%”.", _QUOTE_OR_BLOCK


def _general(trouble: _Trouble) -> _Advice:
    return (
        trouble.here(),
        f"Invalid YAML: {trouble.problem}.",
        "Check this line and the one above; a text with special characters is safe after `|`.",
    )


_ADVISERS: Final[tuple[tuple[str, Callable[[_Trouble], _Advice]], ...]] = (
    ("scanning a directive", _percent),
    ("scanning a block scalar", _block_header),
    ("cannot start any token", _bad_start),
    ("mapping values are not allowed", _colon),
    ("expected ':'", _no_colon),
    ("scanning an anchor", _star),
    ("scanning an alias", _star),
    ("scanning a tag", _star),
    ("parsing a tag", _star),
    ("undefined tag handle", _star),
    ("unexpected end of stream", _open_quote),
    ("unexpected document indicator", _open_quote),
    ("unknown escape", _bad_escape),
    ("hexdecimal", _bad_escape),
    ("hexadecimal", _bad_escape),
    ("Unicode character escape", _bad_escape),
    ("sequence entries are not allowed", _dash),
    ("mapping keys are not allowed", _question_mark),
    ("parsing a flow", _open_bracket),
    ("parsing a block", _misplaced),
    ("document start", _misplaced),
)
