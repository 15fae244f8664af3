"""Writes a deck of any size that looks like one that people keep: `python benchmarks/deck.py FOLDER --cards 10000`.

The same numbers give the same files. Words are made of syllables and drawn by Zipf's law, so that no two cards ask the
same and a term comes back as often as terms do. Of ten cards eight are prose, as most decks are; one has formulas,
inline and displayed, and one is rich: formulas, a table, code and a figure.
"""

from __future__ import annotations

import argparse
import random
import re
from bisect import bisect_left
from itertools import accumulate
from pathlib import Path

_SYLLABLES = [c + v for c in "bdgklmnprstv" for v in "aeio"]
_FUNCTION_WORDS = ["the", "a", "of", "in", "with", "from", "by", "for", "under", "over", "within", "between"]
_VERBS = ["changes", "limits", "explains", "precedes", "replaces", "measures", "bounds", "feeds", "follows"]
_QUESTIONS = (
    "What does {a} do to {b}, and at what cost?",
    "Why does {a} need {b} before {c}?",
    "How do {a} and {b} differ when {c} grows?",
    "When would you choose {a} over {b} for {c}?",
    "Which part of {a} decides how {b} ends?",
    "How is {a} measured once {b} has passed {c}?",
)
_TAGS = [f"topic-{number:02d}" for number in range(40)]
_FIGURE = re.compile(r"^  !\[\]\(figure:curve\)\n|^figures:\n(?:  .*\n)+", re.MULTILINE)
_WORDS = 6000
_IN_A_FILE = 500


class _Words:
    """A vocabulary of made-up words, the first of which come up most."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._words = sorted({"".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))) for _ in range(_WORDS)} - {"todo"})
        rng.shuffle(self._words)
        self._reach = list(accumulate(1 / (rank + 2) for rank in range(len(self._words))))

    def common(self) -> str:
        return self._words[bisect_left(self._reach, self._rng.random() * self._reach[-1])]

    def rare(self) -> str:
        return self._rng.choice(self._words)

    def term(self) -> str:
        return " ".join(self._rng.sample(self._words, 2))

    def sentence(self) -> str:
        rng = self._rng
        middle = [
            rng.choice(_FUNCTION_WORDS) if rng.random() < 0.35 else self.common() for _ in range(rng.randint(6, 16))
        ]
        words = ["the", self.rare(), rng.choice(_VERBS), *middle, self.common()]
        return " ".join(_without_repeats(words)).capitalize() + "."

    def paragraph(self, sentences: int) -> str:
        return " ".join(self.sentence() for _ in range(sentences))


def _without_repeats(words: list[str]) -> list[str]:
    return [word for before, word in zip(["", *words], words, strict=False) if word != before]


def _wrapped(text: str, indent: str) -> str:
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > 100 and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "".join(f"{indent}{line}\n" for line in lines)


def _block(text: str) -> str:
    return "|\n" + "".join(f"  {line}\n" if line else "\n" for line in text.rstrip("\n").split("\n"))


def _formulas(words: _Words, rng: random.Random) -> str:
    weight, size = rng.randint(2, 99), rng.randint(2, 512)
    return (
        f"For $x \\in \\mathbb{{R}}^{{{size}}}$ and a rate $\\eta = 0.{weight:02d}$ the loss is\n\n"
        f"$$\nL(w) = \\frac{{1}}{{{size}}} \\sum_{{i=1}}^{{{size}}} \\left( y_i - w^\\top x_i \\right)^2"
        f" + {weight} \\lVert w \\rVert_2^2\n$$\n\n"
        f"where $w$ is the weight vector, $y_i$ a target, $L$ the loss and $\\lVert w \\rVert_2 \\le {weight}$.\n\n"
        f"{_wrapped(words.paragraph(2), '').rstrip()}\n"
    )


def _rich(words: _Words, rng: random.Random) -> str:
    rows = "".join(f"| {words.rare()} | {rng.randint(1, 999)} | 0.{rng.randint(10, 99)} |\n" for _ in range(5))
    return (
        f"{_formulas(words, rng)}\n| Method | Steps | Error |\n|---|---|---|\n{rows}\n"
        f"```python\ndef {words.rare()}(values, rate={rng.random():.3f}):\n"
        f"    total = sum(values) * rate\n    return total / max(len(values), {rng.randint(1, 9)})\n```\n\n"
        "![](figure:curve)\n"
    )


def _figure(rng: random.Random) -> str:
    steep, slope = rng.randint(1, 400) / 100, rng.randint(1, 999) / 1000
    return (
        "figures:\n  - id: curve\n    kind: function\n"
        f"    curves: [{{expression: tanh({steep} * x) + {slope} * x, label: tanh}}]\n    x: [-4, 4]\n"
        "    alt: A curve in the form of an S that rises from -1 on the left to 1 on the right.\n"
    )


def card(number: int, words: _Words, rng: random.Random) -> tuple[str, str]:
    """The ID of the card with a number, and its text as YAML."""
    prefix, digits = divmod(number, 10_000)
    ident = f"B{chr(65 + prefix)}{digits:04d}"
    kind = number % 10
    question = rng.choice(_QUESTIONS).format(a=words.term(), b=words.term(), c=words.term())
    details = "\n".join(_wrapped(words.paragraph(rng.randint(2, 4)), "") for _ in range(rng.randint(1, 3)))
    if kind == 4:
        details = _formulas(words, rng)
    elif kind == 9:
        details = _rich(words, rng)
    elif kind in {2, 6}:
        details += "\n" + "".join(f"- **{words.rare()}**: {words.sentence()}\n" for _ in range(4))
    text = (
        f"id: {ident}\ntitle: {words.term().capitalize()} {number}\nquestion: {question}\n"
        f"answer: {_block(_wrapped(words.paragraph(2), ''))}details: {_block(details)}"
    )
    if kind == 9:
        text += _figure(rng)
    text += f"tags: [{', '.join(sorted(rng.sample(_TAGS, 2)))}]\n"
    if number:
        other = rng.randrange(number)
        text += f"related: [B{chr(65 + other // 10_000)}{other % 10_000:04d}]\n"
    return ident, f"{text}difficulty: {rng.choice(['easy', 'medium', 'hard'])}\n"


def without_figure(text: str) -> str:
    """A card's text without its figure and without the place where it stands."""
    return _FIGURE.sub("", text)


