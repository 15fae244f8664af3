"""What a rendered text refers to and Anki cannot follow: links to other cards, pictures outside of notes.

The texts come from our own sanitiser, so tags are balanced and attributes quoted; they are read by a real parser all
the same, in one pass, and everything else is copied as it stands.
"""

from __future__ import annotations

import html
from html.parser import HTMLParser

_CARD = "#card-"


def without_card_links(text: str) -> str:
    """The text with each link to a card as emphasised words, followed by the card's ID where they do not name it."""
    return _rewritten(_CardLinks(), text) if _CARD in text else text


def without_pictures(text: str) -> str:
    """The text without pictures and without links to cards: what a deck's description can show."""
    return _rewritten(_Words(), text) if "<img" in text or _CARD in text else text


class _Copy(HTMLParser):
    """Copies a fragment; subclasses say which tags to write in another way."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs
        self.parts.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")


class _CardLinks(_Copy):
    """A link to a card becomes emphasis."""

    def __init__(self) -> None:
        super().__init__()
        self.card: str | None = None
        self.start = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href") or ""
        if tag == "a" and target.startswith(_CARD):
            self.card = target.removeprefix(_CARD)
            self.start = len(self.parts)
            self.parts.append('<em class="card-link">')
        else:
            super().handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag != "a" or self.card is None:
            super().handle_endtag(tag)
            return
        named = self.card in "".join(self.parts[self.start + 1 :])
        self.parts.append("</em>")
        if not named:
            self.parts.append(f' <span class="card-id">({html.escape(self.card)})</span>')
        self.card = None


class _Words(_CardLinks):
    """Pictures are left out as well."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "img":
            super().handle_starttag(tag, attrs)


def _rewritten(parser: _Copy, text: str) -> str:
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)
