"""Scalars in canonical format: plain if possible, else quoted; several lines as a block scalar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.source.fields.plain_values import core_value

if TYPE_CHECKING:
    from cardpipe.text.positions import SourceText

WIDTH: Final = 120
"""The maximum line length, in columns."""

# What YAML 1.1 parsers do not read as text; other programs that read the file may use one.
_MEANT_OTHERWISE: Final = re.compile(
    r"(?i:null|true|false|yes|no|on|off|y|n|~)|[-+.]?[0-9][-+0-9_.,:eExXoOTZ ]*|[-+]?0[xXbB][0-9a-fA-F_]+"
    r"|[-+]?\.(?i:inf|nan)|=|<<"
)
_NOT_PLAIN: Final = re.compile(r"^[\s\-?:,\[\]{}#&*!|>'\"%@`]|\s$|:(?:\s|$)|\s#|[\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff]")
_STARTS_PLAIN: Final = re.compile(r"[-?:](?=[^\s,\[\]{}])")
# libyaml ends a plain text within brackets at “:” before “?” as well.
_NOT_IN_FLOW: Final = re.compile(r"[,\[\]{}]|:$|:\?")
_NOT_QUOTED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NOT_IN_BLOCK: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def on_one_line(scalar: SourceText, *, flow: bool) -> str | None:
    """Return a text as a single-line scalar, in flow style if `flow`; None if it needs several lines."""
    text = scalar.text
    if not scalar.style and core_value(scalar) != text:
        return text  # a number, a boolean or null: unchanged
    if "\n" in text:
        return None
    if _can_be_plain(text, flow=flow, was_plain=not scalar.style):
        return text
    if _NOT_QUOTED.search(text):
        return _raw(scalar) if scalar.style == '"' and "\n" not in _raw(scalar) else None
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def block_lines(scalar: SourceText, indent: str) -> list[str] | None:
    """Return a text as a literal block scalar, with its indicator first; None if that is impossible."""
    if scalar.style == ">":
        return _folded_as_it_is(scalar, indent)
    text = scalar.text
    if not text.strip() or _NOT_IN_BLOCK.search(text):
        return None
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    # With an empty or indented first line, the indentation must be given explicitly.
    number = "2" if body[0] in " \t\n" else ""
    sign = f"|{number}" + ("-" if not ends else "" if ends == 1 else "+")
    lines = [f"{indent}{line}" if line else "" for line in body.split("\n")]
    return [sign, *lines, *[""] * (ends - 1)]


def folded_lines(text: str, indent: str) -> list[str] | None:
    """Return a long text without line breaks as a folded block scalar; None if folding would change it."""
    if "\n" in text or "  " in text or text != text.strip() or "\t" in text or _NOT_IN_BLOCK.search(text):
        return None
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(indent) + len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return [">-", *(f"{indent}{line}" for line in lines)]


def _can_be_plain(text: str, *, flow: bool, was_plain: bool) -> bool:
    if not text or (_NOT_PLAIN.search(text) and not _only_starts_strangely(text)):
        return False
    if flow and text[0] in "?:":
        # Within brackets, libyaml reads these as the beginning of a key or value even before a letter.
        return False
    if flow and _NOT_IN_FLOW.search(text):
        return False
    return was_plain or _MEANT_OTHERWISE.fullmatch(text) is None


def _only_starts_strangely(text: str) -> bool:
    """Return whether it begins with an indicator that is text before a letter (`-x`), and is plain otherwise."""
    return bool(_STARTS_PLAIN.match(text)) and _NOT_PLAIN.search(f"x{text}") is None


def _raw(scalar: SourceText) -> str:
    return scalar.file.text[scalar.start : scalar.end]


def _folded_as_it_is(scalar: SourceText, indent: str) -> list[str] | None:
    """Return the lines of a folded text with a new indentation, keeping its line breaks."""
    head, _, body = _raw(scalar).replace("\r\n", "\n").partition("\n")
    sign = head.partition("#")[0].strip()
    if any(character.isdigit() for character in sign):
        return None
    lines = [line.rstrip("\n") for line in body.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines or (sign.endswith("+")):
        return None
    depth = next(len(line) - len(line.lstrip(" ")) for line in lines if line.strip())
    return [sign, *(f"{indent}{line[depth:]}" if line.strip() else "" for line in lines)]
