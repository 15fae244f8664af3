"""Decks without titles, with IDs of their own form, GUIDs of their own, and a choice of what stands above questions."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from anki_collection import collection
from cardpipe.api import Project
from cardpipe.build.pipeline import check
from cardpipe.model.anki_identity import note_guid
from cardpipe.serve.address import Address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from anki_collection import Learner

DECK = """\
uid: untitled
slug: geo
name: Geography
language: en
authors: [Ada]
description: Countries.
ids: "{prefix}/{name}"
front: []
site: {base_url: "https://example.org/geo/"}
report: "https://example.org/issues/new?title={id}"
tags: {map: Maps}
subdecks: {geo: Countries, bio: Biology}
formats: {anki: {}, csv: {}, html: {}, markdown: {}, site: {}}
"""
GUID = "e.(A$]qO'\"é S&M<"
CARDS = {
    "geo/france": f"""\
id: geo/france
question: Which country has **Paris** as its capital, and which others have a city of this name?
answer: France
details: See [Germany](card:geo/germany).
tags: [map]
related: [geo/germany, bio/energy]
difficulty: easy
guid: {json.dumps(GUID, ensure_ascii=False)}
""",
    "geo/germany": """\
id: geo/germany
title: A neighbour of France
kind: reversed
question: Berlin
answer: The capital of Germany
tags: [map]
""",
    "bio/energy": """\
id: bio/energy
kind: cloze
question: "Its energy is $E = {{c1::mc^2}}$, said {{c2::Einstein}}."
related: [geo/france]
""",
    "bio/typed": """\
