"""The characters of a PDF that are searched for and copied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pikepdf

_COMMON: Final = {
    b"2010": b"002d",  # hyphen, as on keyboards
    b"2126": b"03a9",  # omega, not ohm
    b"2206": b"0394",  # delta, not increment
    b"02bb": b"2018",  # quotation marks, not letters
    b"02bc": b"2019",
    b"02c9": b"00af",
    b"02ca": b"00b4",
    b"02cb": b"0060",
}
"""Characters that have the glyph of a more common one in our fonts; an engine may note either for the glyph."""
_NOTED: Final = re.compile(rb"(<[0-9a-fA-F]+>\s*<)(%s)(?=>)" % b"|".join(_COMMON), re.IGNORECASE)


def use_common_characters(pdf: pikepdf.Pdf) -> None:
    """Let glyphs stand for the characters that people type, in each `ToUnicode` map (ISO 32000-1, 9.10.3)."""
    import pikepdf

    for found in pdf.objects:
        if isinstance(found, pikepdf.Dictionary) and "/ToUnicode" in found:
            noted = found.ToUnicode.read_bytes()
            common = _NOTED.sub(lambda match: match[1] + _COMMON[match[2].lower()], noted)
            if common != noted:
                found.ToUnicode.write(common)
