"""Read protobuf messages without their schema: the numbers of Anki's fields are in `proto/anki/*.proto`.

The wire format is a few lines; a library would bring generated code for each message, and no bound on its work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_VARINT: Final = 10
_FIXED: Final = {1: 8, 5: 4}
_LARGEST_NUMBER: Final = 2**29
_WORD: Final = 2**64


class DamagedMessageError(ValueError):
    """A message is cut short, or is none."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a message by number: integers, or bytes for texts and inner messages.

    Raises DamagedMessageError, at the latest when the damaged part is reached.
    """
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < _LARGEST_NUMBER:
            raise DamagedMessageError
        if wire == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == 2:
            size, position = _varint(data, position)
        elif wire in _FIXED:
            size = _FIXED[wire]
        else:
            raise DamagedMessageError
        end = position + size
        if end > len(data):
            raise DamagedMessageError
        yield number, data[position:end]
        position = end


def text(message: dict[int, int | bytes], number: int) -> str:
    """Return a text of a message; empty if it is absent. Raises DamagedMessageError for anything else."""
    value = message.get(number, b"")
    if isinstance(value, int):
        raise DamagedMessageError
    return value.decode("utf-8")


def integer(message: dict[int, int | bytes], number: int) -> int | None:
    """Return a signed integer of a message; None if it is absent. Raises DamagedMessageError for anything else."""
    value = message.get(number)
    if isinstance(value, bytes):
        raise DamagedMessageError
    return value if value is None or value < _WORD // 2 else value - _WORD


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index in range(_LONGEST_VARINT):
        if position + index >= len(data):
            break
        byte = data[position + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value % _WORD, position + index + 1
    raise DamagedMessageError
