"""The decks of the benchmarks: free of findings and reproducible."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Run

_SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "shipped.py"


def write(folder: Path, cards: int) -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("benchmark_shipped", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write_shipped_like_deck(folder, cards)
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("source/cards/*/*.yaml")}


def test_a_deck_like_the_shipped_one_has_no_findings(run: Run, tmp_path: Path) -> None:
    cards = write(tmp_path / "deck", 13)
    assert cards == write(tmp_path / "again", 13)
    assert len(cards) == 13
    assert sum(text.count("$") for text in cards.values()) > 400
    result = run("-C", tmp_path / "deck", "lint")
    assert result.returncode == 0, result.stdout
