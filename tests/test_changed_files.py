"""`lint --changed` and the pre-commit hooks in real repositories: exactly what a change can break is shown."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run

DECK = """uid: 7f1b1c2e-0d52-4b13-9a57-3f0d8c5b2e11
name: Sample
slug: sample
language: en
description: Cards for tests.
licence: MIT
authors: [A]
subdecks: {EX: Examples}
tags: {example: For tests., other: For tests too.}
formats: {csv: {}}
"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
CARDS = {
    "EX0001": "question: What is red?\nanswer: This apple. ![A red apple on a table](red-apple.svg)\ntags: [example]",
    "EX0002": "question: What is green?\nanswer: The pear. See [the apple](card:EX0001).\ntags: [other]",
    "EX0003": "question: What is drawn?\nanswer: A curve.\ntags: [example]\n"
    "figures: [{id: curve, kind: script, script: curve.py, alt: A curve that rises}]",
    "EX0004": "question: Which words repeat?\nanswer: The old fault.\ntags: [example, example]",
}
"""The last has a finding that no change below has caused."""
TITLES = {"EX0001": "Apples", "EX0002": "Pears", "EX0003": "Curves", "EX0004": "Words"}
LAYOUTS = [["."], ["decks/one"], ["one", "two words/dëck"], [".", "nested/deck"]]
HOOKS = Path(__file__).parent.parent / ".pre-commit-hooks.yaml"


def git(folder: Path, *args: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *args]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, encoding="utf-8").stdout


def write(deck: Path) -> None:
    for folder in ("cards", "media", "figures"):
        (deck / "source" / folder).mkdir(parents=True)
    (deck / "source/deck.yaml").write_text(DECK, encoding="utf-8")
    (deck / "source/media/red-apple.svg").write_text(PICTURE, encoding="utf-8")
    (deck / "source/figures/curve.py").write_text(
        'def draw(figure):\n    """A curve."""\n    figure.add_subplot().plot([0, 1])\n', encoding="utf-8"
    )
    for name, text in CARDS.items():
        (deck / f"source/cards/{name}.yaml").write_text(
            f"id: {name}\ntitle: {TITLES[name]}\n{text}\n", encoding="utf-8"
        )


@pytest.fixture
def decks(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path]:
    """One or more decks in a repository, all committed."""
    top = tmp_path / "repository"
    found = [top / name for name in request.param]
    for deck in found:
        write(deck)
    git(top, "init", "-q", "-b", "main")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "one")
    return found


in_all_layouts = pytest.mark.parametrize("decks", LAYOUTS, ids=" and ".join, indirect=True)


