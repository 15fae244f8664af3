"""Random edits of words in random cards come back as exactly these edits."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

import pytest

from cardpipe.feedback.markdown_words import words_of
from cardpipe.feedback.merging import differences
from cardpipe.release.word_diff import Budget
from feedback_sample import DECK, changed, compared, edit, exported, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WORDS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "frost",
    "grove",
    "heath",
    "inlet",
    "kelp",
    "lagoon",
    "meadow",
    "orchid",
)
MARKED = ("*{}*", "**{}**", "_{}_", "`{}`", "~~{}~~", "[{}](https://example.org/a_b)", "<sub>{}</sub>", "$x_{{1}}$ {}")
WORD = re.compile(r"(?<![\w\\&;#{{/:<.-])[a-z]{4,}(?![\w:;&}}./-])")
HIDDEN = re.compile(r"<[^<>]*>|\\\(.*?\\\)|\\\[.*?\\\]|&[#\w]+;|\{\{c\d+::|\[sound:[^\]]*\]", re.DOTALL)
EDITS = ("replace", "insert", "delete", "bold", "append")


def sentence(chance: random.Random) -> str:
    words = [chance.choice(WORDS) for _ in range(chance.randint(4, 14))]
    for _ in range(chance.randint(0, 2)):
        place = chance.randrange(len(words))
        words[place] = chance.choice(MARKED).format(chance.choice(WORDS))
    return " ".join(words) + chance.choice([".", "!", ": yes.", ' ("so").', " – 5 % & more."])


def wrapped(text: str, chance: random.Random) -> str:
    """Break some lines where a space is, but before nothing that Markdown reads at a line's beginning."""
    return re.sub(r" (?=[a-z])", lambda _: "\n" if chance.random() < 0.2 else " ", text)


def block(chance: random.Random) -> str:
    kind = chance.choice(["paragraph", "paragraph", "list", "numbers", "formula", "quote", "table", "code"])
    if kind in {"list", "numbers"}:
        mark = "- " if kind == "list" else "1. "
        return "\n".join(mark + sentence(chance) for _ in range(chance.randint(2, 4)))
    if kind == "formula":
        return "$$\n\\frac{a_{1}}{b} = c\n$$"
    if kind == "quote":
        return "> " + sentence(chance)
    if kind == "table":
        rows = "\n".join(f"| {chance.choice(WORDS)} | {chance.choice(WORDS)} |" for _ in range(2))
        return f"| {chance.choice(WORDS)} | {chance.choice(WORDS)} |\n|---|---|\n{rows}"
    if kind == "code":
        return f"```\n{chance.choice(WORDS)} = 1\n```"
    return wrapped(sentence(chance), chance)


def scalar(text: str, chance: random.Random) -> str:
    """Return a text as YAML in one of the styles that can have it."""
    indented = "\n".join(f"  {line}" if line else "" for line in text.split("\n"))
    styles = [f"|\n{indented}", f"|-\n{indented}", json.dumps(text, ensure_ascii=False)]
    if "\n" not in text:
        styles += ["'" + text.replace("'", "''") + "'", f">-\n  {text}"]
        folded = text.replace(" ", "\n  ", 1) if re.match(r"\w+ [a-z]", text) else text
        styles.append(f">\n  {folded}")
    return chance.choice(styles)


def card(number: int, chance: random.Random) -> str:
    cloze = number % 4 == 0
    question = sentence(chance)
    if cloze:
        question = (
            f"{{{{c1::{chance.choice(WORDS)}::{chance.choice(WORDS)}}}}} {question} and {{{{c2::{sentence(chance)}}}}}"
        )
    details = "\n\n".join(block(chance) for _ in range(chance.randint(1, 5)))
    lines = [
        f"id: EX{number:04}",
        f"title: Card {number} of {chance.choice(WORDS)}",
        *(["kind: cloze"] if cloze else []),
    ]
    lines += [f"{key}: {scalar(text, chance)}" for key, text in (("question", question), ("answer", sentence(chance)))]
    return "\n".join([*lines, f"details: {scalar(details, chance)}", "tags: [T]", ""])


class Learner:
    """Edits one word in each field."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.done: dict[tuple[str, str], tuple[str, str]] = {}

    def edited(self, card_id: str, name: str, text: str) -> str:
        hidden = HIDDEN.sub(lambda match: "\0" * len(match[0]), text)
        words = list(WORD.finditer(hidden))
        if not words:
            return text
        word = self.chance.choice(words)
        kind = self.chance.choice(EDITS)
        before = text[: word.start()]
        inside = any(
            before.count(f"<{tag}") > before.count(f"</{tag}>") for tag in ("strong", "code", "pre", "th", "a ")
        )
        if kind == "bold" and inside:
            kind = "replace"
        new = {
            "replace": "zebra",
            "insert": f"{word[0]} zebra",
            "delete": "",
            "bold": f"<b>{word[0]}</b>",
            "append": f"{word[0]} zebra, &amp; lion",
        }[kind]
        self.done[card_id, name.lower()] = (kind, word[0])
        return before + new + text[word.end() :]


EXPECTED: dict[str, Callable[[str, str, str], bool]] = {
    "replace": lambda gone, come, word: (gone, come) == (word, "zebra"),
    "insert": lambda gone, come, _word: gone == "" and come.strip() == "zebra",
    "delete": lambda gone, come, word: come.strip() == "" and re.sub(r"[\W_]|sub", "", gone) == word,
    "bold": lambda gone, come, _word: (gone, come) == ("", "****"),
    "append": lambda gone, come, _word: gone == "" and come.strip() == "zebra, & lion",
}


@pytest.mark.quick_cases("1")
@pytest.mark.parametrize("seed", range(1, 11))
def test_random_edits_come_back_as_they_are(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test
    cards = {f"source/cards/EX{number:04}.yaml": card(number, chance) for number in range(1, 13)}
    root = write(tmp_path, {"source/deck.yaml": DECK, **cards})
    learner = Learner(chance)

    def change(connection: object) -> None:
        for number in range(1, 13):
            for name in ("Question", "Answer", "Details"):
                card_id = f"EX{number:04}"
                edit(connection, card_id, name, lambda text, i=card_id, n=name: learner.edited(i, n, text))  # type: ignore[arg-type, misc]

    found = compared(root, changed(exported(root), change))
    failures = []
    for one in found.changes:
        kind, word = learner.done.pop((one.card.id.text, one.part.key))
        if one.outcome.value == "not taken" and kind == "delete":
            continue  # the only word of a cell or of a mark: what is left is another text in Markdown
        old, new = (words_of(text[0]) if text else [] for text in (one.before, one.after))
        found_at = differences(old, new, Budget()) or []
        gone = "".join("".join(old[item.start : item.end]) for item in found_at)
        come = "".join("".join(new[item.new_start : item.new_end]) for item in found_at)
        if not EXPECTED[kind](gone, come, word):
            failures.append((one.card.id.text, one.part.key, kind, word, one.outcome.value, one.reason, gone, come))
    assert failures == [], "\n".join(map(repr, failures))
    assert not learner.done
