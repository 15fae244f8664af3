"""Texts that consist of footnotes are parsed in linear time.

A text is a line below: a function of the length that it is to have.
"""

from __future__ import annotations

import html
import time
from typing import TYPE_CHECKING, Final

import pytest

from cardpipe.markup import excess
from cardpipe.markup.bounds import MAXIMUM_LENGTH
from cardpipe.markup.scanner import read_as_markdown
from cardpipe.render.footnotes import numbered, unread
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.placeholders import Item
from cpu_time import assert_seconds_linear

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def counted(unit: str, length: int) -> str:
    """A unit again and again, with a number in it, until a text has some length."""
    return "".join(unit.format(number) for number in range(length // (len(unit) + 3)))


TEXTS: Final[Mapping[str, Callable[[int], str]]] = {
    "beginnings": lambda length: "[^" * (length // 2),
    "references": lambda length: "[^1]" * (length // 4),
    "references to one note": lambda length: "[^1]" * (length // 4) + "\n\n[^1]: a",
    "references to many notes": lambda length: (
        counted("[^{}] ", length // 2) + "\n\n" + counted("[^{}]: a\n", length // 2)
    ),
    "definitions": lambda length: counted("[^{}]: a\n\n", length),
    "definitions of one label": lambda length: "[^1]: a\n" * (length // 8),
    "definitions on one line": lambda length: "[^1]: " * (length // 6),
    "definitions in each other": lambda length: "[^1]:" + "\n    [^1]:" * (length // 10),
    "definitions in lists": lambda length: "- [^1]: a\n" * (length // 10),
    "definitions in quotes": lambda length: "> [^1]: a\n" * (length // 10),
    "a chain of notes": lambda length: "[^0]\n\n" + counted("[^{0}]: [^1{0}]\n", length),
    "a long label": lambda length: f"[^{'a' * length}]: b",
    "long labels": lambda length: f"[^{'a' * 100}" * (length // 102),
    "labels without an end": lambda length: f"[^{'a' * 150}\n" * (length // 153),
    "references in pictures": lambda length: "![[^1]](a)" * (length // 10) + "\n\n[^1]: a",
    "references in links": lambda length: "[a[^1]](b)" * (length // 10) + "\n\n[^1]: a",
    "code without an end": lambda length: "[^1]: ```\n" * (length // 10),
    "formulas without an end": lambda length: "[^1]: $$\n" * (length // 9),
    "tables": lambda length: "[^1]: |a|\n    |-|\n" * (length // 18),
    "blanks": lambda length: "{{c1::[^1]}} " * (length // 13) + "\n\n[^1]: {{c2::a}}",
    "a long note": lambda length: "a[^1]\n\n[^1]: a\n" + "    a\n" * (length // 6),
    "empty lines": lambda length: "a[^1]\n\n[^1]: a" + "\n" * length + "b",
    "spaces": lambda length: "a[^1]\n\n[^1]:" + " " * length + "a",
}
LENGTH: Final = 25_000
NOTICEABLE: Final = 0.2
"""CPU seconds below which nothing is compared: a busy machine adds as much."""


def seconds(text: str) -> float:
    start = time.process_time()
    read_as_markdown.__wrapped__(text)
    numbered(text)
    unread(text)
    return time.process_time() - start


@pytest.mark.quick_cases(every=5)
@pytest.mark.parametrize("name", TEXTS)
def test_time_grows_with_the_length_and_no_faster(name: str) -> None:
    made = TEXTS[name]
    assert_seconds_linear(lambda length: seconds(made(length)), LENGTH, factor=4, noticeable=NOTICEABLE)


@pytest.mark.parametrize("name", TEXTS)
def test_what_passes_the_limits_is_rendered_soon(name: str) -> None:
    text = TEXTS[name](20_000)
    assert len(text) < MAXIMUM_LENGTH
    renderer = MarkdownRenderer(
        math=lambda tex, _display: f"<i>{tex}</i>",
        picture=lambda image: Item(image.segment.text, "<img>"),
        live_mathjax=False,
    )
    start = time.process_time()
    made = renderer.block(text)
    assert time.process_time() - start < 5
    if excess(text) is not None:
        assert made == f"<p>{html.escape(text)}</p>"
