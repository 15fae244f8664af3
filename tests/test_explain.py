"""`export --explain` lists what was rebuilt, and why."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


def explained(project: Path, run: Run, *args: str) -> list[str]:
    """What an export to CSV says of its reasons."""
    done = run("-C", project, "export", "--format", "csv", "--explain", *args)
    assert done.returncode == 0, done.stderr
    files, reasons = done.stdout.split("\n\n", 1)
    assert files
    return reasons.splitlines()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_first_run_makes_everything_and_a_second_nothing(project: Path, run: Run) -> None:
    shutil.rmtree(project / ".cardpipe")
    assert explained(project, run) == [
        "lint, files: 2 of 2 rebuilt",
        "  not looked at before: source/cards/EX0001.yaml, source/cards/EX0002.yaml",
        "formats: 1 of 1 rebuilt",
        "  not made before: csv",
        "cards as html with mathjax math: 2 of 2 rebuilt",
        "  not rendered in this form before: EX0001, EX0002",
        "figures of these cards: 1 of 1 rebuilt",
        "  not drawn before: EX0001/growth",
    ]
    assert explained(project, run) == ["lint, files: all 2 from the cache", "formats: all 1 from the cache"]


@pytest.mark.slow
def test_an_edit_a_figure_and_the_settings_are_told_apart(project: Path, run: Run) -> None:
    explained(project, run)
    edit(project / "source/cards/EX0001.yaml", "label: doubled", "label: twice")
    assert explained(project, run) == [
        "lint, files: 1 of 2 rebuilt",
        "  its content changed: source/cards/EX0001.yaml",
        "formats: 1 of 1 rebuilt",
        "  the source or cardpipe changed: csv",
        "cards as html with mathjax math: 1 of 2 rebuilt",
        "  its file changed: EX0001",
        "figures of these cards: 1 of 1 rebuilt",
        "  its fields changed: EX0001/growth",
    ]
    edit(project / "source/deck.yaml", "description:", "# A remark.\ndescription:")
    assert explained(project, run)[-4:] == [
        "  the source or cardpipe changed: csv",
        "cards as html with mathjax math: 2 of 2 rebuilt",
        "  source/deck.yaml changed: EX0001, EX0002",
        "figures of these cards: all 1 from the cache",
    ]
    assert explained(project, run, "--csv-dialect", "plain")[2] == "  the format's settings changed: csv"


@pytest.mark.slow
def test_what_was_lost_is_named(project: Path, run: Run) -> None:
    explained(project, run)
    connection = sqlite3.connect(project / ".cardpipe/cache.sqlite3")
    with connection:
        connection.execute("DELETE FROM entries WHERE key LIKE 'figure:%' OR key LIKE 'artefact:%'")
    connection.close()
    assert explained(project, run) == [
        "lint, files: all 2 from the cache",
        "formats: 1 of 1 rebuilt",
        "  not made before: csv",
        "cards as html with mathjax math: 1 of 2 rebuilt",
        "  a picture of it is no longer kept: EX0001",
        "figures of these cards: 1 of 1 rebuilt",
        "  no longer kept: EX0001/growth",
    ]


def test_many_names_are_counted(project: Path, run: Run) -> None:
    for number in range(10, 20):
        text = f"id: EX00{number}\ntitle: Part {number}\nquestion: What does part {number} do?\nanswer: It turns.\n"
        (project / f"source/cards/EX00{number}.yaml").write_text(text, encoding="utf-8")
    listed = "EX0010, EX0011, EX0012, EX0013, EX0014 and 5 more"
    assert f"  not rendered in this form before: {listed}" in explained(project, run)
