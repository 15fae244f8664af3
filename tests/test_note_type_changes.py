"""What counts as a change of a note of a deck's own type, in a diff of sources and at a release."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from cardpipe.model.deck import Edition, EditionPart
from cardpipe.model.release_lock import dump, parse
from cardpipe.release.advance import advance
from cardpipe.release.changes import EmptiedCloze, compare, emptied_together
from cardpipe.release.snapshots import of_lock, of_shipment, of_source
from cardpipe.source.load import load
from cardpipe.text.positions import SourceFile, SourceText
from cardpipe.writers.anki.shipment import shipment, stamps
from test_note_types import DECK, FRANCE, written
from test_note_types_anki import forced

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.release.changes import Changes
    from cardpipe.writers.anki.shipment import Shipment

CAPITAL = DECK[DECK.index("      capital:\n        front") : DECK.index("      flag:\n        front")]
FLAG = DECK[DECK.index("      flag:\n        front") : DECK.index("  word:\n")]
RENAMED_FIELD = DECK.replace("      info: text\n", "      notes: {kind: text, was: info}\n").replace(
    "{info}", "{notes}"
)
RENAMED_FACE = DECK.replace("      flag:\n        front", "      banner:\n        was: flag\n        front")


def of_sources(root: Path, **files: str) -> Changes:
    """The changes between two sources."""
    before = load(written(root)).deck
    after = load(written(root, **files)).deck
    assert before is not None
    assert after is not None
    return compare(of_source(before), of_source(after))


def shipped(root: Path, lock: ReleaseLock | None = None, **files: str) -> Shipment:
    """The content of a package after a release."""
    rendered = forced(written(root, **files))
    return shipment(dataclasses.replace(rendered, settings=dataclasses.replace(rendered.settings, lock=lock)))


def released(root: Path) -> ReleaseLock:
    """The lock of the first release."""
    return parse(dump(advance(None, shipped(root), "1.0", 1_700_000_000, mark=False)))


@pytest.mark.parametrize(
    ("deck", "france"),
    [
        (DECK.replace(CAPITAL + FLAG, FLAG + CAPITAL), FRANCE),
        (RENAMED_FACE, FRANCE),
        (RENAMED_FIELD, FRANCE.replace("  info:", "  notes:")),
    ],
    ids=["order of faces", "key of a face", "key of a field"],
)
def test_another_order_or_key_is_no_change(deck: str, france: str, tmp_path: Path) -> None:
    changes = of_sources(tmp_path / "sources", deck=deck, GE0001=france)
    assert (changes.changed, changes.emptied) == ((), ())
    lock = released(tmp_path / "released")
    now = shipped(tmp_path / "released", lock, deck=deck, GE0001=france)
    changes = compare(of_lock(lock), of_shipment(now, lock))
    assert (changes.changed, changes.emptied) == ((), ())
    # A note that is newer would replace what learners edited.
    assert stamps(lock, now).notes["GE0001"] == lock.cards["GE0001"].mod


def test_a_key_that_was_released_twice_is_no_change(tmp_path: Path) -> None:
    first = released(tmp_path)
    france = FRANCE.replace("  info:", "  notes:")
    renamed = advance(
        first, shipped(tmp_path, first, deck=RENAMED_FIELD, GE0001=france), "1.1", 1_700_000_100, mark=False
    )
    now = shipped(tmp_path, renamed, deck=RENAMED_FIELD.replace(", was: info", ""), GE0001=france)
    assert compare(of_lock(renamed), of_shipment(now, renamed)).changed == ()
    assert stamps(renamed, now).notes["GE0001"] == first.cards["GE0001"].mod


def test_a_renamed_field_with_another_value_is_one_changed_part(tmp_path: Path) -> None:
    france = FRANCE.replace("  info:", "  notes:").replace("First paragraph", "Another paragraph")
    changes = of_sources(tmp_path, deck=RENAMED_FIELD, GE0001=france)
    [card] = changes.changed
    assert [(part.name, bool(part.before), bool(part.after)) for part in card.parts] == [("notes", True, True)]


def test_a_removed_face_is_named(tmp_path: Path) -> None:
    deck = DECK.replace(CAPITAL, "")
    assert of_sources(tmp_path / "sources", deck=deck).emptied == (
        EmptiedCloze("GE0001", "France", ("Capital",), of_faces=True),
    )
    lock = released(tmp_path / "released")
    now = shipped(tmp_path / "released", lock, deck=deck)
    assert compare(of_lock(lock), of_shipment(now, lock)).emptied == (
        EmptiedCloze("GE0001", "France", ("Capital",), of_faces=True),
    )


def test_a_reduced_edition_brings_changed_fields(tmp_path: Path) -> None:
    deck = (
        DECK.replace("capital: line", "answer: line")
        .replace("{capital}", "{answer}")
        .replace(", capital]", ", answer]")
    )
    deck = deck.replace("type_in: capital", "type_in: answer")
    france = FRANCE.replace("  capital:", "  answer:")
    lock = parse(dump(advance(None, shipped(tmp_path, deck=deck, GE0001=france), "1.0", 1_700_000_000, mark=False)))
    name = SourceText("short", SourceFile("source/deck.yaml", ""), 0, 0)
    edition = Edition(
        name=name,
        title=None,
        tags=(),
        ids=(),
        without=(),
        difficulty=(),
        parts=frozenset({EditionPart.DETAILS}),
        link=None,
    )
    same = shipped(tmp_path, lock, deck=deck, GE0001=france)
    changed = shipped(tmp_path, lock, deck=deck, GE0001=france.replace("Paris", "Paris!"))
    assert "GE0001" in stamps(lock, same, edition).notes
    assert "GE0001" not in stamps(lock, changed, edition).notes


def test_notes_that_lose_the_same_card_are_named_together() -> None:
    lost = [EmptiedCloze(f"GE{number:04}", "", ("Flag",), of_faces=True) for number in range(1, 300)]
    other = EmptiedCloze("GE0500", "", ("2",))
    assert [(ids, cards.names) for ids, cards in emptied_together([*lost, other])] == [
        ("GE0001, GE0002, GE0003, GE0004, GE0005 and 294 more", "“Flag”"),
        ("GE0500", "c2"),
    ]
