"""Line breaks in scripts that are written without spaces, where a break must not become a gap.

Browsers show a line break in the source as a space (CSS Text Level 3, section 4.1.3, lets them leave it out, and of the
engines that decks are shown with none does). Han and kana, and the marks that go with them, take none; Hangul does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cardpipe.text.positions import SourceText

_UNSPACED: Final = (
    "[\u2e80-\u312f\u3190-\u31ff\u3220-\u325f\u3280-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff01-\uff9f\uffe0-\uffe6\U0001b000-\U0001b16f\U00020000-\U000323af]"
)
_MARKUP: Final = (
    r"(?:</?(?:a|abbr|b|del|em|i|ins|kbd|mark|q|s|samp|small|span|strong|sub|sup|u|var)(?: [^<>]*)?>"
    "|\ue004c[0-9]+::|\ue005)*"
)
"""What does not part the words around it: inline tags, and the marks of a cloze before they are braces."""
_BREAK_IN_HTML: Final = re.compile(
    rf"(?P<kept><pre>.*?</pre>|<code[ >].*?</code>)|(?P<before>{_UNSPACED}{_MARKUP})\n(?={_MARKUP}{_UNSPACED})",
    re.DOTALL,
)
_BREAK: Final = re.compile(rf"(?<={_UNSPACED})[ \t]*\n[ \t>]*(?={_UNSPACED})")
_SPACE: Final = re.compile(rf"(?<={_UNSPACED}) (?={_UNSPACED})")


def without_gaps(made: str) -> str:
    """HTML in which a line break between two characters without spaces is left out, code excepted."""
    if made.isascii() or "\n" not in made:
        return made
    return _BREAK_IN_HTML.sub(lambda match: match["kept"] or match["before"] or "", made)


def joined(text: str) -> str:
    """The same for text that is not HTML yet, within one paragraph."""
    return text if text.isascii() else _BREAK.sub("", text)


def unfolded(text: SourceText) -> str:
    """A text without the spaces into which YAML has turned such line breaks."""
    if text.style == "|" or text.text.isascii() or _SPACE.search(text.text) is None:
        return text.text
    offsets = text.offsets()
    return _SPACE.sub(lambda match: "" if text.file.text[offsets[match.start()]] in "\r\n" else " ", text.text)
