"""Tables of the documents have as many cells in each row as columns."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
BAR = re.compile(r"(?<!\\)\|")


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: path.name
)
def test_rows_of_a_table_are_equally_long(path: Path) -> None:
    lines = FENCE.sub("", path.read_text(encoding="utf-8")).splitlines()
    for is_table, rows in groupby(lines, lambda line: line.startswith("|")):
        if is_table:
            assert len({len(BAR.findall(row)) for row in rows}) == 1
