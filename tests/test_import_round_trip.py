"""Decks of the real Anki, imported by us, exported, and imported by Anki again: the same notes, cards and texts."""

from __future__ import annotations

import html
import random
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest
from anki.collection import ExportAnkiPackageOptions
from click.testing import CliRunner

from anki_collection import collection
from cardpipe.build.pipeline import prepare
from cardpipe.cache.store import Cache
from cardpipe.cli.main import cli
from cardpipe.lint.project import lint_project
from cardpipe.model.diagnostics import Severity
from cardpipe.model.trust import NOBODY
from cardpipe.writers.anki.package import package_bytes
from import_sample import PNG, SOUND

if TYPE_CHECKING:
    from pathlib import Path

    from anki_collection import Learner

FRONT_SIDE = "{{FrontSide}}\n\n<hr id=answer>\n\n"
STOCK = ".card { font-family: arial; font-size: 20px; text-align: center; color: black; background-color: white; }"


class Type(NamedTuple):
    """A note type of Anki, and the fields of its notes."""

    fields: tuple[str, ...]
    templates: tuple[tuple[str, str, str], ...]
    notes: tuple[tuple[str, ...], ...]
    css: str = STOCK
    is_cloze: bool = False


PICTURE = '<img src="map.png">'
LIST = "<ul><li>a</li><li>b</li></ul>"
TYPES = {
    "basic": Type(
        ("Front", "Back"),
        (("Card 1", "{{Front}}", FRONT_SIDE + "{{Back}}"),),
        (("What is <b>this</b>?", "a<br>b"), ("\\(x<y\\)?", "yes"), ("null", "1. no list")),
    ),
    "reversed": Type(
        ("Front", "Back"),
        (("Card 1", "{{Front}}", FRONT_SIDE + "{{Back}}"), ("Card 2", "{{Back}}", FRONT_SIDE + "{{Front}}")),
        (("Hund", "dog"), ("only a front", ""), ("", "only a back")),
    ),
    "optional reversed": Type(
        ("Front", "Back", "Add Reverse"),
        (
            ("Card 1", "{{Front}}", FRONT_SIDE + "{{Back}}"),
            ("Card 2", "{{#Add Reverse}}{{Back}}{{/Add Reverse}}", FRONT_SIDE + "{{Front}}"),
        ),
        (("a", "b", "y"), ("c", "d", "")),
    ),
    "typed": Type(
        ("Front", "Back"),
        (("Card 1", "{{Front}}\n\n{{type:Back}}", "{{Front}}\n\n<hr id=answer>\n\n{{type:Back}}"),),
        (("Capital of France?", "Paris"), ("Capital of Italy?", "Rome")),
    ),
    "cloze": Type(
        ("Text", "Back Extra"),
        (("Cloze", "{{cloze:Text}}", "{{cloze:Text}}<br>\n{{Back Extra}}"),),
        (("{{c1::A}} and {{c2::B::hint}}", "more"), ("{{c3::C}}", "")),
        is_cloze=True,
    ),
    "country": Type(
        ("Country", "Capital", "Capital hint", "Flag", "Map", "Info", "People", "Anthem"),
        (
            (
                "Country - Capital",
                "{{#Capital}}<div class=type>Country</div><b>{{Country}}</b>{{/Capital}}",
                FRONT_SIDE + "<div>{{Capital}}{{#Capital hint}} ({{Capital hint}}){{/Capital hint}}</div>"
                "{{#Info}}<div class=info>{{Info}}</div>{{/Info}}",
            ),
            (
                "Capital - Country",
                "{{#Capital}}Which country has <i>{{Capital}}</i>? {{#Capital hint}}<br>Hint: {{Capital hint}}"
                "{{/Capital hint}}{{/Capital}}",
                FRONT_SIDE + "{{Country}}{{#People}}, {{People}} people{{/People}}{{Anthem}}",
            ),
            ("Flag", "{{#Flag}}Which flag?<br>{{Flag}}{{/Flag}}", FRONT_SIDE + "<ul><li>{{Country}}</li></ul>"),
            ("Map", "{{#Map}}{{Map}}{{/Map}}{{type:Country}}", FRONT_SIDE + "{{type:Country}}{{^Info}}(none){{/Info}}"),
        ),
        (
            (
                "France",
                "Paris",
                "on the Seine",
                PICTURE,
                PICTURE,
                "<ul><li>a</li><li>b</li></ul>",
                "68",
                "[sound:s.mp3]",
            ),
            ("Italy", "Rome", "", PICTURE, "", "one<br>two", "59", ""),
            ("Nowhere", "", "no capital", "", "", "", "", ""),
            ("Malta", "Valletta", "", "", PICTURE, "", "0.5", "[sound:s.mp3]"),
        ),
        css=STOCK + "\n.card { font-size: 30px; }\n.info { color: red; }\n@import url('_x.css');",
    ),
    "conditions": Type(
        ("A", "B", "C"),
        (
            ("Either", "{{A}}{{B}}", FRONT_SIDE + "{{C}}"),
            ("Not B", "{{^B}}{{A}}{{/B}}", FRONT_SIDE + "{{C}}"),
            ("Both", "{{#A}}{{#B}}{{C}}{{/B}}{{/A}}", FRONT_SIDE + "{{A}} and {{B}}"),
            ("Never", "{{#A}}{{^A}}{{C}}{{/A}}{{/A}}", FRONT_SIDE + "{{B}}"),
        ),
        (("a", "", "x"), ("", "b", "y"), ("a", "b", "z"), ("a", "b", "")),
    ),
    "names": Type(
        ("ID", "Type", "Wort (deutsch)", "слово", "guid"),
        (
            ("Card: 1", "{{Wort (deutsch)}}?", FRONT_SIDE + "{{слово}} {1} {id} {{Type}} {{guid}}"),
            ("карта", "{{слово}}", FRONT_SIDE + "{{ID}}"),
        ),
        (("1", "noun", "Haus", "дом", "g"), ("2", "", "Maus", "мышь", "")),
    ),
    "filters": Type(
        ("Word", "Reading", "Meaning"),
        (
            (
                "Read",
                "<div style='color: red'>{{furigana:Reading}}</div><script>alert(1)</script>",
                FRONT_SIDE + "{{hint:Meaning}}{{tts en_US:Meaning}}",
            ),
            ("Hint", "{{Word}} {{hint:Reading}}", FRONT_SIDE + "{{text:Meaning}}"),
        ),
        (("w", "r", "m"), ("v", "s", "<b>n</b>")),
    ),
}
# Filters are not taken over, and other cards of these types show more than before.
OTHER_TEXTS = {"filters"}


