"""The gettext catalogues: complete, compiled from their sources, and used."""

from __future__ import annotations

import dataclasses
import functools
import gettext
import io
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pdfplumber
import pikepdf
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import cardpipe
from cardpipe.model.deck import Difficulty, Status
from cardpipe.text.escaping import PlainText
from cardpipe.text.translation import DOMAIN, LOCALE, catalogue
from cardpipe.writers import html, markdown, pdf
from cardpipe.writers.api import RelatedCard
from cardpipe.writers.templating import _environment
from page_sample import card, deck, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.writers.api import RenderedCard

PACKAGE = Path(cardpipe.__file__).parent
CATALOGUES = sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
SETTINGS = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
MAPPINGS = [(mapping["pattern"], mapping["method"]) for mapping in SETTINGS["tool"]["babel"]["mappings"]]


@functools.cache
def words_used() -> set[str | tuple[str, ...]]:
    """The messages in the package; one with a plural is a pair."""
    messages = extract_from_dir(PACKAGE, MAPPINGS, options_map={"**": {"silent": "false"}})
    return {message if isinstance(message, str) else message[:2] for _, _, message, _, _ in messages}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_catalogue_has_all_words_and_is_compiled(path: Path) -> None:
    with path.open("rb") as file:
        words = read_po(file, path.parts[-3])
    assert {message.id for message in words if message.id} == words_used()
    # Babel leaves doubtful messages out of what it compiles.
    assert [message.id for message in words if message.id and message.fuzzy] == []
    compiled = io.BytesIO()
    write_mo(compiled, words)
    assert messages(path.with_suffix(".mo").read_bytes()) == messages(compiled.getvalue()), "run `pybabel compile`"


def messages(compiled: bytes) -> dict[object, object]:
    """The messages of a compiled catalogue, without the header, which names the version of Babel."""
    found = dict(vars(gettext.GNUTranslations(io.BytesIO(compiled)))["_catalog"])
    del found[""]
    return found


def test_the_template_has_all_words() -> None:
    with (LOCALE / f"{DOMAIN}.pot").open("rb") as file:
        assert {message.id for message in read_po(file) if message.id} == words_used()
    assert {"Answer", "Tags"} <= words_used()


def test_english_words_are_those_of_the_source() -> None:
    english = catalogue("en-GB")
    for word in words_used():
        if isinstance(word, str):
            assert english.gettext(word) == word
        else:
            one, several = word
            assert (english.ngettext(one, several, 1), english.ngettext(one, several, 2)) == word


def test_a_language_without_a_catalogue_has_english_words() -> None:
    assert catalogue("tlh").gettext("Answer") == "Answer"
    assert catalogue("../en").gettext("Answer") == "Answer"


@pytest.mark.parametrize(
    ("folder_name", "language"),
    [("de", "de-AT"), ("de", "DE"), ("zh_Hant", "zh-Hant-TW"), ("zh_Hant", "zh-hant"), ("pt_BR", "pt-br")],
)
def test_a_language_is_looked_for_from_its_region_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder_name: str, language: str
) -> None:
    words = Catalog(locale=folder_name, domain=DOMAIN)
    words.add("Answer", "Antwort")
    folder = tmp_path / folder_name / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{DOMAIN}.mo").open("wb") as file:
        write_mo(file, words)
    monkeypatch.setattr("cardpipe.text.translation.LOCALE", tmp_path)
    catalogue.cache_clear()
    try:
        assert catalogue(language).gettext("Answer") == "Antwort"
    finally:
        catalogue.cache_clear()


GREEK = [
    card(
        f"EX000{number}",
        "Ερώτηση",
        question="<p>Τί;</p>",
        answer="<p>Αυτό.</p>",
        details="<p>Λεπτομέρειες.</p>",
        tags=(),
        references=["Πηγή"],
        related=[RelatedCard(id="EX0009", title=PlainText("Άλλη"), included=False)],
        difficulty=difficulty,
        status=Status.DRAFT,
    )
    for number, difficulty in enumerate([*Difficulty, None])
]
OWN = {"Ada", "Example", "Ben", "Beispiel", "CC", "BY", "el", "https", "http", "example", "org", "deck", "EX"}
"""What a deck says in Latin letters."""


