"""Cached lint results never change a report: edits are noticed, damage is ignored, order is kept."""

from __future__ import annotations

import os
import random
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from cardpipe.build import card_pool, card_worker
from cardpipe.build.pipeline import check
from cardpipe.cache.store import Cache
from cardpipe.lint import engine, file_cache, project
from cardpipe.source import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.source.tree import FoundFile

DECK = """\
uid: 5b0f6c1e-0000-4000-8000-000000000000
slug: sample
name: Sample
language: en
authors: [An Author]
description: A sample.
tags: {NN: Neural networks}
subdecks: {ML: Machine learning}
formats: {csv: }
"""


def card(number: int, more: str = "") -> str:
    return (
        f"id: ML{number:04}\ntitle: Term {number}\nquestion: What does part {number} of the machine do?\n"
        f"answer: It moves part {number + 1}.\ntags: [NN]\n{more}"
    )


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    (tmp_path / "source/cards").mkdir(parents=True)
    (tmp_path / "source/deck.yaml").write_text(DECK)
    for number in range(1, 9):
        write(tmp_path, number)
    return tmp_path


def write(root: Path, number: int, more: str = "", *, old: bool = True) -> None:
    path = root / f"source/cards/ML{number:04}.yaml"
    path.write_text(card(number, more))
    if old:
        age(path)


def age(path: Path) -> None:
    """Let a file look as if it had been written long ago, which its change time cannot."""
    os.utime(path, (1_600_000_000, 1_600_000_000))


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a test are new, and new ones are always read; here they are believed as soon as they are written."""
    monkeypatch.setattr(file_cache, "_SETTLED", -(10**18))


def said(root: Path) -> list[tuple[str, str, int]]:
    return [(item.code, item.span.path[-11:-5], item.span.line) for item in check(root).diagnostics]


def afresh(root: Path) -> list[tuple[str, str, int]]:
    with Cache.disabled() as cache:
        return [(i.code, i.span.path[-11:-5], i.span.line) for i in check(root, cache=cache).diagnostics]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are looked at from now on."""
    looked_at: list[str] = []
    examine = engine.examine

    def counting(file: object, *others: object) -> object:
        looked_at.append(file.path[-11:-5])  # type: ignore[attr-defined] # a CardFile
        return examine(file, *others)  # type: ignore[arg-type] # as they come

    monkeypatch.setattr(card_worker, "examine", counting)
    return looked_at


