"""Plain texts of rendered HTML, for search and data files."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from cardpipe.text.escaping import html_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.writers.api import RenderedCard

_ATTRIBUTES: Final = r'(?:[^<>"]|"[^"]*")*'
_FORMULA: Final = re.compile(rf'<img class="math (inline|display)"{_ATTRIBUTES} alt="([^"]*)"{_ATTRIBUTES}>')
_SPOKEN: Final = re.compile(r"<math(?: [^<>]*)?>.*?</math>", re.DOTALL)
_PICTURE: Final = re.compile(rf'<img{_ATTRIBUTES} alt="([^"]*)"{_ATTRIBUTES}>')
_END: Final = re.compile(r"</(?:p|li|tr|td|th|h[1-6]|blockquote|div|figcaption|figure|pre|dt|dd|summary)>|<br>|<hr>")
_TAG: Final = re.compile(rf"</?[A-Za-z]{_ATTRIBUTES}>")


def plain(fragment: str) -> str:
    """Return the words of a rendered text on one line; a formula is TeX between dollars, a picture its description."""
    if "<img" in fragment:
        fragment = _SPOKEN.sub("", fragment)
        fragment = _FORMULA.sub(lambda made: _between(made[2], "$$" if made[1] == "display" else "$"), fragment)
        fragment = _PICTURE.sub(r" \1 ", fragment)
    return " ".join(html.unescape(_TAG.sub("", _END.sub(" ", fragment))).split())


def _between(tex: str, dollars: str) -> str:
    return f"{dollars}{tex}{dollars}"


def face_texts(card: RenderedCard) -> Iterator[str]:
    """Return the texts of the faces of a card as HTML."""
    for face in card.faces:
        yield from (face.front, face.back, face.hint, html_text(face.name), html_text(face.hint_name))


def beginning(text: str, most: int) -> str:
    """Return the first words of a text, with a horizontal ellipsis if there are more than so many characters."""
    if len(text) <= most:
        return text
    cut = text[:most].rpartition(" ")[0] or text[:most]
    return f"{cut}…"
