"""Attacks on the trust in figure scripts: through refs, a repository's settings, or a command.

A new payload is a line in one of the lists.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cardpipe.cli.main import COMMANDS, cli
from cardpipe.errors import FigureError, UsageError
from cardpipe.files.git import checkout_of
from cardpipe.model.trust import EVERYBODY
from cardpipe.release.revision import of_revision
from cardpipe.release.touched import changes_since
from cardpipe.release.trusted_scripts import Policy, trust_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.model.trust import Trust

GOOD = b"def draw(figure):\n    'Draw.'\n    figure.add_subplot()\n"
EVIL = b"def draw(figure):\n    'Draw.'\n    raise RuntimeError('I RAN')\n"
CARD = """\
id: EX0001
title: Lines
question: What is it?
answer: It is.
figures:
  - {id: f, kind: script, script: drawn.py, alt: A rising line.}
"""
DECK = """\
uid: 7e4e631f-5be9-4023-a07e-de1296e0ae1a
slug: base
name: Base
language: en
authors: [A]
licence: CC-BY-4.0
description: Cards to learn from.
tags: {}
subdecks: {EX: Examples}
formats: {csv: , markdown: }
"""


def git(folder: Path, *args: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "-c", "gc.auto=0"]
    return subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def write_deck(folder: Path, script: bytes = GOOD) -> None:
    for name, data in {
        "deck.yaml": DECK.encode(),
        "cards/EX0001.yaml": CARD.encode(),
        "figures/drawn.py": script,
    }.items():
        path = folder / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@pytest.fixture(autouse=True)
def without_the_builds_own_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARDPIPE_TRUST_FIGURES", raising=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose branch `stranger`, checked out, has another script than the remote's main branch."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    write_deck(origin)
    git(origin, "init", "-q", "-b", "main")
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "one")
    git(tmp_path, "clone", "-q", str(origin), str(clone))
    git(clone, "checkout", "-q", "-b", "stranger")
    write_deck(clone, EVIL)
    git(clone, "commit", "-q", "-a", "-m", "evil")
    return clone


def trusts(trust: Trust, data: bytes) -> bool:
    from cardpipe.model.deck import FigureScript

    return trust.trusts(FigureScript("drawn.py", data))


HOSTILE_REFS: Sequence[Sequence[str]] = [
    ["branch origin/main"],
    ["branch origin/HEAD"],
    ["branch origin"],
    ["tag origin/main"],
    ["tag origin/HEAD"],
    ["branch refs/remotes/origin/main"],
    ["tag refs/remotes/origin/main"],
    ["update-ref refs/origin/main stranger"],
    ["update-ref refs/remotes/origin/evil stranger"],
    ["update-ref refs/remotes/zzz/main stranger", "remote add zzz ."],
    ["branch origin/main", "tag origin/main", "branch main~0", "branch main -f"],
    ["replace refs/remotes/origin/main stranger"],
    ["symbolic-ref refs/heads/origin/main refs/heads/stranger"],
    ["config branch.main.remote .", "config remote.pushDefault ."],
]
"""Each with the commands of git that make them; none may make the stranger's script trusted."""


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("commands", HOSTILE_REFS, ids=lambda commands: commands[0])
@pytest.mark.parametrize("policy", [None, Policy.REPO])
def test_no_local_ref_passes_for_the_remotes_main_branch(
    clone: Path, commands: Sequence[str], policy: Policy | None
) -> None:
    for command in commands:
        subprocess.run(["git", *command.split()], cwd=clone, check=False, capture_output=True)
    trust = trust_in(clone, policy)
    assert trusts(trust, GOOD)
    assert not trusts(trust, EVIL)


@pytest.mark.parametrize(
    "commands",
    [
        ["symbolic-ref refs/remotes/origin/HEAD refs/heads/stranger"],
        [
            "branch x",
            "symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/x",
            "symbolic-ref refs/remotes/origin/x refs/heads/x",
        ],
        ["symbolic-ref -d refs/remotes/origin/HEAD", "symbolic-ref refs/remotes/origin/main refs/heads/stranger"],
        ["update-ref -d refs/remotes/origin/main", "branch refs/remotes/origin/main"],
        ["remote rename origin one", "remote add two ."],
    ],
)
def test_where_the_main_branch_is_unclear_no_script_runs(clone: Path, commands: Sequence[str]) -> None:
    for command in commands:
        git(clone, *command.split())
    trust = trust_in(clone, None)
    assert not trusts(trust, EVIL)
    assert not trusts(trust, GOOD)
    assert "main branch" in trust.reason
    with pytest.raises(UsageError):
        trust_in(clone, Policy.REPO)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        ("branch origin/main", "origin/main"),
        ("tag origin/main", "origin/main"),
        ("branch origin/main", "origin/main~0"),
        ("branch origin/main", "origin/main^{commit}"),
        ("branch origin/main", "origin/main@{0}"),
        ("tag main", "main"),
        ("branch refs/remotes/origin/gone", "refs/remotes/origin/gone"),
        ("branch refs/heads/main", "refs/tags/main"),
        ("tag one", ":/evil"),
        ("tag one", "one:source"),
        ("tag one", "main..one"),
        ("tag one", "--all"),
        ("tag one", "one\nmain"),
    ],
)
def test_a_revision_of_several_meanings_is_refused(clone: Path, make: str, named: str) -> None:
    git(clone, *make.split())
    with pytest.raises(UsageError):
        trust_in(clone, Policy.REPO, named)


