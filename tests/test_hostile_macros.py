"""Hostile TeX macros of a deck: expansions without end, and commands that are assembled from parts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from cardpipe.cache.store import Cache
from cardpipe.lint.project import lint_project
from cpu_time import cpu_seconds
from test_note_types import DECK, written

if TYPE_CHECKING:
    from pathlib import Path

PLAIN_DECK: Final = DECK[: DECK.index("note_types:")]
SOON: Final = 6.0
"""Seconds of CPU for what takes at most three."""


def linted(root: Path, macros: object, formulas: list[str]) -> dict[str, list[str]]:
    """Return the messages of findings by code, of a deck with these macros and cards with these formulas."""
    cards = [
        {"id": f"GE{number:04}", "question": "What is it?", "answer": " ".join(formulas[start : start + 1000])}
        for number, start in enumerate(range(0, len(formulas), 1000), 1)
    ]
    written(root, deck=f"{PLAIN_DECK}macros: {json.dumps(macros)}\n", GE0001=json.dumps(cards))
    (root / "source/tables/words.yaml").unlink()
    messages: dict[str, list[str]] = {}
    for one in lint_project(root, Cache.disabled()).diagnostics:
        messages.setdefault(one.code, []).append(one.message)
    return messages


BOMBS: Final = {
    "wide": ({"a": r"\b" * 10, "b": r"\c" * 10, "c": r"\d" * 10, "d": "xxxx"}, [rf"$\a {n}$" for n in range(4000)]),
    "empty": ({"a": r"\b" * 9, "b": r"\c" * 9, "c": r"\d" * 9, "d": "{}"}, [rf"$\a {n}$" for n in range(4000)]),
    "a loop": ({"a": r"\b\b", "b": r"\a"}, [rf"$\a {n}$" for n in range(4000)]),
    "a chain": (
        {
            **{f"m{chr(97 + n)}": {"args": 1, "body": rf"\m{chr(98 + n)}{{#1}}"} for n in range(24)},
            "my": {"args": 1, "body": "#1"},
        },
        ["$" + r"\ma{xxxx}" * 40 + f"{n}$" for n in range(400)],
    ),
}


@pytest.mark.slow_cases("empty", "a loop")
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_many_formulas_with_macros_end_soon(bomb: tuple[object, list[str]], tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    assert cpu_seconds(lambda: found.update(linted(tmp_path, *bomb))) < SOON
    assert found


@pytest.mark.parametrize(
    ("macros", "formula"),
    [
        ({"a": "\\", "b": "href{javascript:alert(1)}{x}"}, r"$\a\b$"),
        ({"a": {"args": 1, "body": r"\bbox[#1]{x}"}}, r"$\a{background:red}$"),
        ({"a": {"args": 1, "body": r"\fcolorbox{red}{#1}{x}"}}, r"$\a{url(x)}$"),
    ],
)
def test_no_unsafe_command_is_assembled_from_parts(macros: object, formula: str, tmp_path: Path) -> None:
    found = linted(tmp_path, macros, [formula])
    assert {"MTH001", "MTH002", "MTH030"} & found.keys()
    assert any("not allowed" in message for message in found.get("MTH001", []) + found.get("MTH002", []))


def test_a_backslash_at_the_end_of_a_macro_is_a_finding(tmp_path: Path) -> None:
    found = linted(tmp_path, {"a": "x\\", "b": "x\\\\"}, [r"$\a y \b y$"])
    assert [message for message in found["MTH030"] if "backslash" in message] == found["MTH030"]
    assert len(found["MTH030"]) == 1
