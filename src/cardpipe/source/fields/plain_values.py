"""What a plain scalar means in YAML 1.2's core schema, and decoded values as plain data for hashing."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from cardpipe.text.positions import SourceText

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_NOT_TEXT: Final = frozenset("-+.0123456789~nNtTfF")
"""Characters with which a plain scalar begins that is no text."""
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_NUMBER: Final = 60
"""More digits than any number here needs; reading thousands of them takes quadratic time."""


def is_null(node: object) -> bool:
    """Whether a node is nothing: a key without a value, `~` or `null`."""
    return isinstance(node, SourceText) and not node.style and node.text in _NULLS


def core_value(scalar: SourceText) -> bool | int | float | str | None:
    """What YAML 1.2 reads a scalar as (10.3.2, core schema); everything quoted or in a block is text, and so is `NO`.

    A number of over sixty characters comes back as infinity.
    """
    text = scalar.text
    if scalar.style or (text and text[0] not in _NOT_TEXT):
        return text
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    return _number(text)


def _number(text: str) -> int | float | str:
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= _LONGEST_NUMBER else float("inf")
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0) if len(text) <= _LONGEST_NUMBER else float("inf")
    if _FLOAT.fullmatch(text):
        return float(text) if len(text) <= _LONGEST_NUMBER else float("inf")
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def plain(value: Any) -> Any:
    """A decoded value as data that JSON knows: texts without their places, enum members as what they are written as."""
    if isinstance(value, SourceText):
        return value.text
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def canonical_json(value: Any) -> str:
    """Decoded values as one JSON text, the same for the same values: what a cache can hash.

    Raises TypeError for a value that a `Record` built into something else than JSON knows.
    """
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
