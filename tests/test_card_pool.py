"""Workers lint and render cards, in this process or in several; each file is parsed once."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from cardpipe.build import card_pool, card_worker
from cardpipe.build.card_worker import CardWorker
from cardpipe.build.pipeline import check, export
from cardpipe.cache.store import Cache
from cardpipe.errors import RenderError
from cardpipe.model.selection import Request
from cardpipe.model.trust import EVERYBODY
from cardpipe.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CARDS = 60
FORMATS = ("anki", "csv", "html", "markdown")
FIGURE = "figures:\n  - {id: cells, kind: grid, values: [[1, 2], [3, 4]], alt: Four numbers from one to four.}\n"
EXTRAS = {
    3: "status: draft\n",
    5: FIGURE,
    6: "kind: typed\n",
    7: "related: [EX0003, EX0005]\n",
    9: "status: retired\nreplaced_by: EX0001\n",
}


@pytest.fixture(autouse=True)
def few_cards_are_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use several processes for a small deck."""
    monkeypatch.setattr(card_pool, "_PAYS_FROM", 20)


def write_cards(project: Path, extras: dict[int, str] | None = None, count: int = CARDS) -> None:
    for path in (project / "source/cards").iterdir():
        path.unlink()
    for number in range(1, count + 1):
        (project / f"source/cards/EX{number:04}.yaml").write_text(
            f"id: EX{number:04}\n"
            f"title: Card {number}\n"
            f"question: What is $x_{{{number}}}$ for?\n"
            f"answer: {number} pieces\n"
            "details: |\n  - **One**, `two` and $\\frac{1}{2}$\n  - [three](https://example.org)\n"
            + (EXTRAS if extras is None else extras).get(number, ""),
            encoding="utf-8",
        )


def made(project: Path, output: Path, monkeypatch: pytest.MonkeyPatch, processes: int) -> dict[str, bytes]:
    """The files of an export without a cache."""
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: processes)
    done = export(project, output, Request(formats=FORMATS), lambda *_: None)
    assert not done.checked.errors, done.checked.diagnostics
    for path in (project / ".cardpipe").iterdir():
        path.unlink()
    files = {path.relative_to(output).as_posix(): path for path in output.rglob("*")}
    return {name: path.read_bytes() for name, path in files.items() if path.is_file() and not name.startswith(".")}


def add_script(project: Path) -> str:
    """Add a figure script; returns the lines of a card that shows it."""
    (project / "source/figures").mkdir()
    (project / "source/figures/art.py").write_text(
        '"""Draw."""\n\n\ndef draw(figure):\n    """Draw a line."""\n    figure.add_subplot().plot([1, 2])\n'
    )
    return "figures:\n  - {id: art, kind: script, script: art.py, alt: A line that goes up.}\n"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the card files that this process parses, in order."""
    found: list[str] = []
    read: Callable[..., object] = load.read_cards

    def noted(path: str, data: bytes | None, settings: object) -> object:
        found.append(path)
        return read(path, data, settings)

    monkeypatch.setattr(card_worker, "read_cards", noted)
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 1)
    return found


@pytest.mark.slow
def test_one_process_and_two_make_the_same_files(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cards(project)
    assert made(project, tmp_path / "one", monkeypatch, 1) == made(project, tmp_path / "two", monkeypatch, 2)


def test_each_file_is_parsed_once(project: Path, tmp_path: Path, parsed: list[str]) -> None:
    shutil.rmtree(project / ".cardpipe", ignore_errors=True)
    warning = "difficulty: easy\nrelated: [EX0010, EX0010]\n"
    write_cards(project, {**EXTRAS, 8: add_script(project), 11: warning}, count=30)
    request = Request(formats=FORMATS, trust=EVERYBODY)
    done = export(project, tmp_path / "output", request, lambda *_: None)
    assert done.published, done.checked.diagnostics
    assert done.checked.diagnostics
    assert sorted(parsed) == sorted({*parsed})
    assert len(parsed) == 30


def test_of_a_deck_that_was_linted_only_the_cards_that_are_needed_are_parsed(
    project: Path, tmp_path: Path, parsed: list[str]
) -> None:
    write_cards(project, count=30)
    export(project, tmp_path / "output", Request(formats=("csv",)), lambda *_: None)
    parsed.clear()
    export(project, tmp_path / "output", Request(formats=("anki",), ids=("EX0012",)), lambda *_: None)
    assert parsed in (["source/cards/EX0012.yaml"], [])


@pytest.mark.slow
def test_a_figure_that_is_drawn_while_linting_is_in_the_rebuild_log(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 2)
    write_cards(project)
    done = export(project, tmp_path / "output", Request(formats=("html",)), lambda *_: None)
    assert sum(map(len, done.rebuild_log.steps["figures of these cards"].values())) == 1


@pytest.mark.parametrize("processes", [1, 2])
def test_no_script_is_run_before_the_whole_deck_has_passed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: processes)
    shutil.rmtree(project / ".cardpipe", ignore_errors=True)
    write_cards(project, {5: add_script(project), 50: "related: [EX9999]\n"})
    done = export(project, tmp_path / "output", Request(formats=("html",), trust=EVERYBODY), lambda *_: None)
    assert done.checked.errors
    with Cache(project / ".cardpipe") as cache:
        assert "figure" not in {kind.name for kind in cache.contents()}


def test_no_card_is_rendered_after_the_first_file_with_an_error(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 1)
    rendered: list[int] = []
    render = CardWorker._rendered

    def counted(self: CardWorker, form: int, cards: list[object]) -> object:
        rendered.append(len(cards))
        return render(self, form, cards)  # type: ignore[arg-type] # as they come

    monkeypatch.setattr(CardWorker, "_rendered", counted)
    write_cards(project, {30: "details: $\\foo$\n"}, count=100)
    done = export(project, tmp_path / "output", Request(formats=("csv",)), lambda *_: None)
    assert done.checked.errors
    assert sum(rendered) < 40


def test_an_error_that_compares_cards_forbids_the_export(project: Path, tmp_path: Path) -> None:
    write_cards(project, {50: "related: [EX9999]\n"})
    done = export(project, tmp_path / "output", Request(formats=("html",)), lambda *_: None)
    assert [item.code for item in done.checked.diagnostics if item.code.startswith("REF")]
    assert not (tmp_path / "output").exists()


def test_a_card_that_cannot_be_rendered_does_not_hide_what_lint_finds(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RenderError("The engine is gone.")

    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 1)
    monkeypatch.setattr(CardWorker, "_rendered", refuse)
    write_cards(project, {20: "related: [EX9999]\n"}, count=30)
    done = export(project, tmp_path / "output", Request(formats=("csv",)), lambda *_: None)
    assert done.checked.errors
    write_cards(project, {}, count=30)
    with pytest.raises(RenderError, match="The engine is gone"):
        export(project, tmp_path / "output", Request(formats=("csv",)), lambda *_: None)


@pytest.mark.parametrize("method", ["lint", "render"])
def test_a_process_that_dies_is_one_clear_failure(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 2)
    shutil.rmtree(project / ".cardpipe", ignore_errors=True)
    write_cards(project)
    if method == "render":
        check(project)
    monkeypatch.setattr(CardWorker, method, _die)
    with pytest.raises(RenderError, match="ended unexpectedly"):
        export(project, tmp_path / "output", Request(formats=("csv",)), lambda *_: None)
    assert not (tmp_path / "output").exists()


def _die(*_job: object) -> None:
    os._exit(7)
