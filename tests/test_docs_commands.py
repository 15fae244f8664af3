"""The commands in the README and the documents are run, page by page, in a scratch folder.

A page's `sh` blocks are run in their order. A comment above a block changes that:

- `<!-- not run: REASON -->`: the block is not run;
- `<!-- exit: 1 -->`: this is its exit code.

A `text` block below is what the commands print last. “Save this as `PATH`:” above a block writes a file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(
    r"^(?P<indent> *)(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)(?P=fence)$", re.MULTILINE | re.DOTALL
)
SAVED = re.compile(r"[Ss]ave this as\s+`([^`]+)`:\s*\Z")
BELOW_UID = re.compile(r"In `([^`]+)`, replace all lines below `uid: …` by these:\s*\Z")
COMMENT = re.compile(r"<!-- (not run|exit): (.+?) -->\s*\Z")
PAGES = [
    path
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
    if "```sh\n" in path.read_text(encoding="utf-8")
]
FROM_NOTHING = {"docs/tutorial.md", "docs/howto/move-from-anki.md", "docs/howto/write-a-plugin.md"}
"""Pages whose reader begins in an empty folder. The others are read in a clone of this repository, on a branch."""
QUICK = ("CONTRIBUTING.md", "docs/howto/move-from-anki.md")
TIMEOUT = 300
"""Seconds until commands that do not end by themselves fail."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the documents show commands for a POSIX shell")


@dataclass(frozen=True, slots=True)
class Step:
    """A block of a page: a file to write, or commands to run."""

    text: str
    path: str = ""
    """The file to write."""
    keep_to_uid: bool = False
    """Whether the file's lines up to the one with `uid:` stay."""
    code: int = 0
    """The exit code of the commands."""
    shown: str | None = None
    """The last lines that the commands print."""


def steps(page: str) -> list[Step]:
    """The blocks of a page that do something."""
    found: list[Step] = []
    blocks = list(BLOCK.finditer(page))
    for number, block in enumerate(blocks):
        before = page[: block.start()]
        text = textwrap.dedent(block["text"])
        if saved := SAVED.search(before):
            found.append(Step(text, saved[1]))
        elif saved := BELOW_UID.search(before):
            found.append(Step(text, saved[1], keep_to_uid=True))
        elif block["language"] == "sh":
            comment = COMMENT.search(before)
            if comment and comment[1] == "not run":
                continue
            after = blocks[number + 1] if number + 1 < len(blocks) else None
            is_shown = after and after["language"] == "text" and not page[block.end() : after.start()].strip()
            found.append(
                Step(text, code=int(comment[2]) if comment else 0, shown=after["text"] if after and is_shown else None)
            )
    return found


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Make a clone of a repository with this deck, on a branch that changes a card, with the files that pages name."""
    origin = tmp_path_factory.mktemp("origin") / "deck"
    shutil.copytree(ROOT / "source", origin / "source")
    for name in ("card.schema.json", "deck.schema.json", "typography.py"):
        (origin / "docs").mkdir(exist_ok=True)
        shutil.copy(ROOT / "docs" / name, origin / "docs")
    (origin / ".gitignore").write_text("/output/*\n!/output/release-notes-*.md\n/.cardpipe/\n", encoding="utf-8")

    def git(*arguments: str, folder: Path) -> None:
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=environment())

    git("init", "--quiet", "--initial-branch=main", folder=origin)
    git("add", ".", folder=origin)
    git("commit", "--quiet", "--message=A deck", folder=origin)

    def make(folder: Path) -> None:
        git("clone", "--quiet", str(origin), str(folder), folder=origin)
        git("switch", "--quiet", "--create=branch", folder=folder)
        card = folder / "source/cards/ML0044.yaml"
        text = card.read_text(encoding="utf-8")
        card.write_text(text.replace("title: ", "title: The ", 1), encoding="utf-8")
        for draft in ("draft.yaml", "a.yaml"):
            (folder / draft).write_text(text, encoding="utf-8")
        (folder / ".git/info/exclude").write_text("*.yaml.orig\ndraft.yaml\na.yaml\n*.apkg\n", encoding="utf-8")
        git("commit", "--quiet", "--all", "--message=Change a title", folder=folder)

    return make


def environment() -> dict[str, str]:
    """The environment of somebody who has just installed cardpipe, and whose git knows their name."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CARDPIPE_", "GIT_", "GITHUB_"))}
    person = {f"GIT_{role}_{what}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, **person, "PATH": path, "COLUMNS": "120", "CI": "", "GIT_CONFIG_GLOBAL": os.devnull}


def test_each_page_has_a_block_that_is_run_or_says_why_not() -> None:
    assert len(PAGES) > 12
    assert {page.relative_to(ROOT).as_posix() for page in PAGES} >= FROM_NOTHING
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        meant = re.findall("(?<!“)[Ss]ave this as|replace all lines below", text)
        assert len([step for step in steps(text) if step.path]) == len(meant), page
    assert sum(len(steps(page.read_text(encoding="utf-8"))) for page in PAGES) > 40


@pytest.mark.quick_cases(*QUICK)
@pytest.mark.parametrize("page", [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES])
def test_the_commands_of_a_page_work(page: Path, tmp_path: Path, clone: Callable[[Path], None]) -> None:
    folder = tmp_path / "work"
    if page.relative_to(ROOT).as_posix() in FROM_NOTHING:
        folder.mkdir()
    else:
        clone(folder)
        older(page.read_text(encoding="utf-8"), folder)
    begun = int(time.time()) - 3600
    for number, step in enumerate(steps(page.read_text(encoding="utf-8"))):
        if step.path:
            target = folder / step.path
            target.parent.mkdir(parents=True, exist_ok=True)
            kept = re.sub(r"(?ms)(^uid: .*?\n).*", r"\1", target.read_text("utf-8")) if step.keep_to_uid else ""
            target.write_text(kept + step.text, encoding="utf-8")
            continue
        script = f"trap 'pwd > \"{tmp_path}/folder\"' EXIT\nset -e\n{step.text}"
        ran = subprocess.run(
            ["sh", "-c", script],
            cwd=folder,
            # Releases are at least two seconds apart, and a reader takes longer than this test.
            env=environment() | {"SOURCE_DATE_EPOCH": str(begun + 10 * number)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
        assert ran.returncode == step.code, f"{step.text}\n{ran.stdout}"
        assert "Traceback" not in ran.stdout
        if step.shown is not None:
            assert without_sizes(ran.stdout).endswith(without_sizes(step.shown)), f"{step.text}\n{ran.stdout}"
        folder = Path((tmp_path / "folder").read_text(encoding="utf-8").strip())


def older(page: str, folder: Path) -> None:
    """Make the packages that a page's commands compare with."""
    wanted = {name for block in BLOCK.findall(page) if block[2] == "sh" for name in re.findall(r"\S+\.apkg", block[3])}
    wanted.discard("output/ml-interview.apkg")
    if wanted:
        command = ["cardpipe", "export", "--format=anki", "--trust-figures=never", f"--output={folder / 'output'}"]
        subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)
        for name in wanted:
            shutil.copy(folder / "output/ml-interview.apkg", folder / name)


def without_sizes(text: str) -> str:
    """A text in which sizes of files and the spaces before them do not matter."""
    return re.sub(r" +\d+ kB", " 0 kB", text).strip()
