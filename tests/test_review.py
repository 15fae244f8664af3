"""`cardpipe review`: the page, its data, and what a revision can lack."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from browser_session import Browser
from cardpipe.cli.main import cli
from cardpipe.errors import UsageError
from cardpipe.model.trust import NOBODY
from cardpipe.release.word_diff import Budget
from cardpipe.review.comment import LARGEST, MARKER, comment
from cardpipe.review.data import ChangedData, PartData, data_of, parse, to_json
from cardpipe.review.html_words import marked
from cardpipe.review.page import page
from cardpipe.review.state import review_of
from site_server import served

if TYPE_CHECKING:
    from cardpipe.review.state import Review

DECK = """\
uid: 7e4e631f-5be9-4023-a07e-de1296e0ae1a
slug: base
name: Base
language: en
authors: [A]
licence: CC-BY-4.0
description: Cards to learn from.
tags: {T: Things}
subdecks: {EX: Examples}
formats: {csv: , anki: }
"""


def card(number: int, question: str = "What is it?", answer: str = "It is this.", **more: str) -> str:
    lines = [f"id: EX{number:04}", f"title: Card {number}", f"question: {json.dumps(question)}"]
    lines += [f"answer: {json.dumps(answer)}", *(f"{key}: {value}" for key, value in more.items())]
    return "\n".join([*lines, "tags: [T]", ""])


def git(folder: Path, *args: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "-c", "gc.auto=0"]
    return subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def write(folder: Path, files: dict[str, str | bytes | None]) -> None:
    for name, content in files.items():
        path = folder / "source" / name
        if content is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


BEFORE: dict[str, str | bytes | None] = {
    "deck.yaml": DECK,
    "cards/EX0001.yaml": card(1, "What is $x$?", "The **old** answer to $x^2$."),
    "cards/EX0002.yaml": card(2, "Which card stays?"),
    "cards/EX0003.yaml": card(3, "Which card goes?"),
    "cards/EX0004.yaml": card(4, "Which card is retired?"),
}
AFTER: dict[str, str | bytes | None] = {
    "cards/EX0001.yaml": card(1, "What is $x$?", "The **new** answer to $x^3$."),
    "cards/EX0003.yaml": None,
    "cards/EX0004.yaml": card(4, "Which card is retired?", status="retired"),
    "cards/EX0005.yaml": card(5, "Which card is new?", "This < that & it's written so."),
}


@pytest.fixture(autouse=True)
def without_the_builds_own_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARDPIPE_TRUST_FIGURES", raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A deck with one commit, and nothing else."""
    folder = tmp_path / "deck"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    write(folder, BEFORE)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    return folder


def reviewed(folder: Path, revision: str | None = "HEAD") -> Review:
    return review_of(folder, revision, NOBODY, lambda *_: None)


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Review:
    """The review of a change of every kind, after a release."""
    folder = tmp_path_factory.mktemp("reviewed")
    git(folder, "init", "-q", "-b", "main")
    write(folder, BEFORE)
    done = CliRunner().invoke(cli, ["-C", str(folder), "release", "1.0"], standalone_mode=False)
    assert done.return_value == 0, done.output
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    write(folder, AFTER)
    return reviewed(folder)


def test_the_page_shows_every_kind_of_change(review: Review) -> None:
    shown = page(review).decode()
    for expected in (
        "The <strong><del>old</del></strong> answer",
        "The <strong><ins>new</ins></strong> answer",
        "Which card is new?",
        "This &lt; that &amp;",
        "Removed cards",
        "Retired cards",
        "EX0003 “Card 3” was released and is now missing or a draft",
        "<tr><td>1</td><td>new notes</td></tr>",
        "<tr><td>1</td><td>updated notes, progress kept</td></tr>",
    ):
        assert expected in shown
    assert "Which card stays?" not in shown
    # A changed formula is marked as a whole.
    assert shown.count("<del><var aria-hidden=true><svg") == 1
    assert shown.count("<ins><var aria-hidden=true><svg") == 1


def test_the_page_runs_and_loads_nothing(review: Review) -> None:
    shown = page(review).decode()
    assert "default-src 'none'" in shown
    assert "<script" not in shown
    assert ' src="http' not in shown


