"""Typed answers on the study page are compared as Anki compares them."""

from __future__ import annotations

import html
import random
import re
from typing import TYPE_CHECKING, Any

from anki_collection import collection
from javascript import Script

if TYPE_CHECKING:
    from pathlib import Path

_PART = re.compile(r"<span class=type(Good|Bad|Missed)>(.*?)</span>")
_ARROW = "<span id=typearrow>&darr;</span>"
EXAMPLES = [
    *[("hello", "hello"), ("hello", " hello "), ("é", "e\u0301"), ("a", "A"), ("a b", "a\u00a0b"), ("abc", "cba")],
    *[("<br>", "<b>"), ("&amp;", "&"), ("naïve", "naive"), ("x😀y", "x😁y"), ("ﬁne", "fine"), ("Å", "\u212b")],
]


def pairs() -> list[tuple[str, str]]:
    chance = random.Random(9)  # noqa: S311 - the same examples in each run
    made = list(EXAMPLES)
    for letters in ("ab", "abcd e", "abcdefghij klmno"):
        for _ in range(150):
            one, other = (
                "".join(chance.choice(letters) for _ in range(chance.randrange(1, length))) for length in (25, 60)
            )
            cut = chance.randrange(len(one))
            changed = one[:cut] + chance.choice(letters) + one[cut + 1 :]
            # Anki removes white space around the answer of a card.
            made += [(f"x{one}z", f"x{other}y"), (f"x{one}z", f"x{changed}y")]
    return made


def parts(text: str) -> list[dict[str, str]]:
    return [{"kind": kind.lower(), "text": html.unescape(words)} for kind, words in _PART.findall(text)]


def as_anki_shows(text: str) -> dict[str, Any]:
    typed, _, expected = text.partition(_ARROW)
    return {"right": not expected, "typed": parts(typed), "expected": parts(expected or typed)}


def test_parts_are_those_of_anki(tmp_path: Path) -> None:
    made = pairs()
    found = Script("typed.js").value("pairs => pairs.map(([expected, typed]) => compared(expected, typed))", made)
    with collection(tmp_path) as learner:
        for (expected, typed), got in zip(made, found, strict=True):
            assert got == as_anki_shows(learner.col.compare_answer(html.escape(expected), typed)), (expected, typed)


def test_long_answers_take_little_time() -> None:
    script = Script("typed.js")
    assert script.value("compared('ab'.repeat(400), 'ba'.repeat(400)).right") is False
