"""`cardpipe feedback`: what learners changed comes back into the source, word by word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cardpipe.authoring.source_change import apply
from cardpipe.cli import prompts
from cardpipe.cli.main import cli
from cardpipe.errors import UsageError
from cardpipe.feedback.applying import applied
from cardpipe.feedback.presentation import as_text
from feedback_sample import FILES, changed, committed, compared, edit, edited, exported, git, listed, taken, write

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from click.testing import Result

    from feedback_sample import Edit


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return exported(write(tmp_path_factory.mktemp("shipped")))


def test_an_unchanged_package_has_no_changes(tmp_path: Path, package: bytes) -> None:
    found = compared(write(tmp_path), package)
    assert (found.notes, found.others, found.changes, found.refused_notes) == (8, 0, [], [])


WORD_EDITS: dict[str, tuple[Edit, str, str, str]] = {
    # name: the learner's edit; the file, and what is replaced in it by what
    "a word": (("EX0001", "Question", "mean", "really mean"), "cards/EX0001", "growth* mean", "growth* really mean"),
    "within emphasis": (("EX0001", "Question", "growth", "loss"), "cards/EX0001", "*growth*", "*loss*"),
    "bold": (("EX0001", "Answer", "larger", "<b>larger</b>"), "cards/EX0001", "larger", "**larger**"),
    "at a line's end": (("EX0001", "Answer", "gets\nlarger", "grows\nlarger"), "cards/EX0001", "gets", "grows"),
    "beside a macro": (
        ("EX0001", "Answer", "in each\nseason", "in every season"),
        "cards/EX0001",
        "in each\n",
        "in every\n",
    ),
    "a formula": (("EX0001", "Details", "= r N_t", "= 2 r N_t"), "cards/EX0001", "= r N_t", "= 2 r N_t"),
    "a list item": (
        ("EX0001", "Details", "<li>Second", "<li>And then</li>\n<li>Second"),
        "cards/EX0001",
        "  - Second",
        "  - And then\n  - Second",
    ),
    "a row that was copied and inserted below its table": (
        (
            "EX0001",
            "Details",
            "</table></div>",
            "</table></div><br><table style='width: 9px'><tbody><tr><td>winter</td><td>none</td></tr></tbody></table>",
        ),
        "cards/EX0001",
        "| autumn | low |\n",
        "| autumn | low |\n  | winter | none |\n",
    ),
    "within code": (
        ("EX0001", "Details", "rain_fall", "snow_fall"),
        "cards/EX0001",
        "`rain_fall`",
        "`snow_fall`",
    ),
    "beside another form of emphasis": (
        ("EX0001", "Details", "summer", "autumn"),
        "cards/EX0001",
        "_summer_",
        "_autumn_",
    ),
    "a cell": (("EX0001", "Details", ">low<", ">very low<"), "cards/EX0001", "| low |", "| very low |"),
    "in a folded block": (
        ("EX0002", "Question", "and freezes", "but freezes"),
        "cards/EX0002",
        "} and\n",
        "} but\n",
    ),
    "a deletion": (("EX0002", "Question", "100 °C", "99.97 °C"), "cards/EX0002", "100 °C", "99.97 °C"),
    "a hint": (("EX0002", "Question", "::temperature", "::heat"), "cards/EX0002", "::temperature", "::heat"),
    "a title": (("EX0002", "Title", "basics", "essentials"), "cards/EX0002", "basics", "essentials"),
    "in single quotes": (("EX0002", "Answer", "same", "same 'old'"), "cards/EX0002", "same", "same ''old''"),
    "in double quotes": (("EX0003", "Question", "term", '"odd" term'), "cards/several", " term", ' \\"odd\\" term'),
    "what YAML would read": (
        ("EX0003", "Answer", "comma", "comma: and # more"),
        "cards/several",
        "plain words, with a comma",
        '"plain words, with a comma: and # more"',
    ),
    "a typed answer": (("EX0004", "Answer", "mercury", "Mercury"), "cards/several", "mercury", "Mercury"),
    "a record": (("GE0002", "Capital", "Valletta", "Il-Belt"), "tables/countries", "Valletta", "Il-Belt"),
    "a record's text": (("GE0002", "Info", "sea", "blue, deep sea"), "tables/countries", "An island in the sea.",
                        '"An island in the blue, deep sea."'),
    "a number": (("GE0001", "Population", "68000000", "69000000"), "tables/countries", "68000000", "69000000"),
    "a removed item": (
        ("GE0001", "Neighbours", "<li>Spain</li>", ""),
        "tables/countries",
        '[Spain, "Belgium, north"]',
        '["Belgium, north"]',
    ),
    "an added item": (
        ("GE0001", "Neighbours", "</ul>", "<li>Italy, south</li></ul>"),
        "tables/countries",
        '"Belgium, north"]',
        '"Belgium, north", "Italy, south"]',
    ),
    "an added item in a list of lines": (
        ("GE0004", "Neighbours", "<li>Oman", "<li>Qatar: no</li><li>Oman"),
        "cards/GE0004",
        "    - Oman",
        '    - "Qatar: no"\n    - Oman',
    ),
    "an item of a list field": (("GE0001", "Neighbours", "Spain", "Spain [es]"), "tables/countries", "[Spain",
                                "['Spain \\[es]'"),
}  # fmt: skip


@pytest.mark.quick_cases("bold", "in a folded block", "what YAML would read", "an added item")
@pytest.mark.parametrize("case", WORD_EDITS)
def test_only_the_changed_words_of_the_source_change(tmp_path: Path, package: bytes, case: str) -> None:
    edit, file, old, new = WORD_EDITS[case]
    root = write(tmp_path)
    learners = edited(package, [edit])
    found = compared(root, learners)
    assert [outcome for _, _, outcome in listed(found)] == ["change"], found.changes
    assert found.deck is not None
    change = applied(found.changes, found.deck.settings)
    before = FILES[f"source/{file}.yaml"]
    assert {path: data.decode() for path, data in change.contents.items()} == {
        f"source/{file}.yaml": before.replace(old, new, 1)
    }
    apply(root, change)
    again = compared(root, learners)
    assert not taken(again)


def test_all_changes_together_show_what_the_learner_has(tmp_path: Path, package: bytes) -> None:
    root = write(tmp_path)
    edits = [edit for case, (edit, *_) in WORD_EDITS.items() if case != "a removed item"]
    learners = edited(package, [one for one in edits if one[0] != "EX0001" or one[1] != "Answer" or "<b>" in one[3]])
    found = compared(root, learners)
    assert {outcome for _, _, outcome in listed(found)} == {"change"}
    assert found.deck is not None
    apply(root, applied(found.changes, found.deck.settings))
    assert not compared(root, learners).changes
    assert "# A comment that stays." in (root / "source/cards/EX0001.yaml").read_text()


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("Question", "<p>", "<div>"),
        ("Question", "mean?", "mean?<br>"),
        ("Question", "does <", "does&nbsp;<"),
        ("Question", "<em>growth</em>", "<i>growth</i>"),
        ("Question", "mean?", "mean&#63;"),
        ("Answer", "larger", '<span style="font-family: Arial;">larger</span>'),
        ("Details", 'alt="A map of the field"', ""),
        ("Details", "map-", "map-"),
    ],
)
def test_what_an_editor_does_to_html_is_no_change(
    tmp_path: Path, package: bytes, field: str, old: str, new: str
) -> None:
    assert not compared(write(tmp_path), edited(package, [("EX0001", field, old, new)])).changes


REFUSED: dict[str, tuple[Edit, str]] = {
    "a picture": (("EX0001", "Answer", "larger", 'larger<img src="secret.png">'), "a picture or sound"),
    "a sound": (("EX0001", "Answer", "larger", "larger[sound:secret.mp3]"), "a picture or sound"),
    "a remote picture": (("EX0001", "Answer", "larger", '<img src="https://secret.example/x.png">larger'), "a picture"),
    "a script": (("EX0001", "Answer", "larger", "larger<script>secret()</script>"), "a script"),
    "an emptied field": (("EX0001", "Answer", "", ""), "emptied"),
    "a new list": (("GE0003", "Neighbours", "", "<ul><li>Chile</li></ul>"), "no list there yet"),
    "a default of a table": (("GE0003", "Info", "many", "most"), "default"),
    "a broken formula": (("EX0001", "Details", "= r N_t", r"= \frac{r N_t"), "lint"),
    "a field of cardpipe": (("EX0001", "References", "", "<ul><li>My book</li></ul>"), "several parts"),
    "a typed answer in bold": (("EX0004", "Answer", "mercury", "<b>mercury</b>"), "shows the same"),
    "a fence": (("EX0002", "Question", "{{c2::", "{{c2::{{c3::"), ""),
}


@pytest.mark.quick_cases("a picture", "a default of a table", "a broken formula")
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taken_is_listed_with_its_reason(tmp_path: Path, package: bytes, case: str) -> None:
    edit, reason = REFUSED[case]
    found = compared(write(tmp_path), edited(package, [edit]))
    [change] = found.changes
    assert change.outcome.value == "not taken"
    assert reason in change.reason
    assert change.after == ()
    assert "secret" not in repr((change.reason, change.left_out, change.theirs, change.base))


NEW_TEXTS: dict[str, tuple[Edit, str, str, str]] = {
    "details": (
        ("EX0002", "Details", "", "<p>One &amp; <b>two</b>.</p><ul><li>a: b</li></ul>"),
        "cards/EX0002",
        "tags:",
        "details: |\n  One & **two**.\n\n  - a: b\ntags:",
    ),
    "in a list of cards": (
        ("EX0003", "Details", "", "Short: yes"),
        "cards/several",
        "  tags:",
        '  details: "Short: yes"\n  tags:',
    ),
    "in a record": (("GE0003", "Population", "", "7"), "tables/countries", "Lima}", "Lima, population: 7}"),
    "no number": (("GE0003", "Population", "", "a lot"), "tables/countries", "", ""),
}


@pytest.mark.quick_cases("details", "in a record")
@pytest.mark.parametrize("case", NEW_TEXTS)
def test_a_text_that_the_card_did_not_have_is_added(tmp_path: Path, package: bytes, case: str) -> None:
    edit, file, old, new = NEW_TEXTS[case]
    root = write(tmp_path)
    found = compared(root, edited(package, [edit]))
    assert [outcome for _, _, outcome in listed(found)] == ["change" if new else "not taken"]
    if not new:
        return
    assert found.deck is not None
    [made] = applied(found.changes, found.deck.settings).contents.values()
    assert made.decode() == FILES[f"source/{file}.yaml"].replace(old, new, 1)
    assert "{+" in as_text(found, found.changes, colour=False)


def test_words_beside_a_picture_are_taken_without_it(tmp_path: Path, package: bytes) -> None:
    edit = ("EX0001", "Answer", "larger", 'much larger<img src="secret.png">')
    [change] = compared(write(tmp_path), edited(package, [edit])).changes
    assert change.outcome.value == "change"
    assert change.left_out == ("a picture or sound that is not of the deck",)
    assert "gets\nmuch larger, by" in change.after[0]


SHIPPED = re.compile(r'(?<=src=")map-[0-9a-f]{12}\.svg(?=")')
NAMES = {
    "the name without the digest of its content": ("map.svg", True),
    "the name before an import": ("MAP.jpg", True),
    "a name that is escaped": ("%6Dap.svg", True),
    "another picture": ("mine.png", False),
    "a remote picture": ("https://example.org/mine.png", False),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_under_another_name_is_not_removed(tmp_path: Path, package: bytes, name: str) -> None:
    theirs, is_same = NAMES[name]

    def change(connection: sqlite3.Connection) -> None:
        edit(connection, "EX0001", "Details", lambda text: SHIPPED.sub(theirs, text))

    root = write(tmp_path)
    found = compared(root, changed(package, change)).changes
    if is_same:
        assert not found
    else:
        assert [one.outcome.value for one in found] == ["not taken"]
    with_words = edited(changed(package, change), [("EX0001", "Details", "is the number", "is a number")])
    [made] = compared(root, with_words).changes
    assert made.outcome.value == "change"
    assert "![A map of the field](map.svg)" in made.after[0]
    assert "is a number" in made.after[0]
    assert bool(made.left_out) is not is_same


def test_a_note_with_the_time_of_its_release_is_untouched(tmp_path: Path, package: bytes) -> None:
    root = write(tmp_path)
    made = CliRunner(env={"SOURCE_DATE_EPOCH": "1780000000"}).invoke(cli, ["-C", str(root), "release", "1"])
    assert made.exit_code == 0, made.output
    learners = edited(package, [("EX0003", "Answer", "plain", "simple")])
    for mod, expected in ((1_780_000_000, []), (1_900_000_000, [("EX0003", "answer", "change")])):
        timed = changed(learners, lambda database, mod=mod: database.execute("UPDATE notes SET mod = ?", (mod,)))  # type: ignore[misc]
        assert listed(compared(root, timed)) == expected


# --- Three states ----------------------------------------------------------------------------------------------------


def source_changed(root: Path, *changes: tuple[str, str, str]) -> None:
    for name, old, new in changes:
        path = root / "source" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


ANSWER = "cards/EX0001.yaml"
MERGES = {
    "other words": (("until the food", "till the food"), "change", "gets\n  greater, by"),
    "the same words": (("larger", "bigger"), "conflict", ""),
    "adjacent words": (("  larger, by", "  larger at"), "conflict", ""),
    "the same change": (("larger", "greater"), "already there", ""),
}


@pytest.mark.quick_cases("revision-other words", "package-the same words", "package-the same change")
@pytest.mark.parametrize("case", MERGES)
@pytest.mark.parametrize("base", ["revision", "package"])
def test_a_change_of_the_source_is_merged(tmp_path: Path, package: bytes, case: str, base: str) -> None:
    (old, new), outcome, text = MERGES[case]
    root = write(tmp_path)
    committed(root)
    (root / "shipped.apkg").write_bytes(package)
    source_changed(root, (ANSWER, old, new))
    learners = edited(package, [("EX0001", "Answer", "larger", "greater")])
    found = compared(root, learners, "HEAD" if base == "revision" else str(root / "shipped.apkg"))
    assert listed(found) == [("EX0001", "answer", outcome)]
    if text:
        assert found.deck is not None
        made = applied(found.changes, found.deck.settings).contents["source/cards/EX0001.yaml"].decode()
        assert text in made
        assert new in made


def test_releases_are_found_in_git_and_an_old_one_is_no_change(tmp_path: Path, package: bytes) -> None:
    root = write(tmp_path)
    lock = root / "source/release.lock"
    for version, change in (("1.0", None), ("1.1", ("larger", "bigger")), ("1.2", ("bigger", "huge"))):
        if change is not None:
            source_changed(root, (ANSWER, *change))
        made = CliRunner(env={"SOURCE_DATE_EPOCH": f"177{version.replace('.', '')}00000"}).invoke(
            cli, ["-C", str(root), "release", version]
        )
        assert made.exit_code == 0, made.output
        assert lock.is_file()
        committed(root, version)
    source_changed(root, (ANSWER, "huge", "vast"))
    # The package is of the first release.
    assert compared(root, package).changes == []
    found = compared(root, edited(package, [("EX0001", "Answer", "food", "grain")]))
    assert found.against.startswith("the release in commit")
    assert listed(found) == [("EX0001", "answer", "change")]
    [after] = [change.after[0] for change in taken(found)]
    assert "vast" in after
    assert "grain" in after


@pytest.mark.slow
def test_a_card_that_was_never_shipped_is_compared_with_itself(tmp_path: Path, package: bytes) -> None:
    root = write(tmp_path, {"source/deck.yaml": FILES["source/deck.yaml"]})
    committed(root)
    write(root)
    found = compared(root, edited(package, [("EX0001", "Answer", "larger", "greater")]), "HEAD")
    assert listed(found) == [("EX0001", "answer", "change")]


@pytest.mark.slow
def test_notes_of_other_decks_are_counted(tmp_path: Path, package: bytes) -> None:
    root = write(tmp_path)
    (root / "source/cards/several.yaml").unlink()
    found = compared(root, edited(package, [("EX0003", "Answer", "plain", "SECRET")]))
    assert (found.notes, found.others, found.changes) == (6, 2, [])


def test_without_git_a_card_that_changed_since_its_release_is_not_compared(tmp_path: Path, package: bytes) -> None:
    root = write(tmp_path)
    assert CliRunner().invoke(cli, ["-C", str(root), "release", "1.0"]).exit_code == 0
    source_changed(root, (ANSWER, "larger", "bigger"))
    found = compared(root, edited(package, [("EX0003", "Answer", "plain", "simple")]))
    assert listed(found) == [("EX0001", "answer", "not taken"), ("EX0003", "answer", "change")]
    assert "--base" in found.changes[0].reason
    (root / "shipped.apkg").write_bytes(package)
    assert compared(root, package, str(root / "shipped.apkg")).changes == []


# --- The command -----------------------------------------------------------------------------------------------------


class Terminal:
    """Answers questions as a person would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
        self.questions = 0
        self.answers = iter(answers)
        monkeypatch.setattr(prompts, "can_ask", lambda: True)
        monkeypatch.setattr(prompts, "read_line", self.read)

    def read(self, _prompt: str) -> str:
        self.questions += 1
        return next(self.answers)


