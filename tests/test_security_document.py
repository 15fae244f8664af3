"""docs/security.md lists every suite of attacks with its size."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_the_suites_and_their_counts_are_true(shipped: Path) -> None:
    suites = sorted((shipped / "tests").glob("test_hostile_*.py"))
    collected = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-qq",
            "-n",
            "0",
            "-m",
            "",
            "-p",
            "no:cacheprovider",
            *suites,
        ],
        cwd=shipped,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    actual = {name: int(count) for name, count in re.findall(r"(test_hostile_\w+\.py): (\d+)", collected)}
    rows = re.findall(
        r"^\| `(test_hostile_\w+\.py)` \| .+ \| (\d+) \|$", (shipped / "docs/security.md").read_text(), re.MULTILINE
    )
    stated = {name: int(count) for name, count in rows}
    assert len(stated) == len(rows)
    assert stated.keys() == actual.keys() == {suite.name for suite in suites}
    for name, count in stated.items():
        # Rounded down, so that a new payload does not need an edit.
        assert 0.8 * actual[name] <= count <= actual[name], name
