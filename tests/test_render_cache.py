"""Cached cards never change an export, only how much is rendered."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from cardpipe.build import card_pool, pipeline
from cardpipe.errors import ProjectError
from cardpipe.lint import file_cache
from cardpipe.model.selection import Request
from cardpipe.model.trust import EVERYBODY
from cardpipe.render.batch import BatchRenderer
from cardpipe.render.card import CardRenderer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cardpipe.model.deck import Card
    from cardpipe.render.cached_card import CachedCard

FORMATS = ("anki", "csv", "html", "markdown")

DECK = """\
uid: 5b0f6c1e-0000-4000-8000-000000000000
slug: sample
name: Sample
language: en
authors: [An Author]
description: A sample with $x^2$.
tags: {NN: Neural networks}
subdecks: {ML: Machine learning}
formats: {csv: }
editions:
  short: {title: Short, parts: [answer]}
"""


def card(number: int, more: str = "") -> str:
    figure = (
        f"figures:\n  - {{id: curve, kind: function, curves: [{{expression: {number} * x}}], x: [0, 1],\n"
        "     alt: A straight line that rises from the origin.}\n"
    )
    return (
        f"id: ML{number:04}\ntitle: Term {number}\nquestion: What does part {number} do with $a_{{{number % 3}}}$?\n"
        f"answer: It moves part {number + 1}, see ![the picture](pictures/dot.png).\ntags: [NN]\n"
        f"related: [ML{number % 12 + 1:04}]\n{figure if number % 4 == 0 else ''}{more}"
    )


def write(root: Path, number: int, more: str = "", *, title: str | None = None) -> None:
    path = root / f"source/cards/ML{number:04}.yaml"
    text = card(number, more)
    path.write_text(text.replace(f"title: Term {number}\n", f"title: {title}\n") if title is not None else text)
    os.utime(path, (1_000_000_000, 1_000_000_000))


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    root = tmp_path / "deck"
    (root / "source/cards").mkdir(parents=True)
    (root / "source/media/pictures").mkdir(parents=True)
    (root / "source/media/pictures/dot.png").write_bytes(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92"
            "ef0000000049454e44ae426082"
        )
    )
    (root / "source/deck.yaml").write_text(DECK)
    for number in range(1, 13):
        write(root, number)
    return root


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The IDs of the cards that this process rendered, in order."""
    found: list[str] = []
    render = CardRenderer.card

    def noted(self: CardRenderer, one: Card) -> CachedCard:
        found.append(one.id.text)
        return render(self, one)

    monkeypatch.setattr(CardRenderer, "card", noted)
    return found