id: bio/typed
kind: typed
question: What is $2^3$?
answer: "8"
""",
}
LABELS = {
    "geo/france": "Which country has Paris as its capital, and which others…",
    "geo/germany": "A neighbour of France",
    "bio/energy": "Its energy is E = […], said […].",
    "bio/typed": "What is 2³?",
}


def make(folder: Path, deck: str = DECK, cards: Mapping[str, str] = CARDS) -> Path:
    for path, text in {"deck.yaml": deck, **{f"cards/{name}.yaml": card for name, card in cards.items()}}.items():
        place = folder / "source" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return folder


def built(folder: Path, *formats: str) -> dict[str, bytes]:
    result = Project(folder).build(formats)
    assert {one.code for one in result.diagnostics} <= {"WRD030"}
    return {made.path: made.data for files in result.artefacts.values() for made in files}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return built(make(tmp_path_factory.mktemp("untitled")))


def text_of(files: Mapping[str, bytes], path: str) -> str:
    return files[path].decode()


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    with collection(tmp_path / "anki") as opened:
        yield opened


def test_pages_of_markdown_have_flat_names_and_links_that_exist(files: Mapping[str, bytes]) -> None:
    pages = [path for path in files if path.startswith("markdown/cards/")]
    assert sorted(pages) == sorted(f"markdown/cards/{name.replace('/', '.')}.md" for name in CARDS)
    for page in pages:
        for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", text_of(files, page)):
            assert (Path("/markdown/cards") / target).resolve().relative_to("/").as_posix() in files
    assert text_of(files, "markdown/cards/geo.france.md").startswith("# geo/france\n")
    assert "(cards/geo.france.md)" in text_of(files, "markdown/README.md")


def test_lists_show_the_question_instead_of_a_title(files: Mapping[str, bytes]) -> None:
    page = text_of(files, "geo.html")
    for card_id, label in LABELS.items():
        assert re.search(rf'<span class="id">{card_id}</span>\s*<span class="name">{re.escape(label)}</span>', page)
    assert '<span class="name"></span>' not in page
    assert '<h3 id="card-geo/france"><span class="id">geo/france</span></h3>' in page


def test_pages_of_the_site_are_in_folders(files: Mapping[str, bytes]) -> None:
    page = text_of(files, "site/card/geo/france/index.html")
    assert f"<title>geo/france {LABELS['geo/france']}" in page
    assert 'href="../../../card/geo/germany/"' in page
    assert '<link rel="canonical" href="https://example.org/geo/card/geo/france/">' in page
    assert '"name":"Which country has Paris' in page
    assert '<span class="name"></span>' not in page
    for found in re.findall(r'href="((?:\.\./)+[^"#]*)"', page):
        path = (Path("/site/card/geo/france") / found).resolve().relative_to("/").as_posix()
        assert path in files or f"{path}/index.html" in files, found
    assert "https://example.org/geo/card/geo/france/" in text_of(files, "site/sitemap.xml")


def test_data_of_the_site_tell_a_label_from_a_title(files: Mapping[str, bytes]) -> None:
    cards = {card["id"]: card for card in json.loads(files["site/cards.json"])["cards"]}
    assert {name: card.get("label", card["title"]) for name, card in cards.items()} == LABELS
    assert cards["geo/france"]["title"] == ""
    assert cards["geo/france"]["guid"] == GUID
    [study] = [json.loads(data) for path, data in files.items() if path.startswith("site/data/study")]
    assert {card["id"]: (card["title"], card["heading"]) for card in study["cards"]} == {
        name: (label, "back" if name == "geo/germany" else "none") for name, label in LABELS.items()
    }


def test_tables_have_an_empty_title(files: Mapping[str, bytes]) -> None:
    lines = text_of(files, "geo.csv").splitlines(keepends=True)
    columns = next(line for line in lines if line.startswith("#columns:")).removeprefix("#columns:")
    rows = csv.DictReader(io.StringIO(columns + "".join(line for line in lines if not line.startswith("#"))))
    by_id = {row["ID"]: row for row in rows}
    assert by_id["geo/france"]["Title"] == ""
    assert by_id["geo/france"]["GUID"] == GUID


def test_anki_imports_every_card_and_none_is_empty(files: Mapping[str, bytes], learner: Learner) -> None:
    log = learner.import_package(files["geo.apkg"])
    assert (len(log.new), len(log.conflicting)) == (4, 0)
    assert not learner.col.get_empty_cards().notes
    assert learner.decks() == {"Geography": 0, "Geography::Biology": 3, "Geography::Countries": 3}
    guids = dict(learner.rows("select sfld, guid from notes"))
    assert guids["geo/france"] == GUID
    assert guids["geo/germany"] == note_guid("untitled", "geo/germany")
    [card] = learner.col.find_cards("ID:geo/france")
    shown = learner.col.get_card(card)
    assert 'class="id"' not in shown.question()
    assert 'class="title"' not in shown.answer()
    assert re.search(r'<span class="id">geo/france</span>', shown.answer())
    assert 'href="https://example.org/issues/new?title=geo/france"' in shown.answer()
    log = learner.import_csv(files["geo.csv"])
    assert (len(log.new), len(log.conflicting)) == (0, 0)
    assert len(log.updated) + len(log.duplicate) == 4


def front_of(folder: Path, learner: Learner, front: str) -> str:
    deck = DECK.replace("front: []", front)
    learner.import_package(built(make(folder, deck), "anki")["geo.apkg"])
    [card, *_] = learner.col.find_cards("ID:geo/germany card:1")
    return learner.col.get_card(card).question()


@pytest.mark.parametrize(
    ("front", "shown"),
    [
        ("front: [id]", {"id"}),
        ("front: [title, tags]", {"title", "tags"}),
        ("front: [difficulty, tags, title, id]", {"title", "tags", "id"}),
        ("", {"title", "tags", "id"}),
    ],
)
def test_anki_shows_what_the_deck_chooses(tmp_path: Path, learner: Learner, front: str, shown: set[str]) -> None:
    question = front_of(tmp_path, learner, front)
    assert {name for name in ("id", "title", "tags") if f'class="{name}"' in question} == shown


def test_without_a_choice_the_style_hides_empty_titles(tmp_path: Path, learner: Learner) -> None:
    front_of(tmp_path, learner, "")
    [card] = learner.col.find_cards("ID:geo/france")
    assert '<p class="title"></p>' in learner.col.get_card(card).question()
    assert ".title:empty" in learner.col.get_card(card).note_type()["css"]


FAULTS = {
    "duplicate GUID": ("bio/typed", f"guid: {json.dumps(GUID, ensure_ascii=False)}\n", "IDN005"),
    "derived GUID": ("bio/typed", f"guid: {note_guid('untitled', 'geo/germany')}\n", "IDN005"),
    "tab in a GUID": ("bio/typed", 'guid: "a\\tb"\n', "SCH004"),
    "space at its end": ("bio/typed", 'guid: "a "\n', "SCH004"),
    "no-break space": ("bio/typed", 'guid: "a\\u00a0b"\n', "SCH004"),
    "empty GUID": ("bio/typed", 'guid: ""\n', "SCH004"),
    "long GUID": ("bio/typed", f"guid: {'x' * 256}\n", "SCH004"),
}


@pytest.mark.parametrize(("card", "line", "code"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_guid_is_a_finding(tmp_path: Path, card: str, line: str, code: str) -> None:
    found = check(make(tmp_path, cards={**CARDS, card: CARDS[card] + line})).diagnostics
    assert [one.code for one in found] == [code]


FORMS = {
    "unknown form": ('ids: "{prefix}+{number}"', "SCH004"),
    "regular expression": ("ids: '(a+)+$'", "SCH004"),
    "mapping": ("ids: {prefix}", "SCH003"),
    "unknown part": ("front: [tags, answer]", "SCH004"),
    "prefix with capitals": ('ids: "{prefix}/{name}"\nsubdecks: {geo: A, bio: B, GEO: C}', "SCH004"),
    "reserved prefix": ("subdecks: {geo: A, bio: B, con: C}", "SCH004"),
}


@pytest.mark.parametrize(("line", "code"), FORMS.values(), ids=FORMS)
def test_a_faulty_setting_is_one_finding(tmp_path: Path, line: str, code: str) -> None:
    keys = {one.partition(":")[0] for one in line.splitlines()}
    kept = "".join(one for one in DECK.splitlines(keepends=True) if one.partition(":")[0] not in keys)
    found = check(make(tmp_path, f"{kept}{line}\n")).diagnostics
    assert [(one.code, one.span.path) for one in found] == [(code, "source/deck.yaml")]


TOLD = {
    "title": ("front: [title]", "title: All about France\n", 1),
    "ID": ("front: [id]", "title: All about France\n", 1),
    "nothing": ("front: []", "title: All about France\n", 0),
    "tags": ("front: [tags]", "", 0),
}


@pytest.mark.parametrize(("front", "title", "count"), TOLD.values(), ids=TOLD)
def test_what_stands_above_the_question_must_not_tell_the_answer(
    tmp_path: Path, front: str, title: str, count: int
) -> None:
    cards = {**CARDS, "geo/france": CARDS["geo/france"] + title}
    found = check(make(tmp_path, DECK.replace("front: []", front), cards)).diagnostics
    assert [one.code for one in found] == ["WRD030"] * count


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["sheet", "booklet", "quiz", "cards", "fold", "slides"])
def test_every_layout_has_an_outline_of_labels(tmp_path: Path, layout: str) -> None:
    import pikepdf

    result = Project(make(tmp_path)).build(["pdf"], options={"pdf": {"layout": layout}})
    [artefact] = result.artefacts["pdf"]
    with pikepdf.open(io.BytesIO(artefact.data)) as pdf, pdf.open_outline() as outline:
        titles = [item.title for top in outline.root for item in (top, *top.children)]
    assert {f"{card_id}  {label}" for card_id, label in LABELS.items()} <= set(titles)


HOSTILE = [
    *("../../etc/passwd", "geo/../../x", "geo/..", "geo/.", "/geo/france", "geo//france", "geo\\\\france"),
    *("geo/%2e%2e/x", "geo/con", "geo/NUL", "geo/com1", "geo/france\\u0000", "geo/france\\u202e", "geo/<script>"),
    *("geo/{{ID}}", "geo/a b", "geo/fran\\u0441e", "GEO/FRANCE", "geo/france.", "geo/france#x", "geo/france?x=1"),
    *("geo/'x'", "geo/" + "a" * 41),
]


@pytest.mark.parametrize("card_id", HOSTILE)
def test_a_hostile_id_is_a_finding_and_nothing_is_written(tmp_path: Path, card_id: str) -> None:
    cards = {"x": f'id: "{card_id}"\nquestion: What is asked here?\nanswer: Nothing.\n'}
    result = Project(make(tmp_path, cards=cards)).build(["site", "markdown"])
    assert not result.artefacts
    assert {one.code for one in result.diagnostics} & {"IDN001", "YML003", "SCH004"}
    assert all(one.span.path == "source/cards/x.yaml" for one in result.diagnostics)


@pytest.mark.parametrize("card_id", [*CARDS, "ML0044", "geo/europe/spain"])
def test_the_preview_has_an_address_for_every_card(card_id: str) -> None:
    address = Address(card=card_id).url()
    assert address == f"/card/{card_id}"
    assert Address.is_page(address)
    assert Address.of(address, "").card == card_id


@pytest.mark.parametrize("path", ["/card//geo", "/card/geo/", "/card/geo//france", "/cards/geo"])
def test_no_other_path_is_a_card(path: str) -> None:
    assert not Address.is_page(path)
