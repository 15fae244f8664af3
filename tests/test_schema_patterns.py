"""Regular expressions of the JSON Schemas compile in strict ECMAScript validators, with the flag `u`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import quickjs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Run

SAMPLES = [
    "",
    " ",
    "a",
    "A1",
    "EX0001",
    "en-GB",
    "a\n",
    "a\nb",
    "https://example.org/x",
    "10mm",
    "größe",
    "\U0001f600",
    "a::b",
]


def patterns(node: Any) -> Iterator[str]:
    """All regular expressions of a schema; a property that is called `pattern` is none."""
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        yield from node.get("patternProperties", {})
        for value in node.values():
            yield from patterns(value)
    elif isinstance(node, list):
        for value in node:
            yield from patterns(value)


def matches(pattern: str) -> list[bool]:
    """Whether a validator as strict as ajv finds a pattern in each of the samples."""
    script = """(function (pattern, samples) {
        const compiled = new RegExp(pattern, "u");
        return JSON.stringify(JSON.parse(samples).map(sample => compiled.test(sample)));
    })"""
    return list(json.loads(quickjs.Context().eval(script)(pattern, json.dumps(SAMPLES))))


@pytest.fixture(scope="module")
def schemas(run: Run, shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    deck = tmp_path_factory.mktemp("new") / "deck"
    assert run("init", deck).returncode == 0
    names = ("card.schema.json", "deck.schema.json")
    return [folder / name for folder in (shipped / "docs", shipped / "source", deck / "source") for name in names]


def test_all_patterns_compile_in_strict_mode_and_mean_what_python_means(schemas: list[Path]) -> None:
    assert sum(path.is_file() for path in schemas) >= 4
    found = {p for path in schemas if path.is_file() for p in patterns(json.loads(path.read_text(encoding="utf-8")))}
    assert len(found) > 10
    for pattern in found:
        assert matches(pattern) == [re.search(pattern, sample) is not None for sample in SAMPLES], pattern


def test_a_pattern_that_only_lenient_engines_take_would_be_seen() -> None:
    with pytest.raises(quickjs.JSException):
        matches(r"\-")
