"""Successive releases in the real Anki: changes are imported, and learners' edits are kept."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from anki_collection import Learner, collection
from cardpipe.model.anki_identity import FIRST_RELEASE
from cardpipe.release.advance import advance
from cardpipe.writers.anki.package import package_bytes
from cardpipe.writers.anki.shipment import shipment
from rendered_sample import SPARE, rendered_card, rendered_deck, sample_deck, svg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.writers.api import RenderedDeck

DAY = 86_400
BETTER = "<p>Better.</p>"


def with_lock(deck: RenderedDeck, lock: ReleaseLock | None) -> RenderedDeck:
    return dataclasses.replace(deck, settings=dataclasses.replace(deck.settings, lock=lock))


def build(deck: RenderedDeck, lock: ReleaseLock | None) -> bytes:
    return package_bytes(with_lock(deck, lock), lambda _done, _all: None)


def with_card(deck: RenderedDeck, card_id: str, **changes: Any) -> RenderedDeck:
    cards = [dataclasses.replace(card, **changes) if card.id == card_id else card for card in deck.cards]
    return dataclasses.replace(deck, cards=tuple(cards))


class Publisher:
    """Releases one state of the deck after another, a day apart."""

    def __init__(self) -> None:
        self.lock: ReleaseLock | None = None
        self.count = 0

    def release(self, deck: RenderedDeck, *, mark: bool = False) -> bytes:
        self.count += 1
        time = FIRST_RELEASE + self.count * DAY
        self.lock = advance(self.lock, shipment(deck), f"1.{self.count}", time, mark=mark)
        return build(deck, self.lock)


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    with collection(tmp_path / "anki") as opened:
        yield opened


def edit(learner: Learner, card_id: str, release: int = 1) -> None:
    """Edit a note an hour after a release, and so before the next one."""
    [number] = learner.col.find_notes(f"ID:{card_id}")
    note = learner.col.get_note(number)
    note["Answer"] = "my words"
    note.tags.append("mine")
    learner.col.update_note(note)
    assert learner.col.db is not None
    learner.col.db.execute("update notes set mod = ? where id = ?", FIRST_RELEASE + release * DAY + 3600, number)


def test_a_changed_card_is_updated_and_an_edit_of_another_survives(learner: Learner, publisher: Publisher) -> None:
    learner.import_package(publisher.release(sample_deck()))
    progress = learner.review("ML0044")
    edit(learner, "ML0045")
    log = learner.import_package(publisher.release(with_card(sample_deck(), "ML0044", answer=BETTER)))
    assert (len(log.new), len(log.updated), len(log.conflicting)) == (0, 1, 0)
    assert learner.fields("ML0044")["Answer"] == BETTER
    assert learner.scheduling("ML0044") == progress
    assert learner.fields("ML0045")["Answer"] == "my words"
    assert learner.rows("select count() from notes where tags like '% mine %'") == [[1]]


def test_an_edit_gives_way_only_where_the_card_changed(learner: Learner, publisher: Publisher) -> None:
    learner.import_package(publisher.release(sample_deck()))
    edit(learner, "ML0044")
    learner.import_package(publisher.release(sample_deck()))
    assert learner.fields("ML0044")["Answer"] == "my words"
    learner.import_package(publisher.release(with_card(sample_deck(), "ML0044", answer=BETTER)))
    assert learner.fields("ML0044")["Answer"] == BETTER


def test_the_same_release_twice_changes_nothing(learner: Learner, publisher: Publisher) -> None:
    publisher.release(sample_deck())
    data = publisher.release(with_card(sample_deck(), "ML0044", answer=BETTER))
    learner.import_package(data)
    learner.review("ML0044")
    before = learner.state()
    log = learner.import_package(data)
    assert (len(log.new), len(log.updated), len(log.conflicting)) == (0, 0, 0)
    assert learner.state() == before


def test_a_skipped_release_is_made_up_for(learner: Learner, publisher: Publisher) -> None:
    learner.import_package(publisher.release(sample_deck()))
    second = with_card(sample_deck(), "ML0044", answer=BETTER)
    publisher.release(second)
    learner.import_package(publisher.release(with_card(second, "DL0012", answer="<p>Third.</p>")))
    assert learner.fields("ML0044")["Answer"] == BETTER
    assert learner.fields("DL0012")["Answer"] == "<p>Third.</p>"


def test_an_older_release_reverts_nothing(learner: Learner, publisher: Publisher) -> None:
    old = publisher.release(sample_deck())
    learner.import_package(publisher.release(with_card(sample_deck(), "ML0044", answer=BETTER)))
    before = learner.state()
    learner.import_package(old)
    assert learner.fields("ML0044")["Answer"] == BETTER
    assert learner.state()[:2] == before[:2]


def test_a_card_added_in_the_middle_disturbs_no_other(learner: Learner, publisher: Publisher) -> None:
    learner.import_package(publisher.release(sample_deck()))
    progress = learner.review("ML0044")
    edit(learner, "ML0045")
    cards = list(sample_deck().cards)
    log = learner.import_package(publisher.release(rendered_deck([*cards[:1], rendered_card("ML0001"), *cards[1:]])))
    assert (len(log.new), len(log.updated)) == (1, 0)
    assert learner.scheduling("ML0044") == progress
    assert learner.fields("ML0045")["Answer"] == "my words"


def test_a_changed_figure_is_updated(learner: Learner, publisher: Publisher) -> None:
    learner.import_package(publisher.release(sample_deck()))
    progress = learner.review("ML0045")
    deck = sample_deck()
    figure = svg("ml0045-regions", "#2ca02c")
    [shown] = next(card for card in deck.cards if card.id == "ML0045").figures
    changed = with_card(deck, "ML0045", figures=(dataclasses.replace(shown, asset=figure.name),), assets=(figure.name,))
    changed = dataclasses.replace(changed, assets={**deck.assets, figure.name: figure})
    learner.import_package(publisher.release(changed))
    assert figure.name in learner.fields("ML0045")["Figures"]
    assert SPARE.name not in learner.fields("ML0045")["Figures"]
    assert learner.media()[figure.name] == figure.data
    assert learner.scheduling("ML0045") == progress


def test_tags_and_style_land(learner: Learner, publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    learner.import_package(publisher.release(sample_deck()))
    edit(learner, "ML0045")
    monkeypatch.setattr("cardpipe.writers.anki.note_type.style", lambda: ".card { color: teal }")
    learner.import_package(publisher.release(with_card(sample_deck(), "DL0012", tags=("NN", "nets::cnn"))))
    [number] = learner.col.find_notes("ID:DL0012")
    note = learner.col.get_note(number)
    model = note.note_type()
    assert note.has_tag("nets::cnn")
    assert model is not None
    assert "teal" in model["css"]
    assert learner.fields("ML0045")["Answer"] == "my words"


def test_a_mark_lasts_until_the_next_release(learner: Learner, publisher: Publisher) -> None:
    publisher.release(sample_deck())
    changed = with_card(sample_deck(), "ML0044", answer=BETTER)
    learner.import_package(publisher.release(changed, mark=True))
    assert len(learner.col.find_notes("tag:changed::1.2")) == 1
    edit(learner, "ML0044", release=2)
    third = with_card(changed, "DL0012", answer="<p>Third.</p>")
    data = publisher.release(third)
    learner.import_package(data)
    assert learner.fields("ML0044")["Answer"] == "my words", "taking a mark back is not worth a learner's edit"
    with collection(learner.folder / "fresh") as fresh:
        fresh.import_package(data)
        assert not fresh.col.find_notes("tag:changed::*")


def test_a_build_between_releases_is_newer_where_it_differs(learner: Learner, publisher: Publisher) -> None:
    learner.import_package(publisher.release(sample_deck()))
    edit(learner, "ML0045")
    changed = with_card(sample_deck(), "ML0044", answer=BETTER)
    assert build(changed, publisher.lock) == build(changed, publisher.lock)
    learner.import_package(build(changed, publisher.lock))
    assert learner.fields("ML0044")["Answer"] == BETTER
    assert learner.fields("ML0045")["Answer"] == "my words"
    final = with_card(changed, "ML0044", answer="<p>Final.</p>")
    learner.import_package(publisher.release(final))
    assert learner.fields("ML0044")["Answer"] == "<p>Final.</p>", "the release comes after every build before it"


def test_a_card_that_changes_back_is_updated_again(learner: Learner, publisher: Publisher) -> None:
    learner.import_package(publisher.release(sample_deck()))
    learner.import_package(publisher.release(with_card(sample_deck(), "ML0044", answer=BETTER)))
    learner.import_package(publisher.release(sample_deck()))
    assert "weighs" in learner.fields("ML0044")["Answer"]