def test_a_branch_that_looks_like_the_short_id_of_a_commit_is_refused(clone: Path) -> None:
    short = git(clone, "rev-parse", "--short", "origin/main")
    assert trusts(trust_in(clone, Policy.REPO, short), GOOD)
    git(clone, "branch", short)
    with pytest.raises(UsageError, match="ambiguous"):
        trust_in(clone, Policy.REPO, short)
    whole = git(clone, "rev-parse", "refs/remotes/origin/main")
    git(clone, "update-ref", f"refs/heads/{whole}", "stranger")
    assert not trusts(trust_in(clone, Policy.REPO, whole), EVIL)


def test_refs_that_are_clear_are_found(clone: Path) -> None:
    git(clone, "tag", "v1.0", "origin/main")
    for name in ("origin/main", "refs/remotes/origin/main", "origin", "v1.0", "v1.0^{commit}", "main~0", "HEAD~1"):
        trust = trust_in(clone, None, name)
        assert trusts(trust, GOOD)
        assert not trusts(trust, EVIL)
    assert trusts(trust_in(clone, None, "stranger"), EVIL)


def test_alone_with_ones_deck_all_scripts_run(clone: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    write_deck(plain, EVIL)
    assert trust_in(plain, None) == EVERYBODY
    git(plain, "init", "-q")
    assert trust_in(plain, None) == EVERYBODY
    git(clone, "remote", "remove", "origin")
    assert trust_in(clone, None) == EVERYBODY


def test_where_git_does_not_answer_no_script_runs(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(clone))
    assert not trusts(trust_in(clone, None), GOOD)
    monkeypatch.undo()
    (clone / ".git" / "HEAD").unlink()
    trust = trust_in(clone, None)
    assert not trusts(trust, GOOD)
    assert "git cannot read the repository" in trust.reason


def test_a_program_called_git_in_the_project_is_not_run(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = clone / "ran"
    fake = clone / "git"
    fake.write_text(f"#!/bin/sh\ntouch {trap}\n")
    fake.chmod(0o755)
    monkeypatch.chdir(clone)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    assert trusts(trust_in(clone, None), GOOD)
    assert not trap.exists()


def test_a_folder_that_looks_like_a_bare_repository_is_none(clone: Path) -> None:
    deck = clone / "decks" / "one"
    write_deck(deck, EVIL)
    evil = git(clone, "rev-parse", "stranger")
    for name in ("objects", "refs/remotes/origin"):
        (deck / name).mkdir(parents=True)
    (deck / "HEAD").write_text("ref: refs/heads/main\n")
    (deck / "config").write_text('[core]\n\tbare = true\n[remote "origin"]\n\turl = .\n')
    (deck / "refs/remotes/origin/main").write_text(f"{evil}\n")
    (deck / "objects/info").mkdir()
    (deck / "objects/info/alternates").write_text(f"{clone}/.git/objects\n")
    assert checkout_of(deck) == clone
    assert not trusts(trust_in(deck, None), EVIL)
    assert changes_since(deck, "origin/main").paths


def test_a_project_deep_in_a_repository_has_its_own_scripts(clone: Path) -> None:
    git(clone, "checkout", "-q", "main")
    deck = clone / "decks" / "ünïcode one"
    write_deck(deck, b"# other\n" + GOOD)
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "more")
    trust = trust_in(deck, Policy.REPO, "HEAD")
    assert trusts(trust, b"# other\r\n" + GOOD)
    assert not trusts(trust, GOOD)
    assert not trusts(trust_in(deck, None), GOOD)
    assert list(of_revision(deck, "HEAD").cards) == ["EX0001"]
    assert changes_since(deck, "HEAD").paths == set()


TRAP = "sh -c 'touch {trap}'"
HOSTILE_SETTINGS = [
    ["core.fsmonitor", TRAP],
    ["core.hooksPath", "{hooks}"],
    ["core.pager", TRAP],
    ["pager.ls-tree", TRAP],
    ["core.sshCommand", TRAP],
    ["core.editor", TRAP],
    ["core.askPass", TRAP],
    ["core.gitProxy", TRAP],
    ["core.alternateRefsCommand", TRAP],
    ["credential.helper", f"!{TRAP}"],
    ["diff.external", TRAP],
    ["diff.evil.textconv", TRAP],
    ["diff.evil.command", TRAP],
    ["filter.evil.clean", TRAP],
    ["filter.evil.smudge", TRAP],
    ["filter.evil.process", TRAP],
    ["merge.evil.driver", TRAP],
    ["gpg.program", TRAP],
    ["uploadpack.packObjectsHook", TRAP],
    ["alias.rev-parse", f"!{TRAP}"],
    ["alias.for-each-ref", f"!{TRAP}"],
    ["remote.origin.vcs", "evil"],
    ["remote.origin.uploadpack", TRAP],
    ["remote.origin.url", "ext::sh -c touch% {trap}"],
    ["core.worktree", "/"],
    ["core.attributesFile", "{attributes}"],
]
"""Settings of a repository that name a program; none may be run."""


@pytest.mark.skipif(os.name != "posix", reason="the traps are shell commands")
def test_no_program_of_a_repositorys_settings_is_run(clone: Path, tmp_path: Path) -> None:
    trap, hooks, attributes = tmp_path / "ran", tmp_path / "hooks", tmp_path / "attributes"
    attributes.write_text("* filter=evil diff=evil merge=evil\n")
    for folder in (hooks, clone / ".git/hooks"):
        folder.mkdir(exist_ok=True)
        for hook in (
            "post-index-change",
            "reference-transaction",
            "pre-auto-gc",
            "fsmonitor-watchman",
            "post-checkout",
        ):
            (folder / hook).write_text(f"#!/bin/sh\ntouch {trap}\n")
            (folder / hook).chmod(0o755)
    (clone / ".git/info").mkdir(exist_ok=True)
    for place in (clone / ".gitattributes", clone / ".git/info/attributes"):
        place.write_text("* filter=evil diff=evil merge=evil\n")
    for name, value in HOSTILE_SETTINGS:
        words = value.format(trap=trap, hooks=hooks, attributes=attributes)
        git(clone, "config", "--replace-all", name, words)
    (clone / "source/cards/EX0001.yaml").write_text(CARD.replace("Lines", "Other"))
    assert trusts(trust_in(clone, None), GOOD)
    assert sorted(changes_since(clone, "HEAD").paths) == ["source/cards/EX0001.yaml"]
    assert changes_since(clone, "").paths
    assert list(of_revision(clone, "main").cards) == ["EX0001"]
    assert not trap.exists()


@pytest.mark.skipif(os.name != "posix", reason="the traps are shell commands")
@pytest.mark.parametrize(
    ("url", "setting"),
    [
        ("{origin}", "remote.origin.uploadpack"),
        ("file://{origin}", "remote.origin.uploadpack"),
        ("ssh://localhost/x", "core.sshCommand"),
        ("git://localhost/x", "core.gitProxy"),
        ("https://localhost:1/x", "credential.helper"),
        ("ext::sh -c touch% {trap}", "protocol.ext.allow"),
    ],
)
def test_a_missing_object_is_not_fetched(clone: Path, tmp_path: Path, url: str, setting: str) -> None:
    trap = tmp_path / "ran"
    commit = git(clone, "rev-parse", "refs/remotes/origin/main")
    git(clone, "config", setting, "always" if setting.endswith("allow") else TRAP.format(trap=trap))
    git(clone, "config", "remote.origin.url", url.format(origin=tmp_path / "origin", trap=trap))
    git(clone, "config", "remote.origin.promisor", "true")
    git(clone, "config", "core.repositoryFormatVersion", "1")
    git(clone, "config", "extensions.partialClone", "origin")
    (clone / ".git/objects" / commit[:2] / commit[2:]).unlink()
    assert not trusts(trust_in(clone, None), GOOD)
    for ask in (of_revision, changes_since):
        with pytest.raises(UsageError):
            ask(clone, commit)
    assert not trap.exists()


def test_gits_own_variables_do_not_name_another_repository(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = tmp_path / "evil"
    git(tmp_path, "clone", "-q", "-b", "stranger", str(clone), str(evil))
    git(evil, "update-ref", "refs/remotes/origin/main", "stranger")
    for name, value in {
        "GIT_DIR": str(evil / ".git"),
        "GIT_COMMON_DIR": str(evil / ".git"),
        "GIT_WORK_TREE": str(evil),
        "GIT_OBJECT_DIRECTORY": str(evil / ".git/objects"),
        "GIT_NAMESPACE": "evil",
        "GIT_REPLACE_REF_BASE": "refs/heads/",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_INDEX_FILE": "nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    trust = trust_in(clone, None)
    assert trusts(trust, GOOD)
    assert not trusts(trust, EVIL)


def test_replaced_objects_do_not_count(clone: Path) -> None:
    good, evil = git(clone, "rev-parse", "origin/main"), git(clone, "rev-parse", "stranger")
    git(clone, "replace", good, evil)
    assert not trusts(trust_in(clone, None), EVIL)
    git(clone, "replace", "-d", good)
    git(clone, "replace", f"{good}:source/figures/drawn.py", f"{evil}:source/figures/drawn.py")
    assert not trusts(trust_in(clone, None), EVIL)


def test_lint_of_what_changed_is_not_fooled_either(clone: Path) -> None:
    git(clone, "branch", "origin/main")
    git(clone, "branch", "origin/HEAD")
    assert sorted(changes_since(clone, "").paths) == ["source/figures/drawn.py"]


PACKAGE, LOCK = "old.apkg", "old.lock"
CALLS: dict[str, list[list[str]]] = {
    "cache": [["info"], ["clear"]],
    "ci": [["comment", "--data", "review.json", "--dry-run"], ["check-tag", "v1"]],
    "completion": [["bash"]],
    "diff": [[], ["main"], [PACKAGE], [LOCK], ["--json"]],
    "doctor": [[]],
    "editions": [[]],
    "export": [[], ["--format", "anki"], ["--id", "EX0001"], ["--include-drafts"]],
    "feedback": [[PACKAGE], [PACKAGE, "--all"], [PACKAGE, "--base", "HEAD", "--base", PACKAGE]],
    "figure": [["script"], ["script", "--draw", "drawn.svg"], ["panel", "--draw", "panel.svg"]],
    "figures": [[]],
    "fmt": [[]],
    "formats": [[]],
    "import": [[PACKAGE, "--into", "imported"]],
    "init": [["new"]],
    "kind": [["basic"]],
    "kinds": [[]],
    "lint": [[], ["--changed"], ["--fix"]],
    "list": [[]],
    "move": [["EX", "NN", "--dry-run"]],
    "new": [["--prefix", "EX", "--title", "Another"]],
    "progress": [["progress.json", "--to-anki", PACKAGE, "-o", "new.apkg"]],
    "release": [["--dry-run"], ["1.0"]],
    "rename": [["EX0001", "EX0099", "--dry-run"]],
    "review": [[], ["main"], ["HEAD"], ["--data", "review.json"]],
    "rule": [["FIG006"]],
    "rules": [[]],
    "schema": [[]],
    "tag": [["rename", "example", "other", "--dry-run"]],
    "verify": [[PACKAGE]],
}
"""Ways to call each command; a new command needs a line, and may not run a script that is not trusted."""


def test_no_command_runs_a_script_that_is_not_trusted(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def run(name: str, source: bytes, *_: object) -> None:
        # The main branch's own script may run: a review shows its picture beside the new one.
        if source != GOOD:
            ran.append(name)
        raise FigureError("I RAN")

    monkeypatch.setattr("cardpipe.figures.sandbox.run_script", run)
    monkeypatch.chdir(clone)
    runner = CliRunner()
    assert (
        runner.invoke(cli, ["export", "--format", "anki", "--output", "out"], standalone_mode=False).return_value == 0
    )
    os.rename("out/base.apkg", PACKAGE)  # noqa: PTH104 - the working folder's
    lock = {"version": 1}
    Path(LOCK).write_text(json.dumps(lock))
    # serve runs until it is interrupted; test_serve tries its scripts.
    assert set(CALLS) == set(COMMANDS) - {"serve"}
    for name, calls in CALLS.items():
        for args in calls:
            runner.invoke(cli, [name, *args], standalone_mode=False)
            assert not ran, [name, *args]
    git(clone, "clean", "-qfd", "source")  # the new card has no texts yet
    allowed = ["--trust-figures", "always"]
    for args in (["export", *allowed], ["diff", PACKAGE, *allowed], ["release", "--dry-run", *allowed]):
        runner.invoke(cli, args, standalone_mode=False)
        assert ran.pop() == "drawn.py", args
        ran.clear()


def test_a_release_holds_no_placeholder(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    card = Path("source/cards/EX0001.yaml")
    card.write_text(CARD + "tags: []\nreferences: [Somebody]\n")
    for args in (["1.0"], ["1.0", "--dry-run"]):
        done = CliRunner().invoke(cli, ["release", *args], standalone_mode=False)
        assert done.return_value == 1
    assert not Path("source/release.lock").exists()


def test_an_environment_variable_applies_to_all_commands(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    monkeypatch.setenv("CARDPIPE_TRUST_FIGURES", "always")
    done = CliRunner().invoke(cli, ["export", "--format", "csv"], standalone_mode=False)
    assert done.return_value == 1
    assert "I RAN" in done.output
