"""Line breaks in scripts without spaces between words, which must not become spaces.

Browsers show a line break in the source as a space (CSS Text Level 3, section 4.1.3, allows them to omit it, but none
of the engines that show decks does). Chinese characters and kana, and their punctuation, need none; Hangul does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.markup.late_patterns import compiled

if TYPE_CHECKING:
    from cardpipe.text.positions import SourceText

_UNSPACED: Final = (
    "[\u2e80-\u312f\u3190-\u31ff\u3220-\u325f\u3280-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff01-\uff9f\uffe0-\uffe6\U0001b000-\U0001b16f\U00020000-\U000323af]"
)
_FIRST_UNSPACED: Final = "\u2e80"
_MARKUP: Final = (
    r"(?:</?(?:a|abbr|b|del|em|i|ins|kbd|mark|q|s|samp|small|span|strong|sub|sup|u|var)(?: [^<>]*)?>"
    "|\ue004c[0-9]+::|\ue005)*"
)
"""Markup that does not separate the words around it: inline tags, and placeholders of cloze braces."""
_BREAK_IN_HTML: Final = (
    rf"(?s:(?P<kept><pre>.*?</pre>|<code[ >].*?</code>)|(?P<before>{_UNSPACED}{_MARKUP})\n(?={_MARKUP}{_UNSPACED}))"
)
_BREAK: Final = rf"(?<={_UNSPACED})[ \t]*\n[ \t>]*(?={_UNSPACED})"
_SPACE: Final = rf"(?<={_UNSPACED}) (?={_UNSPACED})"


def _is_spaced(text: str) -> bool:
    """Return whether a text certainly has none of these characters; few decks need the expressions."""
    return text.isascii() or max(text) < _FIRST_UNSPACED


def without_gaps(made: str) -> str:
    """Return HTML without line breaks between two characters that need no space, except in code."""
    # Most texts that are not ASCII have dashes or quotation marks only.
    if _is_spaced(made) or "\n" not in made or compiled(_UNSPACED).search(made) is None:
        return made
    return compiled(_BREAK_IN_HTML).sub(lambda match: match["kept"] or match["before"] or "", made)


def joined(text: str) -> str:
    """Do the same for text that is not HTML yet, within one paragraph."""
    return text if _is_spaced(text) else compiled(_BREAK).sub("", text)


def unfolded(text: SourceText) -> str:
    """Return a text without the spaces into which YAML has folded such line breaks."""
    if text.style == "|" or _is_spaced(text.text) or compiled(_SPACE).search(text.text) is None:
        return text.text
    offsets = text.offsets()
    folded = compiled(_SPACE)
    return folded.sub(lambda match: "" if text.file.text[offsets[match.start()]] in "\r\n" else " ", text.text)
