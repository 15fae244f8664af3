"""Placeholders for parts of a text, from before Markdown is parsed until after the result is sanitised.

A token is a number between two private-use characters, which no Markdown rule and no HTML parser changes. Such a
character in the source is replaced by a token of its own, so that authors cannot forge tokens.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from cardpipe.errors import RenderError

_OPEN, _CLOSE, _OPEN_BLOCK, _OPEN_TAG = "\ue000", "\ue001", "\ue002", "\ue003"
RESERVED = re.compile(f"[{_OPEN}-{_OPEN_TAG}]")
TOKEN = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_TAG = re.compile(f"{_OPEN_TAG}([0-9]+){_CLOSE}")
_EITHER = re.compile(f"[{_OPEN}{_OPEN_BLOCK}]([0-9]+){_CLOSE}")
# The sanitiser writes every attribute between double quotes.
_WHOLE_TAG = r"<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>"
_PART = rf"{_WHOLE_TAG}|[^<]+|<"
_TAG_OR_TEXT = re.compile(_PART)
_TAG_WITH_TOKEN = re.compile(f"<[^<>{_OPEN}-{_OPEN_TAG}]*+[{_OPEN}-{_OPEN_TAG}][^<>]*>")
_BLOCK_TAG_OR_TOKEN = re.compile(
    f"<p(?: [^<>]*)?>{_OPEN_BLOCK}([0-9]+){_CLOSE}</p>"
    # Most tags have no attribute, and nothing to restore.
    f'|<[^<>"{_OPEN}-{_OPEN_TAG}]*+(?!>){_WHOLE_TAG[1:]}'
    f"|[{_OPEN}{_OPEN_BLOCK}]([0-9]+){_CLOSE}"
)
CUT_TOKEN = re.compile(f"[{_OPEN}{_OPEN_BLOCK}][0-9]*$")
"""A token without its end, where a text was cut."""
_ANY = re.compile(f"[{_OPEN}{_OPEN_BLOCK}{_OPEN_TAG}]([0-9]+){_CLOSE}")
_SHOWN = 60
"""The number of characters of a lost text that a message quotes."""


@dataclass(slots=True)
class Item:
    """The content of a placeholder: its inline HTML, its block HTML if it can be a block, and its source."""

    source: str
    inline: str
    block: str | None = None
    words: str = ""
    """HTML of its words, which determine the direction of the paragraph around it."""
    is_fence: bool = False
    """Whether it was between fences, which end a preceding paragraph or table."""


@dataclass(slots=True)
class Placeholders:
    """The placeholders of one text."""

    within_line: bool = False
    """True for an inline text, in which nothing is a block."""
    items: list[Item] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    _open_items: set[int] = field(default_factory=set)
    _open_tags: set[int] = field(default_factory=set)

    def put(self, item: Item) -> str:
        """Add an item; returns its token."""
        if self.within_line:
            item.block = None
        self._open_items.add(len(self.items))
        self.items.append(item)
        return f"{_OPEN}{len(self.items) - 1}{_CLOSE}"

    def put_tag(self, markup: str) -> str:
        """Add markup that is restored before the text is sanitised; returns its token."""
        self._open_tags.add(len(self.tags))
        self.tags.append(RESERVED.sub("", markup))
        return f"{_OPEN_TAG}{len(self.tags) - 1}{_CLOSE}"

    def drop(self, text: str) -> None:
        """Drop the tokens of a text that Markdown does not show, such as a cell beyond a table's last column."""
        for token in _ANY.finditer(text):
            opened = self._open_tags if token[0][0] == _OPEN_TAG else self._open_items
            opened.discard(int(token[1]))

    def drop_addresses(self, made: str) -> None:
        """Mark the tokens in tags as dropped: the sanitiser may remove an attribute that is not allowed."""
        for tag in _TAG_WITH_TOKEN.finditer(made):
            self.drop(tag[0])

    def restore_tags(self, made: str) -> str:
        """Restore the markup that is to be sanitised; in a tag it is dropped."""
        if _OPEN_TAG not in made:
            return made

        def restored(match: re.Match[str]) -> str:
            in_tag = match[0].startswith("<")
            return _TAG.sub(lambda token: self._restored_tag(int(token[1]), in_tag=in_tag), match[0])

        return _TAG_OR_TEXT.sub(restored, made)

    def _restored_tag(self, number: int, *, in_tag: bool) -> str:
        self._open_tags.discard(number)
        return "" if in_tag else self.tags[number]

    def words(self, sanitised: str) -> str:
        """Return the HTML with the words of its items in their place; items without words are removed."""
        return _EITHER.sub(lambda token: self.items[int(token[1])].words, sanitised) if self.items else sanitised

    def is_block(self, number: int) -> bool:
        """Return whether an item can be a block."""
        return self.items[number].block is not None

    @staticmethod
    def block_token(number: int) -> str:
        """Return the token of an item as a block, alone in a paragraph element."""
        return f"{_OPEN_BLOCK}{number}{_CLOSE}"

    def restore(self, sanitised: str) -> str:
        """Restore every item; in a tag, only an attribute can contain one, and gets its source.

        Raises RenderError if an unknown token is left.
        """
        if RESERVED.search(sanitised) is None:
            return sanitised
        if RESERVED.search(_EITHER.sub("", sanitised)) is not None:
            raise _fault("left a placeholder in a text", _EITHER.sub("", sanitised))
        # In one pass, so that what is put back is not looked at again: an author's code may hold anything.
        return _BLOCK_TAG_OR_TOKEN.sub(self._restored, sanitised)

    def check_complete(self) -> None:
        """Raise RenderError if an item or a tag was neither restored nor dropped."""
        if self._open_items:
            raise _fault("lost a part of a text", self.items[min(self._open_items)].source)
        if self._open_tags:
            raise _fault("lost a link of a text", self.tags[min(self._open_tags)])

    def _restored(self, match: re.Match[str]) -> str:
        if match[1] is not None:
            number = int(match[1])
            self._open_items.discard(number)
            return self.items[number].block or ""
        if match[2] is None:
            return _EITHER.sub(lambda token: html.escape(self._taken(token).source), match[0])
        number = int(match[2])
        item = self.items[number]
        if item.inline or not item.block:
            self._open_items.discard(number)
        return item.inline

    def _taken(self, token: re.Match[str]) -> Item:
        self._open_items.discard(int(token[1]))
        return self.items[int(token[1])]


def _fault(what: str, words: str) -> RenderError:
    quoted = " ".join(words.split())[:_SHOWN]
    return RenderError(
        f"Rendering {what}, which is a fault of cardpipe: “{quoted}”", hint="Please report it together with the card."
    )
