"""Replace characters without a font by U+FFFD, as the engine does, but faster.

For each occurrence of a character that the document's fonts lack, PlutoPrint searches all fonts of the system, and
caches only found ones; it does the same for each emoji if no colour font has it. Each search takes a tenth of a
millisecond or more. So the characters are tried once, and missing ones are replaced by the replacement character, which
the PDF would contain anyway.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from cardpipe.writers.pdf.composing.fonts import covered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pikepdf

_SUSPECT: Final = re.compile(
    "[\u0180-\u1fff\u2070-\ud7ff\ue000-\ufdff\ufe10-\ufefe\uff00-\uffff\U00010000-\U000dffff\U000e1000-\U0010ffff]"
)
"""Characters that the document's fonts may lack."""
_ASCII: Final = bytes(range(128))
_EMOJI: Final = re.compile(
    "[\u231a\u231b\u23e9-\u23f3\u25fd\u25fe\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f000-\U0001fbff]"
)
"""Characters that are first searched in colour fonts."""
_FEW: Final = 1_000
"""Occurrences in a document; for fewer, the trial is not worth it."""
_TRIED: Final = 3_000
"""The maximum number of tried characters, the most frequent ones first; real documents lack fewer."""
_BETWEEN: Final = "x"
_IN_COLOUR, _AS_TEXT, _REPLACEMENT = "\ufe0f", "\ufe0e", "\ufffd"
_MAPPED: Final = re.compile(rb"<([0-9a-fA-F]+)> <([0-9a-fA-F]+)>")
_OURS: Final = re.compile(r"DejaVu|STIX|SourceS")
"""Names of the document's own fonts."""


def without_missing(document: str, drawn: Callable[[str], bytes]) -> str:
    """Return the document with the replacement character for missing characters, if they are frequent.

    `drawn` converts a document to PDF.
    """
    if document.isascii():
        return document
    # UTF-8 without its ASCII bytes: this way, a document of mostly ASCII is read in a few milliseconds.
    rare = document.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
    places = Counter(_SUSPECT.findall(rare))
    places = Counter(
        {letter: count for letter, count in places.items() if ord(letter) not in covered() or _EMOJI.match(letter)}
    )
    if places.total() + document.count(_IN_COLOUR) <= _FEW:
        return document
    tried = [letter for letter, _ in places.most_common(_TRIED)]
    head, _, _ = document.partition("</head>")
    # Between left-to-right letters, each stays in its place.
    body = f"{_BETWEEN} ".join(["", *(f"{letter} " for letter in tried), ""])
    shown = _shown(drawn(f"{head}</head><body><p>{body}</p></body></html>"))
    if len(shown) != len(tried):
        return document
    changed: dict[str, str | int | None] = dict.fromkeys(places.keys() - set(tried), _REPLACEMENT)
    for letter, (text, ours) in zip(tried, shown, strict=True):
        if _REPLACEMENT in text:
            changed[letter] = _REPLACEMENT
        elif ours and _EMOJI.match(letter):
            changed[letter] = letter + _AS_TEXT
            changed[_IN_COLOUR] = ""
    return document.translate(str.maketrans(changed))


def _shown(pdf: bytes) -> list[tuple[str, bool]]:
    """Return the text between the separators, and whether one of our fonts shows it."""
    import pikepdf

    found: list[tuple[str, bool]] = []
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for page in opened.pages:
            for text, ours in _texts(page):
                for number, part in enumerate(text.split(_BETWEEN)):
                    if number:
                        found.append(("", False))
                    if part.strip() and found:
                        found[-1] = (found[-1][0] + part, ours)
    return found[:-1]


def _texts(page: pikepdf.Page) -> Iterator[tuple[str, bool]]:
    """Return the texts of a page in order, each with whether its font is one of ours."""
    import pikepdf

    fonts = {str(name): _font(font) for name, font in page.resources.get("/Font", {}).items()}
    letters: dict[bytes, str] = {}
    ours, width = False, 1
    for instruction in pikepdf.parse_content_stream(page):
        operator, operands = str(instruction.operator), instruction.operands
        if operator == "Tf":
            letters, ours, width = fonts[str(operands[0])]
        elif operator in {"Tj", "TJ"}:
            parts = list(operands[0]) if operator == "TJ" else operands
            data = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
            codes = (data[start : start + width] for start in range(0, len(data), width))
            yield "".join(letters.get(code, "") for code in codes), ours


def _font(font: pikepdf.Object) -> tuple[dict[bytes, str], bool, int]:
    """Return a font's characters by code, whether it is one of ours, and the number of bytes per code."""
    table = font.ToUnicode.read_bytes() if "/ToUnicode" in font else b""
    letters = {
        bytes.fromhex(code.decode()): bytes.fromhex(text.decode()).decode("utf-16-be", "replace")
        for code, text in _MAPPED.findall(table.partition(b"endcodespacerange")[2])
    }
    ours = _OURS.search(str(font.get("/BaseFont", ""))) is not None
    return letters, ours, len(next(iter(letters), b"\0"))
