r"""Ruby, the reading above Chinese characters: `{漢字|かんじ}`, or with a reading for each character `{漢字|かん|じ}`.

The notation is that of Markdown extensions for furigana. It begins with Chinese characters or kana in braces, with at
least one Chinese character, so no other text is taken for it. In a table the bar is written `\|`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.markup.late_patterns import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

HAN: Final = "\u3005-\u3007\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
KANA: Final = "\u3041-\u3096\u30a1-\u30fa\u30fc"
_SIGNS: Final = r"{}|\\\n$`<>*_\[\]~&"
_PART: Final = rf"[ \t]*[^\s{_SIGNS}][^{_SIGNS}]{{0,59}}"
PATTERN: Final = rf"(?<!\\)\{{(?=[{KANA}]*[{HAN}])[{HAN}{KANA}]{{1,30}}(?:\\?\|{_PART}){{1,30}}\}}"
"""Without groups, as a part of other expressions."""
INTENDED: Final = rf"(?<![{{\\])\{{(?=[{KANA}]*[{HAN}])[{HAN}{KANA}]{{1,30}}\\?\|[^{{}}\n]{{0,200}}\}}?"
"""What begins like ruby."""
_BAR: Final = re.compile(r"\\?\|")


class Ruby(NamedTuple):
    """Ruby: pairs of base text and reading."""

    pairs: tuple[tuple[str, str], ...]

    @property
    def base(self) -> str:
        """The text without its reading."""
        return "".join(base for base, _ in self.pairs)

    @property
    def text(self) -> str:
        """Each base with its reading in round brackets."""
        return "".join(f"{base}({reading})" for base, reading in self.pairs)


def read(written: str) -> Ruby | None:
    """Return the ruby that a whole text is; None for any other text, and if readings and characters do not match."""
    if compiled(PATTERN).fullmatch(written) is None:
        return None
    base, *readings = (part.strip() for part in _BAR.split(written[1:-1]))
    if len(readings) == 1:
        return Ruby(((base, readings[0]),))
    return Ruby(tuple(zip(base, readings, strict=True))) if len(readings) == len(base) else None


def replaced(text: str, write: Callable[[Ruby, str], str]) -> str:
    """Return a text with what `write` returns for each ruby and its source."""
    if "|" not in text or "{" not in text or text.isascii():
        return text

    def written(match: re.Match[str]) -> str:
        found = read(match[0])
        return match[0] if found is None else write(found, match[0])

    return compiled(PATTERN).sub(written, text)
