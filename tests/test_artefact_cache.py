"""An export is rebuilt exactly when one of its inputs changes, with the same result and the same messages."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from cardpipe.build import artefact_cache as products
from cardpipe.build import pipeline, writing
from cardpipe.build.artefact_cache import ArtefactCache, Product
from cardpipe.cache.store import Cache
from cardpipe.model.selection import Request
from cardpipe.writers.api import Artefact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run


def outputs(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, project: Path) -> list[str]:
    """The formats that were made, in order; the project's figures are drawn, and no product of it is kept yet."""
    connection = sqlite3.connect(project / ".cardpipe/cache.sqlite3")
    with connection:
        connection.execute("DELETE FROM entries WHERE key LIKE 'artefact:%'")
    connection.close()
    formats: list[str] = []
    write = writing._write

    def counting(job: writing.WriterJob, *others: object) -> object:
        formats.append(job.format)
        return write(job, *others)  # type: ignore[arg-type] # as they come

    monkeypatch.setattr(writing, "_write", counting)
    monkeypatch.setattr(writing, "_can_fork", lambda: False)
    return formats


def export(root: Path, *formats: str, **others: object) -> pipeline.Export:
    request = Request(formats=formats, **others)  # type: ignore[arg-type] # as they come
    return pipeline.export(root, root / "output", request, lambda *_: None)


def test_nothing_is_made_again_while_nothing_changes(project: Path, made: list[str]) -> None:
    first = export(project, "csv", "markdown")
    before = outputs(project / "output")
    second = export(project, "csv", "markdown")
    assert made == ["csv", "markdown"]
    assert (first.counts, first.warnings, first.published) == (second.counts, second.warnings, second.published)
    assert outputs(project / "output") == before


def test_a_missing_or_changed_output_is_written_again(project: Path, made: list[str]) -> None:
    export(project, "csv")
    before = outputs(project / "output")
    for path in (project / "output").glob("*.csv"):
        path.write_text("mine")
    export(project, "csv")
    assert outputs(project / "output") == before
    assert made == ["csv"]


def test_a_product_too_large_for_the_cache_is_known_by_its_files(
    project: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "_LARGEST", 100)
    export(project, "markdown")
    before = outputs(project / "output")
    same = export(project, "markdown")
    assert made == ["markdown"]
    assert same.counts == {"markdown": len(same.checked.cards or ())}
    assert outputs(project / "output") == before
    changed = next(path for path in (project / "output").rglob("*.md"))
    changed.write_bytes(changed.read_bytes().replace(b"a", b"b", 1))  # of the same size
    another = export(project, "markdown")
    assert made == ["markdown", "markdown"]
    assert outputs(project / "output") == before
    assert "  its files in the output folder are changed or removed: markdown" in another.rebuild_log.lines()
    changed.unlink()
    export(project, "markdown")
    assert made == ["markdown"] * 3
    assert outputs(project / "output") == before


def change_card(root: Path) -> None:
    path = root / "source/cards/EX0001.yaml"
    path.write_text(path.read_text().replace("answer: |\n  ", "answer: |\n  Indeed: ", 1))


def change_deck(root: Path) -> None:
    path = root / "source/deck.yaml"
    path.write_text(path.read_text() + "# a remark\n")


def add_script(root: Path) -> None:
    (root / "source/figures").mkdir(exist_ok=True)
    (root / "source/figures/another.py").write_text("# nothing yet\n")


def add_card(root: Path) -> None:
    card = "id: EX0099\ntitle: New\nquestion: Why one more?\nanswer: To see it.\n"
    (root / "source/cards/EX0099.yaml").write_text(card)


@pytest.mark.parametrize("change", [change_card, change_deck, add_script, add_card])
def test_any_change_of_the_source_makes_it_again(
    project: Path, made: list[str], change: Callable[[Path], None]
) -> None:
    export(project, "csv")
    change(project)
    export(project, "csv")
    assert made == ["csv", "csv"]


def test_other_requests_and_settings_are_other_products(project: Path, made: list[str]) -> None:
    export(project, "csv")
    export(project, "csv", options={"csv": {"dialect": "plain"}})
    export(project, "csv", ids=("EX0001",))
    export(project, "csv", include_drafts=True)
    assert len(made) == 4
    export(project, "csv", ids=("EX0001",))
    assert len(made) == 4


def test_other_tools_make_it_again(project: Path, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    export(project, "csv")
    monkeypatch.setattr(products, "environment", lambda: "another Markdown")
    export(project, "csv")
    assert made == ["csv", "csv"]


def test_an_edit_of_the_same_size_and_time_is_seen(project: Path, made: list[str]) -> None:
    export(project, "csv")
    path = project / "source/cards/EX0001.yaml"
    facts = path.stat()
    text = path.read_text()
    path.write_text(text.replace("title: ", "title: X", 1)[: len(text)])
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    pipeline.check(project)
    export(project, "csv")
    assert made == ["csv", "csv"] or not outputs(project / "output")


@pytest.mark.parametrize(
    "junk", [b"", b"\n", b"[]\nabc", b'["", 1, [], [["a", 99]]]\nabc', b"{}\n", b"\xff\n", b"[" * 99999]
)
def test_damaged_products_are_not_used(tmp_path: Path, junk: bytes) -> None:
    cache = Cache.in_memory()
    placeholders = ArtefactCache(cache, "source", "request", "all", tmp_path)
    product = Product([Artefact("a.txt", b"abc"), Artefact("b/c.txt", b"")], 3, ["a remark"])
    placeholders.remember("csv", {"a": "b"}, product)
    assert placeholders.recall("csv", {"a": "b"}) == product
    assert placeholders.recall("csv", {"a": "c"}) is None
    assert ArtefactCache(cache, "another", "request", "all", tmp_path).recall("csv", {"a": "b"}) is None
    cache.put(cache.key("artefact", "csv", "request"), junk)
    assert placeholders.recall("csv", {"a": "b"}) is None


@pytest.mark.slow
def test_the_command_says_the_same_the_second_time(run: Run, project: Path) -> None:
    first = run("-C", project, "export")
    second = run("-C", project, "export")
    assert (first.returncode, first.stdout, first.stderr) == (second.returncode, second.stdout, second.stderr)
