"""Note types of a deck in the real Anki: cards, what they show, and that our faces are the same."""

from __future__ import annotations

import dataclasses
import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from anki_collection import Learner, collection
from cardpipe.build.pipeline import prepare
from cardpipe.model.trust import NOBODY
from cardpipe.text.escaping import inert
from cardpipe.writers.anki import WRITER as ANKI
from cardpipe.writers.anki.decks import decks_of
from cardpipe.writers.anki.notes import notes
from cardpipe.writers.anki.package import package_bytes
from cardpipe.writers.anki.reviewer import Reviewer
from cardpipe.writers.anki.shape import NoteTypeShapes
from cardpipe.writers.csv import WRITER as CSV
from cardpipe.writers.html import WRITER as HTML
from cardpipe.writers.markdown import WRITER as MARKDOWN
from test_note_types import DECK, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cardpipe.writers.api import Capabilities, RenderedCard, RenderedDeck


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    with collection(tmp_path / "anki") as opened:
        yield opened


def rendered(root: Path) -> RenderedDeck:
    """The deck as rendered for Anki; it has no errors."""
    prepared = prepare(root, "anki", lambda _step, _done, _all: None, trust=NOBODY)
    assert prepared.rendered is not None, [str(one) for one in prepared.checked.diagnostics]
    return prepared.rendered


def imported(learner: Learner, deck: RenderedDeck) -> Any:
    return learner.import_package(package_bytes(deck, lambda _done, _all: None))


def cards_of(learner: Learner, card_id: str) -> dict[Any, Any]:
    """The cards that Anki has of a note, by the name of their template."""
    return {
        card.template()["name"]: card for card in map(learner.col.get_card, learner.col.find_cards(f"ID:{card_id}"))
    }


def test_a_note_has_its_fields_and_cards(tmp_path: Path, learner: Learner) -> None:
    deck = rendered(written(tmp_path / "deck"))
    log = imported(learner, deck)
    assert (len(log.new), len(log.conflicting)) == (3, 0)
    fields = learner.fields("GE0001")
    assert list(fields)[:8] == ["ID", "Country", "Capital", "Hint", "Flag", "Population", "Facts", "Info"]
    assert list(fields)[8:13] == ["References", "Related", "Difficulty", "Notice", "Spare 1"]
    assert fields["Country"] == "France"
    assert fields["Population"] == "68000000"
    assert fields["Facts"].startswith("<ul><li>Republic</li>")
    assert 'alt="Flag"' in fields["Flag"]
    assert list(cards_of(learner, "GE0001")) == ["Capital", "Flag"]
    assert learner.col.get_empty_cards().notes == []
    front = cards_of(learner, "GE0001")["Capital"].question()
    assert "What is the capital of <strong>France</strong>?" in front
    assert "[[type:Capital]]" in front
    assert "On the Seine" in front  # on request: Anki hides it behind a link
    assert "hint" in front
    assert learner.col.fix_integrity()[1]


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (rendered(written(tmp_path / name)) for name in ("a", "b"))
    assert package_bytes(one, lambda _d, _a: None) == package_bytes(two, lambda _d, _a: None)


def test_braces_of_texts_are_not_fields(tmp_path: Path, learner: Learner) -> None:
    deck = DECK.replace('"{country}"', r'"{country} \\{\\{FrontSide\\}\\} $\\frac{{a}}{b}$ `{{Tags}}` {1}"')
    imported(learner, rendered(written(tmp_path / "deck", deck=deck)))
    shown = cards_of(learner, "GE0001")["Flag"].answer()
    assert "\\frac&#123; &#123;a&#125; &#125;" in shown
    assert "&#123;&#123;FrontSide&#125;&#125;" in shown
    assert "&#123;&#123;Tags&#125;&#125;" in shown


def test_the_tables_have_the_fields_as_columns(tmp_path: Path, learner: Learner) -> None:
    root = written(tmp_path / "deck", GE0002="id: GE0002\ntitle: A card\nquestion: Old?\nanswer: Yes.\ntags: [x]\n")
    deck = rendered(root)
    imported(learner, deck)
    before = learner.state()
    tables = [made for made in CSV.write(deck, {}, lambda _d, _a: None) if made.path.endswith(".csv")]
    assert [made.path for made in tables] == ["geo.csv", "geo.country.csv", "geo.word.csv"]
    for made in tables:
        log = learner.import_csv(made.data)
        assert (len(log.new), len(log.conflicting), log.found_notes) == (
            0,
            0,
            made.data.count(b"GE0") + made.data.count(b"VO0"),
        )
    assert learner.state() == before
    changed = tables[2].data.replace(b'"house"', b'"home"')
    assert len(learner.import_csv(changed).updated) == 1
    assert learner.fields("VO0001")["Meaning"] == "home"
    plain = CSV.write(deck, {"dialect": "plain"}, lambda _d, _a: None)
    words = next(made for made in plain if made.path == "geo.word.csv").data.decode()
    assert words.splitlines()[:2] == [
        '"id","word","meaning","pos","references","related","difficulty","notice","deck","tags"',
        '"VO0001","Haus","house","noun","","","","","Geography::Words","german"',
    ]


