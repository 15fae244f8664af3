"""Parts of cards that Anki reads aloud."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from anki_collection import collection
from cardpipe.model.deck import CardKind
from cardpipe.source.load import load
from cardpipe.text.escaping import PlainText
from cardpipe.writers.anki.note_type import templates
from cardpipe.writers.anki.package import package_bytes
from cardpipe.writers.anki.reviewer import Reviewer
from cardpipe.writers.api import ClozeText
from rendered_sample import rendered_card, rendered_deck, text

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.writers.api import RenderedCard, RenderedDeck

TTS = {"question": text("en_US"), "answer": text("fr_FR")}


def card(kind: CardKind) -> RenderedCard:
    made = replace(rendered_card("ML0001", question="<p>one</p>", answer="<p>un</p>"), kind=kind)
    if kind is CardKind.CLOZE:
        return replace(made, cloze=ClozeText(text="<p>one {{c1::two}}</p>", numbers=(1,), remark=""))
    return replace(made, typed=PlainText("un")) if kind is CardKind.TYPED else made


def spoken(tag: Any) -> tuple[str, str]:
    return tag.field_text.replace("[...]", "blank").strip(), tag.lang


def deck(kind: CardKind) -> RenderedDeck:
    made = rendered_deck([card(kind)])
    return replace(made, settings=replace(made.settings, tts=TTS))


@pytest.mark.parametrize("kind", CardKind)
def test_without_the_choice_nothing_changes(kind: CardKind) -> None:
    settings = deck(kind).settings
    without = replace(settings, tts={})
    for spoken, silent in zip(templates(kind.value, settings), templates(kind.value, without), strict=True):
        assert "{{tts" not in silent.front + silent.back
        assert "{{tts" in spoken.front
        assert "{{tts" in spoken.back


@pytest.mark.parametrize(
    ("kind", "fronts", "backs"),
    [
        (CardKind.BASIC, [[("one", "en_US")]], [[("un", "fr_FR")]]),
        (CardKind.REVERSED, [[("one", "en_US")], [("un", "fr_FR")]], [[("un", "fr_FR")], [("one", "en_US")]]),
        (CardKind.CLOZE, [[("one blank", "en_US")]], [[("one two", "en_US")]]),
        (CardKind.TYPED, [[("one", "en_US")]], [[("one", "en_US"), ("un", "fr_FR")]]),
    ],
)
def test_anki_reads_what_is_shown(
    kind: CardKind, fronts: list[list[tuple[str, str]]], backs: list[list[tuple[str, str]]], tmp_path: Path
) -> None:
    with collection(tmp_path / "anki") as learner:
        learner.import_package(package_bytes(deck(kind), lambda _done, _all: None))
        outputs = [learner.col.get_card(number).render_output() for number in learner.col.find_cards("")]
        found = [
            [[spoken(tag) for tag in tags] for tags in side]
            for side in (
                [output.question_av_tags for output in outputs],
                [output.answer_av_tags for output in outputs],
            )
        ]
    assert found == [fronts, backs]


@pytest.mark.parametrize("kind", CardKind)
def test_the_preview_shows_no_tag(kind: CardKind) -> None:
    shown = Reviewer(deck(kind), lambda tex, _display: tex).card(1)
    assert "tts" not in shown.front + shown.back


@pytest.mark.parametrize(
    ("written", "is_valid"),
    [
        ("{question: en_US}", True),
        ("{answer: zh_CN, question: yue_HK}", True),
        ("{question: en}", False),
        ("{question: en-US}", False),
        ("{question: 'en_US:Answer}}'}", False),
        ("{details: en_US}", False),
    ],
)
def test_the_language_is_checked(written: str, is_valid: bool, tmp_path: Path) -> None:
    contents = (
        f"uid: a1\nslug: a\nname: A\nlanguage: en\nauthors: [A]\ndescription: A.\nsubdecks: {{ML: A}}\ntts: {written}\n"
    )
    loaded = load(tmp_path, contents={"source/deck.yaml": contents.encode()})
    assert (not [one for one in loaded.findings if one.code.startswith("SCH")]) is is_valid
