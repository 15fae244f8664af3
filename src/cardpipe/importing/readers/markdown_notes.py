"""Markdown of other programs: lines outside of code, and texts in a form that stands alone as a card."""

from __future__ import annotations

import html
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.markup import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cardpipe.importing.readers.note_files import NoteMedia

OPEN, CLOSE = "\ue018", "\ue019"
"""They stand around the number of a piece of code while the text around it is changed."""
_FENCE: Final = re.compile(r"(?P<indent>[ \t]*)(?:>[ \t]?)*(?:[-*+][ \t]+|[0-9]{1,4}[.)][ \t]+)?(?P<fence>`{3,}|~{3,})")
_HEADING_LINE: Final = re.compile(r" {0,3}(?:[0-9]{1,4}[.)][ \t]+)?#{1,6}[ \t]")
_TOKEN: Final = re.compile(f"{OPEN}([0-9]+){CLOSE}")
_COMMENT: Final = re.compile(r"<!--(?:(?!<!--).)*?-->", re.DOTALL)
_WIKI_PICTURE: Final = re.compile(r"!\[\[([^\]|\n]{1,200})(?:\|([^\]\n]{0,100}))?\]\]")
_WIKI_LINK: Final = re.compile(r"(?<!!)\[\[([^\]|\n]{1,200})(?:\\?\|([^\]\n]{1,200}))?\]\]")
_PICTURE: Final = re.compile(
    r"!\[(?P<alt>[^\[\]\n]{0,300})\]\((?P<target><[^<>\n]{1,500}>|[^()\s<>]{1,500})"
    r"(?P<title>[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?[ \t]*\)"
)
_HTML_PICTURE: Final = re.compile(
    r"(<(?:img|audio|source)\b[^<>]{0,500}?\bsrc[ \t]*=[ \t]*)(?:\"([^\"<>\n]*)\"|'([^'<>\n]*)')", re.IGNORECASE
)
_RELATIVE: Final = re.compile(
    r"(?<![!\\\]])\[((?:!\[[^\[\]\n]{0,300}\]\([^()\n]{1,600}\)|\\.|[^\[\]\\\n]){1,1000})\]"
    r"\((?!(?:https?|mailto):)[^()\s]*(?:[ \t]+\"[^\"\n]*\")?\)"
)
_DEFINITION: Final = re.compile(
    r"(?m)^ {0,3}\[([^\[\]\n]{1,200})\]:[ \t]+<?([^\s<>]{1,1000})>?"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*$\n?"
)
_REFERENCE: Final = re.compile(r"(?<![\]\\])(!?)\[((?:\\.|[^\[\]\\\n]){1,300})\](?:\[([^\[\]\n]{0,200})\])?(?![\[(:])")
_TO_TOP: Final = re.compile(
    r"(?im)^[^\w\n]{0,20}(?:<[^<>\n]{0,200}>[^\w\n]{0,20}){0,4}"
    r"(?:(?:back|go|return|jump) to (?:the )?(?:top|index|contents|toc)|nach oben)"
    r"\b(?:[^\w\n]|\([^()\n]{0,200}\)|<[^<>\n]{0,200}>){0,20}$\n?"
)
_ALERT: Final = re.compile(r"(?m)^((?:>[ \t]?)+)\[!([A-Za-z]{1,20})\][-+]?[ \t]*([^\n]{0,300})$")
_TASK: Final = re.compile(r"(?m)^([ \t>]*(?:[-*+]|[0-9]{1,4}[.)])[ \t]+)\[([ xX])\](?=[ \t])")
_MATH_FENCE: Final = re.compile(
    r"(?m)^(?P<indent>[ \t]*)```[ \t]*math[ \t]*\n(?P<tex>(?:(?![ \t]*```).*\n)*?)[ \t]*```[ \t]*$"
)
_MATH_SPAN: Final = re.compile(r"\$`([^`$\n]{1,500})`\$")


