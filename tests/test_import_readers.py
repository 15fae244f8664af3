"""Readers of existing decks: each fulfils the contract, and reads what its format says."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from cardpipe import plugins
from cardpipe.errors import UsageError
from cardpipe.importing.api import ImportedDeck, ImportedNote, Reader, ReadOptions, Source
from cardpipe.importing.sources import reader_of
from cardpipe.testing import check_reader
from import_sample import BASIC, CLOZE, PNG, TEXTS, Note, package, sources

if TYPE_CHECKING:
    from pathlib import Path

READERS = plugins.names(plugins.READERS)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return sources(tmp_path_factory.mktemp("sources"))


def read(path: Path, name: str | None = None, *columns: str) -> tuple[ImportedDeck, list[ImportedNote]]:
    source = Source(path)
    with reader_of(source, name).open(source, ReadOptions(columns)) as deck:
        return deck, list(deck.notes())


@pytest.mark.quick_cases("anki", "table")
@pytest.mark.parametrize("name", READERS)
def test_our_readers(name: str, samples: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}", encoding="utf-8")
    check_reader(cast("Reader", plugins.load(plugins.READERS, name)), samples[name], other=other)


@pytest.mark.parametrize("name", READERS)
def test_each_sample_is_read_by_its_own_reader(name: str, samples: dict[str, Path]) -> None:
    assert reader_of(Source(samples[name]), None).name == name


@pytest.mark.parametrize("form", ["legacy1", "legacy2", "latest"])
def test_all_forms_of_packages_hold_the_same(form: str, tmp_path: Path) -> None:
    notes = [
        Note(BASIC, ("a <b>x</b>", "ü"), "t1 t::2", "Top::Süd", "g!1"),
        Note(CLOZE, ("{{c1::a}}", ""), "", "Top", "g2"),
    ]
    path = tmp_path / "x.apkg"
    path.write_bytes(package(notes, {"a b.png": PNG, "../c.png": PNG}, form=form))
    source = Source(path)
    with reader_of(source, None).open(source, ReadOptions()) as deck:
        found = list(deck.notes())
        assert [(note.guid, note.fields, note.tags, note.deck) for note in found] == [
            ("g!1", ("a <b>x</b>", "ü"), ("t1", "t::2"), "Top::Süd"),
            ("g2", ("{{c1::a}}", ""), (), "Top"),
        ]
        assert [kind.name for kind in deck.note_types] == ["Basic", "Cloze"]
        assert [field.name for field in deck.note_types[0].fields] == ["Front", "Back"]
        assert (deck.name, deck.description) == ("Top", "About <b>it</b>.")
        assert list(deck.media) == ["a b.png"]
        assert [remark.place for remark in deck.remarks] == ["../c.png"]
        with deck.media["a b.png"]() as file:
            assert file.read() == PNG


def test_packages_of_the_real_anki_are_read(tmp_path: Path) -> None:
    collection = pytest.importorskip("anki.collection")
    col = collection.Collection(str(tmp_path / "c.anki2"))
    note = col.new_note(col.models.by_name("Basic"))
    note.fields = ["front", "back"]
    col.add_note(note, col.decks.id("Top::Sub"))
    for legacy in (True, False):
        path = tmp_path / f"{legacy}.apkg"
        options = collection.ExportAnkiPackageOptions(with_media=True, legacy=legacy)
        limit = collection.DeckIdLimit(col.decks.id("Top"))
        col.export_anki_package(out_path=str(path), options=options, limit=limit)
        deck, [found] = read(path)
        assert (found.fields, found.guid, found.deck, deck.name) == (("front", "back"), note.guid, "Top::Sub", "Top")
        assert deck.note_types[0].templates[0].front == "{{Front}}"
    path = tmp_path / "x.colpkg"
    col.export_collection_package(str(path), include_media=True, legacy=False)
    assert read(path)[1][0].fields == ("front", "back")


def test_texts_of_anki_follow_their_directives(samples: dict[str, Path]) -> None:
    deck, notes = read(samples["anki-text"])
    assert [(note.guid, note.fields, note.tags, note.deck) for note in notes] == [
        ("g1", ("<b>x</b>", "y"), ("t1", "t2"), "A::B"),
        ("g2", ("x {{c1::y}}", ""), (), "A"),
    ]
    assert {kind.form.value for kind in deck.note_types} == {"html"}


@pytest.mark.parametrize("line", ["#separator:word", "#guid column:x", "#tags column:0"])
def test_a_wrong_directive_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(f"{line}\na\tb\n", encoding="utf-8")
    with pytest.raises(UsageError):
        read(path)


def test_a_table_takes_its_columns_from_the_user(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("a\tskipped\tb\tt1 t2\n", encoding="utf-8")
    deck, [note] = read(path, None, "front", "", "back", "tags")
    assert (note.fields, note.tags) == (("a", "b"), ("t1", "t2"))
    with pytest.raises(UsageError, match="first row is not a header"):
        read(path)
    assert deck.name == "x"


def test_tables_of_a_recipe_are_joined(samples: dict[str, Path]) -> None:
    deck, notes = read(samples["brain-brew"])
    assert [(note.guid, note.tags) for note in notes] == [("g1", ("eu", "west")), ("g2", ("am",))]
    names = [field.name for field in deck.note_types[0].fields]
    assert dict(zip(names, notes[0].fields, strict=True)) == {
        "Country": "France",
        "Capital": "Paris",
        "Flag": '<img src="a.png">',
    }
    assert (deck.name, list(deck.media)) == ("Countries", ["a.png"])


RECIPE = """- build_parts:
  - headers_from_yaml_part: {part_id: h, file: h.yaml, override: {name: Lands}}
  - notes_from_csvs:
    - part_id: english
      note_model_mappings: [{note_models: [EN], columns_to_fields: {land: Land, city: City, guid: guid}}]
      file_mappings: [{file: main.csv, note_model: EN}]
    - part_id: german
      note_model_mappings: [{note_models: [DE], columns_to_fields: {"land:de": Land, city: City, "guid:de": guid}}]
      file_mappings: [{file: main.csv, note_model: DE}]
