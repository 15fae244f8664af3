"""The same source gives the same bytes in every format, whatever the clock, folder, hash seed or cache."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

FORMATS = ("anki", "csv", "html", "markdown", "pdf", "site")


def export(run: Run, project: Path, seed: str, **env: str) -> dict[str, bytes]:
    args = [part for name in FORMATS for part in ("--format", name)]
    result = run("-C", project, "export", *args, env={"PYTHONHASHSEED": seed, **env})
    assert result.returncode == 0, result.stderr
    folder = project / "output"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.slow
def test_clock_folder_seed_and_cache_change_nothing(run: Run, shipped: Path, tmp_path: Path) -> None:
    first = tmp_path / "a"
    second = tmp_path / "another folder with a longer name" / "b"
    for project in (first, second):
        shutil.copytree(shipped / "source", project / "source")
    cold = export(run, first, "1", TZ="UTC", LC_ALL="C")
    warm = export(run, first, "2")
    time.sleep(2.1)  # zip stores times in steps of two seconds, PDF in steps of one
    (second / "source" / "deck.yaml").touch()
    elsewhere = export(run, second, "3", TZ="Asia/Tokyo", SOURCE_DATE_EPOCH="1")
    assert sorted(cold) == sorted(warm) == sorted(elsewhere)
    for name, data in cold.items():
        assert warm[name] == data, f"{name}: the cache changes the bytes"
        assert elsewhere[name] == data, f"{name}: folder, clock or hash seed change the bytes"
