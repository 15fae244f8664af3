"""Tables of records: formatting, fixes, commands, caching, and the time for thousands of records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cardpipe.build.pipeline import export
from cardpipe.cache.store import Cache
from cardpipe.fix.formatting import formatted
from cardpipe.lint.project import lint_project
from cardpipe.model.selection import Request
from cardpipe.text.positions import SourceFile
from cpu_time import cpu_seconds
from test_note_types import DECK, WORDS, written

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

PATH = "source/tables/words.yaml"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WORDS, WORDS),
        (
            "records:\n- { id: VO0001,   word: 'Haus', pos: }\ntype: word\n",
            "type: word\nrecords:\n  - {id: VO0001, word: Haus, pos: }\n",
        ),
        (
            "type: word\nrecords:\n  - {id: VO0001, word: " + "long " * 60 + "}\n",
            "type: word\nrecords:\n  - {id: VO0001, word: " + ("long " * 60).strip() + "}\n",
        ),
        (
            "type: word # of words\nrecords:\n# The first.\n  - {id: VO0001}\n\n  - id: VO0002\n    word: x\n",
            "type: word  # of words\nrecords:\n  # The first.\n  - {id: VO0001}\n\n  - id: VO0002\n    word: x\n",
        ),
    ],
)
def test_formatting_keeps_a_record_on_its_line(text: str, expected: str) -> None:
    made = formatted(SourceFile(PATH, text))
    assert made == expected
    assert formatted(SourceFile(PATH, made)) == made


def test_cards_of_a_type_are_formatted_in_order() -> None:
    text = "fields: {word: x}\ntags: [a]\nid: VO0001\ntype: word\n"
    assert (
        formatted(SourceFile("source/cards/VO0001.yaml", text))
        == "id: VO0001\ntype: word\nfields: {word: x}\ntags: [a]\n"
    )


def test_fixes_edit_a_record(tmp_path: Path, run: Run) -> None:
    root = written(tmp_path, words=WORDS.replace("{id: VO0001, word:", "{id: VO0001, wrd:"))
    assert run("lint", cwd=root).returncode == 1
    run("lint", "--unsafe-fixes", cwd=root)
    assert (root / PATH).read_text(encoding="utf-8") == WORDS


def test_commands_change_records(tmp_path: Path, run: Run) -> None:
    root = written(tmp_path)
    assert run("rename", "VO0001", "VO0009", cwd=root).returncode == 0
    assert run("tag", "rename", "german", "deutsch", cwd=root).returncode == 0
    text = (root / PATH).read_text(encoding="utf-8")
    assert text == WORDS.replace("VO0001", "VO0009").replace("german", "deutsch")
    assert "VO0009  Haus" in run("list", cwd=root).stdout


def test_a_changed_record_is_rendered_alone(tmp_path: Path) -> None:
    root = written(tmp_path)
    export(root, tmp_path / "output", Request(formats=("anki",)))
    # A new line above moves the other records.
    changed = WORDS.replace("records:\n", "records:\n  - {id: VO0000, word: Tag, meaning: day}\n")
    (root / PATH).write_text(changed, encoding="utf-8")
    log = export(root, tmp_path / "output", Request(formats=("anki",))).rebuild_log
    [reasons] = [reasons for step, reasons in log.steps.items() if step.startswith("cards as html")]
    assert list(reasons.values()) == [["VO0000"]]


@pytest.mark.slow
def test_five_thousand_records_lint_soon(tmp_path: Path) -> None:
    records = "".join(
        f"  - {{id: VO{n:04}, word: Wort{n}, meaning: word number {n}, tags: [t{n % 50}]}}\n" for n in range(5000)
    )
    deck = DECK.replace("language: en", "language: de")
    root = written(tmp_path, deck=deck, words=f"type: word\nrecords:\n{records}")
    # It is half of that alone; here the garbage collector also looks at the objects of other tests.
    assert min(cpu_seconds(lambda: lint_project(root, Cache.disabled())) for _ in range(2)) < 3.6
