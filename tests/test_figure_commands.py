"""`cardpipe figures` and `cardpipe figure KIND`: the list of kinds, keys, and examples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cardpipe import plugins
from cardpipe.figures.api import ExemplaryKind, FittingKind, HasSynonyms
from cardpipe.figures.reference import example_drawing
from cardpipe.writers.api import FigureForm
from figure_sample import SAMPLES, found, kind

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


def test_figures_lists_every_kind(run: Run) -> None:
    result = run("figures")
    assert result.returncode == 0
    for name in plugins.names(plugins.FIGURES):
        assert f"\n{name} " in f"\n{result.stdout}"


def test_figure_shows_keys_and_an_example(run: Run) -> None:
    result = run("figure", "heatmap")
    assert result.returncode == 0
    assert result.stdout.startswith("# `heatmap`")
    assert "\n`show_values`\n" in result.stdout
    assert "    kind: heatmap" in result.stdout


@pytest.mark.parametrize(
    ("word", "name"), [("matrix", "heatmap"), ("steps", "timeline"), ("sets", "venn"), ("MLP", "network")]
)
def test_a_kind_is_found_by_its_other_names(run: Run, word: str, name: str) -> None:
    assert run("figure", word).stdout.startswith(f"# `{name}`")


def test_no_name_means_two_kinds() -> None:
    names = [*plugins.names(plugins.FIGURES)]
    for name in plugins.names(plugins.FIGURES):
        one = kind(name)
        assert isinstance(one, HasSynonyms)
        names += one.synonyms
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


@pytest.mark.slow
def test_figure_draws_the_example(run: Run, tmp_path: Path) -> None:
    for name, start in (("one.svg", b"<svg"), ("two.PNG", b"\x89PNG")):
        result = run("figure", "venn", "--draw", tmp_path / name)
        assert result.returncode == 0, result.stderr
        assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("figure", "heatmpa"), "Did you mean heatmap?"),
        (("figure", "venn", "--draw", "a.pdf"), "Use a name that ends in .svg or .png."),
        (("figure", "script", "--draw", "a.svg"), "no example that can be drawn"),
    ],
)
def test_what_cannot_be_shown_is_one_clear_message(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_every_example_can_be_drawn(name: str) -> None:
    one = kind(name)
    assert isinstance(one, ExemplaryKind)
    assert found(name, one.example) == []
    drawing = example_drawing(one, FigureForm.SVG)
    assert drawing is not None
    # What is wider is shrunk on a phone, and its text with it.
    assert drawing.width <= 480


def test_kinds_that_need_files_stand_in_no_panel() -> None:
    assert not any(isinstance(kind(name), FittingKind) for name in ("image", "panel", "script"))
    assert all(isinstance(kind(name), FittingKind) for name in SAMPLES if name != "panel")
