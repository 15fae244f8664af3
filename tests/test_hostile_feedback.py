"""A learner's package is a stranger's: whatever it contains, the source stays well-formed, and outputs are inert.

A payload is added by adding a line to a list.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cardpipe.authoring.source_change import apply
from cardpipe.cli.main import cli
from cardpipe.feedback import taking
from cardpipe.feedback.applying import applied
from cardpipe.feedback.merging import merged
from cardpipe.feedback.presentation import as_markdown, as_text
from cardpipe.feedback.splicing import with_items, with_new_key, with_text
from cardpipe.release.word_diff import Budget
from cardpipe.source.load import load
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import scalars
from cardpipe.text.positions import SourceFile
from feedback_sample import FILES, changed, compared, edit, edited, exported, write

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

PLACES = [
    ("EX0001", "Answer"),
    ("EX0002", "Question"),
    ("EX0003", "Question"),
    ("GE0002", "Capital"),
    ("EX0001", "Title"),
]
"""Fields whose values are in a block, folded, in quotes, in a record and plain."""
PAYLOADS = [
    "x: y",
    " # a comment",
    '"',
    "'",
    '", answer: "',
    "'}\n- {id: EX0666, question: q, answer: a}",
    "<br>id: EX0666<br>answer: gone",
    "<pre>\n---\nid: EX0666\n...\n</pre>",
    "<div>- a</div><div>- b</div>",
    "<div>| a | b |</div><div>|---|---|</div>",
    "]}",
    "{{c1::",
    "}}",
    "{{c9::{{c8::x}}",
    "{{FrontSide}}{{Answer}}",
    "&amp;anchor *alias !tag %directive",
    "\t\ttab",
    "\u2028line\u2029paragraph\u0085next",
    "\ufeff",
    "\x1b]0;title\x07\x1b[2J\x1b[31mred",
    "\u202eevil\u2066",
    "::set-output name=x::y",
    "@everyone #1 GH-1 https://evil.example",
    "```\n</details><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="https://evil.example/?q=|x|">link</a>',
    "![x](https://evil.example/a.png)",
    "[x]: https://evil.example",
    "<!-- cardpipe: ignore YML001 -->",
    r"\(\def\a{\a\a}\a\)",
    r"\(\href{javascript:alert(1)}{x}\)",
    r"\[\require{html}\]",
    "[sound:/etc/passwd]",
    '<img src="../../../etc/passwd">',
    "<table>" + "<tr><td>x" * 30,
    "<ul>" * 70 + "<li>x",
    "<b>" * 300 + "x",
    "$" * 50,
    "\\" * 51,
    "`" * 51,
    "![" * 500,
    "<" * 500,
    "&" * 500,
    "word " * 500,
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return exported(write(tmp_path_factory.mktemp("shipped")))


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("deck"))


@pytest.mark.quick_cases(every=15)
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_no_text_becomes_structure_or_markup(deck: Path, package: bytes, payload: str) -> None:
    write(deck)

    def change(connection: sqlite3.Connection) -> None:
        for card_id, name in PLACES:
            edit(
                connection,
                card_id,
                name,
                lambda text: re.sub(r"(?<=[a-z]) (?=[a-z])|\Z", lambda _: f" {payload} ", text, count=1),
            )

    found = compared(deck, changed(package, change))
    assert found.deck is not None
    for text in (as_text(found, found.changes, colour=False), as_markdown(found, found.changes, payload)):
        assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text) is None
    request = re.sub("</?(?:ins|del|br)>", "", as_markdown(found, found.changes, payload))
    assert re.search(r"(?i)<[a-z!/]|\]\(|!\[|```|@[a-z]|https?://|(?<!&)#\d", request) is None
    before = {card.id.text: card for card in found.deck.cards}
    apply(deck, applied([one for one in found.changes if one.after], found.deck.settings))
    loaded = load(deck)
    assert loaded.deck is not None
    assert [one.message for one in loaded.findings] == []
    assert [card.id.text for card in loaded.deck.cards] == list(before)
    for path, text in FILES.items():
        now = (deck / path).read_text(encoding="utf-8")
        assert [line for line in text.split("\n") if line.startswith(("#", "id:", "tags:")) and line not in now] == []
    # What was written has no errors, since lint has checked it.
    exported(deck)


def test_a_guid_that_several_notes_have_is_refused(tmp_path: Path, package: bytes) -> None:
    def change(connection: sqlite3.Connection) -> None:
        edit(connection, "EX0001", "Answer", lambda text: text.replace("larger", "greater"))
        connection.execute(
            "UPDATE notes SET guid = (SELECT guid FROM notes WHERE flds LIKE 'EX0001%') WHERE flds LIKE 'EX0003%'"
        )

    found = compared(write(tmp_path), changed(package, change))
    assert found.refused_notes == [("EX0001", "several notes have its GUID")]
    assert found.changes == []


def test_a_note_of_another_note_type_is_refused(tmp_path: Path, package: bytes) -> None:
    def change(connection: sqlite3.Connection) -> None:
        country = "(SELECT mid FROM notes WHERE flds LIKE 'GE0001%')"
        connection.execute(f"UPDATE notes SET mid = {country} WHERE flds LIKE 'EX0001%'")  # noqa: S608 - constant

    found = compared(write(tmp_path), changed(package, change))
    assert found.refused_notes == [("EX0001", "its note type is not the one of the deck")]


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "not a package": lambda _: b"no package",
    "empty": lambda _: b"",
    "cut short": lambda package: package[:3000],
    "a field of nine million characters": lambda package: edited(package, [("EX0001", "Answer", "", "x" * 9_000_000)]),
    "a view in place of a table": lambda package: changed(
        package,
        lambda connection: connection.executescript(
            "ALTER TABLE notes RENAME TO secret; CREATE VIEW notes AS SELECT * FROM secret"
        ),
    ),
    "a learner's note type without fields": lambda package: changed(
        package,
        lambda connection: connection.execute("UPDATE col SET models = replace(models, '\"flds\"', '\"zqsecret\"')"),
    ),
}


@pytest.mark.quick_cases("a field of nine million characters", "a learner's note type without fields")
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_package_is_one_message(tmp_path: Path, package: bytes, case: str) -> None:
    root = write(tmp_path / "deck")
    path = tmp_path / "learner.apkg"
    path.write_bytes(BROKEN[case](package))
    made = CliRunner().invoke(cli, ["-C", str(root), "feedback", str(path), "--all"], standalone_mode=False)
    assert type(made.exception).__name__ == "UsageError"
    assert "zqsecret" not in str(made.exception)
    assert {name: (root / name).read_text(encoding="utf-8") for name in FILES} == FILES


HUGE = {
    "words that repeat": lambda: "a b " * 50_000,
    "letters": lambda: "x" * 290_000,
    "short lines": lambda: "a<br>" * 50_000,
    "numbers": lambda: " ".join(map(str, range(45_000))),
    "tags": lambda: "<i>a</i> " * 30_000,
    "brackets": lambda: "[" * 200_000,
    "pictures": lambda: "![" * 100_000,
    "formulas": lambda: r"\(x\) " * 40_000,
    "white space": lambda: "\n " * 140_000 + "x",
    "too long": lambda: "x " * 200_000,
}


@pytest.mark.quick_cases("numbers")
@pytest.mark.parametrize("case", HUGE)
def test_a_long_field_takes_seconds(deck: Path, package: bytes, case: str) -> None:
    write(deck)
    learners = edited(package, [("EX0001", "Details", "", HUGE[case]())])
    start = time.process_time()
    found = compared(deck, learners)
    as_text(found, found.changes, colour=True)
    as_markdown(found, found.changes, "")
    assert time.process_time() - start < 20
    assert len(found.changes) <= 1
    assert len(as_text(found, found.changes, colour=False)) < 10_000


def test_many_changes_in_large_files_are_taken_run_by_run(
    tmp_path: Path, package: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path)
    learners = edited(
        package, [("EX0001", "Answer", "larger", "greater"), ("EX0003", "Answer", "plain words", "simple words")]
    )
    monkeypatch.setattr(taking, "_MOST_CHARACTERS", len(FILES["source/cards/EX0001.yaml"]) + 10)
    outcomes = []
    for _ in range(3):
        found = compared(root, learners)
        assert found.deck is not None
        outcomes.append([change.reason or change.outcome.value for change in found.changes])
        apply(root, applied([one for one in found.changes if one.after], found.deck.settings))
    reason = "there are too many changes for one run; write the others first, and compare again"
    assert outcomes == [["change", reason], ["change"], []]


def test_merging_is_bounded() -> None:
    words = [str(number % 7) for number in range(11_000)]
    start = time.process_time()
    assert merged(words, words[::-1], words[::2], Budget(10**8)) is None
    assert time.process_time() - start < 5


NEW_TEXTS = [
    *PAYLOADS,
    "a\nb",
    "a\n\nb\n",
    "  indented",
    "trailing ",
    "- x\n- y",
    "|",
    ">",
    "key: |\n  x",
    "\r\n",
    "~",
    "1",
    "null",
]


@pytest.mark.quick_cases(every=7)
@pytest.mark.parametrize("new", NEW_TEXTS, ids=range(len(NEW_TEXTS)))
def test_any_text_in_any_scalar_leaves_the_file_as_it_was(new: str) -> None:
    for path, text in FILES.items():
        file = SourceFile(path, text)
        node = read_yaml(file, [])
        assert node is not None
        old = list(scalars(node))
        for number, scalar in enumerate(old[:12]):
            for value in (new, f"{scalar.text} {new}", f"{new}{scalar.text}"):
                made = with_text(scalar, value, Budget(10**8))
                if made is None:
                    continue
                after = read_yaml(SourceFile(path, made), [])
                assert after is not None
                texts = [one.text for one in scalars(after)]
                assert texts == [value if index == number else one.text for index, one in enumerate(old)]


@pytest.mark.quick_cases(every=7)
@pytest.mark.parametrize("new", NEW_TEXTS, ids=range(len(NEW_TEXTS)))
def test_any_new_key_or_item_leaves_the_file_as_it_was(new: str) -> None:
    for path, text in FILES.items():
        file = SourceFile(path, text)
        node = read_yaml(file, [])
        assert node is not None
        old = list(scalars(node, keys=True))
        for scalar in old[1::7]:
            made = with_new_key(scalar, "details", new, is_number=False)
            if made is not None:
                after = read_yaml(SourceFile(path, made), [])
                assert after is not None
                texts = [one.text for one in scalars(after, keys=True)]
                assert len(texts) == len(old) + 2
                assert [one for one in texts if one.rstrip("\n") == new] or not new.strip()
        for first in range(0, len(old) - 1, 5):
            pair = old[first : first + 2]
            made = with_items(pair, [pair[0].text, new, pair[1].text], Budget(10**6))
            if made is not None:
                after = read_yaml(SourceFile(path, made), [])
                assert after is not None
                expected = [one.text for one in old]
                expected.insert(first + 1, new)
                assert [one.text for one in scalars(after, keys=True)] == expected