def test_the_preview_shows_the_cards_of_a_note(tmp_path: Path) -> None:
    deck = rendered(written(tmp_path))
    one = dataclasses.replace(deck, cards=tuple(card for card in deck.cards if card.id == "GE0001"))
    reviewer = Reviewer(one, lambda tex, _display: tex)
    assert list(reviewer.cards) == [1, 2]
    assert all(reviewer.cards.values())
    first, second = reviewer.card(1), reviewer.card(2)
    assert "What is the capital of <strong>France</strong>?" in first.front
    assert "Paris" not in first.front
    assert "Paris" in first.back
    assert "{{" not in first.front + first.back + second.front + second.back
    assert "<p>France</p>" in second.back


SIDES = (
    "{a}",
    "**{a}** and {b}",
    "{?a}A{/a}{!a}no A{/a}",
    "{?a}[{b}](https://example.org){/a}",
    "Text\n\n{?b}\n\n- {a}\n- {b}\n\n{/b}",
    "# {a}\n\n{t}\n\n{l}",
    "{?a}{?b}*{a}{b}*{/b}{/a}",
    "| {a} | {b} |\n|---|---|\n| {n} | $x_{1}$ |",
    "{?t}\n\n{t}\n\n{/t}\n\n{n}",
    "{p} {s}",
    "> {a}\n> {?p}{p}{/p}",
)
VALUES: dict[str, tuple[Any, ...]] = {
    "a": (None, "Word", "*b*", "<br>", "a < b & c", "1. x", "$x^{2}$", "`{{a}}`", "&nbsp;", "{{b}}", "שלום"),
    "b": (None, "Other", "x | y", "https://example.org", "~~no~~", "[sound:x.mp3]"),
    "t": (None, "One.\n\nTwo.", "- a\n- b", "```\n{a}\n```", "$$\\frac{{a}}{b}$$"),
    "l": (None, ["one"], ["- two", "3. three"]),
    "n": (None, 1, -2.5),
    "p": (None, "fr.svg", ["fr.svg", "fr.svg"]),
    "s": (None, "a.mp3"),
}
ABSTRACT = re.compile(r'<a class="?hint.*?</div>', re.DOTALL)


