"""Divide Markdown into the words that are compared, and compare those of two forms of one text."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"!\[(?:\\.|[^\[\]\\\n])*\]\([^()\n]*\)|[^\W_]+|\s+|.", re.DOTALL)
_PARAGRAPH: Final = re.compile(r"\n[^\S\n]*\n")
_PICTURE: Final = "!["


def words_of(text: str) -> list[str]:
    """Return pictures, words, white space and single signs."""
    return _WORD.findall(text)


def key_of(word: str) -> str:
    """Return what is the same in two forms of one text.

    A picture has another address in Anki, and a line break between words is a space in HTML.
    """
    if word.isspace():
        return "\n\n" if _PARAGRAPH.search(word) else " "
    return _PICTURE if word.startswith(_PICTURE) and len(word) > len(_PICTURE) else word


def paragraphs_of(words: list[str]) -> list[str]:
    """Return the paragraphs that words form, each with the empty line after it."""
    made: list[list[str]] = [[]]
    for word in words:
        made[-1].append(word)
        if word.isspace() and _PARAGRAPH.search(word):
            made.append([])
    return ["".join(paragraph) for paragraph in made if paragraph]


def paragraph_key(paragraph: str) -> str:
    """Return what is the same in two forms of a paragraph."""
    return "".join(map(key_of, words_of(paragraph))).rstrip()
