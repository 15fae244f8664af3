"""Any sequence of edits of an author and a learner: no history is lost, and every change is imported."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from anki_collection import collection
from cardpipe.model.anki_identity import FIRST_RELEASE
from update_world import CARDS, DAY, Author, Student, line_svg

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = st.sampled_from(sorted(CARDS))
ON_A_CARD = ("text", "tag", "retire", "blank", "edit", "own tag", "flag", "suspend", "move")
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["text", "tag", "retire", "blank", "edit", "own tag", "flag", "suspend", "move"]), OLD
        ),
        st.tuples(st.sampled_from(["add", "picture", "review", "release", "release", "skipped release"]), st.just("")),
    ),
    min_size=2,
    max_size=14,
)


class Story:
    """The author and the learner, and what the learner must have after each import."""

    def __init__(self, author: Author, student: Student) -> None:
        self.author = author
        self.student = student
        self.day = 0
        self.count = 0
        self.own: dict[str, int] = {}
        """When the learner last wrote into a note, in epoch seconds, by card ID."""

    def play(self, step: str, card: str) -> None:
        """One step; those that do not fit the card do nothing."""
        self.count += 1
        acts: dict[str, Callable[[str], object]] = {
            "text": self._text,
            "tag": self._tag,
            "retire": self._retire,
            "blank": self._blank,
            "add": self._add,
            "picture": lambda _: self._picture(),
            "edit": self._edit,
            "own tag": self._own_tag,
            "flag": lambda c: self.student.col.set_user_flag_for_cards(self.count % 7 + 1, self._cards(c)),
            "suspend": lambda c: self.student.col.sched.suspend_cards(self._cards(c)),
            "move": lambda c: self.student.col.set_deck(self._cards(c), self.student.col.decks.id(f"Own {self.count}")),
            "review": lambda _: self.student.review(),
            "release": lambda _: self.release(imported=True),
            "skipped release": lambda _: self.release(imported=False),
        }
        acts[step](card)

    def release(self, *, imported: bool) -> None:
        """The next release, and everything that must hold after it was imported."""
        self.day += 1
        data = self.author.release(self.day)
        if not imported:
            return
        before, texts = self.student.history(), {card: self.student.shown(card) for card in self.own}
        self.student.learner.import_package(data)
        after = self.student.history()
        assert {card: after.get(card) for card in before} == before
        assert self.author.lock is not None
        for card, shipped in self.author.shipped().items():
            mine = self.own.get(card)
            if mine is not None and self.author.lock.cards[card].mod <= mine:
                assert self.student.shown(card) == texts[card]
                continue
            self.own.pop(card, None)
            assert self.student.has(card, shipped), card
        rows = self.student.learner.rows
        assert rows("select count() from notes") == rows("select count(distinct guid) from notes")
        assert not [name for name in self.student.col.models.all_names_and_ids() if name.name.endswith("+")]

    def _path(self, card: str) -> Path:
        return self.author.source / "cards" / f"{card}.yaml"

    def _text(self, card: str) -> None:
        text = self._path(card).read_text(encoding="utf-8")
        title = text.split("\n")[1]
        self._path(card).write_text(text.replace(title, f"title: Title {self.count}"), encoding="utf-8")

    def _tag(self, card: str) -> None:
        text = self._path(card).read_text(encoding="utf-8")
        here, there = ("[one]", "[two]") if "[one]" in text else ("[two]", "[one]")
        self._path(card).write_text(text.replace(here, there), encoding="utf-8")

    def _retire(self, card: str) -> None:
        text = self._path(card).read_text(encoding="utf-8")
        if "status:" in text:
            self._path(card).write_text(text.replace("status: retired\n", ""), encoding="utf-8")
        else:
            self._path(card).write_text(f"{text}status: retired\n", encoding="utf-8")

    def _blank(self, card: str) -> None:
        text = self._path(card).read_text(encoding="utf-8")
        if "kind: cloze" in text:
            number = self.count + 2
            self._path(card).write_text(text.replace("question: '", f"question: '{{{{c{number}::x}}}} "), "utf-8")

    def _add(self, _card: str) -> None:
        self.author.write(f"FX{self.count:04}", f"title: New {self.count}\nquestion: New?\nanswer: Yes.\ntags: [two]\n")

    def _picture(self) -> None:
        (self.author.source / "media" / "line.svg").write_text(line_svg(10 + self.count), encoding="utf-8")

    def _edit(self, card: str) -> None:
        self.student.edit(card, self.day + 0.5)
        self.own[card] = FIRST_RELEASE + int((self.day + 0.5) * DAY)

    def _own_tag(self, card: str) -> None:
        self.student.tag(card, self.day + 0.5)
        self.own[card] = FIRST_RELEASE + int((self.day + 0.5) * DAY)

    def _cards(self, card: str) -> list[int]:
        return list(self.student.note(card).card_ids())


@settings(max_examples=settings().max_examples // 15)
@given(STEPS)
def test_no_history_is_lost_and_every_change_lands(steps: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder, collection(Path(folder) / "learner") as learner:
        story = Story(Author(Path(folder) / "deck"), Student(learner))
        story.release(imported=True)
        story.student.review()
        for step, card in steps:
            story.play(step, card)
        story.release(imported=True)
        assert learner.col.fix_integrity()[1]
