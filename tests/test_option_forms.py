"""Common variants of options are accepted, or one line shows the correct form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from cardpipe.cli.main import _WITHOUT_PROJECT, COMMANDS, cli

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


def test_values_that_are_fixed_may_have_capitals() -> None:
    """Whatever option or argument has a list of values, in whatever command, plug-ins' options included."""
    with click.Context(cli) as group:
        for name in COMMANDS:
            command = cli.get_command(group, name)
            assert command is not None
            for parameter in command.get_params(click.Context(command, parent=group, info_name=name)):
                if isinstance(parameter.type, click.Choice):
                    assert not parameter.type.case_sensitive, f"{name} {parameter.name}"


@pytest.mark.quick_cases(every=7)
@pytest.mark.parametrize(
    "args",
    [
        ["--format", "csv,markdown"],
        ["--format", "CSV, Markdown"],
        ["--format", "csv", "--format", "MARKDOWN,"],
        ["--format", "csv,markdown,csv", "--tag", "example,example"],
        ["--format", "csv,markdown", "--id", "EX0001,EX0002"],
        ["--format", "csv,markdown", "--dialect", "ANKI"],
        ["--format", "csv,markdown", "--trust-figures", "Never"],
    ],
    ids=" ".join,
)
def test_lists_with_commas_and_capitals_are_understood(run: Run, project: Path, args: list[str]) -> None:
    result = run("-C", project, "export", *args)
    assert result.returncode == 0, result.stderr
    assert next(line.rpartition("/")[2].partition(".")[2][:3] for line in result.stdout.splitlines()) == "csv"
    # Besides the files of the two formats, the media of the table.
    assert len(result.stdout.splitlines()) == 3


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize(
    ("args", "typed"),
    [(["pdf"], "--format pdf"), (["PDF", "csv"], "--format pdf,csv"), (["csv,pdf"], "--format csv,pdf")],
)
def test_a_format_without_its_option_explains_the_syntax(run: Run, project: Path, args: list[str], typed: str) -> None:
    result = run("-C", project, "export", *args)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"Type: cardpipe export {typed}" in result.stderr
    assert "unexpected" in run("-C", project, "export", "nonsense").stderr


@pytest.mark.parametrize("paper", ["A5", "Letter", "a5", "LEGAL", "100X150MM"])
def test_paper_in_capitals_is_paper(paper: str) -> None:
    from cardpipe.cli.export import writer_flags
    from cardpipe.cli.writer_flags import given

    flag = next(flag for flag in writer_flags() if flag.name == "paper")
    assert given([flag], {flag.key: paper})["pdf"]["paper"] == paper.lower()


@pytest.mark.parametrize("option", ["-C", "--directory"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_project_option_after_the_command_gets_a_suggestion(run: Run, tmp_path: Path, name: str, option: str) -> None:
    if option == "--directory" and name not in {"lint", "init"}:
        return
    result = run(name, option, tmp_path)
    assert result.returncode == 2
    expected = "does not use a project" if name in _WITHOUT_PROJECT else f"Type: cardpipe {option} DIR {name}"
    assert expected in result.stderr
    assert len(result.stderr.splitlines()) <= 2


def test_the_project_may_be_named_in_full(run: Run, project: Path) -> None:
    assert run("--directory", project, "list").returncode == 0
    assert run("rules", "mdn001,mth").returncode == 0