@pytest.mark.parametrize("seed", [21, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(20))])
def test_faces_are_what_the_real_anki_makes_of_them(tmp_path: Path, learner: Learner, seed: int) -> None:
    """Random note types and notes: the same cards, and the same HTML on both sides."""
    chance = random.Random(seed)  # noqa: S311 - a test
    fields = {"a": "line", "b": "line", "t": "text", "l": "list", "n": "number", "p": "picture", "s": "sound"}
    types = {}
    for number in range(12):
        faces = {}
        for face in range(3):
            made: dict[str, Any] = {"front": f"{chance.choice('abn')}: " + "{" + chance.choice("abn") + "}"}
            made["front"] = chance.choice((made["front"], f"Front {face}\n\n{chance.choice(SIDES)}"))
            made["back"] = chance.choice(SIDES)
            if chance.random() < 0.5:
                made["needs"] = chance.sample("abtlnps", chance.randint(1, 3))
            if chance.random() < 0.3:
                made["hint"] = chance.choice("abt")
            faces[f"face{face}"] = made
        types[f"type{number}"] = {"fields": fields, "faces": faces}
    deck = yaml.safe_load(DECK)
    deck["note_types"] = types
    cards = []
    for number in range(150):
        values = {key: chance.choice(known) for key, known in VALUES.items()}
        cards.append(
            {
                "id": f"GE{number + 1:04}",
                "type": f"type{number % 12}",
                "fields": {key: value for key, value in values.items() if value is not None} or {"a": "x"},
                "tags": ["x"],
            }
        )
    root = written(tmp_path / "deck", deck=json.dumps(deck, ensure_ascii=False, indent=1))
    for path in (root / "source/tables/words.yaml", root / "source/cards/GE0001.yaml"):
        path.unlink()
    (root / "source/media/a.mp3").write_bytes(b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" * 200)
    (root / "source/cards/all.yaml").write_text(json.dumps(cards, ensure_ascii=False, indent=1), encoding="utf-8")
    random_deck = forced(root)
    with_cards = [card for card in random_deck.cards if card.faces]
    assert 60 < len(with_cards) < 150
    imported(learner, random_deck)
    assert learner.col.get_empty_cards().notes == []
    # Formats with other forms of texts have the same faces.
    for writer in (HTML, MARKDOWN):
        form = dataclasses.replace(writer.capabilities, faces=True)
        others = [[face.key for face in card.faces] for card in forced(root, form).cards]
        assert others == [[face.key for face in card.faces] for card in random_deck.cards]
    for card in with_cards:
        theirs = cards_of(learner, card.id)
        assert list(theirs) == [face.name for face in card.faces], card
        compared(card, theirs)


def compared(card: RenderedCard, theirs: dict[str, Any]) -> None:
    for face in card.faces:
        shown = theirs[face.name]
        assert _content(shown.question(), '<div class="question">') == _plain(inert(face.front))
        assert _content(shown.answer(), '<section class="answer">') == _plain(inert(face.back))


def _content(side: str, opening: str) -> str:
    inside = side.partition(opening)[2]
    close = "</div>" if "div" in opening else "</section>"
    end = inside.find('\n<div class="hint">')
    return _plain(inside[:end].rpartition("</div>")[0] if end >= 0 and "div" in opening else _until(inside, close))


def _until(inside: str, close: str) -> str:
    """The content of an element up to its own end."""
    depth, name = 1, close[2:-1]
    for tag in re.finditer(rf"<(/?){name}\b[^>]*>", inside):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return inside[: tag.start()]
    raise AssertionError(inside)


def _plain(text: str) -> str:
    text = re.sub(r"\[anki:play:[a-z]:\d+\]", "[sound]", re.sub(r"\[sound:[^\]]*\]", "[sound]", text))
    return " ".join(text.replace("&#123;", "{").replace("&#125;", "}").split())


def forced(root: Path, capabilities: Capabilities = ANKI.capabilities) -> RenderedDeck:
    """The deck as rendered for Anki or another format, whatever lint says: random decks break rules on style."""
    from cardpipe.cache.store import Cache
    from cardpipe.render.batch import installed_kind
    from cardpipe.render.cached_card import completed
    from cardpipe.render.card import CardRenderer
    from cardpipe.render.deck import rendered_deck
    from cardpipe.source.load import load

    deck = load(root).deck
    assert deck is not None
    assert deck.cards, load(root).findings
    renderer = CardRenderer(deck.settings, capabilities, Cache.disabled(), installed_kind, NOBODY)
    try:
        made = [renderer.card(card) for card in deck.cards]
        return rendered_deck(
            deck.settings,
            capabilities,
            cards=tuple(completed(card, {}, set()) for card in made),
            assets=renderer.assets,
            description="",
            note_types=renderer.note_types(),
        )
    finally:
        renderer.close()


@pytest.mark.parametrize(
    ("chosen", "above", "below"),
    [
        (None, ["id"], []),
        ("[]", [], ["id", "tags"]),
        ("[tags]", ["tags"], ["id"]),
        ("[id, title, tags]", ["id", "tags"], []),
    ],
)
def test_the_deck_chooses_what_stands_above_a_front(
    tmp_path: Path, chosen: str | None, above: list[str], below: list[str]
) -> None:
    deck = DECK if chosen is None else f"front: {chosen}\n{DECK}"
    made = rendered(written(tmp_path, deck=deck))
    shapes = NoteTypeShapes(made)
    note = next(notes(made, decks_of(made.settings)))
    for template in shapes.of(note.note_type).templates[:2]:
        assert re.findall(r'<span class="(id|tags)">', template.front) == above
        back = template.back.partition('<hr id="answer">')[2]
        assert re.findall(r'<span class="(id|tags)">', back) == below


def test_anki_reads_fields_aloud(tmp_path: Path, learner: Learner) -> None:
    deck = DECK.replace("fields: {word: line, ", "fields: {word: {kind: line, tts: de_DE}, ")
    imported(learner, rendered(written(tmp_path, deck=deck)))
    asked, answered = cards_of(learner, "VO0001").values()
    assert [(tag.field_text, tag.lang) for tag in asked.question_av_tags()] == [("Haus", "de_DE")]
    assert [tag.field_text for tag in asked.answer_av_tags()] == []
    assert [tag.field_text for tag in answered.question_av_tags()] == []
    assert [(tag.field_text, tag.lang) for tag in answered.answer_av_tags()] == [("Haus", "de_DE")]
    assert learner.col.get_empty_cards().notes == []
