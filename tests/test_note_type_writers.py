"""Notes of a deck's own types in every format but Anki's: each face, or the record as a whole."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Final

import pikepdf
import pytest

from browser_session import Browser
from cardpipe.api import Project
from site_server import served

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DECK: Final = """\
uid: shown-notes
slug: geo
name: Geography
language: en
authors: [Ada]
description: Countries.
tags: open
subdecks: {GE: Countries, VO: Words}
note_types:
  country:
    fields:
      country: {kind: line, required: true}
      capital: line
      advice: line
      motto: text
    faces:
      capital:
        front: "What is the capital of **{country}**?"
        back: "Remember it."
        needs: [country, capital]
        type_in: capital
        hint: advice
      back-again: {label: The way back, front: "{capital} is the capital of …", back: "{country}"}
      motto:
        front: "Whose motto is this?\\n\\n{motto}"
        back: "{country}{?capital} with {capital}{/capital}"
  word:
    fields: {word: line, meaning: line}
    faces:
      meaning: {front: "What does **{word}** mean?", back: "{meaning}"}
      word: {front: "How do you say **{meaning}**?", back: "{word}"}
    show: record
"""

FIELDS: Final = {
    "country": {"country": "France", "capital": "Paris", "advice": "On the Seine", "motto": "Liberté"},
    "word": {"word": "Haus", "meaning": "house"},
}


def project(root: Path, cards: Mapping[str, tuple[str, Mapping[str, str]]], deck: str = DECK) -> Project:
    """A project with cards by ID: their type and fields."""
    (root / "source/cards").mkdir(parents=True)
    (root / "source/deck.yaml").write_text(deck, encoding="utf-8")
    for card_id, (note_type, fields) in cards.items():
        content = json.dumps({"id": card_id, "type": note_type, "fields": fields, "tags": ["t"]}, ensure_ascii=False)
        (root / f"source/cards/{card_id}.yaml").write_text(content, encoding="utf-8")
    return Project(root)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A country with three faces, and a word that shows its record."""
    notes = {"GE0001": ("country", FIELDS["country"]), "VO0001": ("word", FIELDS["word"])}
    return project(tmp_path_factory.mktemp("notes"), notes)


def files(project: Project, format_: str, **options: str) -> dict[str, bytes]:
    """The files of an export by path."""
    built = project.build([format_], options={format_: options})
    assert [item for item in built.diagnostics if item.severity.value == "error"] == []
    return {artefact.path: artefact.data for artefact in built.artefacts[format_]}


def words(fragment: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", fragment).split())


def articles(page: str) -> dict[str, str]:
    """The words of the cards of a page by ID."""
    found = re.findall(r'<article class="card" aria-labelledby="card-([^"]+)">(.*?)</article>', page, re.DOTALL)
    return {card_id: words(content) for card_id, content in found}


def test_the_page_shows_each_face_as_a_card(both: Project) -> None:
    shown = articles(files(both, "html")["geo.html"].decode())
    assert list(shown) == ["GE0001", "GE0001.back-again", "GE0001.motto", "VO0001"]
    assert re.search("What is the capital of France ?.*Paris Remember it.", shown["GE0001"])
    assert re.search("Paris is the capital of ….*France", shown["GE0001.back-again"])
    assert re.search("Liberté.*France with Paris", shown["GE0001.motto"])


def test_a_record_is_shown_as_a_whole(both: Project) -> None:
    shown = articles(files(both, "html")["geo.html"].decode())
    assert re.search("Haus.*Meaning: house", shown["VO0001"])
    page = files(both, "markdown")["markdown/cards/VO0001.md"].decode()
    assert "Haus\n\n<details>" in page
    assert "**Meaning:** house" in page


@pytest.mark.parametrize("layout", ["sheet", "quiz", "cards", "slides", "booklet", "fold"])
def test_each_layout_shows_each_face(both: Project, layout: str) -> None:
    (made,) = files(both, "pdf", layout=layout).values()
    import pypdfium2

    with pikepdf.open(BytesIO(made)) as pdf:
        assert len(pdf.pages) >= 1
    pdf = pypdfium2.PdfDocument(made)
    text = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pdf)
    for sentence in ("What is the capital of France?", "Paris is the capital of", "Whose motto is this?", "house"):
        assert sentence in text, sentence


def test_markdown_has_an_answer_for_each_face(both: Project) -> None:
    page = files(both, "markdown")["markdown/cards/GE0001.md"].decode()
    assert re.findall("(?m)^## (.*)$", page) == ["Capital", "The way back", "Motto"]
    answers = re.findall("<details>\n<summary><b>Answer</b></summary>\n\n(.*?)\n\n</details>", page, re.DOTALL)
    assert answers == ["Paris\n\nRemember it.", "France", "France with Paris"]


