"""Explanations fit a terminal of 80 columns, except code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import click
import pytest

from cardpipe import plugins
from cardpipe.cli.main import COMMANDS, cli
from cardpipe.cli.manual_page import for_terminal
from cardpipe.figures.reference import kind_page
from cardpipe.lint.pages import rule_page
from cardpipe.lint.registry import all_rules
from cardpipe.report.terminal import cells

if TYPE_CHECKING:
    from cardpipe.figures.api import FigureKind

WIDTH = 80


def too_wide(text: str) -> list[str]:
    return [line for line in text.splitlines() if sum(cell.width for cell in cells(line)) > WIDTH]


def words(text: str) -> list[str]:
    return re.sub(r"[|\\]|-{3,}", " ", text).split()


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))


@pytest.mark.parametrize("name", plugins.names(plugins.FIGURES))
def test_the_page_of_a_figure_kind_fits(name: str) -> None:
    page = kind_page(cast("FigureKind", plugins.load(plugins.FIGURES, name)))
    shown = for_terminal(page)
    assert too_wide(shown) == []
    lost = set(words(page)) - set(words(shown)) - {"Key", "Meaning", "Value"}
    assert not lost


def test_the_page_of_each_rule_fits() -> None:
    wide = {}
    for rule in all_rules():
        shown = for_terminal(rule_page(rule))
        # The lines of an example are as long as they are.
        lines = [line for line in too_wide(shown) if line not in rule.page.splitlines()]
        if lines:
            wide[rule.code] = lines
        assert words(shown) == words(rule_page(rule)), rule.code
    assert wide == {}


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_the_help_of_each_command_fits(name: str) -> None:
    with click.Context(cli, info_name="cardpipe", terminal_width=WIDTH, max_content_width=WIDTH) as group:
        if not name:
            assert too_wide(cli.get_help(group)) == []
            return
        command = cli.get_command(group, name)
        assert command is not None
        with click.Context(command, parent=group, info_name=name) as context:
            assert too_wide(command.get_help(context)) == []


def test_tables_become_lists_and_code_stays() -> None:
    cell = "words " * 20
    page = f"# A\n\n| Key | Value |\n|---|---|\n| `a` | {cell}\\| b |\n\n```yaml\n{'x' * 100}\n```\n\n- {cell}\n- b\n"
    lines = for_terminal(page).splitlines()
    assert lines[:4] == [
        "# A",
        "",
        "`a`",
        "    Value: words words words words words words words words words words words",
    ]
    assert "x" * 100 in lines
    assert lines[-1] == "- b"
    assert lines[-3].startswith("- words")
    assert lines[-2].startswith("  words")