def feedback(root: Path, learners: bytes, *args: str) -> Result:
    (root / "learner.apkg").write_bytes(learners)
    return CliRunner().invoke(
        cli, ["-C", str(root), "feedback", str(root / "learner.apkg"), *args], standalone_mode=False
    )


TWO: list[Edit] = [("EX0001", "Answer", "larger", "greater"), ("EX0003", "Answer", "plain", "simple")]


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize(
    ("answers", "written"),
    [(("y", "n"), [True, False]), (("n", "y"), [False, True]), (("a",), [True, True]), (("?", "q"), [False, False])],
)
def test_changes_are_written_one_by_one(
    tmp_path: Path, package: bytes, monkeypatch: pytest.MonkeyPatch, answers: tuple[str, ...], written: list[bool]
) -> None:
    root = write(tmp_path)
    terminal = Terminal(monkeypatch, *answers)
    made = feedback(root, edited(package, TWO), "--write")
    assert made.exit_code == 0, made.output
    assert terminal.questions == len(answers)
    texts = [(root / f"source/cards/{name}.yaml").read_text(encoding="utf-8") for name in ("EX0001", "several")]
    assert ["greater" in texts[0], "simple" in texts[1]] == written


def test_a_patch_and_a_pull_request_are_written(tmp_path: Path, package: bytes) -> None:
    root = write(tmp_path / "repository" / "deck")
    git(root.parent, "init", "-q")
    git(root.parent, "add", "-A")
    git(root.parent, "commit", "-q", "-m", "x")
    (root / "source/cards/several.yaml").write_bytes(FILES["source/cards/several.yaml"].replace("\n", "\r\n").encode())
    (root / "source/cards/EX0001.yaml").write_bytes("\ufeff".encode() + FILES["source/cards/EX0001.yaml"].encode())
    patch, request = tmp_path / "p.patch", tmp_path / "pr.md"
    files = ("--patch", str(patch), "--pull-request", str(request), "--from", "Ada")
    made = feedback(root, edited(package, TWO), *files)
    assert made.exit_code == 0, made.output
    assert "2 changes: 2 can be taken." in made.output
    assert "Corrections from Ada: 2 changes" in request.read_text(encoding="utf-8")
    assert "<del>plain</del><ins>simple</ins>" in request.read_text(encoding="utf-8")
    git(root.parent, "apply", str(patch))
    assert b"\r\n  answer: simple words" in (root / "source/cards/several.yaml").read_bytes()
    text = (root / "source/cards/EX0001.yaml").read_text(encoding="utf-8")
    assert text.startswith("\ufeff")
    assert "greater" in text


