"""How the real Anki imports the CSV file: each fact that the format relies on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from anki_collection import Learner, collection
from cardpipe.model import anki_identity as identity
from cardpipe.writers.anki.package import package_bytes
from cardpipe.writers.csv import WRITER
from cardpipe.writers.text import WRITER as TEXT_WRITER
from rendered_sample import CURVE, SPARE, UID, rendered_card, rendered_deck, sample_deck

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cardpipe.writers.api import RenderedDeck


def table(deck: RenderedDeck) -> bytes:
    return WRITER.write(deck, {"dialect": "anki"}, lambda _done, _all: None)[0].data


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    """A learner who imported the sample package and has seen one card."""
    with collection(tmp_path / "anki") as opened:
        opened.import_package(package_bytes(sample_deck(), lambda _done, _all: None))
        opened.review("ML0044")
        yield opened


def test_anki_reads_every_directive(learner: Learner) -> None:
    path = learner.folder / "deck.csv"
    path.write_bytes(table(sample_deck()))
    found = learner.col.get_csv_metadata(str(path), None)
    assert (found.guid_column, found.notetype_column, found.deck_column, found.tags_column) == (1, 2, 3, 4)
    assert found.is_html
    assert list(found.column_labels)[4:7] == ["ID", "Title", "Question"]


def test_the_same_deck_changes_nothing(learner: Learner) -> None:
    before = learner.state()
    log = learner.import_csv(table(sample_deck()))
    assert (len(log.new), len(log.conflicting), log.found_notes) == (0, 0, 3)
    after = learner.state()
    assert after == before


def test_text_with_tabs_is_the_same_table(learner: Learner) -> None:
    before = learner.state()
    text = TEXT_WRITER.write(sample_deck(), {"shape": "anki"}, lambda _done, _all: None)[0].data
    log = learner.import_csv(text)
    assert (len(log.new), len(log.conflicting), log.found_notes) == (0, 0, 3)
    assert learner.state() == before


def test_changed_text_lands_and_progress_is_kept(learner: Learner) -> None:
    before = learner.scheduling("ML0044")
    deck = sample_deck()
    cards = [
        dataclasses.replace(card, answer='<p>A "new", <span class="math inline">\\(a &lt; b\\)</span>\n#text</p>')
        if card.id == "ML0044"
        else card
        for card in deck.cards
    ]
    log = learner.import_csv(table(dataclasses.replace(deck, cards=tuple(cards))))
    assert len(log.new) == 0
    assert (
        learner.fields("ML0044")["Answer"] == '<p>A "new", <span class="math inline">\\(a &lt; b\\)</span>\n#text</p>'
    )
    assert learner.scheduling("ML0044") == before
    assert learner.col.note_count() == 3


def test_a_new_row_becomes_a_note_of_the_same_type(learner: Learner) -> None:
    learner.import_csv(table(rendered_deck([*sample_deck().cards, rendered_card("DL0099", tags=("a", "b"))])))
    assert learner.col.note_count() == 4
    assert learner.decks()["Machine learning interview::Deep learning"] == 2
    [[guid, note_type, tags]] = learner.rows("select guid, mid, tags from notes where sfld = 'DL0099'")
    assert guid == identity.note_guid(UID, "DL0099")
    assert note_type == identity.note_type_id(UID, "basic")
    assert tags == " a b "


def test_the_package_recognises_what_the_table_added(learner: Learner) -> None:
    deck = rendered_deck([*sample_deck().cards, rendered_card("DL0099")])
    learner.import_csv(table(deck))
    log = learner.import_package(package_bytes(deck, lambda _done, _all: None))
    assert (len(log.new), len(log.conflicting)) == (0, 0)
    assert learner.col.note_count() == 4


def test_a_renamed_note_type_is_found(learner: Learner) -> None:
    [model] = [model for model in learner.col.models.all() if model["name"].startswith("cardpipe")]
    model["name"] = "My cards"
    learner.col.models.update_dict(model)
    learner.import_csv(table(rendered_deck([*sample_deck().cards, rendered_card("DL0099")])))
    assert learner.rows("select distinct mid from notes") == [[model["id"]]]


def test_fields_that_the_table_lacks_stay_as_they_are(learner: Learner) -> None:
    [number] = learner.col.find_notes("ID:ML0044")
    note = learner.col.get_note(number)
    note["Spare 6"] = "my own note"
    learner.col.update_note(note)
    learner.import_csv(table(sample_deck()))
    assert learner.fields("ML0044")["Spare 6"] == "my own note"


def test_a_card_that_was_moved_stays_where_the_learner_put_it(learner: Learner) -> None:
    [number] = learner.col.find_cards("ID:ML0044")
    mine = learner.col.decks.id("Mine")
    assert mine is not None
    learner.col.set_deck([number], mine)
    learner.import_csv(table(sample_deck()))
    assert learner.decks()["Mine"] == 1


def test_decks_are_made_once_whatever_their_order(learner: Learner) -> None:
    cards = [rendered_card(card_id) for card_id in ("AA0001", "BB0001", "CC0001", "AA0002", "DD0001")]
    names = {"AA": "Top::Low", "BB": "Top", "CC": "Other"}
    learner.import_csv(table(rendered_deck(cards, name="New", subdecks=names)))
    decks = {name: count for name, count in learner.decks().items() if name.startswith("New")}
    assert decks == {"New": 1, "New::Top": 1, "New::Top::Low": 2, "New::Other": 1}


def test_source_order_is_kept_where_anki_allows_it(learner: Learner) -> None:
    cards = [rendered_card(card_id) for card_id in ("ML0101", "DL0101", "ML0102")]
    learner.import_csv(table(rendered_deck(cards)))
    order = "select n.sfld from cards c join notes n on n.id = c.nid where n.sfld like '%010_' order by c.due, c.id"
    assert learner.rows(order) == [["ML0101"], ["DL0101"], ["ML0102"]]


def test_a_number_can_be_a_decks_name(learner: Learner) -> None:
    learner.import_csv(table(rendered_deck([rendered_card("ML0001")], name="2024", subdecks={})))
    assert learner.decks()["2024"] == 1


def test_hostile_text_stays_in_its_cell(learner: Learner) -> None:
    card = rendered_card("ML0001", title='#a";\x1f,\t', question="#q\r\n\n#deck:X\n", tags=("a b", "::c"))
    learner.import_csv(table(rendered_deck([card])))
    fields = learner.fields("ML0001")
    assert fields["Title"].strip() == '#a"; ,'
    assert "#deck:X" in fields["Question"]
    assert learner.col.fix_integrity()[1]


def test_the_media_lie_beside_the_table() -> None:
    artefacts = WRITER.write(sample_deck(), {}, lambda _done, _all: None)
    assert [artefact.path for artefact in artefacts] == [
        "ml-interview.csv",
        f"ml-interview-media/{CURVE.name}",
        f"ml-interview-media/{SPARE.name}",
    ]
    assert artefacts[1].data == CURVE.data