def test_the_page_and_the_data_have_the_same_bytes_for_the_same_change(project: Path) -> None:
    write(project, AFTER)
    first, second = reviewed(project), reviewed(project)
    assert page(first) == page(second)
    assert to_json(data_of(first)) == to_json(data_of(second))
    assert str(project).encode() not in page(first)


def test_the_data_survive_json(review: Review) -> None:
    data = data_of(review)
    assert parse(to_json(data)) == data
    assert data.matters
    assert [one.id for one in data.added] == ["EX0005"]
    assert data.release is not None
    assert (data.release.new, data.release.updated, data.release.removed) == (1, 1, 1)


def test_the_comment_is_the_short_form(review: Review) -> None:
    text = comment(data_of(review))
    assert text.startswith(MARKER)
    assert "<del>old</del><ins>new</ins>" in text
    assert "1 added, 1 changed, 1 retired, 1 removed" in text
    assert "This &#60; that &#38; it's written so." in text
    assert "EX0003" in text.partition("Risks")[2].partition("Next release")[0]


def test_a_comment_has_a_largest_size(review: Review) -> None:
    data = data_of(review)
    long = ChangedData(id="EX0001", title="T" * 200, parts=(PartData(name="answer", words=(("+", "word# " * 500),)),))
    text = comment(replace(data, changed=(long,) * 100))
    assert len(text.encode()) <= LARGEST
    assert "more cards are not shown here" in text
    assert text.count("<details") == text.count("</details>") > 3
    huge = replace(data, findings=data.findings * 0, remarks=("é" * 500,) * 10, risks=("é#" * 500,) * 20)
    assert len(comment(huge).encode()) <= LARGEST


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        ("<p>a b</p>", "<p>a c</p>", "<p>a <del>b</del></p>", "<p>a <ins>c</ins></p>"),
        ("<p>a</p>", "<p>a</p><p>b</p>", "<p>a</p>", "<p>a</p><p><ins>b</ins></p>"),
        ("<p>a <em>b c</em></p>", "<p>a <em>b d</em></p>", "<p>a <em>b <del>c</del></em></p>", None),
        ('<img src="1" alt="a">', '<img src="2" alt="a">', '<del><img src="1" alt="a"></del>', None),
        (
            "<table><tr>\n<td>a</td></tr></table>",
            "<table></table>",
            "<table><tr>\n<td><del>a</del></td></tr></table>",
            None,
        ),
        ("a&lt;b", "a&gt;b", "a<del>&lt;</del>b", "a<ins>&gt;</ins>b"),
        ("", "<p>a</p>", "", "<p><ins>a</ins></p>"),
        ("same", "same", "same", "same"),
    ],
)
def test_words_of_rendered_texts_are_marked(before: str, after: str, old: str, new: str | None) -> None:
    found = marked(before, after, Budget())
    assert found[0] == old
    assert new is None or found[1] == new


def test_texts_that_differ_too_much_are_marked_as_a_whole() -> None:
    old, new = marked("<p>a b</p>", "<p>c</p>", Budget(1))
    assert (old, new) == ("<p><del>a b</del></p>", "<p><ins>c</ins></p>")


def test_errors_hide_only_their_own_cards(project: Path) -> None:
    write(project, {**AFTER, "cards/EX0002.yaml": "id: EX0002\ntitle: [\n"})
    found = reviewed(project)
    shown = page(found).decode()
    assert found.unreadable == ("EX0002",)
    assert "EX0002" not in [one.id for one in found.changes.removed]
    assert "The deck has errors, so it cannot be released." in shown
    assert "Which card is new?" in shown
    assert "YML" in shown


@pytest.mark.slow
def test_errors_do_not_hide_a_removed_card(project: Path) -> None:
    done = CliRunner().invoke(cli, ["-C", str(project), "release", "1.0"], standalone_mode=False)
    assert done.return_value == 0, done.output
    write(project, {"cards/EX0003.yaml": None, "cards/EX0002.yaml": "id: EX0002\ntitle: [\n"})
    text = comment(data_of(reviewed(project)))
    assert "EX0003 “Card 3” was released and is now missing" in text


def test_a_card_with_an_error_is_shown_as_written(project: Path) -> None:
    write(project, {"cards/EX0007.yaml": card(7, "What is <b>bold</b>?")})
    found = reviewed(project)
    assert found.errors
    assert "What is &lt;b&gt;bold&lt;/b&gt;?" in page(found).decode()
    assert "<pre>What is &#60;b&#62;bold&#60;&#47;b&#62;?</pre>" in comment(data_of(found))


