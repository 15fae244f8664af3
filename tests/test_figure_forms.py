"""Figures as PNG on request: sharp and reproducible."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import zipfile
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

CARD = """\
id: EX0009
title: Rising
question: How does the straight line $y = x$ run?
answer: |
  It rises.

  ![](figure:rising)
figures:
  - {id: rising, kind: function, curves: [x], x: [0, 1], alt: A straight line that rises from zero to one.}
tags: [example]
"""


@pytest.fixture
def with_plot(project: Path) -> Path:
    """A project with a drawn figure in a card of its own."""
    (project / "source/cards/EX0009.yaml").write_text(CARD, encoding="utf-8")
    return project


@pytest.mark.quick_cases("csv")
@pytest.mark.parametrize("form", ["csv", "markdown"])
def test_figures_are_pixels_where_one_asks_for_them(with_plot: Path, run: Run, form: str) -> None:
    result = run("-C", with_plot, "export", "--format", form, f"--{form}-figures", "png", "--id", "EX0009")
    assert result.returncode == 0, result.stderr
    [path] = (with_plot / "output").rglob("EX0009-rising-*")
    assert path.suffix == ".png"
    with Image.open(path) as picture:
        assert picture.width == 2 * 480
    shown = "".join(page.read_text() for page in (with_plot / "output").rglob("*.[cm][sd]*") if page.is_file())
    assert path.name in shown


@pytest.mark.slow
def test_a_deck_can_ask_for_pixels_in_its_anki_package(with_plot: Path, run: Run) -> None:
    deck = with_plot / "source/deck.yaml"
    text = deck.read_text(encoding="utf-8")
    assert "  anki:\n" in text
    deck.write_text(text.replace("  anki:\n", "  anki: {figures: png}\n"), encoding="utf-8")
    packages = []
    for _ in range(2):
        result = run("-C", with_plot, "export", "--format", "anki")
        assert result.returncode == 0, result.stderr
        [path] = (with_plot / "output").glob("*.apkg")
        packages.append(path.read_bytes())
        path.unlink()
        assert run("-C", with_plot, "cache", "clear").returncode == 0
    assert packages[0] == packages[1]
    with zipfile.ZipFile(io.BytesIO(packages[0])) as package:
        media = package.read("media").decode()
    assert "EX0009-rising-" in media
    assert ".svg" not in media


def test_no_other_form_is_taken(with_plot: Path, run: Run) -> None:
    result = run("-C", with_plot, "export", "--anki-figures", "gif")
    assert result.returncode == 2
    assert "svg" in result.stderr


@pytest.mark.slow
def test_a_release_ships_what_an_export_ships(with_plot: Path, run: Run) -> None:
    deck = with_plot / "source/deck.yaml"
    deck.write_text(deck.read_text(encoding="utf-8").replace("  anki:\n", "  anki: {figures: png}\n"), encoding="utf-8")
    result = run("-C", with_plot, "release")
    assert result.returncode == 0, result.stdout + result.stderr
    assert run("-C", with_plot, "export", "--format", "anki").returncode == 0
    lock = json.loads((with_plot / "source/release.lock").read_text(encoding="utf-8"))
    [path] = (with_plot / "output").glob("*.apkg")
    with zipfile.ZipFile(path) as package, contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(package.read("collection.anki2"))
        # A note that differs from what was released is dated later than the release.
        [[shipped]] = connection.execute("SELECT mod FROM notes WHERE flds LIKE '%EX0009-rising-%.png%'").fetchall()
    assert shipped == lock["cards"]["EX0009"]["mod"]