def fill(learner: Learner, name: str, kind: Type) -> None:
    models = learner.col.models
    model = models.new(name)
    model["type"] = int(kind.is_cloze)
    model["css"] = kind.css
    for field in kind.fields:
        models.add_field(model, models.new_field(field))
    for label, front, back in kind.templates:
        template = models.new_template(label)
        template["qfmt"], template["afmt"] = front, back
        models.add_template(model, template)
    models.add(model)
    for number, values in enumerate(kind.notes):
        note = learner.col.new_note(models.by_name(name) or model)
        note.fields = list(values)
        note.guid = f"{name[:3]}{number}?:, {{"
        learner.col.add_note(note, learner.col.decks.id("My deck") or 1)  # type: ignore[arg-type]  # a DeckId is an int


def words(side: str) -> str:
    """The words of a side of a card, pictures and sounds, without white space and the answer to type."""
    # Above an answer stands the ID of the card.
    side = re.sub(
        r'<header class="head">.*?</header>|<style>.*?</style>|\[\[type:[^\]]*\]\]', "", side, flags=re.DOTALL
    )
    side = re.sub(r"<img\b[^<>]*>", " PICTURE ", re.sub(r"\[anki:play[^\]]*\]", " SOUND ", side))
    # Above the second card of the kind `reversed` stands what is asked; instead of an empty answer stands a dash.
    return (
        "".join(html.unescape(re.sub(r"<[^<>]*>", " ", side)).split())
        .replace("Whichquestionhasthisanswer?", "")
        .rstrip("–")
    )


def sides_of(learner: Learner, *, back: bool) -> dict[str, Counter[str]]:
    """The words of one side of the cards of each note, by GUID."""
    notes = (learner.col.get_note(key) for key in learner.col.find_notes(""))
    return {
        note.guid: Counter(words(card.answer() if back else card.question()) for card in note.cards()) for note in notes
    }


def exported(learner: Learner, path: Path) -> Path:
    options = ExportAnkiPackageOptions(with_scheduling=False, with_deck_configs=False, with_media=True, legacy=False)
    learner.col.export_anki_package(out_path=str(path), options=options, limit=None)
    return path


