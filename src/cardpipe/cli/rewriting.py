"""Write changes to source files, or show them as a diff."""

from __future__ import annotations

import codecs
import difflib
import os
import sys
from typing import TYPE_CHECKING

from cardpipe.cli.streams import say, write_clean
from cardpipe.files.reading import read_below
from cardpipe.report.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cardpipe.text.positions import SourceFile


def write_all(root: Path, contents: Mapping[str, bytes]) -> None:
    """Write files atomically, one by one; byte order marks are kept."""
    from cardpipe.build.publish import write_file

    for path, data in contents.items():
        write_file(root / path, _marks(root, path) + data)


def show_diff(before: Mapping[str, SourceFile], contents: Mapping[str, bytes]) -> None:
    """Print the changes in the format of `git diff`."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for path, data in sorted(contents.items()):
        old, new = before[path].text, data.decode("utf-8")
        # Only a line feed ends a line here: a form feed or a separator within a text must not split it.
        lines = difflib.unified_diff(_lines(old), _lines(new), f"a/{path}", f"b/{path}")
        for line in lines:
            shown = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            if colour:
                write_clean(_painted(clean(shown)))
            else:
                say(shown, nl=False)


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _painted(line: str) -> str:
    colours = {"+": "32", "-": "31", "@": "36"}
    colour = colours.get(line[:1])
    return f"\x1b[{colour}m{line.rstrip()}\x1b[0m\n" if colour else line


def _marks(root: Path, path: str) -> bytes:
    try:
        begin = read_below(root, path, len(codecs.BOM_UTF8))
    except OSError:
        return b""
    return codecs.BOM_UTF8 if begin.startswith(codecs.BOM_UTF8) else b""
