"""Exports of a selection or another layout never overwrite the files of others."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from cardpipe.build import pipeline
from cardpipe.build.output_names import output_suffix
from cardpipe.build.pipeline import load_writer
from cardpipe.build.publish import publish
from cardpipe.model.deck import Edition, TagInfo
from cardpipe.model.selection import Request
from cardpipe.text.positions import SourceText
from cardpipe.writers.api import Artefact
from rendered_sample import sample_deck, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conftest import Run


@dataclasses.dataclass
class Chosen:
    id: str
    tags: Sequence[str]
    status: str = "active"
    difficulty: str | None = None


TAGS = ["NN", "nn", "CNN", "NN-cards", "short", "cards", "nets::cnn", "nets-cnn", "nets", "C++", "C#", "C", "drafts"]
TAGS += ["深層学習", "a/b", "a b", "test-page", "quiz", "ML0044", "x" * 200, "x" * 199 + "y", "++", "EX-1", "1"]
CARDS = [Chosen("ML0044", TAGS[:5]), Chosen("ML0045", TAGS[5:]), *(Chosen(f"ML{n:04}", []) for n in range(50, 90))]
EDITIONS = ["short", "short-NN", "NN-quiz", "public", "ML0045"]


def edition(name: str) -> Edition:
    fields: dict[str, Any] = {
        field.name: () for field in dataclasses.fields(Edition) if field.default is dataclasses.MISSING
    }
    return Edition(**{**fields, "name": text(name)})


DECK = dataclasses.replace(
    sample_deck().settings,
    tags=tuple(TagInfo(text(tag), text("")) for tag in TAGS),
    editions=tuple(edition(name) for name in EDITIONS),
)


def suffix(layout: str = "sheet", usual: str = "", **request: Any) -> str:
    options = {"pdf": {"layout": SourceText.inline(usual)}} if usual else {}
    deck = dataclasses.replace(DECK, format_options=options)
    writer = load_writer("pdf")
    settings = {option.name: option.default for option in writer.options} | {"layout": layout}
    return output_suffix(deck, CARDS, Request(**request), writer, settings)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, ""),
        ({"ids": ("ML0044",)}, "-ML0044-"),  # a tag has that name too
        ({"ids": ("ML0050",)}, "-ML0050"),
        ({"ids": ("ML0051", "ML0050", "ML0051")}, "-ML0050-ML0051"),
        ({"tags": ("CNN",)}, "-CNN"),
        ({"tags": ("深層学習",)}, "-深層学習"),
        ({"tags": ("CNN",), "ids": ("ML0050",), "include_drafts": True}, "-ML0050-CNN-drafts-"),
        ({"tags": ("CNN",), "layout": "fold"}, "-CNN-fold"),
        ({"layout": "fold"}, "-fold"),
        ({"layout": "cards"}, "-cards-"),  # a tag has that name too
        ({"layout": "fold", "usual": "fold"}, ""),
        ({"layout": "sheet", "usual": "fold"}, "-sheet"),
        ({"edition": "short"}, "-short"),
        ({"edition": "short-NN"}, "-short-NN"),
        ({"edition": "short", "tags": ("NN",)}, "-short-NN-"),
        ({"edition": "public", "layout": "slides"}, "-public-slides"),
        ({"tags": ("++",)}, "-"),
    ],
)
def test_names_say_what_was_chosen(request_: dict[str, Any], expected: str) -> None:
    made = suffix(**request_)
    if expected.endswith("-"):
        assert made.startswith(expected)
        assert len(made) == len(expected) + 8
    else:
        assert made == expected


def test_no_two_choices_share_a_name() -> None:
    tags = [(), *((tag,) for tag in TAGS), ("NN", "cards"), ("NN", "short"), ("C", "C#"), ("nets", "CNN")]
    ids = [(), ("ML0044",), ("ML0045",), tuple(card.id for card in CARDS), tuple(card.id for card in CARDS[1:])]
    seen: dict[str, object] = {}
    for choice in itertools.product([None, *EDITIONS], ids, tags, [False, True], ["sheet", "cards", "quiz"]):
        name, chosen_ids, chosen_tags, drafts, layout = choice
        made = suffix(layout, edition=name, ids=chosen_ids, tags=chosen_tags, include_drafts=drafts)
        assert seen.setdefault(made.casefold(), choice) == choice
        assert len(made.encode()) <= 80
        assert not set(made) & set('/\\:*?"<>|. ')
    assert suffix("cards").casefold() != "-test-page"


def test_the_order_of_a_request_is_no_matter() -> None:
    assert suffix(tags=("CNN", "nets::cnn")) == suffix(tags=("nets::cnn", "CNN", "CNN"))


def outputs(root: Path) -> dict[str, bytes]:
    output = root / "output"
    found = (path for path in output.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in found}


@pytest.mark.slow
def test_other_choices_leave_files_alone_and_replace_their_own(project: Path) -> None:
    def export(*formats: str, **request: Any) -> set[str]:
        made = pipeline.export(project, project / "output", Request(formats=formats, **request), lambda *_: None)
        return {item.path.name for item in made.published}

    assert export("csv", "markdown", "html") == {"sample.csv", "sample-media", "markdown", "sample.html"}
    whole = outputs(project)
    names = export("csv", "markdown", "html", ids=("EX0001",))
    assert names == {"sample-EX0001.csv", "sample-EX0001-media", "markdown-EX0001", "sample-EX0001.html"}
    assert export("csv", options={"csv": {"dialect": "plain"}}) == {"sample-plain.csv"}
    assert export("html", tags=("example",)) == {"sample-example.html"}
    now = outputs(project)
    assert {name: now[name] for name in whole} == whole
    assert "markdown-EX0001/cards/EX0001.md" in now
    assert any(name.startswith("sample-EX0001-media/") for name in now) == any(
        name.startswith("sample-media/") for name in whole
    )
    card = project / "source/cards/EX0002.yaml"
    card.write_text(card.read_text().replace("EX0002", "EX0012"))
    renamed = card.with_name("EX0012.yaml")
    card.rename(renamed)
    other = project / "source/cards/EX0001.yaml"
    other.write_text(other.read_text().replace("EX0002", "EX0012"))
    export("markdown")
    later = outputs(project)
    assert "markdown/cards/EX0002.md" not in later
    assert {name for name in later if "EX0001" in name.split("/")[0]} == {
        name for name in now if "EX0001" in name.split("/")[0]
    }


@pytest.mark.slow
def test_the_command_prints_the_names(run: Run, project: Path) -> None:
    assert run("-C", project, "export", "--format", "pdf").returncode == 0
    before = outputs(project)
    cards = run("-C", project, "export", "--format", "pdf", "--layout", "cards", "--test-page")
    assert "sample-cards" in cards.stdout
    one = run("-C", project, "export", "--format", "pdf", "--id", "EX0001")
    assert "sample-EX0001.pdf" in one.stdout
    after = outputs(project)
    assert set(after) == {"sample.pdf", "sample-cards.pdf", "sample-cards-test-page.pdf", "sample-EX0001.pdf"}
    assert after["sample.pdf"] == before["sample.pdf"]


def test_a_dialect_has_its_own_file_unless_it_is_the_deck_s() -> None:
    writer = load_writer("csv")
    settings = {option.name: option.default for option in writer.options}
    plain = settings | {"dialect": "plain"}
    assert output_suffix(DECK, CARDS, Request(), writer, settings) == ""
    assert output_suffix(DECK, CARDS, Request(), writer, plain) == "-plain"
    usual = dataclasses.replace(DECK, format_options={"csv": {"dialect": SourceText.inline("plain")}})
    assert output_suffix(usual, CARDS, Request(), writer, plain) == ""
    assert output_suffix(usual, CARDS, Request(), writer, settings) == "-anki"


def test_everything_that_an_export_writes_is_listed(tmp_path: Path) -> None:
    paths = ["deck.csv", "deck-media/a.svg", "deck-media/b/c.svg"]
    artefacts = [Artefact(path, b"12") for path in paths]
    found = publish({"csv": artefacts, "anki": [Artefact("deck.apkg", b"1")], "html": []}, tmp_path)
    listed = [(item.format, item.path.relative_to(tmp_path).as_posix(), item.size) for item in found]
    assert listed == [("csv", "deck.csv", 2), ("csv", "deck-media", 4), ("anki", "deck.apkg", 1)]
