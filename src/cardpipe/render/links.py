"""Links of a text as found by the scanner, each converted to tags around its text.

Python-Markdown misses links that follow other brackets on their line (3.11), and its rules differ from the scanner's.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from cardpipe.markup import LinkForm
from cardpipe.render.placeholders import RESERVED, Item, Placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.markup import Link, Scan

_ESCAPED_AMPERSAND = re.compile(r"(?<!\\)((?:\\\\)*)\\&")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_TITLE = re.compile(r"""[ \t\n]("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\))[ \t\n]*\)$""", re.DOTALL)
_ADDRESS = re.compile(r"(?<![\w/\"'=.:@-])https?://[^\s<>\ue000-\ue003]{1,2000}+")
_TRAILING = "?!.,:;*_~'\"\\"


class LinkTags:
    """The links of a scanned text, and its prose with tokens in their place."""

    def __init__(self, scanned: Scan, placeholders: Placeholders) -> None:
        self._text = scanned.text
        self._placeholders = placeholders
        self._edits = sorted(self._found(scanned))
        self._starts = [start for start, _, _ in self._edits]

    def prose(self, start: int, end: int) -> str:
        """Return the prose between two indices; links and bare addresses are replaced by tokens."""
        parts = []
        position = start
        first = bisect_left(self._starts, start)
        for edit_start, edit_end, markup in self._edits[first : bisect_left(self._starts, end)]:
            if edit_start < position or edit_end > end:
                continue
            parts.append(self._plain(self._text[position:edit_start]))
            parts.append(
                self._placeholders.put_tag(markup) if markup else self._unforged(self._text[edit_start:edit_end])
            )
            position = edit_end
        parts.append(self._plain(self._text[position:end]))
        return "".join(parts)

    def _plain(self, text: str) -> str:
        if "\\&" not in text:
            return self._unforged(text)
        # Python-Markdown would leave `\&amp;` as an entity.
        return _ESCAPED_AMPERSAND.sub(
            lambda match: match.group(1) + self._placeholders.put(Item(r"\&", "&amp;")), self._unforged(text)
        )

    def _unforged(self, text: str) -> str:
        if text.isascii():
            return text
        return RESERVED.sub(lambda match: self._placeholders.put(Item(match.group(), match.group())), text)

    def _found(self, scanned: Scan) -> Iterator[tuple[int, int, str]]:
        """Return the stretches to replace, and their replacements; an empty text keeps the original."""
        taken = []
        for link in scanned.links():
            if link.form is LinkForm.DEFINITION:
                yield link.start, link.end, ""
            elif link.form is LinkForm.AUTOMATIC:
                target = link.target if ":" in link.target else f"mailto:{link.target}"
                yield link.start, link.end, f'<a href="{html.escape(target)}">{html.escape(link.target)}</a>'
            else:
                yield link.start, link.text_start, self._opening(link)
                yield link.text_end, link.end, "</a>"
            taken.append((link.start, link.end))
        for tag in scanned.html:
            yield tag.start, tag.end, ""
        taken.sort()
        begins = [start for start, _ in taken]
        for segment in scanned.prose() if "://" in self._text else ():
            for match in _ADDRESS.finditer(self._text, segment.start, segment.end):
                before = bisect_right(begins, match.start()) - 1
                if before < 0 or taken[before][1] <= match.start():
                    yield _bare(match)

    def _opening(self, link: Link) -> str:
        title = _TITLE.search(self._text, link.target_end, link.end)
        target = html.escape(html.unescape(_ESCAPE.sub(r"\1", link.target)))
        shown = _title(title.group(1)[1:-1]) if title else ""
        return f'<a href="{target}"{shown}>'


def _bare(match: re.Match[str]) -> tuple[int, int, str]:
    """Return a bare address without the punctuation at the end of its sentence (GitHub's rule)."""
    address = match.group().rstrip(_TRAILING)
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(_TRAILING)
    shown = html.escape(address)
    markup = f'<a href="{shown}">{shown}</a>' if len(address) > len("https://") else ""
    return match.start(), match.start() + len(address), markup


def _title(written: str) -> str:
    return f' title="{html.escape(_ESCAPE.sub(lambda match: match.group(1), written))}"'