def test_only_what_changed_is_looked_at_again(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = counted(monkeypatch)
    assert said(deck) == []
    assert len(looked_at) == 8
    looked_at.clear()
    assert said(deck) == []
    assert looked_at == []
    write(deck, 3, "related: [ML0099]\n")
    assert said(deck) == [("REF001", "ML0003", 6)]
    assert looked_at == ["ML0003"]


def test_an_edit_of_the_same_length_and_age_is_seen(deck: Path) -> None:
    assert said(deck) == []
    path = deck / "source/cards/ML0002.yaml"
    before = path.stat()
    path.write_text(path.read_text().replace("tags: [NN]", "tags: [NM]"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert said(deck) == [("TAG001", "ML0002", 5)]


def test_a_file_written_just_now_is_read_again(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_cache, "_SETTLED", 2 * 10**9)
    assert said(deck) == []
    read: list[str] = []
    read_data = load.read_data

    def counting(file: FoundFile, *others: Any) -> bytes | None:
        read.append(file.path)
        return read_data(file, *others)

    monkeypatch.setattr(project, "read_data", counting)
    assert said(deck) == []
    assert len(read) == 8


def test_a_touched_file_with_the_same_content_is_not_looked_at(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said(deck)
    looked_at = counted(monkeypatch)
    write(deck, 4, old=False)
    assert said(deck) == []
    assert looked_at == []


def test_rules_that_compare_cards_see_those_that_did_not_change(deck: Path) -> None:
    assert said(deck) == []
    (deck / "source/cards/ML0001.yaml").unlink()
    write(deck, 5, "related: [ML0001]\n")
    assert said(deck) == [("REF001", "ML0005", 6)]
    write(deck, 1)
    assert said(deck) == []
    (deck / "source/cards/ML0001.yaml").write_text(card(1).replace("ML0001", "ML0002"))
    assert "IDN002" in [code for code, _, _ in said(deck)]
    assert said(deck) == afresh(deck)


def test_everything_is_looked_at_again_when_the_deck_changes(deck: Path) -> None:
    assert said(deck) == []
    (deck / "source/deck.yaml").write_text(DECK.replace("NN: Neural", "CNN: Neural"))
    assert [code for code, _, _ in said(deck)] == ["TAG001"] * 8


def test_findings_come_back_whole(deck: Path) -> None:
    write(deck, 6, "details: |\n  See $\\foo$ and [x](card:ML0099).\n  # cardpipe: no comment\nrelated: [ML0006]\n")
    write(deck, 7, "# cardpipe: ignore[REF002] a test\nrelated: [ML0007]\n# cardpipe: ignore[MTH001] nothing\n")
    first: Sequence[Diagnostic] = check(deck).diagnostics
    second: Sequence[Diagnostic] = check(deck).diagnostics
    assert first == second
    assert {item.code for item in first} == {"MTH001", "REF001", "REF002", "SUP003"}


@pytest.mark.parametrize(
    "junk", [b"", b"{}", b"[]", b'["x", {"a": 1}]', b"\xff", b"[" * 100_000, b'["FRAME", {"PATH": [null, "", [1]]}]']
)
def test_a_damaged_cache_entry_is_not_used(deck: Path, junk: bytes) -> None:
    write(deck, 3, "related: [ML0099]\n")
    expected = said(deck)
    with Cache(deck / ".cardpipe") as cache:
        for number in range(64):
            known = cache.get(f"lint:{number}")
            frame = known.split(b'"')[1] if known else b""
            path = b"source/cards/ML0003.yaml"
            cache.put(f"lint:{number}", junk.replace(b"FRAME", frame).replace(b"PATH", path))
    assert said(deck) == expected


def test_a_lost_cache_changes_nothing(deck: Path) -> None:
    write(deck, 3, "related: [ML0099]\n")
    expected = said(deck)
    connection = sqlite3.connect(deck / ".cardpipe/cache.sqlite3")
    with connection:
        connection.execute("UPDATE entries SET value = zeroblob(length(value))")
    connection.close()
    assert said(deck) == expected


@pytest.mark.slow
def test_many_processes_say_what_one_says(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)  # noqa: S311 - which cards are faulty, no secret
    faults = ["related: [ML0099]\n", "details: $\\foo$\n", "unknown: key\n", "tags: [\n", "", "details: See <b>.\n"]
    for number in range(1, 60):
        write(deck, number, chance.choice(faults))
    expected = afresh(deck)
    assert len(expected) > 20
    monkeypatch.setattr(card_pool, "_PAYS_FROM", 4)
    monkeypatch.setattr(card_pool, "_LARGEST_JOB", 7)
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 2)
    assert afresh(deck) == expected
    assert said(deck) == expected
    assert said(deck) == expected


@pytest.mark.quick_cases("12")
@pytest.mark.parametrize("edits", [12, 40])
def test_any_sequence_of_edits_gives_what_a_fresh_run_gives(deck: Path, edits: int) -> None:
    chance = random.Random(7)  # noqa: S311 - a shuffle, no secret
    pieces = ["related: [ML0003]\n", "related: [ML0099]\n", "details: $\\foo$\n", "status: retired\n", "", "oops: 1\n"]
    for _ in range(edits):
        number = chance.randint(1, 9)
        if chance.random() < 0.2:
            (deck / f"source/cards/ML{number:04}.yaml").unlink(missing_ok=True)
        else:
            write(deck, number, chance.choice(pieces), old=chance.random() < 0.5)
        assert said(deck) == afresh(deck)