def test_a_deck_that_cannot_be_read_is_a_finding(project: Path) -> None:
    write(project, {"deck.yaml": "uid: [\n"})
    data = project / "review.json"
    done = CliRunner().invoke(cli, ["-C", str(project), "review", "HEAD", "--data", str(data)], standalone_mode=False)
    assert done.return_value == 1, done.output
    assert "source/deck.yaml cannot be read" in (project / "output" / "review.html").read_text()
    assert "impossible, because the deck has errors" in comment(parse(data.read_bytes()))


@pytest.mark.slow_cases("None")
@pytest.mark.parametrize("deck", ["uid: [\n", None])
def test_a_revision_without_a_deck_lets_every_card_be_new(deck: str | None, project: Path) -> None:
    write(project, {"deck.yaml": deck})
    git(project, "add", "-A")
    git(project, "commit", "-qm", "broken")
    write(project, {"deck.yaml": DECK})
    found = reviewed(project)
    assert len(found.changes.added) == 4
    assert "no deck that can be read" in found.remarks[0]


@pytest.mark.parametrize("revision", ["no-such", "--upload-pack=x", "main:source", "a..b", "HEAD@{1}\n", ""])
def test_an_unknown_revision_is_one_message(revision: str, project: Path) -> None:
    with pytest.raises(UsageError):
        reviewed(project, revision)


def test_a_folder_without_git_is_one_message(project: Path) -> None:
    (project / ".git").rename(project / "not-git")
    with pytest.raises(UsageError, match="not in a git repository"):
        reviewed(project)


def test_a_repository_without_commits_is_one_message(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, BEFORE)
    with pytest.raises(UsageError, match="no commit"):
        reviewed(tmp_path, None)


def test_the_default_is_where_the_branch_began(project: Path) -> None:
    git(project, "checkout", "-qb", "change")
    write(project, {"cards/EX0002.yaml": card(2, "Which one changed?")})
    git(project, "commit", "-qam", "two")
    git(project, "checkout", "-q", "main")
    write(project, {"cards/EX0009.yaml": card(9)})
    git(project, "add", "-A")
    git(project, "commit", "-qm", "meanwhile")
    git(project, "checkout", "-q", "--detach", "change")
    changes = reviewed(project, None).changes
    assert [one.id for one in changes.changed] == ["EX0002"]
    assert not changes.removed


def test_a_shallow_clone_has_its_own_commit_only(project: Path, tmp_path: Path) -> None:
    write(project, AFTER)
    git(project, "add", "-A")
    git(project, "commit", "-qm", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{project}", "shallow")
    assert not reviewed(tmp_path / "shallow").changes
    with pytest.raises(UsageError):
        reviewed(tmp_path / "shallow", "HEAD~1")


def test_a_move_to_another_file_is_no_change(project: Path) -> None:
    (project / "source/cards/EX0001.yaml").rename(project / "source/cards/other.yaml")
    found = reviewed(project)
    assert not found.changes
    assert not data_of(found).added


def test_the_command_names_the_page(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    write(project, AFTER)
    done = CliRunner().invoke(cli, ["review", "main", "--output", "page.html"], standalone_mode=False)
    assert done.return_value == 0
    assert "1 added, 1 changed, 1 retired, 1 removed compared with main; 0 findings." in done.output
    assert "Wrote page.html." in done.output
    assert (project / "page.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_a_phone_and_axe_finds_nothing(review: Review, dark: bool, tmp_path: Path) -> None:
    spec = importlib.util.find_spec("axe_core_python")
    assert spec is not None
    assert spec.origin is not None
    axe = Path(spec.origin).with_name("axe.min.js").read_text("utf-8")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/review.html").write_bytes(page(review))
    with served(tmp_path / "site") as base, Browser(tmp_path) as browser:
        shown = browser.page()
        for width in (1280, 390):
            shown.resize(width, 900, dark=dark)
            shown.open(f"{base}review.html")
            shown.value("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert shown.value("document.documentElement.scrollWidth") <= width
            shown.value(f"{axe};0")
            assert shown.value("axe.run(document).then(found => found.violations.map(one => one.id))") == []
        assert shown.problems() == []
