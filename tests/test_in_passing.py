"""Many cards are rendered by the processes that lint them: nobody may notice it but by the time."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import cardpipe.lint.workers
import cardpipe.render.deck
from cardpipe.build.pipeline import export
from cardpipe.cache.store import Cache
from cardpipe.errors import RenderError
from cardpipe.lint.project import lint_project
from cardpipe.lint.workers import Companion
from cardpipe.model.selection import Request
from cardpipe.model.trust import EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cardpipe.model.deck import Card
    from cardpipe.render.deck import Wanted
    from cardpipe.render.during_lint import Ready
    from cardpipe.render.renderer_process import Batch

CARDS = 440
FORMATS = ("anki", "csv", "html", "markdown")
FIGURE = "figures:\n  - {id: cells, kind: grid, values: [[1, 2], [3, 4]], alt: Four numbers from one to four.}\n"
EXTRAS = {
    3: "status: draft\n",
    5: FIGURE,
    6: "kind: typed\n",
    7: "related: [EX0003, EX0005]\n",
    9: "status: retired\nreplaced_by: EX0001\n",
}


def write_cards(project: Path, extras: dict[int, str] | None = None) -> None:
    for path in (project / "source/cards").iterdir():
        path.unlink()
    for number in range(1, CARDS + 1):
        (project / f"source/cards/EX{number:04}.yaml").write_text(
            f"id: EX{number:04}\n"
            f"title: Card {number}\n"
            f"question: What is $x_{{{number}}}$ for?\n"
            f"answer: {number} pieces\n"
            "details: |\n  - **One**, `two` and $\\frac{1}{2}$\n  - [three](https://example.org)\n"
            + (EXTRAS if extras is None else extras).get(number, ""),
            encoding="utf-8",
        )


def made(project: Path, output: Path, monkeypatch: pytest.MonkeyPatch, processes: int) -> tuple[dict[str, bytes], int]:
    """The files of an export without a cache, and how many cards had to be rendered after lint."""
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: processes)
    after = 0
    ready = cardpipe.render.deck._at_hand

    def counted(prepared: Ready, cards: Sequence[Wanted]) -> tuple[Batch, list[Wanted]]:
        nonlocal after
        found = ready(prepared, cards)
        after += len(found[1])
        return found

    with monkeypatch.context() as patch:
        patch.setattr(cardpipe.render.deck, "_at_hand", counted)
        done = export(project, output, Request(formats=FORMATS), lambda *_: None)
    assert not done.checked.errors, done.checked.diagnostics
    for path in (project / ".cardpipe").iterdir():
        path.unlink()
    files = {path.relative_to(output).as_posix(): path for path in output.rglob("*")}
    return {name: path.read_bytes() for name, path in files.items() if path.is_file()}, after


@pytest.mark.slow
def test_the_files_are_the_same(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cards(project)
    apart, all_of_them = made(project, tmp_path / "apart", monkeypatch, 1)
    along, some = made(project, tmp_path / "along", monkeypatch, 2)
    assert {name: data for name, data in along.items() if not name.startswith(".")} == {
        name: data for name, data in apart.items() if not name.startswith(".")
    }
    assert all_of_them > CARDS
    assert some < 20  # the retired one, and those of which lint has something to say


@pytest.mark.slow
def test_a_figure_that_was_drawn_along_the_way_is_told_of(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 2)
    write_cards(project)
    done = export(project, tmp_path / "output", Request(formats=("html",)), lambda *_: None)
    assert sum(map(len, done.rebuild_log.steps["figures of these cards"].values())) == 1


@pytest.mark.slow
def test_no_script_is_run_before_the_whole_deck_has_passed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 2)
    shutil.rmtree(project / ".cardpipe")
    (project / "source/figures").mkdir()
    (project / "source/figures/art.py").write_text(
        '"""Draw."""\n\n\ndef draw(figure):\n    """Draw a line."""\n    figure.add_subplot().plot([1, 2])\n'
    )
    script = "figures:\n  - {id: art, kind: script, script: art.py, alt: A line that goes up.}\n"
    write_cards(project, {5: script, 200: "related: [EX9999]\n"})
    done = export(project, tmp_path / "output", Request(formats=("html",), trust=EVERYBODY), lambda *_: None)
    assert done.checked.errors
    with Cache(project / ".cardpipe") as cache:
        assert "figure" not in {kind.name for kind in cache.contents()}
    shutil.rmtree(project / ".cardpipe")
    write_cards(project, {5: FIGURE, 200: "related: [EX9999]\n"})
    export(project, tmp_path / "output", Request(formats=("html",)), lambda *_: None)
    with Cache(project / ".cardpipe") as cache:
        assert "figure" in {kind.name for kind in cache.contents()}


def test_a_card_with_an_error_forbids_the_export_all_the_same(project: Path, tmp_path: Path) -> None:
    write_cards(project, {200: "related: [EX9999]\n"})
    done = export(project, tmp_path / "output", Request(formats=("html",)), lambda *_: None)
    assert [item.code for item in done.checked.diagnostics if item.code.startswith("REF")]
    assert not (tmp_path / "output").exists()


class Refusing:
    """Work that cannot be done."""

    def begin(self, cache: Cache) -> Refusing:
        del cache
        return self

    def take(self, cards: Iterable[Card]) -> None:
        raise RenderError(f"cannot render {list(cards)}")

    def made(self) -> object:
        raise AssertionError("nobody asks for it")


def test_what_cannot_be_done_along_the_way_does_not_hinder_lint(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 2)
    write_cards(project)
    delivered: list[object] = []
    with Cache.disabled() as cache:
        linted = lint_project(project, cache, companion=Companion(lambda _deck, _files: Refusing(), delivered.append))
    assert linted.cards is not None
    assert len(linted.cards) == CARDS
    assert delivered == []