- generate_crowd_anki: {folder: build/Lands, headers: h, notes: {part_id: english}}
- generate_crowd_anki: {folder: build/Lands More, notes: {part_id: english, override: {note_model: EN2}}}
- generate_crowd_anki: {folder: build/Lands DE, headers: h, notes: {part_id: german}}
"""


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("", [("EN", "g1", "Lands"), ("DE", "g2", "Lands DE")]),
        ("German", [("DE", "g2", "")]),
        ("Lands More", [("EN2", "g1", "")]),
    ],
)
def test_a_recipe_can_build_several_decks(part: str, expected: list[tuple[str, str, str]], tmp_path: Path) -> None:
    (tmp_path / "main.csv").write_text("land,land:de,city,guid,guid:de\nSpain,Spanien,Madrid,g1,g2\n", "utf-8")
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    source = Source(path)
    with reader_of(source, None).open(source, ReadOptions(part=part)) as deck:
        assert [(note.note_type, note.guid, note.deck) for note in deck.notes()] == expected
        same = [remark.place for remark in deck.remarks if "same notes" in remark.message]
        assert same == ([] if part else ["Lands More"])
    with pytest.raises(UsageError, match="no deck “French”"):
        read_part(path, "French")


def read_part(path: Path, part: str) -> None:
    source = Source(path)
    with reader_of(source, None).open(source, ReadOptions(part=part)):
        pass


def test_folders_of_crowdanki_hold_subdecks_and_media(samples: dict[str, Path]) -> None:
    deck, notes = read(samples["crowdanki"])
    assert [(note.guid, note.deck) for note in notes] == [("g1", "Top"), ("g2", "Top::Sub")]
    assert list(deck.media) == ["a.png"]
    assert {remark.place for remark in deck.remarks} == {"../evil.png", "missing.png"}


def test_notes_of_obsidian_have_all_forms(samples: dict[str, Path]) -> None:
    _, notes = read(samples["obsidian"])
    assert [(note.note_type, note.fields, note.place) for note in notes] == [
        ("basic", ("Hund", "dog"), "vault.md, line 6"),
        ("reversed", ("Katze", "cat"), "vault.md, line 7"),
        ("basic", ("What\nis it?", "answer"), "vault.md, line 9"),
        ("cloze", ("The {{c1::sun}} shines.", ""), "vault.md, line 14"),
    ]
    assert notes[0].tags == ("biology",)


def test_decks_of_hashcards_have_questions_and_deletions(samples: dict[str, Path]) -> None:
    _, notes = read(samples["hashcards"])
    assert [(note.note_type, note.fields[0]) for note in notes] == [
        ("basic", "What is $x^2$?"),
        ("cloze", "The {{c1::sun}} is a {{c2::star}}."),
    ]
    assert notes[0].fields[1] == "A square.\n\nMore."


def test_terms_of_quizlet_can_have_several_lines(samples: dict[str, Path]) -> None:
    assert [note.fields for note in read(samples["quizlet"])[1]] == [("Hund", "dog"), ("Katze", "cat\n  or kitten")]


def test_headings_that_ask_are_questions(samples: dict[str, Path]) -> None:
    _, notes = read(samples["markdown"])
    assert [(note.fields[0], note.deck) for note in notes] == [
        ("What is **X**?", "questions::Basics"),
        ("What is <div> for?", "questions::Basics"),
    ]
    assert notes[1].fields[1] == "A box, see [this](https://example.org) and that."


@pytest.mark.parametrize(
    ("summary", "question"), [("<b>What is it?</b>", "What is it?"), ("Answer", "Heading?\n\nSome `code`.")]
)
def test_folded_answers_are_cards(summary: str, question: str, tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    text = f"# List\n\n## 3. Heading?\n\nSome `code`.\n\n<details><summary>{summary}</summary>\n<p>\n\nIt is.\n\n</p>\n"
    path.write_text(f"{text}</details>\n", encoding="utf-8")
    _, [note] = read(path)
    assert note.fields == (question, "It is.")


def test_questions_within_a_numbered_list_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_text(
        "1. ### What is it?\n\n    A thing.\n\n    - with a list\n\n2. ### And that?\n\n    Too.\n", "utf-8"
    )
    assert [note.fields for note in read(path)[1]] == [
        ("What is it?", "A thing.\n\n- with a list"),
        ("And that?", "Too."),
    ]


LIST = """# List