def write_deck(folder: Path, cards: int, *, seed: int = 0, figures: bool = True) -> None:
    """Write a project with so many cards, one a file, into a folder that does not exist yet."""
    rng = random.Random(seed)  # noqa: S311 - words, not secrets
    words = _Words(rng)
    source = folder / "source"
    source.mkdir(parents=True)
    tags = "".join(f"  {tag}: Cards on {words.term()}\n" for tag in _TAGS)
    prefixes = "".join(f"  B{chr(65 + letter)}: Part {letter + 1}\n" for letter in range((cards - 1) // 10_000 + 1))
    (source / "deck.yaml").write_text(
        "uid: 5b6f0c3e-41a6-4d0c-9a50-0c5d2f7a9d10\nslug: bench\nname: Benchmark\nlanguage: en\nauthors: [A. Uthor]\n"
        "licence: CC0-1.0\ndescription: A deck to measure with.\n"
        f"tags:\n{tags}subdecks:\n{prefixes}formats:\n  anki:\n",
        encoding="utf-8",
        newline="\n",
    )
    for number in range(cards):
        ident, text = card(number, words, rng)
        place = source / "cards" / f"{number // _IN_A_FILE:03d}"
        if number % _IN_A_FILE == 0:
            place.mkdir(parents=True)
        (place / f"{ident}.yaml").write_text(text if figures else without_figure(text), encoding="utf-8", newline="\n")


def main() -> None:
    """Write the deck that the command line asks for."""
    parser = argparse.ArgumentParser(description="Write a deck to measure with.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without-figures", action="store_true")
    asked = parser.parse_args()
    write_deck(asked.folder, asked.cards, seed=asked.seed, figures=not asked.without_figures)


if __name__ == "__main__":
    main()
