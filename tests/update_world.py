"""A deck with many releases, and a learner who imports them into the real Anki; shared by update tests."""

from __future__ import annotations

import dataclasses
import html
from typing import TYPE_CHECKING, Any

from cardpipe.build.pipeline import prepare
from cardpipe.model.anki_identity import FIRST_RELEASE
from cardpipe.model.trust import EVERYBODY
from cardpipe.release.advance import advance
from cardpipe.writers.anki.decks import decks_of
from cardpipe.writers.anki.note_type import FILLED_FIELDS
from cardpipe.writers.anki.notes import notes
from cardpipe.writers.anki.package import package_bytes
from cardpipe.writers.anki.shipment import shipment
from cardpipe.writers.csv.anki import anki_table

if TYPE_CHECKING:
    from pathlib import Path

    from anki_collection import Learner
    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.writers.api import RenderedDeck

DAY = 86_400
OWN = "words of my own"
DECK = """\
uid: 5b0f6c1e-7a0e-4f3e-9d69-0c6f7f3a1c55
slug: sample
name: Sample
language: en
authors: [An Author]
description: A sample.
tags: {one: One, two: Two}
subdecks: {EX: Examples, FX: Further}
"""
CARDS = {
    "EX0001": "title: Untouched\nquestion: What stays?\nanswer: This.\ntags: [one]\n",
    "EX0003": "title: Changing\nquestion: What changes?\nanswer: Old words.\ntags: [one]\n",
    "EX0005": "title: Picture\nquestion: What is seen?\nanswer: '![a line](line.svg)'\ntags: [one]\n",
    "EX0006": "title: Cloze\nkind: cloze\nquestion: 'Old {{c1::one}} and {{c2::two}}.'\ntags: [one]\n",
    "EX0007": "title: Reversed\nkind: reversed\nquestion: Term\nanswer: Old meaning\ntags: [one]\n",
    "EX0008": "title: Typed\nkind: typed\nquestion: Which?\nanswer: Old words\ntags: [one]\n",
}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="{}"><path d="M0 0h9"/></svg>'


def line_svg(height: int) -> str:
    """The deck's picture in one of its states."""
    return SVG.format(height)


class Author:
    """Who writes the deck and releases it."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "source"
        (self.source / "cards").mkdir(parents=True)
        (self.source / "media").mkdir()
        (self.source / "deck.yaml").write_text(DECK, encoding="utf-8")
        (self.source / "media" / "line.svg").write_text(line_svg(9), encoding="utf-8")
        for card_id, text in CARDS.items():
            self.write(card_id, text)
        self.lock: ReleaseLock | None = None
        self.last: RenderedDeck | None = None

    def write(self, card_id: str, text: str) -> None:
        """Write a card, new or in place of the old one."""
        path = self.source / "cards" / f"{card_id}.yaml"
        path.write_text(f"id: {card_id}\n{text}", encoding="utf-8")

    def change(self, card_id: str, old: str, new: str) -> None:
        """Replace words of a card."""
        path = self.source / "cards" / f"{card_id}.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def release(self, day: int) -> bytes:
        """The package of a release on a day."""
        deck = self._rendered()
        self.lock = advance(self.lock, shipment(deck), f"1.{day}", FIRST_RELEASE + day * DAY, mark=False)
        self.last = dataclasses.replace(deck, settings=dataclasses.replace(deck.settings, lock=self.lock))
        return package_bytes(self.last, lambda _done, _all: None)

    def table(self) -> bytes:
        """The last release as a text import."""
        assert self.last is not None
        return anki_table(tuple(notes(self.last, decks_of(self.last.settings))))

    def shipped(self) -> dict[str, dict[str, str]]:
        """The fields and tags of the last release by card ID."""
        assert self.last is not None
        return {
            note.card_id: {
                **{field.name: text for field, text in zip(FILLED_FIELDS, note.fields, strict=True)},
                "tags": " ".join(note.tags),
            }
            for note in notes(self.last, decks_of(self.last.settings))
        }

    def _rendered(self) -> RenderedDeck:
        prepared = prepare(self.source.parent, "anki", lambda _step, _done, _all: None, trust=EVERYBODY)
        assert prepared.rendered is not None, [str(found) for found in prepared.checked.diagnostics]
        return prepared.rendered


class Student:
    """A learner with a history, and what an update must leave as it is."""

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self.col: Any = learner.col

    def note(self, card_id: str) -> Any:
        """The note of a card."""
        [number] = self.col.find_notes(f"ID:{card_id}")
        return self.col.get_note(number)

    def shown(self, card_id: str) -> dict[str, str]:
        """A note's fields and tags, as the author would write them."""
        note = self.note(card_id)
        return {**dict(note.items()), "tags": " ".join(sorted(note.tags))}

    def has(self, card_id: str, shipped: dict[str, str]) -> bool:
        """Whether the learner has a card as it was shipped."""
        if not self.col.find_notes(f"ID:{card_id}"):
            return False
        shown = self.shown(card_id)
        return all(html.unescape(shown.get(name, "")) == html.unescape(text) for name, text in shipped.items())

    def review(self) -> None:
        """Answer every card, some of them more than once."""
        from anki.scheduler.v3 import CardAnswer

        ratings = (CardAnswer.GOOD, CardAnswer.EASY, CardAnswer.AGAIN)
        for turn, number in enumerate(self.col.find_cards("", order="n.guid, c.ord")):
            for rating in ratings[: turn % 3 + 1]:
                card = self.col.get_card(number)
                card.start_timer()
                states = self.col._backend.get_scheduling_states(number)
                self.col.sched.answer_card(self.col.sched.build_answer(card=card, states=states, rating=rating))
        # Anki completes what these quick answers leave out, so that its next check reports nothing.
        self.col.fix_integrity()

    def edit(self, card_id: str, day: float) -> None:
        """Write one's own words into a note on a day."""
        note = self.note(card_id)
        note["Answer" if note["Answer"] else "Question"] += OWN
        self.save(note, day)

    def tag(self, card_id: str, day: float) -> None:
        """Give a note a tag of one's own on a day."""
        note = self.note(card_id)
        note.tags.append("mine")
        self.save(note, day)

    def save(self, note: Any, day: float) -> None:
        """Save a note as if on a day."""
        self.col.update_note(note)
        self.col.db.execute("update notes set mod = ? where id = ?", FIRST_RELEASE + int(day * DAY), note.id)

    def history(self) -> dict[tuple[str, int], list[Any]]:
        """Everything that Anki knows of the progress with each card, its deck and its log included."""
        reviews: dict[int, list[list[Any]]] = {}
        log = "select cid, id, ease, ivl, lastIvl, factor, time, type from revlog order by id"
        for card, *entry in self.learner.rows(log):
            reviews.setdefault(card, []).append(entry)
        sql = (
            "select n.guid, c.ord, c.id, c.did, c.type, c.queue, c.due, c.ivl, c.factor, c.reps, c.lapses, c.left, "
            "c.odue, c.odid, c.flags, c.data from cards c join notes n on n.id = c.nid"
        )
        return {(guid, number): [*row, reviews.get(row[0], [])] for guid, number, *row in self.learner.rows(sql)}
