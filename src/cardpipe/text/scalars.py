r"""Map each character of a YAML scalar's value to its position in the file.

The value that a YAML parser returns has lost its indentation, folds, escapes and line ends. The map back is made by
reading the scalar's token again, in the five styles of YAML 1.2 (chapters 7.3 and 8.1) as libyaml reads them, and is
checked character by character against the value. Line ends are LF, CRLF and CR; the reader refuses the three that
only YAML 1.1 knew.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_FLOW_PIECE: Final = {
    "": re.compile(r"[^ \t\r\n]+|[ \t\r\n]+"),
    "'": re.compile(r"''|[^' \t\r\n]+|[ \t\r\n]+"),
    '"': re.compile(
        r"\\(?:\r\n?|\n)[ \t\r\n]*|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\[^\r\n]"
        r"|[^\\\" \t\r\n]+|[ \t\r\n]+"
    ),
}
_BREAK: Final = re.compile(r"\r\n?|\n")
_BLOCK_LINE: Final = re.compile(r"( *)([^\r\n]*)(\r\n?|\n|\Z)")
_ESCAPE_LENGTHS: Final = {"x": 4, "u": 6, "U": 10}
_ESCAPES: Final = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip


class _Unlike(Exception):  # noqa: N818 - not an error: the token does not match its style
    """The token cannot be read as a scalar of its style."""


def source_offsets(file_text: str, start: int, end: int, style: str, value: str) -> list[int]:
    r"""The offset in a file of each code point of a scalar's value, and one more for the end.

    `start` and `end` bound the token: with its quotes, or from the `|` or `>` of a block's header. `style` is YAML's,
    or `inline` for a text that is its own file. A folded line break stands at the break that made it, an escape at its
    backslash. Offsets never decrease. Never raises: a token that is not what it should be gets the nearest places that
    its characters allow.
    """
    if style == "inline" or file_text[start:end] == value:
        return list(range(start, start + len(value) + 1))
    start = min(max(start, 0), len(file_text))
    end = min(max(end, start), len(file_text))
    try:
        characters, offsets = _read(file_text, start, end, style, value)
    except _Unlike:
        return _nearest_offsets(file_text, start, end, value)
    if not characters.startswith(value):
        return _nearest_offsets(file_text, start, end, value)
    del offsets[len(value) :]
    offsets.append(character_end(file_text, offsets[-1], style) if offsets else _inside(start, end, style))
    return offsets


def character_end(file_text: str, offset: int, style: str) -> int:
    """Where the character ends that is written at an offset: after its escape, its doubled quote, or itself."""
    if style == '"' and file_text.startswith("\\", offset):
        return offset + _ESCAPE_LENGTHS.get(file_text[offset + 1 : offset + 2], 2)
    if style == "'" and file_text.startswith("''", offset):
        return offset + 2
    return offset + 1


def _inside(start: int, end: int, style: str) -> int:
    return min(start + 1, end) if style in {"'", '"'} else start


def _nearest_offsets(file_text: str, start: int, end: int, value: str) -> list[int]:
    """A place for each character where it, or the last one before it that is there, is found in the token."""
    offsets = []
    position = start
    missing: set[str] = set()
    for character in value:
        found = -1 if character in missing else file_text.find(character, position, end)
        if found < 0:
            missing.add(character)
            offsets.append(position)
        else:
            offsets.append(found)
            position = found + 1
    offsets.append(position)
    return offsets


class _Mapped(NamedTuple):
    characters: str
    offsets: list[int]


def _read(file_text: str, start: int, end: int, style: str, value: str) -> _Mapped:
    if style in _FLOW_PIECE:
        return _read_flow(file_text, start, end, style)
    if style in {"|", ">"}:
        return _read_block(file_text, start, end, value, fold=style == ">")
    raise _Unlike


def _read_flow(file_text: str, start: int, end: int, style: str) -> _Mapped:
    """Read a plain or quoted scalar: single breaks fold to a space, whitespace around breaks vanishes."""
    position, stop = (start + 1, end - 1) if style else (start, end)
    piece_of = _FLOW_PIECE[style]
    characters: list[str] = []
    offsets: list[int] = []
    while position < stop:
        match = piece_of.match(file_text, position, stop)
        if match is None:
            raise _Unlike
        piece = match.group()
        first = piece[0]
        if first in " \t\r\n":
            _add_white(piece, position, characters, offsets)
        elif first == "\\" and style == '"':
            _add_escape(piece, position, characters, offsets)
        elif piece == "''" and style == "'":
            characters.append("'")
            offsets.append(position)
        else:
            characters.append(piece)
            offsets.extend(range(position, match.end()))
        position = match.end()
    return _Mapped("".join(characters), offsets)


def _add_white(piece: str, position: int, characters: list[str], offsets: list[int]) -> None:
    breaks = [position + found.start() for found in _BREAK.finditer(piece)]
    if not breaks:
        characters.append(piece)
        offsets.extend(range(position, position + len(piece)))
    elif len(breaks) == 1:
        characters.append(" ")
        offsets.append(breaks[0])
    else:
        characters.append("\n" * (len(breaks) - 1))
        offsets.extend(breaks[1:])


def _add_escape(piece: str, position: int, characters: list[str], offsets: list[int]) -> None:
    kind = piece[1]
    if kind in "\r\n":
        # The escaped break itself vanishes; each further one is a line of its own.
        breaks = [position + found.start() for found in _BREAK.finditer(piece)]
        characters.append("\n" * (len(breaks) - 1))
        offsets.extend(breaks[1:])
        return
    if kind in _ESCAPE_LENGTHS and len(piece) > 2:
        digits = piece[2:]
        code = int(digits, 16)
        if code > 0x10FFFF:
            raise _Unlike
        characters.append(chr(code))
    elif kind in _ESCAPES:
        characters.append(_ESCAPES[kind])
    else:
        raise _Unlike
    offsets.append(position)


def _read_block(file_text: str, start: int, end: int, value: str, *, fold: bool) -> _Mapped:
    """Read a literal or folded block scalar up to the end of its token, without chomping its last breaks."""
    header = _BREAK.search(file_text, start, end)
    if header is None:
        raise _Unlike
    indent = _indentation(file_text, header.end(), end, value)
    characters: list[str] = []
    offsets: list[int] = []
    line_end = -1  # where the last line with text ended, -1 before the first one
    blank_ends: list[int] = []
    spaced = False  # whether that line began with whitespace, which keeps the breaks around it
    position = header.end()
    while position < end:
        match = _BLOCK_LINE.match(file_text, position, end)
        if match is None:
            raise _Unlike
        spaces, text, line_break = match.groups()
        if not text and len(spaces) <= indent:
            if line_break:
                blank_ends.append(match.start(3))
        else:
            begin = position + min(indent, len(spaces))
            now_spaced = file_text[begin] in " \t"
            _add_breaks(line_end, blank_ends, characters, offsets, fold=fold and not (spaced or now_spaced))
            characters.append(file_text[begin : match.end(2)])
            offsets.extend(range(begin, match.end(2)))
            spaced = now_spaced
            line_end = match.start(3) if line_break else -1
            blank_ends = []
        position = match.end()
    _add_breaks(line_end, blank_ends, characters, offsets, fold=False)
    return _Mapped("".join(characters), offsets)


def _add_breaks(line_end: int, blank_ends: list[int], characters: list[str], offsets: list[int], *, fold: bool) -> None:
    if line_end >= 0 and fold:
        if not blank_ends:
            characters.append(" ")
            offsets.append(line_end)
    elif line_end >= 0:
        characters.append("\n")
        offsets.append(line_end)
    characters.append("\n" * len(blank_ends))
    offsets.extend(blank_ends)


def _indentation(file_text: str, start: int, end: int, value: str) -> int:
    """Return the number of indentation spaces per line, from the first character that is not a space."""
    in_value = re.search(r"[^ \n]", value)
    in_file = re.compile(r"[^ \r\n]").search(file_text, start, end)
    if in_value is None or in_file is None:
        return end - start
    value_column = in_value.start() - (value.rfind("\n", 0, in_value.start()) + 1)
    line_start = max(file_text.rfind("\n", start, in_file.start()), file_text.rfind("\r", start, in_file.start()))
    file_column = in_file.start() - (line_start + 1 if line_start >= 0 else start)
    if file_column < value_column:
        raise _Unlike
    return file_column - value_column
