"""What is taken out of a text before Markdown reads it, and put back when the sanitiser has read the result.

A token is a number between two private-use characters, which no Markdown rule and no HTML parser touches. An author
who writes one of these characters gets it through a token of its own, so that nobody can forge one.
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
_HTML_TAG = re.compile(r"<[^<>]*>")
_BLOCK_TAG_OR_TOKEN = re.compile(
    f"<p(?: [^<>]*)?>{_OPEN_BLOCK}([0-9]+){_CLOSE}</p>|{_WHOLE_TAG}|[{_OPEN}{_OPEN_BLOCK}]([0-9]+){_CLOSE}"
)
CUT_TOKEN = re.compile(f"[{_OPEN}{_OPEN_BLOCK}][0-9]*$")
"""A token whose end is not there, where a text was cut."""
_ANY = re.compile(f"[{_OPEN}{_OPEN_BLOCK}{_OPEN_TAG}]([0-9]+){_CLOSE}")
_SHOWN = 60
"""Characters of a lost text that a message quotes."""


@dataclass(slots=True)
class Item:
    """What a placeholder stands for: its HTML within a line, as a block if it can be one, and how it was written."""

    source: str
    inline: str
    block: str | None = None
    words: str = ""
    """HTML of the words that it puts into the paragraph around it, by which the paragraph's direction is found."""
    is_fence: bool = False
    """Whether it was written between fences, which end a paragraph or a table before them."""


@dataclass(slots=True)
class Placeholders:
    """The items of one text."""

    within_line: bool = False
    """True for a text that stands within a line of another: nothing in it is a block."""
    items: list[Item] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    _open_items: set[int] = field(default_factory=set)
    _open_tags: set[int] = field(default_factory=set)

    def put(self, item: Item) -> str:
        """Put an item in; returns its token."""
        if self.within_line:
            item.block = None
        self._open_items.add(len(self.items))
        self.items.append(item)
        return f"{_OPEN}{len(self.items) - 1}{_CLOSE}"

    def put_tag(self, markup: str) -> str:
        """Put markup aside that goes back before the sanitiser reads the text; returns its token."""
        self._open_tags.add(len(self.tags))
        self.tags.append(RESERVED.sub("", markup))
        return f"{_OPEN_TAG}{len(self.tags) - 1}{_CLOSE}"

    def drop(self, text: str) -> None:
        """Account for the tokens of a text that Markdown does not show, such as a cell beyond a table's last column."""
        for token in _ANY.finditer(text):
            opened = self._open_tags if token[0][0] == _OPEN_TAG else self._open_items
            opened.discard(int(token[1]))

    def drop_addresses(self, made: str) -> None:
        """Account for the tokens within tags: the sanitiser may leave out an attribute that is not allowed."""
        for tag in _HTML_TAG.finditer(made):
            self.drop(tag[0])

    def restore_tags(self, made: str) -> str:
        """Put the markup back that the sanitiser is to judge; within a tag it is lost."""
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
        """The HTML with the words of its items in their place, and nothing for items without words."""
        return _EITHER.sub(lambda token: self.items[int(token[1])].words, sanitised) if self.items else sanitised

    def is_block(self, number: int) -> bool:
        """Whether an item can stand as a block."""
        return self.items[number].block is not None

    @staticmethod
    def block_token(number: int) -> str:
        """The token of an item where it stands as a block, alone in a paragraph element."""
        return f"{_OPEN_BLOCK}{number}{_CLOSE}"

    def restore(self, sanitised: str) -> str:
        """Put every item back; within a tag, where only an attribute can hold one, as the author wrote it.

        Raises RenderError where a token is left that stands for nothing.
        """
        if RESERVED.search(sanitised) is None:
            return sanitised
        if RESERVED.search(_EITHER.sub("", sanitised)) is not None:
            raise _fault("left a placeholder in a text", _EITHER.sub("", sanitised))
        # In one pass, so that what is put back is not looked at again: an author's code may hold anything.
        return _BLOCK_TAG_OR_TOKEN.sub(self._restored, sanitised)

    def check_complete(self) -> None:
        """Raise RenderError if an item or a tag was neither put back nor dropped."""
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
