"""The two suites: CI skips nothing, and markers refer to existing cases."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

NOTHING_SKIPPED_THERE = sys.platform == "linux" and platform.machine() == "x86_64"
SAMPLES = {
    "test": "import pytest\n\n\n@pytest.mark.skip(reason='no such thing')\ndef test_one(): pass\n",
    "call": "import pytest\n\n\ndef test_one(): pytest.skip('no such thing')\n",
    "fixture": "import pytest\n\n\n@pytest.fixture\ndef one(): pytest.skip('no such thing')\n\n\n"
    "def test_one(one): pass\n",
    "module": "import pytest\n\npytest.importorskip('no_such_thing', reason='no such thing')\n",
}  # fmt: skip
CASES = """
import pytest

@pytest.mark.{}
@pytest.mark.parametrize("n", [1, 2, 3])
def test_one(n): pass
"""


def pytest_of(folder: Path, *options: str, ci: str = "") -> subprocess.CompletedProcess[str]:
    """Run pytest on the files of a folder as our tests are run."""
    here = Path(__file__).parent
    command = [sys.executable, "-m", "pytest", "-c", str(here.parent / "pyproject.toml"), "-n", "0", "-p", "conftest"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", "-rs", *options, str(folder)],
        env={**os.environ, "CI": ci, "PYTHONPATH": str(here)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def skipping(tmp_path: Path) -> Path:
    for name, text in SAMPLES.items():
        (tmp_path / f"test_{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


def test_nothing_is_skipped_in_ci(skipping: Path) -> None:
    result = pytest_of(skipping, "--continue-on-collection-errors", ci="true")
    if not NOTHING_SKIPPED_THERE:
        assert f"{len(SAMPLES)} skipped" in result.stdout
        return
    assert result.returncode == 1
    assert "skipped" not in result.stdout.splitlines()[-1]
    told = re.findall(r"test_(\w+)\.py.*: no such thing \(CI installs", result.stdout)
    assert set(told) == set(SAMPLES)


def test_elsewhere_a_test_may_be_skipped(skipping: Path) -> None:
    result = pytest_of(skipping)
    assert result.returncode in {0, 5}
    assert f"{len(SAMPLES)} skipped" in result.stdout


@pytest.mark.quick_cases("quick_cases(every=2)-2")
@pytest.mark.parametrize(
    ("marker", "count"), [("quick_cases('2')", 1), ("quick_cases(every=2)", 2), ("slow_cases('2')", 2)]
)
def test_cases_of_one_test_are_quick_or_slow(tmp_path: Path, marker: str, count: int) -> None:
    (tmp_path / "test_cases.py").write_text(CASES.format(marker), encoding="utf-8")
    assert f"{count} passed, {3 - count} deselected" in pytest_of(tmp_path).stdout


def test_a_case_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "test_cases.py").write_text(CASES.format("quick_cases('2', '4')"), encoding="utf-8")
    result = pytest_of(tmp_path)
    assert result.returncode == 4
    assert "Cases are named that do not exist" in result.stderr
