"""Writes a deck of any size that looks like the shipped one: `python benchmarks/shipped.py FOLDER --cards 1000`.

Every card is one of those in `source/cards`, full of formulas, under an ID, a title and a question of its own. Figures
are left out, so that what is measured is text and formulas. The same number gives the same files.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Final

_SOURCE: Final = Path(__file__).resolve().parent.parent / "source"
_FIGURE: Final = re.compile(r"^ *!\[\]\(figure:[^)\n]*\)\n\n?|^figures:\n(?:  .*\n|\n)+", re.MULTILINE)
_NAME: Final = re.compile(r"\b[A-Z]{2}\d{4}\b")
_LINK: Final = re.compile(r"\[([^]]*)\]\(card:(\w+)\)")
_IN_A_FOLDER: Final = 500


def write_shipped_like_deck(folder: Path, cards: int) -> None:
    """Write a project with so many cards, one a file, into a folder that does not exist yet."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((_SOURCE / "cards").glob("*.yaml"))]
    names = [match[1] for text in texts if (match := re.search(r"^id: (\w+)", text, re.MULTILINE))]
    source = folder / "source"
    source.mkdir(parents=True)
    deck = (_SOURCE / "deck.yaml").read_text(encoding="utf-8")
    deck = re.sub(r"^formats:\n(?:  .*\n)+", "formats:\n  anki:\n", deck, flags=re.MULTILINE)
    (source / "deck.yaml").write_text(deck, encoding="utf-8", newline="\n")
    for number in range(cards):
        copy, which = divmod(number, len(texts))
        place = source / "cards" / f"{number // _IN_A_FOLDER:03d}"
        place.mkdir(parents=True, exist_ok=True)
        ident, text = _copy(texts[which], names, copy, number, cards)
        (place / f"{ident}.yaml").write_text(text, encoding="utf-8", newline="\n")


def _copy(text: str, names: list[str], copy: int, number: int, cards: int) -> tuple[str, str]:
    """The ID of the card with a number, and its text: a shipped card's, related to the cards of the same copy."""

    def ident(name: str) -> str:
        return f"{name[:2]}{copy * len(names) + names.index(name):04d}"

    def kept(match: re.Match[str]) -> str:
        return match[0] if copy * len(names) + names.index(match[2]) < cards else match[1]

    def related(match: re.Match[str]) -> str:
        found = [name for name in _NAME.findall(match[0]) if copy * len(names) + names.index(name) < cards]
        return f"related: [{', '.join(found)}]\n" if found else ""

    text = _LINK.sub(kept, _FIGURE.sub("", text))
    text = re.sub(r"^related: .*\n", related, text, flags=re.MULTILINE)
    text = _NAME.sub(lambda match: ident(match[0]) if match[0] in names else match[0], text)
    text = re.sub(r"^# yaml-language-server.*\n", "", text)
    text = re.sub(r"^title: (.*)$", rf"title: \1 {number}", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^question: (.*)\?$", rf"question: \1, as case {number} has it?", text, count=1, flags=re.MULTILINE)
    return ident(names[number % len(names)]), text


def main() -> None:
    """Write the deck that the command line asks for."""
    parser = argparse.ArgumentParser(description="Write a deck like the shipped one to measure with.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cards", type=int, default=1000)
    asked = parser.parse_args()
    write_shipped_like_deck(asked.folder, asked.cards)


if __name__ == "__main__":
    main()