def lines_of(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the lines of a text with their numbers, and whether they are within a code fence.

    A fence in a list item ends with the item at the latest, as on GitHub.
    """
    fence = ""
    indent = 0
    for number, line in enumerate(text.split("\n"), 1):
        match = _FENCE.match(line) if "`" in line or "~" in line else None
        if fence and indent > 1 and not line.startswith(" ") and _HEADING_LINE.match(line) is not None:
            fence = ""
        if match is not None and not fence:
            info = line[match.end() :]
            if "`" in match["fence"] and "`" in info:
                yield number, line, False
                continue
            fence, indent = match["fence"], len(match["indent"].expandtabs(4))
            yield number, line, True
        elif match is not None and match["fence"].startswith(fence) and not line.strip(" \t>`~"):
            fence = ""
            yield number, line, True
        else:
            yield number, line, bool(fence)


def without_code(text: str) -> str:
    """Return a text of the same length in which code is spaces."""
    lines = []
    for _, line, in_code in lines_of(text):
        if in_code:
            lines.append(" " * len(line))
        else:
            lines.append(re.sub(r"(?<!`)(`{1,3})(?!`)[^`]+\1(?!`)", lambda span: " " * len(span[0]), line))
    return "\n".join(lines)


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Return a text that is changed outside of code blocks and code spans."""
    if "`" not in text and "~~~" not in text and "    " not in text and "\t" not in text:
        return change(text)
    pieces: list[str] = []
    kept: list[str] = []
    position = 0
    for segment in scan(text).segments:
        if segment.is_code:
            pieces += [text[position : segment.start], f"{OPEN}{len(kept)}{CLOSE}"]
            kept.append(segment.text)
            position = segment.end
    pieces.append(text[position:])
    return _TOKEN.sub(lambda match: kept[int(match[1])], change("".join(pieces)))


def definitions_of(text: str) -> dict[str, str]:
    """Return the addresses of a text's link definitions, by their labels in lower case."""
    found: dict[str, str] = {}
    if "]:" in text:
        for match in _DEFINITION.finditer(without_code(text)):
            found.setdefault(_label(match[1]), match[2])
    return found


def _label(text: str) -> str:
    return " ".join(text.casefold().split())


class NoteTexts:
    """Prepares texts of one note for cards: what depends on the note around them is resolved."""

    def __init__(self, text: str, name: str, media: NoteMedia) -> None:
        self._name = name
        self._media = media
        self._definitions = definitions_of(text)

    def prepared(self, text: str) -> str:
        """Return a text with paths of pictures below the folder, and without links into the same project.

        Comments, links back to the top and definitions of links are left out; tasks and alerts get the form in which
        all formats show them.
        """
        text = text.replace(OPEN, "").replace(CLOSE, "")
        if "$`" in text or "math" in text:
            text = _MATH_SPAN.sub(r"$\1$", _MATH_FENCE.sub(r"\g<indent>$$\n\g<tex>\g<indent>$$", text))
        return outside_code(text, self._changed)

    def _changed(self, text: str) -> str:
        if "<!--" in text:
            text = _COMMENT.sub("", text)
        text = _TO_TOP.sub("", text)
        if "[" in text:
            if self._definitions:
                text = _REFERENCE.sub(self._resolved, _DEFINITION.sub("", text))
            text = _TASK.sub(lambda match: f"{match[1]}{'☐' if match[2] == ' ' else '☑'}", text)
            text = _ALERT.sub(
                lambda match: f"{match[1]}**{match[3] or match[2].capitalize()}**\n{match[1].rstrip()}", text
            )
            text = _RELATIVE.sub(r"\1", text)
            text = _WIKI_PICTURE.sub(self._wiki_picture, text)
            text = _WIKI_LINK.sub(lambda match: (match[2] or match[1]).strip(), text)
            text = _PICTURE.sub(self._picture, text)
        return _HTML_PICTURE.sub(self._html_picture, text) if "<" in text else text

    def _resolved(self, match: re.Match[str]) -> str:
        address = self._definitions.get(_label(match[3] or match[2]))
        return f"{match[1]}[{match[2]}]({address})" if address is not None else match[0]

    def _wiki_picture(self, match: re.Match[str]) -> str:
        target = match[1].strip()
        found = self._media.path_of(target, self._name)
        if found is None and "." not in target:
            return target
        alt = match[2] if match[2] and not re.fullmatch(r"[0-9x ]+", match[2]) else PurePosixPath(target).stem
        return f"![{alt}]({_quoted(found or PurePosixPath(target).name)})"

    def _picture(self, match: re.Match[str]) -> str:
        found = self._media.path_of(match["target"].strip("<>"), self._name)
        return f"![{match['alt']}]({_quoted(found)})" if found is not None else match[0]

    def _html_picture(self, match: re.Match[str]) -> str:
        target = html.unescape(match[2] if match[2] is not None else match[3])
        found = self._media.path_of(target, self._name)
        return f'{match[1]}"{html.escape(found)}"' if found is not None else match[0]


def _quoted(path: str) -> str:
    """Return a path as the target of a picture."""
    return re.sub(r"[\s()<>%#?\"'\\]", lambda match: f"%{ord(match[0]):02X}" if ord(match[0]) < 128 else "%20", path)