def export(root: Path, *formats: str, edition: str | None = None, ids: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The files of an export by name."""
    made = pipeline.export(root, root / "output", Request(formats=formats, edition=edition, ids=ids), lambda *_: None)
    assert made.published, made.checked.diagnostics
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in (root / "output").rglob("*") if p.is_file()}


def afresh(root: Path, *formats: str) -> dict[str, bytes]:
    """The same without anything remembered."""
    (root / ".cardpipe").rename(root / ".cardpipe-aside")
    try:
        return export(root, *formats)
    finally:
        for path in (root / ".cardpipe").iterdir():
            path.unlink()
        (root / ".cardpipe").rmdir()
        (root / ".cardpipe-aside").rename(root / ".cardpipe")


def test_an_edit_renders_one_card_and_the_output_is_that_of_a_first_run(deck: Path, rendered: list[str]) -> None:
    export(deck, *FORMATS)
    rendered.clear()
    write(deck, 4, "details: More on $b$ and ~~that~~.\n")
    after = export(deck, *FORMATS)
    forms = 3  # Markdown, and HTML with MathJax or with pictures of formulas, in which Anki's takes clozes and sounds
    assert set(rendered) == {"ML0004"}
    assert len(rendered) >= forms
    assert after == afresh(deck, *FORMATS)


def test_another_title_shows_where_a_card_is_linked_and_renders_only_its_own(deck: Path, rendered: list[str]) -> None:
    export(deck, "anki", "markdown")
    rendered.clear()
    write(deck, 5, title="Quite another name")
    after = export(deck, "anki", "markdown")
    assert set(rendered) == {"ML0005"}
    assert any(b"Quite another name" in data for name, data in after.items() if name.endswith("ML0004.md"))
    assert after == afresh(deck, "anki", "markdown")


def test_a_selection_forgets_no_other_card(deck: Path, rendered: list[str]) -> None:
    export(deck, "csv")
    export(deck, "csv", ids=("ML0001",))
    rendered.clear()
    write(deck, 2, "details: More.\n")
    export(deck, "csv")
    assert rendered == ["ML0002"]


def test_editions_are_not_mistaken_for_each_other(deck: Path) -> None:
    write(deck, 4, "details: Details for those who want them.\n")
    whole = export(deck, "csv")["output/sample.csv"]
    assert b"Details for those" in whole
    short = export(deck, "csv", edition="short")["output/sample-short.csv"]
    assert b"Details for those" not in short
    write(deck, 5, "details: And more.\n")
    assert b"Details for those" in export(deck, "csv")["output/sample.csv"]


def damage_cards(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE entries SET value = value || x'20' WHERE key LIKE 'cards:%'")


def lose_pictures(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM entries WHERE key LIKE 'figure:%' OR key LIKE 'equation:%'")


@pytest.mark.slow
@pytest.mark.parametrize("harm", [damage_cards, lose_pictures])
def test_damage_and_loss_are_made_good(
    deck: Path, rendered: list[str], harm: Callable[[sqlite3.Connection], None]
) -> None:
    export(deck, "html")
    rendered.clear()
    connection = sqlite3.connect(deck / ".cardpipe/cache.sqlite3")
    with connection:
        harm(connection)
    connection.close()
    write(deck, 1, "details: More.\n")
    assert export(deck, "html") == afresh(deck, "html")
    assert {"ML0001", "ML0004"} <= set(rendered)


@pytest.mark.slow
def test_a_changed_picture_is_seen(deck: Path, rendered: list[str]) -> None:
    export(deck, "anki")
    rendered.clear()
    path = deck / "source/media/pictures/dot.png"
    path.write_bytes(path.read_bytes() + b"\x00")
    after = export(deck, "anki")
    assert len(rendered) == 12
    assert after == afresh(deck, "anki")


@pytest.mark.slow
def test_many_processes_render_what_one_renders(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(13, 60):
        write(deck, number, "details: A *little* more, $\\frac{1}{2}$.\n")
    expected = export(deck, *FORMATS)
    monkeypatch.setattr(card_pool, "_PAYS_FROM", 4)
    monkeypatch.setattr(card_pool, "_LARGEST_JOB", 7)
    monkeypatch.setattr("cardpipe.parallel.pool.processors", lambda: 2)

    def here(*_: object) -> None:
        raise AssertionError("The cards were to be rendered in other processes.")

    monkeypatch.setattr(BatchRenderer, "render", here)
    assert afresh(deck, *FORMATS) == expected


@pytest.mark.slow
def test_a_fault_that_only_drawing_finds_is_found_again(deck: Path, rendered: list[str]) -> None:
    (deck / "source/figures").mkdir()
    (deck / "source/figures/broken.py").write_text(
        '"""Draws nothing."""\n\n\ndef draw(figure):\n    """Fail."""\n    raise ValueError("no")\n'
    )
    write(
        deck, 1, "figures:\n  - {id: broken, kind: script, script: broken.py, alt: A picture that nobody can draw.}\n"
    )
    for _ in range(2):
        rendered.clear()
        made = pipeline.export(deck, deck / "output", Request(formats=("csv",), trust=EVERYBODY), lambda *_: None)
        assert [found.code for found in made.checked.diagnostics] == ["FIG006"]
        assert made.published == ()
        assert "ML0001" in rendered


def test_a_card_that_changes_while_the_deck_is_built_is_not_exported(
    deck: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(deck, "csv")
    before = (deck / "output/sample.csv").read_bytes()
    (deck / "source/deck.yaml").write_text(DECK + "# all cards are to be rendered again\n")
    monkeypatch.setattr(file_cache, "_SETTLED", -(10**12))
    pipeline.check(deck)  # so that the next run knows the cards without reading them
    check = pipeline.check

    def checked(root: Path, **more: object) -> pipeline.Checked:
        found = check(root, **more)  # type: ignore[arg-type] # as they come
        write(deck, 3, "details: <script>unchecked</script>\n")
        return found

    monkeypatch.setattr(pipeline, "check", checked)
    with pytest.raises(ProjectError, match=r"ML0003\.yaml changed while the deck was being built"):
        export(deck, "csv")
    assert (deck / "output/sample.csv").read_bytes() == before