def test_one_card_can_be_chosen(tmp_path: Path, package: bytes) -> None:
    root = write(tmp_path)
    made = feedback(root, edited(package, TWO), "--all", "--card", "EX0003", "--color", "always")
    assert "EX0001" not in made.output
    assert "\x1b[31m[-plain-]\x1b[0m\x1b[32m{+simple+}\x1b[0m" in made.output
    assert (root / "source/cards/EX0001.yaml").read_text(encoding="utf-8") == FILES["source/cards/EX0001.yaml"]


def test_a_conflict_is_shown_from_both_sides(tmp_path: Path, package: bytes) -> None:
    root = write(tmp_path)
    (root / "shipped.apkg").write_bytes(package)
    source_changed(root, (ANSWER, "larger", "bigger"))
    request = tmp_path / "pr.md"
    made = feedback(
        root, edited(package, TWO[:1]), "--base", str(root / "shipped.apkg"), "--pull-request", str(request), "--all"
    )
    assert "learner | It means" in made.output
    assert "[-larger-]{+greater+}" in made.output
    assert "[-larger-]{+bigger+}" in made.output
    assert "| learner | source |" in request.read_text(encoding="utf-8")
    assert "bigger" in (root / "source" / ANSWER).read_text(encoding="utf-8")


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--write",), "--write asks questions in a terminal"),
        (("--card", "EX0009"), "no card EX0009"),
        (("--base", "nothing.apkg"), "nothing.apkg cannot be read"),
        (("--base", "v9"), "git"),
    ],
)
def test_wrong_use_is_one_message(tmp_path: Path, package: bytes, args: tuple[str, ...], words: str) -> None:
    root = write(tmp_path)
    (root / "learner.apkg").write_bytes(package)
    made = CliRunner().invoke(
        cli, ["-C", str(root), "feedback", str(root / "learner.apkg"), *args], standalone_mode=False
    )
    assert isinstance(made.exception, UsageError)
    assert words in made.exception.message


@pytest.mark.slow
def test_errors_of_the_source_end_the_comparison(tmp_path: Path, package: bytes) -> None:
    root = write(tmp_path)
    source_changed(root, (ANSWER, "\\half", "\\unknownmacro"))
    made = feedback(root, package)
    assert "Nothing was compared" in made.output
    assert made.return_value == 1


def test_an_unknown_base_is_a_wrong_call(tmp_path: Path, package: bytes) -> None:
    committed(write(tmp_path))
    with pytest.raises(UsageError, match="“v9” is not a known git revision") as refused:
        compared(tmp_path, package, "v9")
    assert refused.value.hint == "Name a commit, branch or tag, such as main, or a package (.apkg, .colpkg)."
