"""The two suites: CI skips nothing, and no case is chosen by a name that does not exist."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = {
    "a test": "import pytest\n\n\n@pytest.mark.skip(reason='no such thing')\ndef test_one(): pass\n",
    "within a test": "import pytest\n\n\ndef test_one(): pytest.skip('no such thing')\n",
    "a fixture": "import pytest\n\n\n@pytest.fixture\ndef one(): pytest.skip('no such thing')\n\n\n"
    "def test_one(one): pass\n",
    "a module": "import pytest\n\npytest.importorskip('no_such_thing', reason='no such thing')\n",
}  # fmt: skip
CASES = "import pytest\n\n\n@pytest.mark.quick_cases({})\n@pytest.mark.parametrize('n', [1, 2, 3])\ndef test_one(n): pass\n"


def pytest_of(folder: Path, text: str, *options: str, ci: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on a file with this text, as our tests are run."""
    (folder / "test_sample.py").write_text(text, encoding="utf-8")
    here = Path(__file__).parent
    command = [sys.executable, "-m", "pytest", "-c", here.parent / "pyproject.toml", "-n", "0", "-p", "conftest"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", "-rs", *options, folder],
        env={**os.environ, "CI": ci, "PYTHONPATH": str(here)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("place", SAMPLES)
def test_nothing_is_skipped_in_ci(tmp_path: Path, place: str) -> None:
    if sys.platform != "linux":
        return
    result = pytest_of(tmp_path, SAMPLES[place], ci="true")
    assert result.returncode in {1, 2}, result.stdout
    assert "no such thing (CI installs what tests need" in result.stdout


def test_elsewhere_a_test_may_be_skipped(tmp_path: Path) -> None:
    result = pytest_of(tmp_path, SAMPLES["a test"], ci="")
    assert result.returncode == 0
    assert "1 skipped" in result.stdout


@pytest.mark.parametrize(("options", "count"), [((), 1), (("-m", ""), 3), (("-m", "slow"), 2)])
def test_the_named_cases_are_quick_and_the_others_slow(tmp_path: Path, options: tuple[str, ...], count: int) -> None:
    result = pytest_of(tmp_path, CASES.format("'2'"), *options, ci="")
    assert f"{count} passed" in result.stdout


def test_a_case_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    result = pytest_of(tmp_path, CASES.format("'2', '4'"), ci="")
    assert result.returncode == 4
    assert "quick_cases names cases that do not exist" in result.stderr