def test_the_site_has_the_faces_for_readers_study_and_programs(both: Project) -> None:
    site = files(both, "site")
    page = site["site/card/GE0001/index.html"].decode()
    sections = re.findall(r'<section class="face" data-face="([0-9])"( hidden)?>', page)
    assert sections == [("0", ""), ("1", ""), ("2", "")]
    record = site["site/card/VO0001/index.html"].decode()
    assert re.findall(r'<section class="face" data-face="([0-9])"( hidden)?>', record) == [
        ("0", " hidden"),
        ("1", " hidden"),
    ]
    (study,) = (json.loads(data) for path, data in site.items() if path.startswith("site/data/study-"))
    country = next(card for card in study["cards"] if card["id"] == "GE0001")
    assert country["kind"] == "note"
    assert [(face["number"], face["typed"]) for face in country["faces"]] == [(0, "Paris"), (1, None), (2, None)]
    listed = {card["id"]: card for card in json.loads(site["site/cards.json"])["cards"]}
    assert listed["GE0001"]["fields"]["advice"] == "On the Seine"
    assert listed["VO0001"]["faces"][1]["question"] == "How do you say house?"


def test_a_style_sheet_only_affects_the_cards_of_its_note_type(tmp_path: Path) -> None:
    deck = DECK.replace("    show: record", "    show: record\n    style: word.css")
    notes = {"GE0001": ("country", FIELDS["country"]), "VO0001": ("word", FIELDS["word"])}
    made = project(tmp_path, notes, deck)
    (tmp_path / "source/styles").mkdir()
    (tmp_path / "source/styles/word.css").write_text(".card, strong { color: green; }\n", encoding="utf-8")
    page = files(made, "html")["geo.html"].decode()
    assert ".note-word, .note-word strong { color: green; }" in page
    assert re.findall(r'<div class="(?:question|answer)"><div class="note-([a-z]+)">', page) == ["word", "word"]
    site = files(made, "site")
    assert any(b".note-word strong { color: green; }" in data for path, data in site.items() if path.endswith(".css"))
    assert b'<div class="note-word">' in site["site/card/VO0001/index.html"]
    assert b"note-" not in site["site/card/GE0001/index.html"]


def numbers_in_anki(package: bytes) -> list[int]:
    """The template numbers of the cards of a package."""
    with zipfile.ZipFile(BytesIO(package)) as file, contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(file.read("collection.anki2"))
        return [number for (number,) in database.execute("SELECT ord FROM cards ORDER BY ord")]


@pytest.mark.parametrize(
    "kept", [("capital",), ("motto",), ("capital", "motto", "advice"), ("motto", "advice")], ids=",".join
)
@pytest.mark.parametrize("show", ["faces", "record"])
def test_formats_have_the_faces_that_anki_has(tmp_path: Path, show: str, kept: tuple[str, ...]) -> None:
    fields = {key: value for key, value in FIELDS["country"].items() if key in {"country", *kept}}
    deck = DECK.replace("    show: record\n", "").replace("    faces:\n", f"    show: {show}\n    faces:\n")
    made = project(tmp_path, {"GE0001": ("country", fields)}, deck)
    expected = [0, 1] * ("capital" in kept) + [2] * ("motto" in kept)
    assert numbers_in_anki(files(made, "anki")["geo.apkg"]) == expected
    page = files(made, "site")["site/card/GE0001/index.html"].decode()
    assert [int(number) for number in re.findall(r'data-face="([0-9])"', page)] == expected
    names = {0: "Capital", 1: "The way back", 2: "Motto"}
    shown = len(expected) if show == "faces" else 1
    assert len(articles(files(made, "html")["geo.html"].decode())) == shown
    markdown = files(made, "markdown")["markdown/cards/GE0001.md"].decode()
    assert re.findall("(?m)^## (.*)$", markdown) == ([names[number] for number in expected] if shown > 1 else [])


@pytest.mark.slow
def test_each_face_is_studied_by_itself(both: Project, tmp_path: Path) -> None:
    for path, data in files(both, "site").items():
        target = tmp_path / "out" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    with served(tmp_path / "out/site") as base, Browser(tmp_path / "profile") as browser:
        page = browser.page()
        page.open(f"{base}study/")
        page.wait("[...document.querySelectorAll('button')].some(one => one.textContent === 'Study now')")
        page.value("[...document.querySelectorAll('button')].find(one => one.textContent === 'Study now').click()")
        page.wait("document.querySelector('.study-card input')")
        assert "What is the capital of France?" in page.value("document.querySelector('.study-card').innerText")
        page.type("Paris")
        page.press("Enter")
        page.wait("document.querySelector('.study-back')")
        answer = page.value("document.querySelector('.study-back').innerText")
        assert "Right." in answer
        assert "Remember it." in answer
        assert page.problems() == []