def letters(fragment: str) -> str:
    """A message in no language, with the elements and values of the English one."""
    parts = re.split(r"(%\(\w+\)s|%%|\{\w+\}|<[^>]*>|&#?\w+;)", fragment)
    return "".join(part if number % 2 else re.sub(r"[A-Za-z]", "ж", part) for number, part in enumerate(parts))


@pytest.fixture
def all_translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue of Greek that has no Latin letter."""
    words = Catalog(locale="el", domain=DOMAIN)
    for word in words_used():
        words.add(word, letters(word) if isinstance(word, str) else tuple(letters(form) for form in word))
    folder = tmp_path / "el" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{DOMAIN}.mo").open("wb") as file:
        write_mo(file, words)
    monkeypatch.setattr("cardpipe.text.translation.LOCALE", tmp_path)
    catalogue.cache_clear()
    _environment.cache_clear()
    yield
    catalogue.cache_clear()
    _environment.cache_clear()


def words_of(text: str) -> set[str]:
    return {word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in OWN}


@pytest.mark.parametrize("cards", [GREEK, []], ids=["cards", "no cards"])
@pytest.mark.parametrize("by", ["deck", "difficulty", "id"])
@pytest.mark.usefixtures("all_translated")
def test_the_page_has_no_words_but_the_deck_and_the_catalogue(by: str, cards: list[RenderedCard]) -> None:
    made = deck(*cards, name="Τράπουλα", language="el", description="<p>Κάρτες</p>", subdecks=(), tags=())
    page = html.WRITER.write(made, {"group-by": by}, silent)[0].data.decode()
    page = re.sub(r"&\w+;|<style>.*?</style>", "", page, flags=re.DOTALL)
    spoken = re.findall(r'\b(?:aria-label|name="description" content)="([^"]*)"', page)
    assert words_of(re.sub(r"<[^>]*>", " ", page)) == set()
    assert words_of(" ".join(spoken)) == set()


@pytest.mark.parametrize("cards", [GREEK, []], ids=["cards", "no cards"])
@pytest.mark.usefixtures("all_translated")
def test_markdown_has_no_words_but_the_deck_and_the_catalogue(cards: list[RenderedCard]) -> None:
    made = deck(*cards, name="Τράπουλα", language="el", description="Κάρτες", subdecks=(), tags=())
    for artefact in markdown.WRITER.write(made, {}, silent):
        if str(artefact.path).endswith(".md"):
            assert words_of(re.sub(r"&\w+;|<[^>]*>|\]\([^)]*\)|cards/\S*", " ", artefact.data.decode())) == set()


LAYOUTS = [
    *({"layout": name} for name in ("sheet", "booklet", "quiz", "slides")),
    *({"layout": "cards", "back": "all", "card-size": size} for size in ("3x3", "business")),
    {"layout": "fold"},
    {"group-by": "difficulty"},
    {"group-by": "id"},
    {"layout": "cards", "test-page": "true"},
    {"layout": "cards", "test-page": "true", "paper": "letter", "offset": "1,1"},
]


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("options", LAYOUTS, ids=lambda options: " ".join(options.values()))
@pytest.mark.usefixtures("all_translated")
def test_no_layout_has_words_but_the_deck_and_the_catalogue(options: dict[str, str]) -> None:
    # One answer goes on over several cards and slides.
    long = dataclasses.replace(GREEK[0], id="EX0007", answer="<p>Αυτό είναι πολύ.</p>" * 120)
    made = deck(*GREEK, long, name="Τράπουλα", language="el", description="<p>Κάρτες</p>", subdecks=(), tags=())
    data = pdf.WRITER.write(made, options, silent)[0].data
    with pdfplumber.open(io.BytesIO(data)) as printed:
        said = " ".join(page.extract_text() for page in printed.pages)
    with pikepdf.open(io.BytesIO(data)) as book, book.open_outline() as outline:
        said += " ".join([*(entry.title for entry in outline.root), str(book.docinfo.get("/Subject", ""))])
    # What the command line calls them stays.
    assert words_of(re.sub(r"--(duplex|offset) \w+(,\w+)?", "", said)) - {"RIGHT", "DOWN"} == set()
