"""`cardpipe import`: a project that lints without errors, exports at once, and is the same each time."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner, Result

import import_sample
from cardpipe.cache.store import Cache
from cardpipe.cli.main import cli
from cardpipe.errors import CardpipeError, ProjectError
from cardpipe.fix.formatting import formatted
from cardpipe.importing import staging
from cardpipe.importing.existence import needed_fields
from cardpipe.lint.project import lint_project
from cardpipe.model.diagnostics import Severity
from cardpipe.text.positions import SourceFile
from import_sample import (
    BASIC,
    CLOZE,
    FRONT_SIDE,
    GEO,
    OPTIONAL,
    PNG,
    REVERSED,
    SOUND,
    TYPED,
    Model,
    Note,
    package,
    sources,
)

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from conftest import Run

NOTES = [
    Note(BASIC, ("What is <b>this</b>?", "a<br>b"), "geo::x leech a,b", "Top::One"),
    Note(REVERSED, ("Hund", "dog"), "", "Top::One"),
    Note(CLOZE, ("{{c1::a}} and {{c2::\\(x\\)}}", "more"), "", "Top::Two & more"),
    Note(CLOZE, ("{{c1::<ul><li>a</li></ul>}}", ""), "", "Top::Two & more"),
    Note(TYPED, ("Capital of France?", "Paris"), "", "Top::Two & more"),
    Note(TYPED, ("Formatted?", "<b>Paris</b>"), "", "Top::Two & more"),
    Note(OPTIONAL, ("a", "b", "y"), "", "Top"),
    Note(OPTIONAL, ("c", "d", ""), "", "Top"),
    Note(GEO, ("France", "Paris", '<img src="map ü.png">'), "", "Top"),
    Note(
        BASIC,
        ('<code style="color: red">a</code><code><b>b</b></code>', "[sound:s.mp3] [sound:missing.mp3]"),
        "",
        "Top",
    ),
    Note(BASIC, ("", "only a back"), "", "Top"),
    Note(BASIC, ("{{c1::no cloze}} [$]\\nomacro[/$]", "[anki:play:q:0] \\(\\text{$x$}\\)"), "", "Top"),
]
MEDIA = {"map ü.png": PNG, "s.mp3": SOUND, "Map ü.PNG": PNG, "_font.ttf": b"font", "wrong.jpg": PNG, "empty.png": b""}


def imported(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, ["import", *map(str, args)], standalone_mode=False)


@pytest.fixture(scope="module")
def package_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "deck.apkg"
    path.write_bytes(package(NOTES, MEDIA, form="latest"))
    return path


@pytest.fixture(scope="module")
def made(package_path: Path) -> Path:
    folder = package_path.parent / "made"
    result = imported(package_path, "--into", folder)
    assert result.exit_code == 0, result.exception
    return folder


def errors(folder: Path) -> list[str]:
    found = lint_project(folder, Cache.in_memory()).diagnostics
    return [f"{one.span.path}: {one.code} {one.message}" for one in found if one.severity is Severity.ERROR]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def cards(folder: Path) -> list[dict[str, Any]]:
    paths = sorted((folder / "source/cards").rglob("*.yaml"))
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]


def test_the_deck_has_no_errors(made: Path) -> None:
    assert errors(made) == []


def test_each_card_has_the_canonical_form(made: Path) -> None:
    for path in (made / "source/cards").rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert formatted(SourceFile(path.name, text)) == text


def test_kinds_follow_the_note_types(made: Path) -> None:
    found = {card["question"]: card.get("kind", "basic") for card in cards(made) if "question" in card}
    assert found["Hund"] == "reversed"
    assert found["{{c1::a}} and {{c2::$x$}}"] == "cloze"
    assert found["Capital of France?"] == "typed"
    assert found["Formatted?"] == "basic"
    assert (found["a"], found["c"]) == ("reversed", "basic")
    assert found["\\{{c1::no cloze}} `\\nomacro`"] == "basic"


def test_other_note_types_become_those_of_the_deck(made: Path) -> None:
    deck = yaml.safe_load((made / "source/deck.yaml").read_text(encoding="utf-8"))
    assert deck["front"] == []
    assert deck["note_types"] == {
        "geo": {
            "name": "Geo",
            "fields": {"country": {"kind": "line", "required": True}, "capital": "line", "map": "picture"},
            "faces": {
                "card-1": {
                    "front": "What is the capital of {country}?",
                    "back": "**{capital}**",
                    "needs": ["capital", "country"],
                },
                "card-2": {"front": "Which country? {map}", "back": "{country}", "needs": ["map"]},
            },
        }
    }
    [card] = [card for card in cards(made) if card.get("type") == "geo"]
    assert card["fields"] == {"country": "France", "capital": "Paris", "map": "map-ü-2.png"}
    assert card["guid"] == "guid8"


def test_decks_become_subdecks_with_prefixes(made: Path) -> None:
    deck = yaml.safe_load((made / "source/deck.yaml").read_text(encoding="utf-8"))
    assert deck["name"] == "Top"
    assert list(deck["subdecks"].values()) == ["Top", "One", "Two & more"]
    assert deck["description"] == "About it."


def test_tags_of_learners_are_left_out(made: Path) -> None:
    [tags] = [card["tags"] for card in cards(made) if "tags" in card]
    assert tags == ["geo::x", "a_b"]


def test_media_keep_their_names_where_they_can(made: Path) -> None:
    names = {path.name for path in (made / "source/media").iterdir()}
    assert names == {"Map-ü.PNG", "map-ü-2.png", "s.mp3", "wrong.png"}
    report = (made / "import-report.md").read_text(encoding="utf-8")
    assert "- it is no picture or sound that cards can show: `_font.ttf`" in report
    assert "- it is empty: `empty.png`" in report
    assert "missing: missing.mp3" in report


def test_the_report_has_both_forms(made: Path) -> None:
    report = (made / "import-report.md").read_text(encoding="utf-8")
    assert '```text\n<code style="color: red">a</code><code><b>b</b></code>\n```' in report
    assert '```html original\n<code style="color:red">a</code><code><b>b</b></code>\n```' in report
    assert "MathJax refuses: \\\\nomacro" in report


def test_two_imports_are_the_same(made: Path, package_path: Path, tmp_path: Path) -> None:
    assert imported(package_path, "--into", tmp_path / "again").exit_code == 0
    assert files(tmp_path / "again") == files(made)


@pytest.mark.slow
def test_the_deck_exports_and_anki_takes_it(made: Path, run: Run, tmp_path: Path) -> None:
    result = run("-C", made, "export", "--output", tmp_path / "out", "--format", "anki,csv,html,markdown,pdf")
    assert result.returncode == 0, result.stderr
    assert '<code style="color:red">a</code><code><b>b</b></code>' in (tmp_path / "out/top.html").read_text(
        encoding="utf-8"
    )
    assert run("verify", tmp_path / "out/top.apkg").returncode == 0


@pytest.mark.quick_cases("crowdanki", "markdown")
@pytest.mark.parametrize(
    "name",
    ["anki", "anki-text", "brain-brew", "crowdanki", "hashcards", "markdown", "obsidian", "quizlet", "table"],
)
def test_each_format_makes_a_deck_without_errors(name: str, tmp_path: Path) -> None:
    path = sources(tmp_path)[name]
    result = imported(path, "--into", tmp_path / "made")
    assert result.exit_code == 0, result.exception
    assert "100 % of" in result.output
    assert errors(tmp_path / "made") == []
    assert len(cards(tmp_path / "made")) >= 2


def test_a_field_for_titles_becomes_the_title(tmp_path: Path) -> None:
    path = tmp_path / "x.apkg"
    model = Model(BASIC, "Titled", ("Title", "Front", "Back"), (("{{Front}}", FRONT_SIDE + "{{Back}}<br>{{Title}}"),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_sample, "MODELS", (model,))
        path.write_bytes(package([Note(BASIC, ("Dogs", "Hund", "dog")), Note(BASIC, ("", "Katze", "cat"))]))
    assert imported(path, "--into", tmp_path / "made").exit_code == 0
    found = [(card.get("title"), card["question"], card["answer"], card["guid"]) for card in cards(tmp_path / "made")]
    assert found == [("Dogs", "Hund", "dog", "guid0"), (None, "Katze", "cat", "guid1")]
    assert errors(tmp_path / "made") == []


def test_many_short_notes_become_a_table_in_canonical_form(tmp_path: Path) -> None:
    path = tmp_path / "x.apkg"
    strange = ["null", "?a", ":?", "a:?b", "- b", "x: y", "a, b", "#c", "'q", "1e3", "{a}"]
    values = [*strange, *(f"place {number}" for number in range(30))]
    path.write_bytes(package([Note(GEO, (f"land {value}", value, ""), "t", guid=f"?{value}") for value in values]))
    assert imported(path, "--into", tmp_path / "made").exit_code == 0
    assert not (tmp_path / "made/source/cards").exists()
    text = (tmp_path / "made/source/tables/geo.yaml").read_text(encoding="utf-8")
    assert formatted(SourceFile("source/tables/geo.yaml", text)) == text
    records = yaml.load(text, Loader=yaml.CBaseLoader)["records"]  # noqa: S506  # every scalar as text
    assert [record["guid"] for record in records] == [f"?{value}" for value in values]
    assert [record["capital"] for record in records][-30:] == values[-30:]
    assert errors(tmp_path / "made") == []


def test_several_files_become_one_deck(tmp_path: Path) -> None:
    paths = sources(tmp_path)
    result = imported(
        paths["table"], paths["quizlet"], "--into", tmp_path / "made", "--name", "Both", "--language", "de"
    )
    assert result.exit_code == 0, result.exception
    deck = yaml.safe_load((tmp_path / "made/source/deck.yaml").read_text(encoding="utf-8"))
    assert (deck["name"], deck["language"], sorted(deck["subdecks"].values())) == ("Both", "de", ["table", "terms"])
    assert len(cards(tmp_path / "made")) == 4


def test_a_dry_run_writes_nothing(package_path: Path, tmp_path: Path) -> None:
    result = imported(package_path, "--into", tmp_path / "made", "--dry-run")
    assert "## Note types" in result.output
    assert "missing: missing.mp3" in result.output
    assert result.exit_code == 0
    assert "12 notes, 12 cards and 4 media files would be written to" in result.output
    assert list(tmp_path.iterdir()) == []


def test_an_existing_deck_is_not_touched(made: Path, package_path: Path) -> None:
    before = files(made)
    result = imported(package_path, "--into", made)
    assert isinstance(result.exception, CardpipeError)
    assert "already has a source/ folder" in result.exception.message
    assert files(made) == before


def test_other_files_of_the_folder_are_kept(package_path: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("mine", encoding="utf-8")
    assert imported(package_path, "--into", tmp_path).exit_code == 0
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "source/deck.yaml").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {".gitignore", "README.md", "source", "import-report.md"}


@pytest.mark.parametrize("name", ["words.xlsx", "words.ODS"])
def test_a_spreadsheet_says_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\3\4")
    result = imported(tmp_path / name, "--into", tmp_path / "made")
    assert isinstance(result.exception, CardpipeError)
    assert "CSV" in (result.exception.hint or "")


def test_a_release_with_warnings_names_the_baseline(tmp_path: Path) -> None:
    root = tmp_path / "made"
    path = tmp_path / "a.apkg"
    path.write_bytes(package([Note(BASIC, ("What is it?", '<img src="map ü.png">'))], MEDIA, form="latest"))
    assert imported(path, "--into", root).exit_code == 0
    results = [
        CliRunner().invoke(cli, ["-C", str(root), *args], standalone_mode=False)
        for args in (["release", "1"], ["lint", "--write-baseline"], ["release", "1"])
    ]
    assert [result.return_value for result in results] == [1, 0, 0]
    assert "cardpipe lint --write-baseline" in results[0].output


def test_a_project_for_git_ignores_what_is_built(made: Path) -> None:
    assert "/output/*\n" in (made / ".gitignore").read_text(encoding="utf-8")


def test_a_face_needs_the_field_that_all_notes_have() -> None:
    notes = [frozenset({"Word", "Article", "Sound"}), frozenset({"Word", "Article"})]
    assert needed_fields("{{Article}} {{Word}} {{Sound}}", ("Word", "Article", "Sound"), notes) == ("Word",)


def test_a_failure_leaves_nothing(package_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cardpipe.importing import cards as module

    def fails(*_: object, **_named: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "card_text", fails)
    result = imported(package_path, "--into", tmp_path / "inner" / "made")
    assert isinstance(result.exception, CardpipeError)
    assert "No space left on device" in result.exception.message
    assert list(tmp_path.iterdir()) == []


def test_a_field_that_no_card_can_hold_is_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "x.apkg"
    path.write_bytes(package([Note(BASIC, ("word " * 30_000, "a")), Note(BASIC, ("b", "c" * 400_000)), NOTES[1]]))
    result = imported(path, "--into", tmp_path / "made")
    assert "2 cards could not be written" in result.output
    assert errors(tmp_path / "made") == []
    report = (tmp_path / "made/import-report.md").read_text(encoding="utf-8")
    assert "left out: A field has more than 300,000 characters.: `note 5001`" in report


def test_pictures_in_addresses_become_files(tmp_path: Path) -> None:
    import base64

    path = tmp_path / "x.apkg"
    picture = f'<img src="data:image/png;base64,{base64.b64encode(PNG).decode()}">'
    path.write_bytes(package([Note(BASIC, (picture, picture))]))
    assert imported(path, "--into", tmp_path / "made").exit_code == 0
    [file] = (tmp_path / "made/source/media").iterdir()
    assert file.read_bytes() == PNG
    [card] = cards(tmp_path / "made")
    assert card["question"] == card["answer"]
    assert f"({file.name})" in card["question"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux reports it")
def test_ten_thousand_notes_take_little_time_and_memory(tmp_path: Path) -> None:
    notes = [
        Note(BASIC, (f"What is <b>number {index}</b>?<br>Say {index}.", f"It is \\(x_{index % 50}\\) &amp; more"))
        for index in range(10_000)
    ]
    path = tmp_path / "x.apkg"
    path.write_bytes(package(notes))
    code = (
        "import pathlib, re, sys, time\nfrom cardpipe.cli.main import _run\n"
        "assert _run(['import', sys.argv[1], '--into', sys.argv[2]]) == 0\n"
        "peak = re.search('VmHWM:[^0-9]*([0-9]+)', pathlib.Path('/proc/self/status').read_text())[1]\n"
        "print(time.process_time(), peak)"
    )
    command = [sys.executable, "-c", code, str(path), str(tmp_path / "made")]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    seconds, kilobytes = map(float, result.stdout.split()[-2:])
    assert seconds < 60
    assert kilobytes < 400 * 1024


@pytest.mark.parametrize("is_checked", [True, False], ids=["checked", "between the check and the writing"])
@pytest.mark.parametrize("exists", [True, False], ids=["a folder", "no folder"])
def test_of_two_imports_at_a_time_one_is_complete(
    exists: bool, is_checked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "deck"
    if exists:
        target.mkdir()

    def import_twice() -> None:
        with staging.staged(target) as late:
            with staging.staged(target) as early:
                for folder, name in ((late, "late"), (early, "early")):
                    (folder / "source").mkdir()
                    (folder / "source" / name).touch()
                    (folder / staging.REPORT).write_text(name, encoding="utf-8")
            if not is_checked:
                monkeypatch.setattr(staging, "refuse_taken", lambda _target: None)

    with pytest.raises(ProjectError):
        import_twice()
    assert [path.name for path in (target / "source").iterdir()] == ["early"]
    assert (target / staging.REPORT).read_text(encoding="utf-8") == "early"
    assert list(tmp_path.iterdir()) == [target]
