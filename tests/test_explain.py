"""`export --explain` lists what was rebuilt, and why."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from cardpipe.build.artefact_cache import StepCache
from cardpipe.cache.rebuild_log import RebuildLog
from cardpipe.cache.store import Cache

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
        "  not in the cache: source/cards/EX0001.yaml, source/cards/EX0002.yaml",
        "formats: 1 of 1 rebuilt",
        "  not in the cache: csv",
        "cards as html with mathjax math: 2 of 2 rebuilt",
        "  not in the cache: EX0001, EX0002",
        "figures of these cards: 1 of 1 rebuilt",
        "  not in the cache: EX0001/growth",
    ]
    assert explained(project, run) == ["lint, files: all 2 from the cache", "formats: all 1 from the cache"]


@pytest.mark.slow
def test_an_edit_a_figure_and_the_settings_are_distinguished(project: Path, run: Run) -> None:
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
        "  not in the cache: csv",
        "cards as html with mathjax math: 1 of 2 rebuilt",
        "  a picture of it is no longer in the cache: EX0001",
        "figures of these cards: 1 of 1 rebuilt",
        "  no longer in the cache: EX0001/growth",
    ]


def test_many_names_are_counted(project: Path, run: Run) -> None:
    for number in range(10, 20):
        text = f"id: EX00{number}\ntitle: Part {number}\nquestion: What does part {number} do?\nanswer: It turns.\n"
        (project / f"source/cards/EX00{number}.yaml").write_text(text, encoding="utf-8")
    listed = "EX0010, EX0011, EX0012, EX0013, EX0014 and 5 more"
    assert f"  not in the cache: {listed}" in explained(project, run)


def test_trust_in_scripts_is_no_reason_without_scripts(project: Path, run: Run) -> None:
    explained(project, run, "--trust-figures", "always")
    assert explained(project, run, "--trust-figures", "never") == [
        "lint, files: all 2 from the cache",
        "formats: all 1 from the cache",
    ]


@pytest.mark.slow
def test_trust_in_a_script_is_a_reason(project: Path, run: Run) -> None:
    (project / "source/figures").mkdir()
    script = '"""Draw."""\n\n\ndef draw(figure):\n    """Draw nothing."""\n'
    (project / "source/figures/none.py").write_text(script, encoding="utf-8")
    explained(project, run, "--trust-figures", "always")
    assert explained(project, run, "--trust-figures", "never")[1:4] == [
        "formats: 1 of 1 rebuilt",
        "  which scripts are trusted changed: csv",
        "cards as html with mathjax math: 2 of 2 rebuilt",
    ]


def test_parts_of_a_format_have_names_of_their_own() -> None:
    log = RebuildLog()
    with Cache.disabled() as cache:
        steps = StepCache(cache, log, "parts of pdf", "tools")
        for content in ("one", "two"):
            assert steps.recall(("document", content)) is None
        assert steps.recall(("set of fonts", "one")) is None
    assert log.lines() == [
        "parts of pdf: 3 of 3 rebuilt",
        "  not in the cache: document 1, document 2, set of fonts 1",
    ]
