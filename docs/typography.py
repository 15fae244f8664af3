"""Measures how the study sheet is set: `python docs/typography.py FILE.pdf…`, after `pip install -e '.[test]'`.

Reads letters off the pages of PDFs, those in the most frequent face and size, and prints a line for each file.
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pdfplumber

_MILLIMETRE = 72 / 25.4
_FULL = 0.92
"""Of the widest line: shorter ones end a paragraph."""


class Line(NamedTuple):
    """A line of running text, in points."""

    bottom: float
    left: float
    right: float
    letters: int
    gap: float
    """The widest between two letters, where a formula stands."""


def measured(path: Path) -> str:
    """What is measured of a PDF, as a line of text."""
    with pdfplumber.open(path) as pdf:
        pages = [_text(page) for page in pdf.pages]
        size, face = Counter(letter for page in pages for letter in page[0]).most_common(1)[0][0]
        width, height = (float(side) for side in (pdf.pages[0].width, pdf.pages[0].height))
        lines = [_lines(letters, size, face, width / 2) for _, letters in pages]
    every = [line for page in lines for line in page]
    widest = max(line.right - line.left for line in every)
    full = [line for line in every if line.right - line.left > _FULL * widest and line.gap < size / 2]
    leading = Counter(
        round(below.bottom - above.bottom, 1)
        for page in lines
        for above, below in pairwise(page)
        if abs(above.left - below.left) < 1
    ).most_common(1)[0][0]
    letters = statistics.mean(line.letters * widest / (line.right - line.left) for line in full)
    edges = (
        min(line.left for line in full),
        width - max(line.right for line in full),
        height - max(line.bottom for line in every),
    )
    told = ", ".join(f"{edge / _MILLIMETRE:.0f}" for edge in edges)
    return (
        f"{path.name}: {size:g} pt of {face}, leading {leading:g} pt ({leading / size:.2f}), measure "
        f"{widest / _MILLIMETRE:.0f} mm and {letters:.0f} characters; left, right and below it {told} mm of paper"
    )


def _text(page: Any) -> tuple[list[tuple[float, str]], list[Any]]:
    letters = [letter for letter in page.chars if letter["upright"]]
    return [(round(letter["size"], 1), letter["fontname"].partition("+")[2]) for letter in letters], letters


def _lines(letters: list[Any], size: float, face: str, middle: float) -> list[Line]:
    rows: dict[tuple[bool, int], list[Any]] = defaultdict(list)
    for letter in letters:
        if letter["fontname"].endswith(face) and abs(letter["size"] - size) < 0.06:
            rows[False, round(letter["bottom"] * 2)].append(letter)
    for (_, bottom), row in list(rows.items()):
        first = [letter for letter in row if letter["x1"] < middle]
        second = [letter for letter in row if letter["x0"] > middle]
        # Two columns, or two pages side by side, where no letter stands between them.
        apart = len(first) + len(second) == len(row) and first and second
        if apart and min(one["x0"] for one in second) - max(one["x1"] for one in first) > size:
            rows[False, bottom], rows[True, bottom] = first, second
    return [_line(row) for _, row in sorted(rows.items())]


def _line(row: list[Any]) -> Line:
    row = sorted(row, key=lambda letter: letter["x0"])
    gap = max((after["x0"] - before["x1"] for before, after in pairwise(row)), default=0.0)
    return Line(row[0]["bottom"], row[0]["x0"], row[-1]["x1"], len(row), gap)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        sys.stdout.write(f"{measured(Path(name))}\n")
