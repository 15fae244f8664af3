"""Killed and parallel exports leave neither the output nor the cache in a wrong state."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

FORMATS = ("--format", "anki", "--format", "csv", "--format", "html", "--format", "markdown")


def outputs(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """A new project, of which nothing has been made."""
    folder = tmp_path_factory.mktemp("killed") / "sample"
    assert run("init", folder).returncode == 0
    return folder


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory, start: Run) -> tuple[dict[str, bytes], float]:
    """What an export of it gives, and how many seconds it takes."""
    folder = shutil.copytree(source, tmp_path_factory.mktemp("undisturbed") / "sample")
    started = time.monotonic()
    assert start("-C", folder, "export", *FORMATS).returncode == 0
    return outputs(folder / "output"), time.monotonic() - started


def start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cardpipe", "-C", str(folder), "export", *FORMATS]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def killed_after(process: subprocess.Popen[bytes], seconds: float) -> float:
    """Kill an export after so many seconds: 0, or how many it took where it was done before."""
    started = time.monotonic()
    while process.poll() is None and time.monotonic() - started < seconds:
        time.sleep(0.005)
    took = 0.0 if process.poll() is None else time.monotonic() - started
    process.kill()
    process.communicate()
    return took


@pytest.mark.slow
def test_a_killed_export_leaves_the_next_one_what_it_needs(
    source: Path, undisturbed: tuple[dict[str, bytes], float], tmp_path: Path, run: Run
) -> None:
    expected, seconds = undisturbed
    folder = shutil.copytree(source, tmp_path / "sample")
    killed, attempts, anew = 0, 0, True
    while killed < 10 and attempts < 60:
        attempts += 1
        # Now without a cache, now with what the last run left of one.
        if anew:
            shutil.rmtree(folder / ".cardpipe", ignore_errors=True)
        # All over the run, and often near its end, where files are put into their places.
        spread = attempts * 0.618 % 1
        share = 0.1 + 0.7 * spread if killed % 2 else 0.8 + 0.2 * spread
        took = killed_after(start(folder), share * seconds)
        killed += not took
        # How long a run takes differs with what else the machine does.
        seconds = took if took and anew else seconds
        anew = bool(took) or killed % 3 == 0
        if (folder / "output").exists():
            found = outputs(folder / "output")
            # Whatever stands there under its own name is whole.
            assert all(found[name] == data for name, data in expected.items() if name in found)
    assert killed == 10
    done = run("-C", folder, "export", *FORMATS)
    assert (done.returncode, done.stderr) == (0, "")
    assert outputs(folder / "output") == expected
    verified = run("-C", folder, "cache", "verify")
    assert verified.returncode == 0, verified.stdout


@pytest.mark.slow
def test_two_exports_at_once_both_succeed(
    source: Path, undisturbed: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    folder = shutil.copytree(source, tmp_path / "sample")
    for _ in range(3):  # without a cache, then with one
        processes = [start(folder) for _ in range(3)]
        assert [process.communicate()[1] for process in processes] == [b"", b"", b""]
        assert [process.returncode for process in processes] == [0, 0, 0]
        assert outputs(folder / "output") == undisturbed[0]
        path = folder / "source/cards/EX0001.yaml"
        path.touch()


@pytest.mark.slow
def test_two_exports_to_one_folder_of_different_states_leave_one_of_them(
    source: Path, undisturbed: tuple[dict[str, bytes], float], tmp_path: Path, run: Run
) -> None:
    first, second = (shutil.copytree(source, tmp_path / name) for name in ("first", "second"))
    path = second / "source/cards/EX0001.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("answer: |\n  ", "answer: |\n  Indeed: ", 1), "utf-8")
    assert run("-C", second, "export", *FORMATS).returncode == 0
    states = [undisturbed[0], outputs(second / "output")]
    common = tmp_path / "common"
    for _ in range(4):
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "cardpipe", "-C", str(root), "export", *FORMATS, "--output", str(common)],
                stderr=subprocess.PIPE,
            )
            for root in (first, second)
        ]
        assert [process.communicate()[1] for process in processes] == [b"", b""]
        assert outputs(common) in states
