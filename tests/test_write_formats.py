"""Small decks are written in several formats at the same time, with the results of one after the other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

FORMATS: Final = "anki,csv,html,pdf,markdown,site,text"
START: Final = """
import os, signal, sys
from cardpipe.build import writing
from cardpipe.cli.main import main
write, process, copies = writing._write, os.getpid(), sys.argv.pop(1) == "copies"

def counting(job, *others):
    elsewhere = os.getpid() != process
    print(job.format, "elsewhere" if elsewhere else "here", file=sys.stderr, flush=True)
    assert elsewhere == copies
    {extra}
    return write(job, *others)

writing._write = counting
writing.processors = lambda: 2
if not copies:
    writing._can_fork = lambda: False
main()
"""
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere, writers run one after another: processes cannot be copied safely"
)


def exported(
    project: Path, way: str, *options: str, formats: str = FORMATS, extra: str = "pass"
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", START.replace("{extra}", extra), way]
    return subprocess.run(
        [*command, "-C", str(project), "export", "--format", formats, *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def report(said: str, project: Path) -> list[str]:
    """The lines of a report, without parts of formats: two writers at the same time may both make what they share."""
    return sorted(re.sub(r"(?m)^parts of .*\n(?:  .*\n)*", "", said.replace(str(project), "")).splitlines())


def test_both_ways_give_the_same_files_and_the_same_report(project: Path) -> None:
    other = project.with_name("other")
    shutil.copytree(project, other)
    for _ in range(3):
        results = [
            exported(folder, way, "--explain") for folder, way in ((project, "copies"), (other, "one after the other"))
        ]
        assert [result.returncode for result in results] == [0, 0], results
        assert report(results[0].stdout, project) == report(results[1].stdout, other)
        assert files(project / "output") == files(other / "output")
        # Then with one card changed.
        for folder in (project, other):
            card = folder / "source" / "cards" / "EX0001.yaml"
            text = card.read_text(encoding="utf-8")
            card.write_text(text.replace("title: ", "title: Edited ", 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "A worker process ended unexpectedly."),
        ("raise writing.plugins.refuse(writing.plugins.WRITERS, job.format, 'returns nothing')", "returns nothing"),
    ],
)
def test_a_writer_that_fails_writes_nothing(project: Path, extra: str, said: str) -> None:
    result = exported(project, "copies", extra=f"if job.format == 'html': {extra}")
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not list((project / "output").glob("*"))


def test_a_single_format_is_written_here(project: Path) -> None:
    assert exported(project, "one after the other", formats="html").returncode == 0