def edited(path: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(deck: Path) -> None:
        text = (deck / path).read_text(encoding="utf-8")
        assert old in text
        (deck / path).write_text(text.replace(old, new), encoding="utf-8")

    return edit


def removed(path: str) -> Callable[[Path], None]:
    return lambda deck: (deck / path).unlink()


def renamed(path: str, new: str) -> Callable[[Path], None]:
    def rename(deck: Path) -> None:
        (deck / path).rename(deck / new)

    return rename


CHANGES: list[tuple[Callable[[Path], None], set[tuple[str, str]]]] = [
    (removed("source/media/red-apple.svg"), {("cards/EX0001.yaml", "MED001")}),
    (
        renamed("source/media/red-apple.svg", "source/media/apple.svg"),
        {("cards/EX0001.yaml", "MED001"), ("media/apple.svg", "MED002")},
    ),
    (removed("source/figures/curve.py"), {("cards/EX0003.yaml", "FIG005")}),
    (removed("source/cards/EX0001.yaml"), {("cards/EX0002.yaml", "REF001"), ("media/red-apple.svg", "MED002")}),
    (
        edited("source/cards/EX0001.yaml", "EX0001", "EX0009"),
        {("cards/EX0002.yaml", "REF001"), ("cards/EX0001.yaml", "IDN003")},
    ),
    (
        edited("source/cards/EX0001.yaml", "![A red apple on a table](red-apple.svg)", ""),
        {("media/red-apple.svg", "MED002")},
    ),
    (edited("source/cards/EX0001.yaml", "tags:", "status: retired\ntags:"), {("cards/EX0002.yaml", "KND010")}),
    (
        edited("source/cards/EX0002.yaml", "What is green?", "What is drawn?"),
        {("cards/EX0003.yaml", "WRD016")},
    ),
    (
        edited("source/deck.yaml", "other: For", "others: For"),
        {("cards/EX0002.yaml", "TAG001"), ("cards/EX0004.yaml", "TAG002")},
    ),
    (edited("source/cards/EX0002.yaml", "The pear", "The ripe pear"), set()),
]
NAMES = [
    "picture removed",
    "picture renamed",
    "script removed",
    "card removed",
    "card's ID changed",
    "picture shown no more",
    "card retired",
    "question repeated",
    "tag renamed",
    "harmless",
]


def shown(text: str, deck: Path, top: Path) -> set[tuple[str, str]]:
    """File below `source/` and code of each finding in a full or concise report; all must be in the deck."""
    full = re.findall(r"(?m)^\w+\[(\w+)\] .*\n *--> (\S.*)$", text)
    if full:
        text = "\n".join(f"{place}: error[{code}] message" for code, place in full)
    prefix = "" if deck == top else f"{deck.relative_to(top).as_posix()}/"
    lines = [
        re.fullmatch(rf"{re.escape(prefix)}source/(.+?):\d+:\d+: \w+\[(\w+)\] .*", line) for line in text.splitlines()
    ]
    assert all(lines), text
    return {(line[1], line[2]) for line in lines if line}


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("decks", [["decks/one"]], indirect=True)
@pytest.mark.parametrize(("change", "expected"), CHANGES, ids=NAMES)
def test_what_a_change_can_break_is_shown(
    decks: list[Path], run: Run, tmp_path: Path, change: Callable[[Path], None], expected: set[tuple[str, str]]
) -> None:
    top, deck = tmp_path / "repository", decks[-1]
    change(deck)
    git(top, "add", "--all")
    code, text = hook(run, top, "cardpipe-lint")
    assert shown(text, deck, top) == expected
    # Errors prevent the commit; warnings are shown.
    assert code == (1 if "error[" in text else 0)


@pytest.mark.quick_cases(every=4)
@in_all_layouts
def test_a_removed_picture_is_missed_wherever_the_deck_lies(decks: list[Path], run: Run, tmp_path: Path) -> None:
    top, deck = tmp_path / "repository", decks[-1]
    git(deck, "rm", "-q", "source/media/red-apple.svg")
    code, text = hook(run, top, "cardpipe-lint")
    assert (code, shown(text, deck, top)) == (1, {("cards/EX0001.yaml", "MED001")})
    git(top, "commit", "-q", "-m", "two")
    assert hook(run, top, "cardpipe-lint") == (0, "")
    for given in (["-C", deck, "lint", "--changed", "HEAD~1"], ["lint", "--changed", "HEAD~1"]):
        result = run(*given, "--output-format", "concise", cwd=deck / "source")
        assert shown(result.stdout, deck, deck) == {("cards/EX0001.yaml", "MED001")}


def hook(run: Run, top: Path, name: str, *, all_files: bool = False) -> tuple[int, str]:
    """What pre-commit does with a hook: it runs at the top, with the staged files that match and are not deleted."""
    settings = {item["id"]: item for item in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}[name]
    staged = (
        ["ls-files", "-z"]
        if all_files
        else ["diff", "--staged", "--name-only", "--no-ext-diff", "-z", "--diff-filter=ACMRTUXB"]
    )
    files = [path for path in git(top, *staged).split("\0") if path and re.search(settings["files"], path)]
    program, *entry = settings["entry"].split()
    assert program == "cardpipe"
    if not files and not settings.get("always_run"):
        return 0, ""
    result = run(*entry, *files, cwd=top)
    assert result.returncode < 2, result.stderr
    return result.returncode, result.stdout


@pytest.mark.quick_cases(every=4)
@in_all_layouts
def test_all_files_show_all_findings(decks: list[Path], run: Run, tmp_path: Path) -> None:
    code, text = hook(run, tmp_path / "repository", "cardpipe-lint", all_files=True)
    assert (code, text.count("TAG002")) == (0, len(decks))


@pytest.mark.quick_cases(every=4)
@in_all_layouts
def test_before_the_first_commit_all_files_are_new(decks: list[Path], run: Run, tmp_path: Path) -> None:
    top = tmp_path / "repository"
    shutil.rmtree(top / ".git")
    git(top, "init", "-q")
    git(top, "add", ".")
    code, text = hook(run, top, "cardpipe-lint")
    assert (code, text.count("TAG002")) == (0, len(decks))


@in_all_layouts
def test_the_formatting_hook_works_in_all_decks(decks: list[Path], run: Run, tmp_path: Path) -> None:
    top = tmp_path / "repository"
    for deck in decks:
        edited("source/cards/EX0002.yaml", "tags: [other]", "tags: [ other ]")(deck)
    removed("source/cards/EX0001.yaml")(decks[0])
    git(top, "add", "--all")
    assert hook(run, top, "cardpipe-fmt")[0] == 0
    assert len(git(top, "diff", "--name-only").splitlines()) == len(decks)


@pytest.mark.quick_cases(every=4)
@in_all_layouts
def test_files_choose_their_decks(decks: list[Path], run: Run, tmp_path: Path) -> None:
    top = tmp_path / "repository"
    paths = [(deck / "source/cards/EX0004.yaml").relative_to(top) for deck in decks]
    result = run("lint", "--output-format", "concise", *paths, cwd=top)
    assert (result.returncode, result.stdout.count("TAG002")) == (1, len(decks))
    if len(decks) > 1:
        for option in ("--watch", "--write-baseline"):
            refused = run("lint", option, *paths, cwd=top)
            assert (refused.returncode, "-C DIR" in refused.stderr) == (2, True)
