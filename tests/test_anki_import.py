"""How the real Anki imports packages: each fact that the exporter relies on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from anki_collection import Learner, collection
from cardpipe.model.anki_identity import FIRST_RELEASE, Stamps, note_guid
from cardpipe.model.deck import FrontPart
from cardpipe.writers.anki import note_type
from cardpipe.writers.anki.package import package_bytes
from rendered_sample import CURVE, SPARE, rendered_card, rendered_deck, sample_deck, svg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cardpipe.writers.api import RenderedCard, RenderedDeck


def build(deck: RenderedDeck, stamps: Stamps | None = None) -> bytes:
    return package_bytes(deck, lambda _done, _all: None, stamps)


def with_card(deck: RenderedDeck, card_id: str, **changes: Any) -> RenderedDeck:
    cards = [dataclasses.replace(card, **changes) if card.id == card_id else card for card in deck.cards]
    return dataclasses.replace(deck, cards=tuple(cards))


def card_of(deck: RenderedDeck, card_id: str) -> RenderedCard:
    return next(card for card in deck.cards if card.id == card_id)


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    with collection(tmp_path / "anki") as opened:
        yield opened


@pytest.fixture
def studied(learner: Learner) -> Learner:
    """A learner who imported the sample and has seen one card."""
    learner.import_package(build(sample_deck()))
    learner.review("ML0044")
    return learner


def test_every_card_arrives_as_one_note_in_its_deck(learner: Learner) -> None:
    log = learner.import_package(build(sample_deck()))
    assert (len(log.new), len(log.conflicting), len(log.duplicate)) == (3, 0, 0)
    assert learner.decks() == {
        "Machine learning interview": 0,
        "Machine learning interview::Deep learning": 1,
        "Machine learning interview::Machine learning": 2,
    }
    assert learner.rows("select sfld, tags from notes order by sfld") == [
        ["DL0012", " NN "],
        ["ML0044", " nets::cnn NN "],  # Anki sorts tags without case
        ["ML0045", " NN "],
    ]
    due = "select n.sfld from cards c join notes n on n.id = c.nid order by c.due"
    assert learner.rows(due) == [["DL0012"], ["ML0044"], ["ML0045"]]


def test_fields_arrive_as_written(learner: Learner) -> None:
    deck = sample_deck()
    learner.import_package(build(deck))
    fields = learner.fields("ML0044")
    assert list(fields) == [field.name for field in note_type.FIELDS]
    card = card_of(deck, "ML0044")
    assert fields["Title"] == "Perceptron"
    assert fields["Question"] == card.question
    assert fields["Answer"] == card.answer
    assert "#card-" not in fields["Details"]
    assert fields["Related"].count("<li>") == 2
    assert fields["Difficulty"] == "easy"
    assert CURVE.name in fields["Details"]
    assert SPARE.name in learner.fields("ML0045")["Figures"]


def test_anki_finds_nothing_wrong(learner: Learner) -> None:
    learner.import_package(build(sample_deck()))
    before = learner.state()
    report, clean = learner.col.fix_integrity()
    assert clean, report
    assert learner.state() == before
    media = learner.col.media.check()
    assert list(media.missing) == list(media.unused) == []
    assert not learner.col.get_empty_cards().notes
    assert learner.media() == {CURVE.name: CURVE.data, SPARE.name: SPARE.data}


def test_a_second_import_changes_nothing(studied: Learner) -> None:
    before = studied.state()
    log = studied.import_package(build(sample_deck()))
    assert (len(log.new), len(log.updated), len(log.conflicting)) == (0, 0, 0)
    assert studied.state() == before


def test_the_parent_deck_says_what_it_is(learner: Learner) -> None:
    learner.import_package(build(sample_deck()))
    deck = learner.col.decks.by_name("Machine learning interview")
    assert deck is not None
    text = deck["desc"]
    assert "<p>Questions that interviewers ask.</p>" in text
    assert "A. Author, B. Author &amp; Sons" in text
    assert "CC-BY-4.0" in text
    assert '<a href="https://example.org/deck">' in text


def test_both_sides_show_what_is_there_and_no_more(learner: Learner) -> None:
    learner.import_package(build(sample_deck()))
    [full] = learner.col.find_cards("ID:ML0044")
    front, back = learner.col.get_card(full).question(), learner.col.get_card(full).answer()
    for part in ("ML0044", "Perceptron", "What is a perceptron", "nets::cnn", "easy"):
        assert part in front
        assert part in back
    assert "weighs its inputs" not in front
    assert "weighs its inputs" in back
    for heading in ("References", "Related cards"):
        assert heading in back
    [sparse] = learner.col.find_cards("ID:DL0012")
    back = learner.col.get_card(sparse).answer()
    for heading in ("References", "Related cards", 'class="figures"', 'class="difficulty"'):
        assert heading not in back


def test_a_newer_stamp_brings_the_text_and_keeps_the_progress(studied: Learner) -> None:
    progress = studied.scheduling("ML0044")
    changed = with_card(sample_deck(), "ML0044", answer="<p>Better.</p>")
    studied.import_package(build(changed))
    assert "weighs" in studied.fields("ML0044")["Answer"], "the same stamp must not overwrite"
    log = studied.import_package(build(changed, Stamps(notes={"ML0044": FIRST_RELEASE + 60})))
    assert (len(log.new), len(log.updated)) == (0, 1)
    assert studied.fields("ML0044")["Answer"] == "<p>Better.</p>"
    assert studied.scheduling("ML0044") == progress


def test_a_learners_own_edit_survives(studied: Learner) -> None:
    [number] = studied.col.find_notes("ID:ML0044")
    note = studied.col.get_note(number)
    note["Answer"] = "my words"
    note.tags.append("mine")
    studied.col.update_note(note)
    studied.import_package(build(sample_deck()))
    assert studied.fields("ML0044")["Answer"] == "my words"
    assert studied.col.get_note(number).has_tag("mine")


def test_a_new_picture_comes_with_the_new_text(studied: Learner) -> None:
    figure = svg("ml0044-curve", "#2ca02c")
    deck = sample_deck()
    details = card_of(deck, "ML0044").details.replace(CURVE.name, figure.name)
    changed = with_card(deck, "ML0044", details=details, assets=(figure.name,))
    changed = dataclasses.replace(changed, assets={**deck.assets, figure.name: figure})
    studied.import_package(build(changed, Stamps(default=FIRST_RELEASE + 60)))
    assert studied.media()[figure.name] == figure.data
    media = studied.col.media.check()
    assert list(media.missing) == []
    assert list(media.unused) == [CURVE.name]


def test_a_new_style_and_a_new_field_are_imported(studied: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = studied.scheduling("ML0044")
    first = note_type.SPARE_FIELDS
    spare = note_type.FIELDS[-first]
    fields = list(note_type.FIELDS)
    fields[-first] = dataclasses.replace(spare, name="Mnemonic")
    monkeypatch.setattr("cardpipe.writers.anki.note_type.FIELDS", tuple(fields))
    monkeypatch.setattr("cardpipe.writers.anki.note_type.style", lambda: ".card { color: teal }")
    stamps = Stamps(default=FIRST_RELEASE + 60)
    log = studied.import_package(build(sample_deck(), stamps))
    assert len(log.conflicting) == 0
    [number] = studied.col.find_notes("ID:ML0044")
    model = studied.col.get_note(number).note_type()
    assert model is not None
    assert "teal" in model["css"]
    assert "Mnemonic" in [field["name"] for field in model["flds"]]
    assert spare.name not in [field["name"] for field in model["flds"]]
    assert [name for name in studied.col.models.all_names() if name.startswith("cardpipe")] == [model["name"]]
    assert studied.scheduling("ML0044") == progress


def test_a_renamed_deck_keeps_its_note_type(studied: Learner) -> None:
    renamed = rendered_deck([*sample_deck().cards, rendered_card("ML0100")], name="Another name")
    log = studied.import_package(build(renamed))
    assert (len(log.new), len(log.conflicting)) == (1, 0)
    assert len([name for name in studied.col.models.all_names() if name.startswith("cardpipe")]) == 1
    assert studied.decks()["Another name::Machine learning"] == 1
    assert studied.decks()["Machine learning interview::Machine learning"] == 2


def test_a_card_that_is_gone_stays_with_the_learner(studied: Learner) -> None:
    studied.import_package(build(rendered_deck([card_of(sample_deck(), "ML0045")])))
    assert studied.fields("ML0044")["Title"] == "Perceptron"


def test_two_decks_live_side_by_side(learner: Learner) -> None:
    learner.import_package(build(sample_deck()))
    log = learner.import_package(build(rendered_deck(sample_deck().cards, uid="other", name="Other")))
    assert (len(log.new), len(log.conflicting)) == (3, 0)
    assert learner.col.note_count() == 6
    assert learner.col.fix_integrity()[1]


@pytest.mark.parametrize(
    ("name", "below", "expected"),
    [
        ("2024", "7", {"2024", "2024::7"}),
        ("a::b", "c::d", {"a", "a::b", "a::b::c", "a::b::c::d"}),
        (' A "b" \t', "::x::", {'A "b"', 'A "b"::x'}),
        ("e\u0301", "", {"\u00e9"}),
        ("<b>&;,#", "\x1f", {"\u2039b\u203a&;,#"}),  # Anki puts names into its pages as they are
    ],
)
def test_any_deck_name_arrives_whole(learner: Learner, name: str, below: str, expected: set[str]) -> None:
    learner.import_package(build(rendered_deck([rendered_card("ML0001")], name=name, subdecks={"ML": below})))
    assert set(learner.decks()) == expected
    assert learner.col.fix_integrity()[1]


def test_decks_that_differ_in_case_are_one(learner: Learner) -> None:
    cards = [rendered_card("DL0001"), rendered_card("ML0001")]
    learner.import_package(build(rendered_deck(cards, name="D", subdecks={"ML": "Nets", "DL": "nets"})))
    assert learner.decks() == {"D": 0, "D::Nets": 2}


def test_hostile_characters_do_not_break_an_import(learner: Learner) -> None:
    card = rendered_card("ML0001", title="a\x1fb\x00c", details="<p>x\x1fy</p>", tags=("::a", "a b", "c::d"))
    learner.import_package(build(rendered_deck([card])))
    assert learner.fields("ML0001")["Title"] == "a b c"
    assert learner.rows("select tags from notes") == [[" a a_b c::d "]]
    assert learner.col.fix_integrity()[1]


def test_another_id_with_the_former_guid_keeps_the_history(studied: Learner) -> None:
    deck = sample_deck()
    former, row = note_guid(deck.settings.uid.text, "ML0044"), studied.scheduling("ML0044")
    renamed = with_card(deck, "ML0044", id="ML0099", guid=former)
    log = studied.import_package(build(renamed, Stamps(default=FIRST_RELEASE + 10**8)))
    assert (len(log.new), len(log.conflicting)) == (0, 0)
    assert studied.scheduling("ML0099") == row
    assert not studied.col.find_notes("ID:ML0044")


def test_another_choice_above_questions_lands_and_keeps_the_history(studied: Learner) -> None:
    deck, row = sample_deck(), studied.scheduling("ML0044")
    chosen = dataclasses.replace(deck, settings=dataclasses.replace(deck.settings, front=(FrontPart.TITLE,)))
    later = FIRST_RELEASE + 10**8
    log = studied.import_package(build(chosen, Stamps(note_types=dict.fromkeys(("basic", "cloze", "reversed"), later))))
    assert len(log.conflicting) == 0
    [number] = studied.col.find_cards("ID:ML0044")
    assert 'class="id"' not in studied.col.get_card(number).question()
    assert 'class="title"' in studied.col.get_card(number).question()
    assert studied.scheduling("ML0044") == row
    assert not studied.col.get_empty_cards().notes


def test_the_note_of_another_note_type_stays_as_it_is(learner: Learner) -> None:
    basic = learner.col.models.by_name("Basic")
    assert basic is not None
    note = learner.col.new_note(basic)
    note["Front"], note.guid = "What?", "e.(A$]qOSM"
    learner.col.add_note(note, learner.col.decks.get_current_id())
    log = learner.import_package(build(with_card(sample_deck(), "ML0044", guid="e.(A$]qOSM")))
    assert (len(log.new), len(log.conflicting)) == (2, 1)
    assert learner.rows("select flds from notes where guid = 'e.(A$]qOSM'") == [["What?\x1f"]]
