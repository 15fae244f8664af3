"""Options that people know from other programs: quiet, verbose, colours, rules by code, completion, the man page."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from cardpipe.cli import opening
from cardpipe.cli.main import COMMANDS, cli
from cardpipe.cli.man_page import contexts, man_page
from cardpipe.cli.rule_choice import chosen_codes
from cardpipe.errors import UsageError
from cardpipe.figures.same_picture import is_same_picture

ESCAPE = "\x1b["


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("habits") / "deck"
    assert CliRunner().invoke(cli, ["init", str(folder)]).exit_code == 0
    bad = "id: EX0009\ntitle: Bad\nquestion: What is $\\fra{1}{2}$?\nanswer: x\ntags: [grwth]\n"
    (folder / "source/cards/EX0009.yaml").write_text(bad, "utf-8")
    return folder


def cardpipe(deck: Path, *args: str, env: dict[str, str] | None = None) -> Result:
    given = {"NO_COLOR": None, "FORCE_COLOR": None, "GITHUB_ACTIONS": None, **(env or {})}
    return CliRunner().invoke(cli, ["-C", str(deck), *args], standalone_mode=False, color=True, env=given)


@pytest.mark.parametrize(
    ("args", "env", "coloured"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "0"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("--color=auto",), {}, False),
    ],
)
def test_colours_are_as_the_user_says(deck: Path, args: tuple[str, ...], env: dict[str, str], coloured: bool) -> None:
    assert (ESCAPE in cardpipe(deck, "lint", *args, env=env).output) == coloured
    assert (ESCAPE in cardpipe(deck, *args, "tag", "rename", "growth", "x", "--dry-run", env=env).output) == coloured


def test_quiet_leaves_results_and_findings(deck: Path, tmp_path: Path) -> None:
    assert "EX0009" in cardpipe(deck, "lint", "-q").output
    for place in (("-q", "fmt"), ("fmt", "--quiet")):
        assert cardpipe(deck, *place, "--check").stderr == ""
    target = tmp_path / "schema.json"
    assert cardpipe(deck, "schema", "-q", "-o", str(target)).output == ""
    assert json.loads(target.read_text("utf-8"))
    assert cardpipe(deck, "-q", "list").output.count("\n") == 6


def test_verbose_names_the_project_and_the_next_run_does_not(deck: Path) -> None:
    assert f"Project: {deck}" in cardpipe(deck, "list", "-v").stderr
    assert "Project" not in cardpipe(deck, "list").stderr


def test_quiet_and_verbose_exclude_each_other(deck: Path) -> None:
    assert isinstance(cardpipe(deck, "-q", "list", "-v").exception, click.UsageError)


# Rules by code


@pytest.mark.parametrize(
    ("select", "ignore", "chosen", "left_out"),
    [
        (["MTH"], [], "MTH001", "YML001"),
        (["mth00"], [], "MTH001", "MTH010"),
        ([], ["MTH"], "YML001", "MTH001"),
        (["MTH001"], ["MTH"], "MTH001", "MTH002"),
        (["MTH"], ["MTH001"], "MTH002", "MTH001"),
        (["MTH001"], ["MTH001"], "", "MTH001"),
        (["ALL"], ["WRD"], "MTH001", "WRD001"),
        ([], ["ALL"], "", "MTH001"),
    ],
)
def test_the_longer_beginning_of_a_code_counts(
    select: list[str], ignore: list[str], chosen: str, left_out: str
) -> None:
    codes = chosen_codes(select, ignore)
    assert (chosen in codes) == bool(chosen)
    assert left_out not in codes


@pytest.mark.parametrize("name", ["MTHX", "XYZ", "mth-001", ""])
def test_an_unknown_rule_is_refused(name: str) -> None:
    if not name:
        assert chosen_codes([name], [])
        return
    with pytest.raises(UsageError, match="Unknown rule"):
        chosen_codes([name], [])


def test_only_chosen_findings_are_shown_and_count(deck: Path) -> None:
    result = cardpipe(deck, "lint", "--select", "MTH", "--output-format", "concise")
    assert {line.partition("[")[2][:3] for line in result.stdout.splitlines()} == {"MTH"}
    assert result.return_value == 1
    assert cardpipe(deck, "lint", "--ignore", "MTH,TAG,REF,WRD", "--select", "ALL").return_value == 0
    assert "--write-baseline" in str(cardpipe(deck, "lint", "--write-baseline", "--select", "MTH").exception)


def test_only_chosen_findings_are_fixed(deck: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(deck, tmp_path / "deck"))
    cardpipe(copied, "lint", "--unsafe-fixes", "--select", "TAG")
    text = (copied / "source/cards/EX0009.yaml").read_text("utf-8")
    assert "[growth]" in text
    assert "\\fra{" in text


# Completion


def completions(deck: Path, *words: str) -> list[str]:
    complete = ShellComplete(cli, {}, "cardpipe", "_CARDPIPE_COMPLETE")
    *args, incomplete = words
    return [item.value for item in complete.get_completions(["-C", str(deck), *args], incomplete)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("re",), ["release", "rename", "review"]),
        (("export", "--id", "EX000"), ["EX0001", "EX0002", "EX0003", "EX0004", "EX0005", "EX0009"]),
        (("export", "--id", "EX0001,EX0002,ex0003"), ["EX0001,EX0002,EX0003"]),
        (("export", "--tag", "g"), ["growth"]),
        (("export", "--format", "ht"), ["html"]),
        (("lint", "--select", "YML00"), ["YML001", "YML002", "YML003", "YML004", "YML005"]),
        (("lint", "--ignore", "yml"), ["YML", "YML001", "YML002", "YML003", "YML004", "YML005"]),
        (("rule", "TAG001"), ["TAG001"]),
        (("figure", "hea"), ["heatmap"]),
        (("new", "--prefix", ""), ["EX"]),
        (("new", "--kind", "cl"), ["cloze"]),
        (("rename", "EX0009"), ["EX0009"]),
        (("move", "EX0001", "EX"), ["EX", "EX0001", "EX0002", "EX0003", "EX0004", "EX0005", "EX0009"]),
        (("tag", "re"), ["rename"]),
        (("tag", "rename", "ex"), ["example"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("lint", "--output-fo"), ["--output-format"]),
    ],
)
def test_values_are_completed(deck: Path, words: tuple[str, ...], expected: list[str]) -> None:
    assert completions(deck, *words) == expected


def test_nothing_is_completed_where_nothing_can_be_read(tmp_path: Path) -> None:
    assert completions(tmp_path, "export", "--id", "") == []
    (tmp_path / "source").mkdir()
    (tmp_path / "source/deck.yaml").write_bytes(b"\xff[[[")
    assert completions(tmp_path, "export", "--tag", "") == []


@pytest.fixture
def tagged(deck: Path, tmp_path: Path) -> Path:
    """A deck with tags of several levels, and hostile ones; `cardpipe` is in its `bin`."""
    copied = Path(shutil.copytree(deck, tmp_path / "deck"))
    path = copied / "source/deck.yaml"
    tags = "\ntags:\n  nets: N\n  nets::cnn: 'One, two: three'\n  nets::rnn: R\n  größe: G\n"
    hostile = ["n;touch ran", "n$(touch ran)", "n`touch ran`", "n&touch ran", "n*", "n'", 'n"', "n|touch ran", "n>ran"]
    tags += "".join(f"  {json.dumps(tag)}: x\n" for tag in hostile)
    text = re.sub(r"(?m)^tags:\n(?:  .*\n|\n)+", "", path.read_text("utf-8"))
    path.write_text(text + tags, "utf-8")
    program = copied / "bin/cardpipe"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cardpipe "$@"\n', "utf-8")
    program.chmod(0o755)
    return copied


def in_shell(deck: Path, shell: str, script: str) -> list[str]:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = f"{deck / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [shell, "-c", script], cwd=deck, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # As bash divides a line: at colons too, of which it replaces only what is after the last one.
        (("export", "--id", "EX000"), ["EX0001", "EX0002", "EX0003", "EX0004", "EX0005", "EX0009"]),
        (("tag", "rename", "nets"), ["nets", "nets::cnn", "nets::rnn"]),
        (("tag", "rename", "nets", "::"), ["cnn", "rnn"]),
        (("tag", "rename", "nets", "::", "c"), ["cnn"]),
        (("export", "--tag", "größe,nets", "::", "r"), ["rnn"]),
        (("tag", "rename", "nets", "::", "cnn", "gr"), ["größe"]),
        (("tag", "rename", "nets", "::", "cnn", ""), ["nets", "nets::cnn", "nets::rnn", "größe"]),
        (("tag", "rename", "n"), ["nets", "nets::cnn", "nets::rnn"]),
    ],
)
def test_bash_completes(tagged: Path, words: tuple[str, ...], expected: list[str]) -> None:
    script = (
        f'eval "$(cardpipe completion bash)"; COMP_WORDS=(cardpipe {shlex.join(words)}); COMP_CWORD={len(words)}; '
        '_cardpipe_completion cardpipe; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert in_shell(tagged, "bash", script) == expected
    assert not (tagged / "ran").exists()


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tag rename nets::c", ["nets::cnn\tOne, two: three"]),
        ("export --tag größe,nets::", ["größe,nets::cnn\tOne, two: three", "größe,nets::rnn\tR"]),
        ("tag rename nets::cnn n", ["nets\tN", "nets::cnn\tOne, two: three", "nets::rnn\tR"]),
    ],
)
def test_fish_completes(tagged: Path, line: str, expected: list[str]) -> None:
    script = f"cardpipe completion fish | source; complete -C {shlex.quote(f'cardpipe {line}')}"
    assert sorted(in_shell(tagged, "fish", script)) == expected


def test_zsh_gets_names_whose_colons_do_not_begin_a_description(tagged: Path) -> None:
    script = 'COMP_WORDS="cardpipe tag rename nets::" COMP_CWORD=3 _CARDPIPE_COMPLETE=zsh_complete cardpipe'
    assert in_shell(tagged, "zsh", script) == [
        *("plain", "nets\\:\\:cnn", "One, two: three"),
        *("plain", "nets\\:\\:rnn", "R"),
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script_that_it_can_read(shell: str) -> None:
    script = CliRunner().invoke(cli, ["completion", shell]).output
    assert "_CARDPIPE_COMPLETE" in script
    if shutil.which(shell) is not None:
        subprocess.run([shell, "-n"], input=script.encode(), check=True)


def test_the_shell_is_the_one_of_the_environment() -> None:
    runner = CliRunner()
    named = runner.invoke(cli, ["completion", "zsh"]).output
    assert runner.invoke(cli, ["completion"], env={"SHELL": "/usr/bin/zsh"}).output == named
    assert isinstance(runner.invoke(cli, ["completion"], env={"SHELL": "/bin/csh"}).exception, UsageError)


# Output, and what opens it


def test_a_report_goes_into_a_file(deck: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    cardpipe(deck, "lint", "--output-format", "json", "-o", str(target))
    assert json.loads(target.read_text("utf-8"))["findings"]
    result = cardpipe(deck, "figure", "bars", "-o", str(tmp_path / "no.gif"))
    assert isinstance(result.exception, UsageError)


@pytest.mark.parametrize(
    ("names", "opened"),
    [(["a.html"], "a.html"), (["a.html", "a.csv"], "."), (["site"], "site/index.html"), (["empty"], "empty")],
)
def test_the_result_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], opened: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "site/index.html").touch()
    asked: list[str] = []

    def launch(url: str) -> int:
        asked.append(url)
        return 1

    monkeypatch.setattr(click, "launch", launch)
    opening.open_result([tmp_path / name for name in names])
    assert asked == [str((tmp_path / opened).resolve())]
    assert "could not be opened" in capsys.readouterr().err


# Documents


def test_the_man_page_has_every_command_and_option() -> None:
    page = man_page()
    for name in COMMANDS:
        assert f".SS cardpipe {name}" in page
    for context in contexts():
        for parameter in context.command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.opts[-1].replace("-", r"\-") in page
    # A line that begins with a dot is a request.
    assert all(
        line.split()[0][1:].isupper() or line.split()[0] in {".nf", ".fi"}
        for line in page.splitlines()
        if line[:1] == "."
    )


PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="480"><defs><path id="glyph-1" d="M 1 2 L 3 4"/></defs>'
    '<g id="a" transform="translate(91.6 334.4)" clip-path="url(#p1)">'
    '<path d="M 0 0 L 10 20" style="fill: #1a1a1a"/></g>'
    '<use href="#glyph-1"/><use href="#glyph-2"/><use href="#glyph-1"/>'
    "<!-- label --></svg>"
)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("91.6", "91.6001", True),
        ("M 1 2 L 3 4", "M 1 2 Q 3 4 5 6", True),
        ("#p1", "#p2", True),
        ("glyph", "letter", True),
        ('"#glyph-2"', '"#glyph-1"', False),
        ("M 0 0 L 10 20", "M 0 0\nL 10.1 20", True),
        ("M 0 0 L 10 20", "M 0 0 L 14 20", False),
        ("#1a1a1a", "#ffffff", False),
        ("480", "490", False),
        ("L 10 20", "L 10 20 L 11 21", False),
        ("</svg>", "<g/></svg>", False),
        ("</svg>", "", False),
    ],
)
def test_pictures_of_two_versions_of_matplotlib_are_the_same(old: str, new: str, same: bool) -> None:
    assert old in PICTURE
    assert is_same_picture(PICTURE.encode(), PICTURE.replace(old, new).encode()) == same