## Table of Contents

1. [One](#one)

## Basics

1. ### What are *these*

    ```python
    # no heading
    ```

    #### Notes

    See [there](#x) and ![](img/a.png).

  ## Key points

  Still the first.

   **[⬆ Back to Top](#list)**

2. ### Explain it

    It `[x](y)` is. [a][ref]

## Choices

#### 1. Which?

- [ ] Not this
- [x] This

[Reference](https://example.org)

#### 2. And here

<details><summary><b>Answer</b></summary>
<p>

##### Answer: B

Since.

</p>
</details>

<details><summary>Solution 2</summary>

Or so.
</details>

#### 3. Nothing

## License

MIT

[ref]: https://example.org/ref
"""


def test_questions_of_all_forms_are_read_from_one_list(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "a.png").write_bytes(PNG)
    path = tmp_path / "x.md"
    path.write_text(LIST, encoding="utf-8")
    deck, notes = read(path)
    assert [(note.fields[0], note.deck) for note in notes] == [
        ("What are *these*", "x::Basics"),
        ("Explain it", "x::Basics"),
        ("Which?\n\n- Not this\n- This", "x::Choices"),
        ("And here", "x::Choices"),
        ("Nothing", "x::Choices"),
    ]
    assert notes[0].fields[1] == (
        "```python\n# no heading\n```\n\n#### Notes\n\nSee there and ![](img/a.png).\n\n"
        "## Key points\n\nStill the first."
    )
    assert [note.fields[1] for note in notes[1:]] == [
        "It `[x](y)` is. [a](https://example.org/ref)",
        "This\n\n[Reference](https://example.org)",
        "B\n\nSince.\n\n**Solution 2**\n\nOr so.",
        "",
    ]
    assert list(deck.media) == ["img/a.png"]
    assert [(one.place, one.message) for one in deck.remarks] == [
        ("x.md, line 55", "the question has no answer"),
        ("x.md, line 57 (License)", "text that belongs to no question"),
    ]


def test_options_can_be_code(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    options = "".join(
        f"- [{box}] {name}\n\n```c\n{name}();\n```\n\n" for box, name in ((" ", "A"), ("x", "B"), (" ", "C"))
    )
    path.write_text(f"#### Q1. Which?\n\n{options}Since.\n", encoding="utf-8")
    [note] = read(path)[1]
    assert note.fields[0].count("```") == 6
    assert note.fields[1] == "B\n\n```c\nB();\n```\n\nSince."


def test_lines_in_bold_can_ask(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_text("## Topic\n\n**What is it? 🚀**\n\nA thing.\n\n**And** so on.\n\n**Why?**\n\nSo.\n", "utf-8")
    assert [note.fields for note in read(path)[1]] == [
        ("What is it? 🚀", "A thing.\n\n**And** so on."),
        ("Why?", "So."),
    ]
    path.write_text("".join(f"**{number}) Do** it.\n\nDone.\n\n" for number in range(1, 5)), "utf-8")
    assert [note.fields[0] for note in read(path)[1]] == ["**Do** it."] * 4


def test_pictures_are_found_beside_the_note_that_names_them(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder / "img").mkdir(parents=True)
        (tmp_path / folder / "img" / "x.png").write_bytes(PNG)
        text = "# Q?\n\n![](img/x.png) ![](../b/img/x.png) ![](../../x.png) ![[x.png|300]]\n"
        (tmp_path / folder / "note.md").write_text(text, encoding="utf-8")
    deck, notes = read(tmp_path, "markdown")
    assert [note.fields[1] for note in notes] == [
        "![](a/img/x.png) ![](b/img/x.png) ![](a/img/x.png) ![x](a/img/x.png)",
        "![](b/img/x.png) ![](b/img/x.png) ![](a/img/x.png) ![x](a/img/x.png)",
    ]
    assert list(deck.media) == ["a/img/x.png", "b/img/x.png"]


def test_the_format_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text(TEXTS["quizlet"], encoding="utf-8")
    assert read(path, "quizlet")[1]
    with pytest.raises(UsageError, match="Unknown import format “quizle”"):
        read(path, "quizle")
