"""Write changes to source files, or show them as a diff."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

from cardpipe.cli.streams import in_colour, say, write_clean
from cardpipe.report.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cardpipe.text.positions import SourceFile


def write_all(
    root: Path,
    before: Mapping[str, SourceFile],
    contents: Mapping[str, bytes],
    moves: Mapping[str, str] | None = None,
) -> None:
    """Write all changes or none; byte order marks are kept, and `moves` are new paths by old path."""
    from cardpipe.authoring.source_change import SourceChange, apply

    apply(root, SourceChange(dict(before), dict(contents), dict(moves or {})))


def show_diff(
    before: Mapping[str, SourceFile], contents: Mapping[str, bytes], moves: Mapping[str, str] | None = None
) -> None:
    """Print the changes in the format of `git diff`; `moves` are new paths by old path."""
    colour = in_colour(sys.stdout)
    moves = moves or {}
    for path in sorted({**contents, **moves}):
        target = moves.get(path, path)
        if target != path:
            say(f"diff --git a/{path} b/{target}\nrename from {path}\nrename to {target}")
        if path not in contents:
            continue
        old, new = before[path].text, contents[path].decode("utf-8")
        # Only a line feed ends a line here: a form feed or a separator within a text must not split it.
        lines = difflib.unified_diff(_lines(old), _lines(new), f"a/{path}", f"b/{target}")
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
