"""What is taken out of a text before Markdown reads it, and put back when the sanitiser has read the result.

A token is a number between two private-use characters, which no Markdown rule and no HTML parser touches. An author
who writes one of these characters gets it through a token of its own, so that nobody can forge one.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

_OPEN, _CLOSE, _OPEN_BLOCK, _OPEN_TAG = "\ue000", "\ue001", "\ue002", "\ue003"
RESERVED = re.compile(f"[{_OPEN}-{_OPEN_TAG}]")
TOKEN = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_TAG = re.compile(f"{_OPEN_TAG}([0-9]+){_CLOSE}")
_EITHER = re.compile(f"[{_OPEN}{_OPEN_BLOCK}]([0-9]+){_CLOSE}")
# The sanitiser writes every attribute between double quotes.
_PART = r"<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>|[^<]+|<"
_TAG_OR_TEXT = re.compile(_PART)
_BLOCK_TAG_OR_TEXT = re.compile(f"<p>{_OPEN_BLOCK}([0-9]+){_CLOSE}</p>|{_PART}")


@dataclass(slots=True)
class Item:
    """Something on the shelf: its HTML within a line, its HTML as a block if it can be one, and how it was written."""

    source: str
    inline: str
    block: str | None = None


@dataclass(slots=True)
class Shelf:
    """The items of one text."""

    within_line: bool = False
    """True for a text that stands within a line of another: nothing in it is a block."""
    items: list[Item] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def put(self, item: Item) -> str:
        """Put an item on the shelf; returns its token."""
        if self.within_line:
            item.block = None
        self.items.append(item)
        return f"{_OPEN}{len(self.items) - 1}{_CLOSE}"

    def put_tag(self, markup: str) -> str:
        """Put markup aside that goes back before the sanitiser reads the text; returns its token."""
        self.tags.append(RESERVED.sub("", markup))
        return f"{_OPEN_TAG}{len(self.tags) - 1}{_CLOSE}"

    def restore_tags(self, made: str) -> str:
        """Put the markup back that the sanitiser is to judge; within a tag it is lost."""
        if _OPEN_TAG not in made:
            return made
        return _TAG_OR_TEXT.sub(
            lambda match: _TAG.sub(
                lambda token: "" if match.group().startswith("<") else self.tags[int(token.group(1))], match.group()
            ),
            made,
        )

    def is_block(self, number: int) -> bool:
        """Whether an item can stand as a block."""
        return self.items[number].block is not None

    @staticmethod
    def block_token(number: int) -> str:
        """The token of an item where it stands as a block, alone in a paragraph element."""
        return f"{_OPEN_BLOCK}{number}{_CLOSE}"

    def restore(self, sanitised: str) -> str:
        """Put every item back; within a tag, where only an attribute can hold one, as the author wrote it."""
        if not self.items:
            return sanitised
        # In one pass, so that what is put back is not looked at again: an author's code may hold anything.
        return _BLOCK_TAG_OR_TEXT.sub(self._restored, sanitised)

    def _restored(self, match: re.Match[str]) -> str:
        if match.group(1) is not None:
            return self.items[int(match.group(1))].block or ""
        part = match.group()
        if part.startswith("<"):
            return _EITHER.sub(lambda token: html.escape(self.items[int(token.group(1))].source), part)
        return _EITHER.sub(lambda token: self.items[int(token.group(1))].inline, part)
