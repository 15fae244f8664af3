"""Changes of text files in the format of `git diff`."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTED: Final = re.compile(r'[\x00-\x1f"\\\x7f]')


def diff_lines(old: str, new: str, path: str, new_path: str) -> Iterator[str]:
    """Yield the lines of a diff of two texts, each with its line end."""
    # Only a line feed ends a line here: a form feed or a separator within a text must not split it.
    for line in difflib.unified_diff(_lines(old), _lines(new), _name("a", path), _name("b", new_path)):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def file_patch(old: str, new: str, path: str) -> str:
    """Return the change of a file as `git apply` reads it."""
    return "".join([f"diff --git {_name('a', path)} {_name('b', path)}\n", *diff_lines(old, new, path, path)])


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _name(side: str, path: str) -> str:
    """Return a path as git writes it: in quotes if it has characters that would end it."""
    if _QUOTED.search(path) is None:
        return f"{side}/{path}"
    return '"' + _QUOTED.sub(lambda match: f"\\{ord(match[0]):03o}", f"{side}/{path}") + '"'