def errors(folder: Path) -> list[str]:
    found = lint_project(folder, Cache.in_memory()).diagnostics
    return [f"{one.span.path}: {one.code} {one.message}" for one in found if one.severity is Severity.ERROR]


def imported(path: Path, folder: Path) -> Path:
    result = CliRunner().invoke(cli, ["import", str(path), "--into", str(folder)], standalone_mode=False)
    assert result.exit_code == 0, result.exception
    assert errors(folder) == []
    return folder


def package_of(folder: Path) -> bytes:
    prepared = prepare(folder, "anki", lambda _step, _done, _all: None, trust=NOBODY)
    assert prepared.rendered is not None
    return package_bytes(prepared.rendered, lambda _done, _all: None)


def test_notes_keep_their_cards_texts_and_guids(tmp_path: Path) -> None:
    with collection(tmp_path / "one") as source:
        for file, data in (("map.png", PNG), ("s.mp3", SOUND)):
            source.col.media.write_data(file, data)
        for name, kind in TYPES.items():
            fill(source, name, kind)
        package = exported(source, tmp_path / "deck.apkg")
        before, answers = sides_of(source, back=False), sides_of(source, back=True)
        others = {
            source.col.get_note(key).guid for name in OTHER_TEXTS for key in source.col.find_notes(f"note:{name}")
        }
    folder = imported(package, tmp_path / "made")
    with collection(tmp_path / "two") as target:
        log = target.import_package(package_of(folder))
        assert (len(log.new), len(log.conflicting)) == (len(before), 0)
        after, answers_after = sides_of(target, back=False), sides_of(target, back=True)
        assert target.col.get_empty_cards().notes == []
    assert after.keys() == before.keys()
    assert {guid: len(cards) for guid, cards in after.items()} == {guid: len(cards) for guid, cards in before.items()}
    same = before.keys() - others
    assert {guid: after[guid] for guid in same} == {guid: before[guid] for guid in same}
    assert {guid: answers_after[guid] for guid in same} == {guid: answers[guid] for guid in same}


def random_type(seed: int) -> Type:
    """A note type with random conditions, and notes with random fields."""
    chooser = random.Random(seed)  # noqa: S311  # no secret
    fields = ("A", "B", "C", "D")

    def side(depth: int) -> str:
        made = []
        for _ in range(chooser.randint(1, 2)):
            name = chooser.choice(fields)
            if depth and chooser.random() < 0.6:
                sign = chooser.choice("##^")
                gap = chooser.choice(["", "<br>", "<div>x</div>"])
                made.append(f"{{{{{sign}{name}}}}}{gap}{side(depth - 1)}{{{{/{name}}}}}")
            else:
                made.append(f"{{{{{name}}}}}")
        return " ".join(made)

    templates: list[tuple[str, str, str]] = []
    while len(templates) < 4:
        front = side(3)
        if all(front != other for _, other, _ in templates):
            templates.append((f"Card {len(templates) + 1}", front, FRONT_SIDE + side(1)))
    values = ("", "", "x", "two<br>lines", "<br>", "7", PICTURE)
    notes = tuple(tuple(chooser.choice(values) for _ in fields) for _ in range(12))
    return Type(fields, tuple(templates), tuple(note for note in notes if any(note)))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_random_conditions_make_the_same_cards(seed: int, tmp_path: Path) -> None:
    with collection(tmp_path / "one") as source:
        source.col.media.write_data("map.png", PNG)
        for number in range(6):
            fill(source, f"{number:03}", random_type(100 * seed + number))
        empty = {one.note_id for one in source.col.get_empty_cards().notes}
        # Of a note without a filled front Anki makes its first card, which says so; here its texts become a card.
        usual = {source.col.get_note(key).guid for key in source.col.find_notes("") if key not in empty}
        before = sides_of(source, back=False)
        package = exported(source, tmp_path / "deck.apkg")
    folder = imported(package, tmp_path / "made")
    with collection(tmp_path / "two") as target:
        target.import_package(package_of(folder))
        after = sides_of(target, back=False)
    assert after.keys() == before.keys()
    assert {guid: after[guid] for guid in usual} == {guid: before[guid] for guid in usual}
    assert {len(after[guid]) for guid in before.keys() - usual} <= {1}
