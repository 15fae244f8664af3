"""Plain scalars in YAML 1.2's core schema, and decoded values as JSON for hashing."""

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
"""First characters of plain scalars that are not texts."""
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_NUMBER: Final = 60
"""More digits than any number here needs; reading thousands of them takes quadratic time."""


def is_null(node: object) -> bool:
    """Return whether a node is null: a key without a value, `~` or `null`."""
    return isinstance(node, SourceText) and not node.style and node.text in _NULLS


def core_value(scalar: SourceText) -> bool | int | float | str | None:
    """Return a scalar's value by YAML 1.2's core schema (10.3.2); quoted and block scalars are texts, and so is `NO`.

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
    """Convert a decoded value to JSON data: texts without positions, enum members as their values."""
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
    """Return decoded values as canonical JSON, for hashing.

    Raises TypeError for a value that a `Record` built into something that JSON cannot represent.
    """
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
