"""No file of up to a megabyte exhausts memory or time in an export: it is refused with its position, or cheap.

A new bomb is a line: in REFUSED, if lint must name it, in HARMLESS, if every format must take it in little time, or in
ORDINARY, if it is what people write.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cardpipe.markup import bounds as markup_bounds
from cardpipe.markup import excess
from cardpipe.render.code import code_block
from cardpipe.source import bounds
from cardpipe.source.load import load
from cpu_time import measured

if TYPE_CHECKING:
    from pathlib import Path

SHORT = 2.0
"""Seconds of CPU for what takes some hundredths."""
LONG = 20.0
"""Seconds of CPU for an export that takes three on a machine of its own."""
MEMORY = 500
"""MiB."""
LONGEST = markup_bounds.MAXIMUM_LENGTH - 1_000


def filled(unit: str, length: int = LONGEST) -> str:
    """So many characters of a unit, at most."""
    return unit * (length // len(unit))


def table(columns: int, rows: int, row: str = "|a") -> str:
    """A table whose rows may be shorter than its header."""
    return f"|{'a|' * columns}\n|{'-|' * columns}\n" + f"{row}\n" * rows


REFUSED_TEXTS = {
    "a table of short rows": table(1000, 1900),
    "a table of many cells": table(100, 200, "|a" * 100),
    "many tables that widen": "\n\n".join(table(90, 9) for _ in range(100)),
    "a table in a quote in an item": "- > " + table(1000, 1000).replace("\n", "\n  > "),
    "a wide header": table(20_000, 0),
    "an address used often": "[a]: https://example.org/" + "x" * 1900 + "\n\n" + "[a] " * 20_000,
    "an address used often with other words": "[a]: https://example.org/" + "x" * 1900 + "\n\n" + "[b][a] " * 13_000,
    "a title used often": '[a]: /x\n"' + "t" * 450 + '"\n\n' + "[A] " * 20_000,
    "a label over two lines of a quote": "> [a\n> b]: https://example.org/" + "x" * 1900 + "\n\n" + "[a b] " * 14_000,
    "one address of half the text": "[a]: /" + "x" * 49_000 + "\n\n" + "[a] " * 12_000,
    "words in both directions": filled("\u05d0a"),
    "isolates": filled("\u2067a\u2069"),
    "overrides": filled("\u202ea\u202c"),
    "numbers in Arabic": filled("\u06271"),
    "paragraphs of a letter": filled("a\n\n"),
    "items of a letter": filled("- a\n"),
    "rows of a letter": table(1, 20_000),
    "hard breaks": filled("a\\\n"),
    "code of empty lines": "```c\n" + "\n" * 90_000 + "```\n",
    "carriage returns": filled("a\r\r"),
}
"""Texts that lint refuses (MDN002)."""

REFUSED_CARDS: dict[str, dict[str, Any]] = {
    "a title of a megabyte": {"title": "a" * 990_000},
    "a title of many words": {"title": filled("word ")},
    "many tags": {"tags": [f"t{number}" for number in range(30_000)]},
    "a long tag": {"tags": ["a" * 500_000]},
    "many related cards": {"related": ["EX0001"] * 90_000},
    "many references": {"references": [f"r{number}" for number in range(50_000)]},
    "a long address": {"references": [{"text": "r", "url": f"https://example.org/{'x' * 900_000}"}]},
    "many figures": {"figures": [{"id": f"f{number}", "kind": "table"} for number in range(5_000)]},
    "a long alternative text": {"figures": [{"id": "f", "kind": "table", "alt": "a" * 900_000}]},
}
"""Keys of a card that the reader refuses (SCH004)."""

REFUSED_DECKS: dict[str, dict[str, Any]] = {
    "levels of subdecks": {"subdecks": {"EX": "::".join(["a"] * 20_000)}},
    "a few levels too many": {"subdecks": {"EX": "::".join(["a"] * (bounds.LEVELS + 1))}},
    "a long subdeck": {"subdecks": {"EX": "a" * 900_000}},
    "many subdecks": {
        "subdecks": {"EX": "E", **{chr(65 + n // 26 % 26) + chr(65 + n % 26) * 3: "a" for n in range(600)}}
    },
    "levels of the deck": {"name": "::".join(["a"] * 240)},
    "a long name": {"name": "a" * 900_000},
    "levels of tags": {"tags": {"::".join(["a"] * 90): "x"}},
    "a long tag": {"tags": {"a" * 500_000: "x"}},
    "a long meaning": {"tags": {"example": "word " * 150_000}},
    "many authors": {"authors": [f"author {number}" for number in range(50_000)]},
    "a long author": {"authors": ["a" * 900_000]},
    "a long licence": {"licence": "a" * 900_000},
    "a long language": {"language": "en" + "-abcdefgh" * 100_000},
    "a long home page": {"homepage": "https://example.org/" + "x" * 900_000},
    "a long report": {"report": "https://example.org/" + "{id}x" * 150_000},
    "many editions": {"editions": {f"e{number}": {"title": "T"} for number in range(20_000)}},
    "a long link": {"editions": {"e": {"link": "https://example.org/" + "x" * 900_000}}},
    "a long title": {"editions": {"e": {"title": "x" * 900_000}}},
    "a long preset": {"preset": {"name": "x" * 900_000}},
}
"""Keys of `deck.yaml` that the reader refuses (SCH004)."""

REFUSED_FILES: dict[str, tuple[int, dict[str, Any]]] = {
    "ten thousand cards": (9_999, {}),
    "paragraphs of a letter": (25, {"details": filled("a\n\n", 2_900)}),
    "emphasis": (10, {"details": filled("*a* " * 900 + "\n\n")}),
    "formulas": (10, {"details": filled("$x$ " * 900 + "\n\n")}),
    "formulas, each another": (
        1,
        {"details": "\n\n".join(" ".join(f"$x{number}-{place}$" for place in range(8)) for number in range(990))},
    ),
    "cloze deletions": (10, {"kind": "cloze", "question": filled("{{c1::a}} ")}),
    "links": (10, {"details": filled("[a](https://example.org) ")}),
    "cells": (12, {"details": table(9, 900, "|a" * 9)}),
    "related cards": (300, {"related": ["EX0001"] * bounds.RELATED}),
}
"""Files of so many cards that the reader refuses (SCH008), though it would take each card by itself."""

ORDINARY = {
    "a table of a thousand cells": table(10, 100, "|a" * 10),
    "a glossary in two languages": "\n".join(f"- \u05d0\u05d1\u05d2 word {number}" for number in range(1_000)),
    "references": "\n".join(f"[{n}]: https://example.org/{n}" for n in range(300))
    + "\n\n"
    + "".join(f"[{n}] " for n in range(300)),
    "a chapter": filled("A sentence of some words, *emphasised* and with $x$ in it. " * 8 + "\n\n", 60_000),
    "Chinese without a space": filled("\u6f22", 30_000),
    "long code": "```python\n" + "value = 1  # a comment\n" * 700 + "```\n",
}
"""Texts larger than any card, which must pass."""


@pytest.mark.parametrize("text", REFUSED_TEXTS.values(), ids=REFUSED_TEXTS)
def test_a_text_that_becomes_too_much_is_found_soon(text: str) -> None:
    begun = time.process_time()
    found = excess(text)
    assert time.process_time() - begun < SHORT
    assert found is not None
    assert 0 <= found.start < len(text)


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY)
def test_a_text_that_people_write_passes(text: str) -> None:
    assert excess(text) is None


def as_yaml(value: object) -> str:
    return yaml.dump(value, Dumper=_Plain, allow_unicode=True, width=10**9, sort_keys=False)


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - aliases would be a finding of their own
        return True


CARD = {"id": "EX0001", "title": "A card", "question": "What is it?", "answer": "It is this."}


def codes_of(project: Path) -> set[str]:
    begun = time.process_time()
    found = {finding.code for finding in load(project).findings}
    # Reading a megabyte of YAML takes a second.
    assert time.process_time() - begun < 10
    return found


@pytest.mark.slow_cases("many related cards", "many references")
@pytest.mark.parametrize("keys", REFUSED_CARDS.values(), ids=REFUSED_CARDS)
def test_a_card_that_holds_too_much_is_refused(project: Path, keys: dict[str, Any]) -> None:
    (project / "source" / "cards" / "EX0001.yaml").write_text(as_yaml(CARD | keys), encoding="utf-8")
    assert "SCH004" in codes_of(project)


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("keys", REFUSED_DECKS.values(), ids=REFUSED_DECKS)
def test_a_deck_that_holds_too_much_is_refused(project: Path, keys: dict[str, Any]) -> None:
    path = project / "source" / "deck.yaml"
    deck = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(as_yaml(deck | keys), encoding="utf-8")
    assert codes_of(project) == {"SCH004"}


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize(("count", "keys"), REFUSED_FILES.values(), ids=REFUSED_FILES)
def test_a_file_whose_cards_become_too_much_is_refused(project: Path, count: int, keys: dict[str, Any]) -> None:
    cards = [{**CARD, "id": f"EX{number:04}", **keys} for number in range(1, count + 1)]
    text = json.dumps(cards, ensure_ascii=False, separators=(",", ":"))
    assert len(text) < 1024**2
    folder = project / "source" / "cards"
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "EX0001.yaml").write_text(text, encoding="utf-8")
    found = [finding for finding in load(project).findings if finding.code == "SCH008"]
    assert len(found) == 1
    assert found[0].span.line == 1
    assert found[0].span.column > 1


SLOW_CODE = ("\n", "/", "//", "a ", "a\n", "a.", "a(", "(", '"', "fn ", "\\", "a;", "a a a;", "'''", "/*", "#", "<a ")


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize(
    "language", ["c", "cpp", "css", "go", "html", "java", "javascript", "rust", "typescript", "yaml"]
)
def test_no_code_takes_long_to_colour(language: str) -> None:
    begun = time.process_time()
    for unit in SLOW_CODE:
        code_block(filled(unit, 3_900), language)
    # Those of which only less is coloured took the square of the length.
    for unit in SLOW_CODE if language in {"c", "cpp", "java", "typescript"} else ():
        code_block(filled(unit, 19_900), language)
    assert time.process_time() - begun < 6


HARMLESS: dict[str, dict[str, Any]] = {
    "emoji": {"details": filled("\U0001f600")},
    "private use": {"details": filled("\ue010")},
    "private use, each another": {"details": "".join(map(chr, range(0xF0000, 0xF0000 + 60_000)))},
    "all texts at their limits": {
        "title": "a" * bounds.LINE,
        "question": table(9, 1_000, "|a" * 9),
        "answer": filled("\u05d0a ", 9_000),
        "details": filled("word " * 100 + "\n\n"),
        "references": ["a" * 200] * bounds.REFERENCES,
    },
}
"""Cards that lint lets pass, and that PDF and HTML take in little time; most took minutes."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the memory of a process is counted differently")
@pytest.mark.parametrize("keys", HARMLESS.values(), ids=HARMLESS)
def test_what_passes_is_written_soon(project: Path, keys: dict[str, Any]) -> None:
    (project / "source" / "cards" / "EX0001.yaml").write_text(json.dumps(CARD | keys, ensure_ascii=False), "utf-8")
    (project / "source" / "cards" / "EX0002.yaml").unlink()
    run, seconds, mebibytes = measured(project, "export", "--format", "html", "--format", "pdf", "--layout", "sheet")
    assert run.returncode == 0, run.stderr
    assert seconds < LONG
    assert mebibytes < MEMORY
