r"""Plain text, and its escaping for each target, one function each.

`inert` is the last guard for what Anki reads: it takes finished HTML and removes everything that Anki or MathJax
would interpret, except the renderer's own marks. (Anki looks for `[sound:…]`, `[latex]…[/latex]`,
`[$]…[/$]`, `[[type:…]]` and `[anki:…]` in the HTML of a whole card, attributes and code included; MathJax looks for
`\(` and `\[` in the text between tags, outside of code.)
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Final, NoReturn

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
DIRECTION_CONTROLS: Final = "\u202a-\u202e\u2066-\u2069"
"""Characters that change how a text is displayed, for use in a character class."""
_DIRECTION: Final = re.compile(f"[{DIRECTION_CONTROLS}]")

_COMMAND_BODY: Final = r"(?:sound:|/?anki:|/?latex\]|/?\${1,2}\]|\[type:)"
_DIVIDED_COMMAND: Final = r"[a-z/:$\[]{0,8}(?:\{\{c[0-9]|::|\}\})"
"""What may be a command once the marks of a cloze are gone, in versions of Anki that leave nothing in their place."""
_OWN_SOUND: Final = r'(<span class="sound" title="[^"]*">)(\[sound:[A-Za-z0-9.-]+\]</span>)'
_COMMAND: Final = re.compile(rf"{_OWN_SOUND}|\[(?={_COMMAND_BODY}|{_DIVIDED_COMMAND})", re.IGNORECASE)
_MAYBE_COMMAND: Final = re.compile(rf"\[(?={_COMMAND_BODY}|{_DIVIDED_COMMAND})", re.IGNORECASE)
"""The same, without looking at what is before it, which takes a fraction of the time."""
_BODY_OF_COMMAND: Final = re.compile(_COMMAND_BODY, re.IGNORECASE)
_OWN_MATH: Final = (
    r'<span class="math inline">\\\([^<]*\\\)</span>'
    r'|<(?P<element>div|span) class="equation">\\\[[^<]*\\\]</(?P=element)>'
)
_UNREAD: Final = r"<(?P<code>code|pre)(?: [^<>]*)?>.*?</(?P=code)>"
_TAG: Final = r"<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>"
# A cloze's marks vanish or become elements, by Anki's version: what they part counts as joined.
_BACKSLASH: Final = r"\\(?=[()\[\]{}:]|&#91;)"
_MATH: Final = re.compile(_OWN_MATH)
_DELIMITER: Final = re.compile(_BACKSLASH)
_PART: Final = re.compile(f"{_OWN_MATH}|{_UNREAD}|{_TAG}|(?P<delimiter>{_BACKSLASH})", re.DOTALL)
_LIKE: Final = str.maketrans({"<": "\u2039", ">": "\u203a", "\\": "\u2216"})
_ENTITY: Final = re.compile(r"&(?=#|\w+;)")
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
_BLOCK_MARK: Final = re.compile(r"^([0-9]{0,9})([-+=.):])(?=[ =-]|$)")
"""What would make a list, a rule or a heading of a line, at its beginning."""


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text without markup, such as a title or an alternative text.

    It is not a `str` and cannot be formatted as one, so that a writer cannot forget to escape it. A control character
    comes out as a space, and one that turns the direction of writing as U+FFFD.
    """

    characters: str
    """As the author wrote them, for a target without any markup of its own."""

    def __post_init__(self) -> None:
        shown = _shown(self.characters)
        if shown != self.characters:
            object.__setattr__(self, "characters", shown)

    def __bool__(self) -> bool:
        return bool(self.characters)

    def __str__(self) -> NoReturn:
        raise TypeError("A plain text must be escaped for its target by a function of cardpipe.text.escaping.")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("A plain text must be escaped for its target by a function of cardpipe.text.escaping.")


def shortened(text: str, most: int = 60) -> str:
    """A text of any length for a message: so many characters at most."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def html_text(text: PlainText | str) -> str:
    """Escape a text for HTML, within an element or a double-quoted attribute."""
    return html.escape(_characters(text))


def line(text: PlainText | str) -> str:
    """Return a text on one line for a target without markup, such as the outline of a PDF."""
    return " ".join(_characters(text).split())


def markdown_text(text: PlainText | str) -> str:
    """Escape a text for Markdown on one line: a heading, an item, a link, a table cell, or a paragraph."""
    made = _MARKDOWN.sub(r"\\\1", line(text))
    return _BLOCK_MARK.sub(r"\1\\\2", made)


def anki_html(text: PlainText | str) -> str:
    """Escape a text for a field of an Anki note, a template or a deck's description."""
    made = html.escape(_characters(text), quote=False)
    if "{{" in made or "}}" in made:
        made = made.replace("{{", "{&#123;").replace("}}", "}&#125;")
    return inert(made)


def anki_name(text: PlainText | str) -> str:
    """Return a text for a name that Anki inserts unescaped into its pages: of a deck, a tag, a preset.

    Names cannot be escaped, so markup characters are replaced by similar ones.
    """
    name = _ENTITY.sub("\uff06", _characters(text).translate(_LIKE))
    return _COMMAND.sub("(", name) if "[" in name else name


def _characters(text: PlainText | str) -> str:
    return text.characters if isinstance(text, PlainText) else _shown(text)


def inert(fragment: str) -> str:
    """Return HTML without anything that Anki or MathJax would interpret, except the renderer's own marks."""
    # A bracket that is written as an entity would no longer be seen as part of a delimiter.
    fragment = without_delimiters(_shown(fragment))
    return _COMMAND.sub(_without_command, fragment) if _MAYBE_COMMAND.search(fragment) is not None else fragment


def _shown(text: str) -> str:
    """Return a text without harmful invisible characters."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return _DIRECTION.sub("\ufffd", _CONTROL.sub(" ", text))


def without_delimiters(fragment: str) -> str:
    r"""Return HTML in which MathJax finds only the renderer's own formulas.

    A backslash before a bracket stands in an element of its own: MathJax joins no text across elements.
    """
    # Most texts have no other backslashes than those of formulas, which is faster to see than to read all tags.
    if "\\" not in fragment or _DELIMITER.search(_MATH.sub("", fragment)) is None:
        return fragment
    return _PART.sub(_without_delimiter, fragment)


def as_hint(made: str) -> str:
    """Return the HTML of a cloze hint, to which Anki prepends `[`."""
    if _BODY_OF_COMMAND.match(made) is None:
        return made
    return f"&#{ord(made[0])};{made[1:]}"


def _without_command(match: re.Match[str]) -> str:
    if match[2] is None:
        return "&#91;"
    return _COMMAND.sub("&#91;", match[1]) + match[2]


def _without_delimiter(match: re.Match[str]) -> str:
    return match[0] if match["delimiter"] is None else r"<span>\</span>"
