"""The shipped deck, exported by the command line and imported by the real Anki."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from anki_collection import collection

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


@pytest.mark.slow
def test_the_shipped_deck_arrives_whole_by_package_and_by_table(run: Run, shipped: Path, tmp_path: Path) -> None:
    shutil.copytree(shipped / "source", tmp_path / "source")
    result = run("-C", tmp_path, "export", "--format", "anki", "--format", "csv")
    assert result.returncode == 0, result.stderr
    cards = {path.stem for path in (shipped / "source" / "cards").rglob("*.yaml")}
    package = (tmp_path / "output" / "ml-interview.apkg").read_bytes()
    table = (tmp_path / "output" / "ml-interview.csv").read_bytes()
    with collection(tmp_path / "anki") as learner:
        learner.import_package(package)
        assert {row[0] for row in learner.rows("select sfld from notes")} == cards
        assert learner.col.card_count() == len(cards)
        assert learner.col.fix_integrity()[1]
        media = learner.col.media.check()
        assert list(media.missing) == list(media.unused) == []
        assert not learner.col.get_empty_cards().notes
        copied = {path.name: path.read_bytes() for path in (tmp_path / "output" / "ml-interview-media").iterdir()}
        assert copied == learner.media()
        before = learner.state()
        learner.import_package(package)
        assert learner.state() == before
        learner.import_csv(table)
        assert learner.state() == before
