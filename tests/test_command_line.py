"""The command line: exit codes, messages, and files on disk."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cardpipe import __version__
from cardpipe.cli.main import COMMANDS
from cardpipe.source.load import load
from cpu_time import cpu_seconds
from waiting import until_waiting

if TYPE_CHECKING:
    from conftest import Run

CARD = """\
id: EX0009
title: A card
question: What is $x$?
answer: It is $y$.
tags: [example]
"""


def write(project: Path, name: str, text: str) -> Path:
    path = project / "source" / "cards" / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def outputs(project: Path) -> dict[str, bytes]:
    folder = project / "output"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_version_and_help_answer_at_once(start: Run) -> None:
    assert start("--version").stdout == f"cardpipe {__version__}\n"
    assert start("--help").returncode == 0
    # 0.15 s is the promise on a quiet machine: hardly more than Python takes to begin and to import click.
    command = [sys.executable, "-c", "import click"]
    python = min(cpu_seconds(lambda: subprocess.run(command, check=True)) for _ in range(5))
    assert min(cpu_seconds(lambda: start("--help")) for _ in range(5)) < 2.5 * python


def test_help_imports_nothing_heavy(start: Run) -> None:
    result = start("--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {
        line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if line.startswith("import time:")
    }
    heavy = {
        "matplotlib",
        "numpy",
        "genanki",
        "markdown",
        "nh3",
        "jinja2",
        "_quickjs",
        "plutoprint",
        "pikepdf",
        "yaml",
        "sqlite3",
    }
    assert "click" in imported
    assert not imported & heavy


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.returncode == 0
    assert f"Example:  cardpipe {command}" in result.stdout


def test_a_misspelt_command_is_answered_with_the_nearest(run: Run) -> None:
    result = run("exprot")
    assert result.returncode == 2
    assert "Did you mean export?" in result.stderr


def test_without_a_project_there_is_one_clear_message(run: Run, tmp_path: Path) -> None:
    for command in ("lint", "export", "list"):
        result = run(command, cwd=tmp_path)
        assert result.returncode == 2
        assert "source/deck.yaml" in result.stderr
        assert "cardpipe init" in result.stderr
        assert "Traceback" not in result.stderr


def test_the_project_is_found_from_below(run: Run, project: Path) -> None:
    result = run("list", cwd=project / "source" / "cards")
    assert result.returncode == 0, result.stderr
    assert "EX0001" in result.stdout


def test_a_new_project_lints_clean_and_exports_every_format(run: Run, tmp_path: Path) -> None:
    project = tmp_path / "sample"
    assert run("init", project).returncode == 0
    lint = run("-C", project, "lint")
    assert (lint.returncode, lint.stdout) == (0, "")
    export = run("-C", project, "export")
    assert export.returncode == 0, export.stderr
    made = outputs(project)
    for name in ("sample.apkg", "sample.csv", "sample.html", "sample.pdf", "markdown/README.md", "site/index.html"):
        assert made[name]
    lines = export.stdout.splitlines()
    # A file or folder of each format, and the media of the table.
    assert len(lines) == 7
    for line in lines:
        assert re.search(r"output/\S+ +[\d.]+ (B|kB|MB) +5 cards$", line), line


def test_one_format_alone(run: Run, project: Path) -> None:
    assert run("-C", project, "export", "--format", "csv", "--output", project / "elsewhere").returncode == 0
    assert not (project / "output").exists()
    assert (project / "elsewhere" / "sample.csv").is_file()


def test_an_error_writes_nothing_and_shows_the_place(run: Run, project: Path) -> None:
    assert run("-C", project, "export", "--format", "csv").returncode == 0
    before = outputs(project)
    write(project, "EX0009.yaml", CARD.replace("$y$", r"$\sotfmax(y)$"))
    for command in (["lint"], ["export"]):
        result = run("-C", project, *command)
        assert result.returncode == 1
        assert "source/cards/EX0009.yaml:4:16" in result.stdout + result.stderr
        assert "MTH001" in result.stdout + result.stderr
    assert outputs(project) == before


def test_findings_of_one_path_only(run: Run, project: Path) -> None:
    bad = write(project, "EX0009.yaml", CARD.replace("example", "exmaple"))
    text = (
        CARD.replace("EX0009", "EX0008").replace("title: ", "title: More ").replace("question: ", "question: When and ")
    )
    other = write(project, "EX0008.yaml", text.replace("example", "grwoth"))
    result = run("-C", project, "lint", bad, "--output-format", "concise")
    assert result.returncode == 1
    assert "EX0009.yaml" in result.stdout
    assert "EX0008.yaml" not in result.stdout
    both = run("-C", project, "lint", bad, other, "--output-format", "json")
    findings = json.loads(both.stdout)["findings"]
    assert [finding["path"] for finding in findings] == ["source/cards/EX0008.yaml", "source/cards/EX0009.yaml"]
    assert run("-C", project, "lint", project / "no-such-file.yaml").returncode == 2


@pytest.mark.slow
def test_selection_by_tag_and_id(run: Run, project: Path) -> None:
    write(project, "EX0009.yaml", CARD.replace("[example]", "[growth]"))
    assert run("-C", project, "export", "--format", "csv", "--tag", "example").stdout.endswith("2 cards\n")
    assert run("-C", project, "export", "--format", "csv", "--id", "EX0009").stdout.endswith("1 card\n")
    assert run("-C", project, "export", "--format", "csv", "--id", "EX0009", "--tag", "example").stdout.endswith(
        "3 cards\n"
    )
    for args in (["--tag", "exmaple"], ["--id", "EX0010"], ["--format", "pfd"], ["--csv-dialect", "excel"]):
        result = run("-C", project, "export", *args)
        assert result.returncode == 2, args
        assert result.stderr.strip()
        assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_setting_for_all_formats_that_have_it_and_for_one_alone(run: Run, project: Path) -> None:
    def headings(*args: str) -> list[str]:
        formats = ["--format", "html", "--format", "markdown"]
        assert run("-C", project, "export", *formats, *args).returncode == 0
        written = outputs(project)
        files = {"html": "sample.html", "markdown": "markdown/README.md"}
        return [name for name, path in files.items() if "Easy" in written[path].decode()]

    assert headings() == []
    assert headings("--group-by", "difficulty") == ["html", "markdown"]
    assert headings("--html-group", "difficulty") == ["html"]
    assert headings("--html-group", "deck", "--group-by", "difficulty") == ["markdown"]
    idle = run("-C", project, "export", "--format", "csv", "--group-by", "id")
    assert idle.returncode == 2
    assert "--group-by has no effect on csv." in idle.stderr


@pytest.mark.slow
def test_drafts_come_along_only_when_asked_for(run: Run, project: Path) -> None:
    write(project, "EX0009.yaml", CARD + "status: draft\n")
    assert run("-C", project, "export", "--format", "csv").stdout.endswith("2 cards\n")
    assert run("-C", project, "export", "--format", "csv", "--include-drafts").stdout.endswith("3 cards\n")
    assert "(draft)" in run("-C", project, "list").stdout


def test_list_as_table_and_as_json(run: Run, project: Path) -> None:
    table = run("-C", project, "list").stdout.splitlines()
    assert table[0].split() == ["EX0001", "Doubling", "time", "example", "growth"]
    rows = json.loads(run("-C", project, "list", "--json", "--tag", "growth").stdout)
    assert [row["id"] for row in rows] == ["EX0001", "EX0002"]
    assert rows[0]["tags"] == ["example", "growth"]
    assert rows[0]["path"] == "source/cards/EX0001.yaml"


@pytest.mark.slow
def test_rule_pages_on_the_command_line(run: Run) -> None:
    by_code = run("rule", "MTH001")
    assert by_code.returncode == 0
    assert "Why is this bad?" in by_code.stdout
    assert run("rule", "math-refused").stdout == by_code.stdout
    assert run("rule", "MTH9").returncode == 2


def test_a_read_only_output_folder_is_one_message(run: Run, project: Path, bound_by_permissions: list[str]) -> None:
    run("-C", project, "export", "--format", "csv")
    before = outputs(project)
    (project / "output").chmod(0o555)
    command = [*bound_by_permissions, sys.executable, "-m", "cardpipe", "-C", str(project), "export", "--format", "csv"]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    (project / "output").chmod(0o755)
    assert result.returncode == 2
    assert "could not be written" in result.stderr
    assert outputs(project) == before


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the system has no resource limits")
def test_a_disk_that_fills_up_leaves_the_former_output(run: Run, project: Path) -> None:
    assert run("-C", project, "export").returncode == 0
    before = outputs(project)
    shutil.rmtree(project / ".cardpipe")
    # Files that are the same are not written again.
    card = project / "source/cards/EX0001.yaml"
    card.write_text(card.read_text(encoding="utf-8").replace("title: ", "title: Another "), encoding="utf-8")
    # A limit on the size of files stops writing half-way, as a full disk does.
    limited = textwrap.dedent("""
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        from cardpipe.cli.main import main
        main()
    """)
    result = subprocess.run(
        [sys.executable, "-c", limited, "-C", str(project), "export"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 2, result.stderr
    assert "could not be written" in result.stderr
    assert "Traceback" not in result.stderr
    assert outputs(project) == before
    assert not list((project / "output").glob(".cardpipe-staging-*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_for_the_report_is_no_traceback(project: Path) -> None:
    assert os.system(f"{sys.executable} -m cardpipe -C {project} list > /dev/full 2> {project}/err") != 0  # noqa: S605 - a shell redirects as a user does
    assert "Traceback" not in (project / "err").read_text()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_export_leaves_the_former_output(run: Run, project: Path, number: signal.Signals) -> None:
    assert run("-C", project, "export", "--format", "csv").returncode == 0
    before = outputs(project)
    scripts = project / "source" / "figures"
    scripts.mkdir()
    (scripts / "slow.py").write_text('import time\n\ndef draw(figure):\n    """Wait."""\n    time.sleep(60)\n')
    figure = "figures:\n  - id: slow\n    kind: script\n    script: slow.py\n    alt: Art.\n"
    write(project, "EX0009.yaml", CARD + figure)
    command = [sys.executable, "-m", "cardpipe", "-C", str(project), "export", "--format", "csv"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    until_waiting(process)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(stderr.split("\n")) <= 3, "one message, after the line on which ^C stands"
    assert "interrupted" in stderr
    assert outputs(project) == before


def test_init_refuses_a_folder_with_a_source(run: Run, project: Path) -> None:
    before = (project / "source" / "deck.yaml").read_bytes()
    result = run("init", project)
    assert result.returncode == 2
    assert "already has a source/ folder" in result.stderr
    assert (project / "source" / "deck.yaml").read_bytes() == before


NAMES_OF_FOLDERS = [
    "My Deck",
    "it's mine",
    'say "yes"',
    "-deck",
    "--help",
    "$HOME",
    "a;b&c|d",
    "back\\slash",
    "`id`",
    "колода слов",
    "单词 卡片",
    "سفر",
    "~",
    "*",
    "#1",
    "a!b",
    "deep er/deck",
]


@pytest.mark.quick_cases("it's mine", "$HOME", "-deck", "`id`")
@pytest.mark.skipif(os.name == "nt", reason="the commands are for the shell of the system")
@pytest.mark.parametrize("name", NAMES_OF_FOLDERS)
def test_the_commands_that_init_prints_can_be_pasted(run: Run, tmp_path: Path, name: str) -> None:
    result = run("init", "--", name, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    commands = [line.strip() for line in result.stdout.splitlines() if line.startswith("    ")]
    assert [command.rpartition(" ")[2] for command in commands] == ["lint", "export"]
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "cardpipe"
    program.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n", encoding="utf-8")
    program.chmod(0o755)
    paths = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    for command in commands:
        pasted = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env={**os.environ, "PATH": paths}, capture_output=True, check=True
        )
        given = [os.fsdecode(argument) for argument in pasted.stdout.split(b"\0")[:-1]]
        assert given[::2] == ["-C", command.rpartition(" ")[2]]
        assert (tmp_path / given[1] / "source" / "deck.yaml").is_file()
        assert not given[1].startswith("-")


@pytest.mark.quick_cases("CON", "--", "true")
@pytest.mark.parametrize(
    "name", ["1", "1e5", "0x1f", "true", "null", "CON", "com1", "--", "a" * 200, "日本語", "2026-11"]
)
def test_the_slug_of_a_new_deck_is_one(run: Run, tmp_path: Path, name: str) -> None:
    assert run("init", tmp_path / "deck", "--name", name).returncode == 0
    assert load(tmp_path / "deck").findings == ()


@pytest.mark.quick_cases("%%UID%%")
@pytest.mark.parametrize("name", ["Zähl & Rechne: 'Tiere' \"123\"", "日本語", "#1 {deck}", "yes", "%%UID%%"])
def test_init_with_any_name_makes_a_clean_project(run: Run, tmp_path: Path, drawn_project: Path, name: str) -> None:
    assert run("init", tmp_path / "deck", "--name", name).returncode == 0
    shutil.copytree(drawn_project / ".cardpipe", tmp_path / "deck" / ".cardpipe")
    assert run("-C", tmp_path / "deck", "lint").returncode == 0
    result = run("-C", tmp_path / "deck", "export", "--format", "csv")
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_an_unknown_format_in_the_deck_is_a_finding(run: Run, project: Path) -> None:
    deck = project / "source" / "deck.yaml"
    text = deck.read_text(encoding="utf-8")
    deck.write_text(text.replace("  markdown:\n", "  markdwon:\n"), encoding="utf-8")
    result = run("-C", project, "lint")
    assert result.returncode == 1
    line = text.splitlines().index("  markdown:") + 1
    assert f"source/deck.yaml:{line}:3" in result.stdout
    assert "markdown" in result.stdout
    deck.write_text(text.replace("  csv:\n", "  csv: {dialct: plain}\n"), encoding="utf-8")
    assert "dialect" in run("-C", project, "lint").stdout
    deck.write_text(text.replace("  csv:\n", "  csv: {dialect: plian}\n"), encoding="utf-8")
    assert "plain" in run("-C", project, "lint").stdout


@pytest.mark.slow
def test_each_failing_figure_script_is_a_finding_at_its_figure(run: Run, project: Path) -> None:
    scripts = project / "source" / "figures"
    scripts.mkdir()
    (scripts / "broken.py").write_text('def draw(figure):\n    """Divide by zero."""\n    figure.text(1 / 0, 0, "x")\n')
    (scripts / "empty.py").write_text('def draw(figure):\n    """Leave early."""\n    raise SystemExit(3)\n')
    names = ("broken", "empty")
    figures = "".join(f"  - id: {name}\n    kind: script\n    script: {name}.py\n    alt: Art.\n" for name in names)
    write(project, "EX0009.yaml", f"{CARD}figures:\n{figures}")
    result = run("-C", project, "export", "--format", "html", "--format", "markdown")
    assert result.returncode == 1
    assert "source/cards/EX0009.yaml:7:9" in result.stderr
    assert "ZeroDivisionError" in result.stderr
    assert "source/cards/EX0009.yaml:11:9" in result.stderr
    assert result.stderr.count("error[FIG006]") == 2
    assert not (project / "output").exists()


@pytest.mark.slow
def test_the_cache_is_shown_pruned_verified_and_cleared(run: Run, project: Path) -> None:
    assert run("-C", project, "lint").returncode == 0
    assert re.search(r"lint +\d+ entries", run("-C", project, "cache").stdout)
    assert run("-C", project, "cache", "prune").stdout == "Removed 0 entries.\n"
    verified = run("-C", project, "cache", "verify")
    assert (verified.returncode, verified.stdout.endswith("0 damaged or foreign.\n")) == (0, True)
    assert run("-C", project, "cache", "clear").stdout.startswith("Removed all ")
    assert "lint" not in run("-C", project, "cache", "info").stdout.splitlines()[-1][:8]
