"""Trust in figure scripts: none, those of a trusted revision, or all."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from cardpipe.model.trust import EVERYBODY, NOBODY
from cardpipe.release.trusted_scripts import trust_in

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

SCRIPT = '''\
"""Draw a cross."""


def draw(figure):
    """Draw two lines that cross."""
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1])
    axes.plot([0, 1], [1, 0])
'''
CARD = """\
id: EX0007
title: Crosses
question: How does a cross look?
answer: |
  Like this.

  ![](figure:cross)
figures:
  - id: cross
    kind: script
    script: cross.py
    alt: Two straight lines that cross in the middle.
tags: [example]
"""


def git(root: Path, *args: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *args], cwd=root, check=True, capture_output=True)


@pytest.fixture(autouse=True)
def without_the_builds_own_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARDPIPE_TRUST_FIGURES", raising=False)


@pytest.fixture
def with_script(project: Path) -> Path:
    """A project in git with a card that shows what a script draws."""
    (project / "source/figures").mkdir(exist_ok=True)
    (project / "source/figures/cross.py").write_text(SCRIPT)
    (project / "source/cards/EX0007.yaml").write_text(CARD)
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message=One")
    return project


def picture(project: Path, run: Run, *args: str) -> tuple[bytes, str]:
    """The picture that the card's page shows, and what was said about it."""
    done = run("-C", project, "export", "--format", "markdown", "--id", "EX0007", *args)
    assert done.returncode == 0, done.stderr
    [found] = (project / "output/markdown-EX0007").rglob("EX0007-cross-*.svg")
    return found.read_bytes(), done.stderr


def test_no_script_runs_and_a_placeholder_says_so(with_script: Path, run: Run, tmp_path: Path) -> None:
    drawn, _ = picture(with_script, run)
    trap = tmp_path / "was-here"
    (with_script / "source/figures/cross.py").write_text(
        SCRIPT.replace("    axes = ", f'    open({str(trap)!r}, "w").close()\n    raise SystemExit\n    axes = ')
    )
    placeholder, said = picture(with_script, run, "--trust-figures", "never")
    assert not trap.exists()
    assert placeholder != drawn
    assert b'height="160"' in placeholder
    assert "figure scripts not run (--trust-figures never): cross.py" in said
    assert "A placeholder stands for each." in said
    assert "cross.py" in said


@pytest.mark.slow
def test_what_was_drawn_before_does_not_show_where_nobody_is_trusted(with_script: Path, run: Run) -> None:
    placeholder, _ = picture(with_script, run, "--trust-figures", "never")
    drawn, said = picture(with_script, run)
    assert drawn != placeholder
    assert said == ""
    assert picture(with_script, run, "--trust-figures", "never")[0] == placeholder
    assert picture(with_script, run)[0] == drawn


@pytest.mark.slow
def test_scripts_of_a_trusted_revision_run_while_they_are_the_same(with_script: Path, run: Run) -> None:
    drawn, _ = picture(with_script, run)
    trusted = ("--trust-figures", "repo", "--trusted-revision", "main")
    assert picture(with_script, run, *trusted) == (drawn, "")
    path = with_script / "source/figures/cross.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert picture(with_script, run, *trusted) == (drawn, "")
    path.write_text(SCRIPT.replace("[1, 0]", "[1, 0.5]"))
    placeholder, said = picture(with_script, run, *trusted)
    assert placeholder != drawn
    assert "cross.py" in said
    # That the stranger committed it makes no difference: what counts is the revision that was named.
    git(with_script, "checkout", "--quiet", "-b", "stranger")
    git(with_script, "commit", "--all", "--quiet", "--message=Two")
    assert picture(with_script, run, *trusted)[0] == placeholder
    git(with_script, "checkout", "--quiet", "main")
    git(with_script, "merge", "--quiet", "stranger")
    assert picture(with_script, run, *trusted)[0] not in {placeholder, drawn}


@pytest.mark.slow
def test_without_a_revision_the_main_branch_of_origin_is_trusted(with_script: Path, run: Run, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(with_script), str(clone))
    drawn, said = picture(clone, run, "--trust-figures", "repo")
    assert said == ""
    (clone / "source/figures/cross.py").write_text(SCRIPT.replace("[1, 0]", "[1, 0.5]"))
    assert picture(clone, run, "--trust-figures", "repo")[0] != drawn
    refused = run("-C", with_script, "export", "--trust-figures", "repo")
    assert refused.returncode == 2
    assert "name a --trusted-revision" in refused.stderr


def test_the_first_script_runs_in_a_preview_that_began_without_one(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert trust_in(tmp_path, None) == NOBODY
    assert trust_in(tmp_path, None, is_preview=True) == EVERYBODY
    # With a remote, scripts of its main branch only; here it has none yet.
    git(tmp_path, "remote", "add", "origin", str(tmp_path / "nowhere"))
    assert trust_in(tmp_path, None, is_preview=True) == NOBODY


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ("--trust-figures", "repo", "--trusted-revision", "nowhere"),
            "“nowhere” is not a known git revision",
        ),
        (
            ("--trust-figures", "always", "--trusted-revision", "main"),
            "--trusted-revision requires `--trust-figures repo`",
        ),
        (("--trust-figures", "perhaps"), "'perhaps' is not one of 'never', 'repo', 'always'"),
    ],
)
def test_what_cannot_be_meant_is_refused(with_script: Path, run: Run, args: tuple[str, ...], message: str) -> None:
    done = run("-C", with_script, "export", "--format", "csv", *args)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (with_script / "output").exists()
