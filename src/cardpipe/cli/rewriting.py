"""Write changes to source files, or show them as a diff."""

from __future__ import annotations

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
    from cardpipe.authoring.patch import diff_lines

    colour = in_colour(sys.stdout)
    moves = moves or {}
    for path in sorted({**contents, **moves}):
        target = moves.get(path, path)
        if target != path:
            say(f"diff --git a/{path} b/{target}\nrename from {path}\nrename to {target}")
        if path not in contents:
            continue
        old, new = before[path].text, contents[path].decode("utf-8")
        for line in diff_lines(old, new, path, target):
            if colour:
                write_clean(_painted(clean(line)))
            else:
                say(line, nl=False)


def _painted(line: str) -> str:
    colours = {"+": "32", "-": "31", "@": "36"}
    colour = colours.get(line[:1])
    return f"\x1b[{colour}m{line.rstrip()}\x1b[0m\n" if colour else line
