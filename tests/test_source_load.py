"""Loading a project from disk, whatever other files its folders contain."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cardpipe.errors import ProjectError
from cardpipe.model.deck import CardKind, Difficulty, Status
from cardpipe.source.card_fields import CARD_FIELDS
from cardpipe.source.deck_fields import DECK_FIELDS
from cardpipe.source.discovery import find_project
from cardpipe.source.fields import plain
from cardpipe.source.load import LoadResult, load
from cardpipe.source.reference import card_format_page, example
from cardpipe.source.tree import LARGEST_MEDIA, FoundFile, read_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DECK = """\
uid: 5b0f6c1e
slug: sample
name: Sample
language: en
authors: [Ada]
description: |
  A deck.
tags: {NN: Neural networks, 'a::b': Levels}
subdecks: {ML: Machine learning}
formats:
  csv: {dialect: anki}
  anki:
"""
CARD = """\
id: ML0044
title: Perceptron
question: What is it?
answer: |
  A unit.
details: ![](figure:xor)
figures:
  - {id: xor, kind: grid, values: [[0, 1]], alt: A grid.}
tags: [NN]
related: [ML0045]
references:
  - A book
  - {text: A paper, url: 'https://example.org'}
difficulty: easy
status: draft
""".replace("details: ![](figure:xor)", "details: '![](figure:xor)'")
SMALL = "id: {}\ntitle: A title\nquestion: A question?\nanswer: An answer.\n"


def make(root: Path, files: Mapping[str, str | bytes] | None = None) -> Path:
    """A project with a deck and the files given by path below `source/`."""
    for path, content in {"deck.yaml": DECK, **(files or {})}.items():
        place = root / "source" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def found(result: LoadResult) -> list[tuple[str, str, int, int]]:
    return [(item.code, item.span.path, item.span.line, item.span.column) for item in result.findings]


def test_everything_of_a_card_and_of_the_deck_is_there(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "cards/ML0044.yaml": CARD,
        "media/a/b.png": b"PNG",
        "figures/xor.py": b"pass",
        "figures/data.txt": b"",
    }
    result = load(make(tmp_path, files))
    assert result.findings == ()
    deck = result.deck
    assert deck is not None
    assert (deck.settings.slug.text, deck.settings.licence, deck.settings.homepage) == ("sample", None, None)
    assert [author.text for author in deck.settings.authors] == ["Ada"]
    assert [(tag.name.text, tag.description.text) for tag in deck.settings.tags] == [
        ("NN", "Neural networks"),
        ("a::b", "Levels"),
    ]
    assert [(subdeck.prefix.text, subdeck.name.text) for subdeck in deck.settings.subdecks] == [
        ("ML", "Machine learning")
    ]
    assert [name.text for name in deck.settings.formats] == ["csv", "anki"]
    assert plain(deck.settings.format_options) == {"csv": {"dialect": "anki"}, "anki": {}}
    assert [(media.name, media.data) for media in deck.settings.media] == [("a/b.png", b"PNG")]
    assert [script.name for script in deck.settings.scripts] == ["xor.py"]
    (card,) = deck.cards
    assert (card.kind, card.difficulty, card.status) == (CardKind.BASIC, Difficulty.EASY, Status.DRAFT)
    assert card.answer is not None
    assert card.answer.text == "A unit.\n"
    assert card.figures[0].kind.text == "grid"
    assert [key.text for key, _ in card.figures[0].parameters.entries] == ["values"]
    assert [(item.text.text, item.url and item.url.text) for item in card.references] == [
        ("A book", None),
        ("A paper", "https://example.org"),
    ]
    assert (card.span.path, card.span.line, card.span.column) == ("source/cards/ML0044.yaml", 1, 5)
    assert [file.path for file in result.files] == ["source/deck.yaml", "source/cards/ML0044.yaml"]


def test_cards_come_in_the_order_of_paths_then_of_the_file(tmp_path: Path) -> None:
    def several(*ids: str) -> str:
        return "".join("- " + SMALL.format(name).replace("\n", "\n  ").rstrip() + "\n" for name in ids)

    make(tmp_path, {"cards/b.yml": several("ML0003", "ML0002"), "cards/a/z.yaml": SMALL.format("ML0009")})
    make(tmp_path, {"cards/a.yaml": SMALL.format("ML0001"), "cards/.hidden.yaml": "x", "cards/README.txt": "x"})
    result = load(tmp_path)
    assert result.findings == ()
    assert result.deck is not None
    assert [card.id.text for card in result.deck.cards] == ["ML0001", "ML0009", "ML0003", "ML0002"]


def test_a_faulty_card_hides_no_other_and_is_remembered(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "cards/ML0001.yaml": SMALL.format("ML0001"),
            "cards/ML0002.yaml": SMALL.format("ML0002") + "tags: NN\n",
            "cards/ML0003.yaml": SMALL.format("ML0003") + "more: `x`\n",
            "cards/ML0004.yaml": b"id: ML0004\n\xff",
            "cards/ML0005.yaml": SMALL.format("ML0005") + "colour: red\n",
            "cards/ML0006.yaml": "- " + SMALL.format("ML0006").replace("\n", "\n  ").rstrip() + "\n- just text\n",
        },
    )
    result = load(tmp_path)
    assert found(result) == [
        ("SCH003", "source/cards/ML0002.yaml", 5, 7),
        ("YML001", "source/cards/ML0003.yaml", 5, 7),
        ("YML005", "source/cards/ML0004.yaml", 2, 1),
        ("SCH001", "source/cards/ML0005.yaml", 5, 1),
        ("SCH003", "source/cards/ML0006.yaml", 5, 3),
    ]
    assert result.deck is not None
    assert [card.id.text for card in result.deck.cards] == ["ML0001", "ML0005", "ML0006"]
    assert result.deck.faulty_ids == {"ML0002", "ML0003", "ML0004"}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("slug: sample", "slug: My Deck"), ("SCH004", 2, 7)),
        (("slug: sample", "slug: -x"), ("SCH004", 2, 7)),
        (("language: en", "language: English!"), ("SCH004", 4, 11)),
        (("language: en", "language: en\nhomepage: javascript:x"), ("SCH004", 5, 11)),
        (("authors: [Ada]", "authors: []"), ("SCH004", 5, 10)),
        (("authors: [Ada]", "authors: Ada"), ("SCH003", 5, 10)),
        (("NN: Neural", "N N: Neural"), ("SCH004", 8, 8)),
        (("NN: Neural", "'NN::': Neural"), ("SCH004", 8, 8)),
        (("NN: Neural networks", "NN: "), ("SCH004", 8, 8)),
        (("{ML: Machine learning}", "{ml: Machine learning}"), ("SCH004", 9, 12)),
        (("{ML: Machine learning}", "{ML: '::x'}"), ("SCH004", 9, 16)),
        (("{ML: Machine learning}", "{}"), ("SCH004", 9, 11)),
        (("{dialect: anki}", "{dialect: [anki]}"), ("SCH003", 11, 18)),
        (("uid: 5b0f6c1e", "uid: ''"), ("SCH004", 1, 6)),
        (("uid: 5b0f6c1e", "udi: 5b0f6c1e"), ("SCH001", 1, 1)),
        (("name: Sample\n", ""), ("SCH002", 1, 1)),
    ],
)
def test_each_mistake_in_the_deck_is_one_finding(
    tmp_path: Path, change: tuple[str, str], place: tuple[str, int, int]
) -> None:
    assert change[0] in DECK
    result = load(make(tmp_path, {"deck.yaml": DECK.replace(*change)}))
    assert found(result) == [(place[0], "source/deck.yaml", place[1], place[2])]


@pytest.mark.parametrize(("kind", "meant"), [("close", "cloze"), ("reverse", "reversed"), ("type", "typed")])
def test_a_misspelt_kind_is_answered(tmp_path: Path, kind: str, meant: str) -> None:
    result = load(make(tmp_path, {"cards/ML0001.yaml": SMALL.format("ML0001") + f"kind: {kind}\n"}))
    assert found(result) == [("SCH004", "source/cards/ML0001.yaml", 5, 7)]
    assert meant in (result.findings[0].help or "")


def test_only_a_cloze_may_do_without_an_answer(tmp_path: Path) -> None:
    card = "id: ML0001\ntitle: ReLU\nquestion: It is {{c1::max}}.\n"
    cloze = load(make(tmp_path, {"cards/ML0001.yaml": f"{card}kind: cloze\n"}))
    assert (found(cloze), cloze.deck is not None and cloze.deck.cards[0].answer) == ([], None)
    for other in ("", "kind: typed\n", "kind: cloxe\n"):
        found_there = found(load(make(tmp_path, {"cards/ML0001.yaml": card + other})))
        assert ("SCH002", "source/cards/ML0001.yaml", 1, 1) in found_there
    assert found(load(make(tmp_path, {"cards/ML0001.yaml": f"{card}kind: cloze\nanswer:\n"}))) == []
    assert [item[0] for item in found(load(make(tmp_path, {"cards/ML0001.yaml": f"{card}answer:\n"})))] == ["SCH004"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]\n", "just text\n", "- [a]\n"])
def test_a_file_without_a_card_is_one_finding(tmp_path: Path, text: str) -> None:
    result = load(make(tmp_path, {"cards/ML0001.yaml": text}))
    assert [item[0] for item in found(result)] == ["SCH003"]


def test_without_a_usable_deck_the_cards_are_still_checked(tmp_path: Path) -> None:
    result = load(make(tmp_path, {"deck.yaml": "a: `", "cards/ML0001.yaml": "id: ML0001\n"}))
    assert result.deck is None
    assert [item[0] for item in found(result)] == ["YML001", "SCH002", "SCH002"]


def test_ids_and_tags_are_left_to_their_rules(tmp_path: Path) -> None:
    for number, name in enumerate(
        ["../../etc/passwd", "ML 1", "1", "true", "x" * 100, "CON", "<script>", "\uff2d\uff2c0001"]
    ):
        make(tmp_path, {f"cards/{number}.yaml": SMALL.format(name) + f"tags: ['{name}', 7]\nrelated: [{name}]\n"})
    result = load(tmp_path)
    assert result.findings == ()
    assert result.deck is not None
    assert len(result.deck.cards) == 8


def test_unsaved_text_replaces_a_file(tmp_path: Path) -> None:
    make(tmp_path, {"cards/ML0001.yaml": SMALL.format("ML0001")})
    unsaved = {
        "source/cards/ML0001.yaml": SMALL.format("ML0007").encode(),
        "source/cards/ML0008.yaml": SMALL.format("ML0008").encode(),
    }
    result = load(tmp_path, contents=unsaved)
    assert result.deck is not None
    assert [card.id.text for card in result.deck.cards] == ["ML0007", "ML0008"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_are_refused_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.png").write_bytes(b"secret")
    (outside / "ML0002.yaml").write_text(SMALL.format("ML0002"))
    root = make(tmp_path / "project", {"cards/ML0001.yaml": SMALL.format("ML0001"), "media/real.png": b"real"})
    (root / "source/media/secret.png").symlink_to(outside / "secret.png")
    (root / "source/media/near.png").symlink_to("real.png")
    (root / "source/media/folder").symlink_to(outside)
    (root / "source/media/nowhere.png").symlink_to(tmp_path / "nowhere")
    (root / "source/cards/ML0002.yaml").symlink_to(outside / "ML0002.yaml")
    (root / "source/figures").symlink_to(outside)
    result = load(root)
    assert sorted(item[:2] for item in found(result)) == [
        ("MED003", "source/cards/ML0002.yaml"),
        ("MED003", "source/figures"),
        ("MED003", "source/media/folder"),
        ("MED003", "source/media/near.png"),
        ("MED003", "source/media/nowhere.png"),
        ("MED003", "source/media/secret.png"),
    ]
    assert result.deck is not None
    assert [media.name for media in result.deck.settings.media] == ["real.png"]
    assert [card.id.text for card in result.deck.cards] == ["ML0001"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_deck_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / "source/deck.yaml").rename(root / "deck.yaml")
    (root / "source/deck.yaml").symlink_to(root / "deck.yaml")
    result = load(root)
    assert result.deck is None
    assert found(result) == [("MED003", "source/deck.yaml", 1, 1)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFO")
def test_what_is_no_ordinary_file_is_not_opened(tmp_path: Path) -> None:
    root = make(tmp_path, {"media/real.png": b"real"})
    os.mkfifo(root / "source/media/pipe.png")
    (root / "source/cards").mkdir()
    os.mkfifo(root / "source/cards/ML0001.yaml")
    assert sorted(found(load(root))) == [
        ("MED003", "source/cards/ML0001.yaml", 1, 1),
        ("MED003", "source/media/pipe.png", 1, 1),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot exist there")
def test_names_that_cannot_be_printed_are_refused(tmp_path: Path) -> None:
    root = make(tmp_path, {"media/a\n::error::b.png": b"x", "cards/\x1b[2J.yaml": "x"})
    result = load(root)
    assert sorted(found(result)) == [
        ("YML004", "source/cards/\ufffd[2J.yaml", 1, 1),
        ("YML004", "source/media/a\ufffd::error::b.png", 1, 1),
    ]
    assert result.deck is not None
    assert result.deck.settings.media == ()


def test_a_media_file_that_is_too_large_is_left_out(tmp_path: Path) -> None:
    root = make(tmp_path, {"media/large.png": b"x"})
    with (root / "source/media/large.png").open("r+b") as stream:
        stream.truncate(LARGEST_MEDIA + 1)
    result = load(root)
    assert found(result) == [("MED004", "source/media/large.png", 1, 1)]


def test_a_file_that_may_not_be_read_is_one_clear_message(tmp_path: Path, bound_by_permissions: list[str]) -> None:
    root = make(tmp_path, {"media/a.png": b"x"})
    (root / "source/media/a.png").chmod(0)
    command = [*bound_by_permissions, sys.executable, "-m", "cardpipe", "-C", str(root), "lint"]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert result.returncode == 2
    assert "source/media/a.png cannot be read" in result.stderr
    assert len(result.stderr.splitlines()) <= 2


@pytest.mark.parametrize("stated", [0, 5, 4_000])
def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stated: int
) -> None:
    path = tmp_path / "grows.txt"
    path.write_bytes(bytes(range(250)) * 40)
    stat_of = os.fstat

    def before(descriptor: int) -> os.stat_result:
        facts = list(stat_of(descriptor))
        facts[6] = stated  # st_size
        return os.stat_result(facts)

    monkeypatch.setattr(os, "fstat", before)
    found = FoundFile("grows.txt", tmp_path)
    assert read_file(found, 100_000, []) == path.read_bytes()
    assert read_file(found, 7_000, []) == path.read_bytes()[:7_001]


def test_a_deck_file_that_is_a_folder_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "source/deck.yaml").mkdir(parents=True)
    loaded = load(tmp_path)
    assert loaded.deck is None
    assert [(found.code, found.span.path) for found in loaded.findings] == [("MED003", "source/deck.yaml")]


def test_a_project_is_found_from_below(tmp_path: Path) -> None:
    root = make(tmp_path / "project", {"cards/a/ML0001.yaml": SMALL.format("ML0001")})
    assert find_project(root / "source/cards/a") == root.resolve()
    with pytest.raises(ProjectError) as error:
        find_project(tmp_path)
    assert "cardpipe init" in (error.value.hint or "")
    with pytest.raises(ProjectError):
        load(tmp_path)


def test_loading_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    make(tmp_path)
    load(tmp_path)
    assert gc.isenabled()


def test_mutated_files_never_raise(tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 - a repeatable choice, not a secret
    good = [DECK.encode(), CARD.encode()]
    root = make(tmp_path)
    pieces = [
        b"\t",
        b"\n",
        b"  ",
        b": ",
        b"- ",
        b"[",
        b"}",
        b"'",
        b'"',
        b"|",
        b"&a ",
        b"*a",
        b"<<: ",
        b"!x ",
        b"\xff",
        b"\0",
        b"#",
    ]
    for _ in range(400):
        deck, card = (bytearray(text) for text in good)
        for text in (deck, card):
            for _ in range(chance.randint(0, 4)):
                at = chance.randrange(len(text))
                text[at : at + chance.choice([0, 0, 1, 5, 40])] = chance.choice([b"", *pieces])
        result = load(root, contents={"source/deck.yaml": bytes(deck), "source/cards/ML0044.yaml": bytes(card)})
        for finding in result.findings:
            assert finding.message
            assert finding.span.path.startswith("source/")


def test_the_examples_of_the_manual_load_without_a_finding(tmp_path: Path) -> None:
    card, deck = example(CARD_FIELDS), example(DECK_FIELDS)
    page = card_format_page({"sample": CARD_FIELDS[:2]})
    assert card in page
    assert deck in page
    assert "### `kind: sample`" in page
    assert all(f"| `{field.name}` |" in page for field in (*CARD_FIELDS, *DECK_FIELDS))
    result = load(make(tmp_path, {"deck.yaml": deck, "cards/ML0044.yaml": card}))
    assert result.findings == ()
    assert result.deck is not None
    assert len(result.deck.cards) == 1
