"""The two sides of each card as plain text or Markdown."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.markup import SegmentKind, scan
from cardpipe.writers.anki.links import without_card_links
from cardpipe.writers.api import TextForm
from cardpipe.writers.csv.html_to_text import plain_text
from cardpipe.writers.markdown.rewriting import rewrite
from cardpipe.writers.text.options import back_of, setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cardpipe.model.deck import CardKind
    from cardpipe.writers.api import RenderedCard, RenderedDeck

_SIZED: Final = re.compile(r'<img src="asset:[^"]*" alt="([^"]*)" width="[^"]*">')
_FORMULA_WITH_DELETION: Final = re.compile(r"\$[^$]*\{\{c\d+::[^$]*\$")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCard:
    """A card as text."""

    kind: CardKind
    front: str
    back: str
    cloze: str = ""
    """The text of a cloze with Anki's marks; empty for other kinds, and where a deletion is within a formula."""
    remark: str = ""
    """What a cloze shows on its back beside its text."""


def text_cards(deck: RenderedDeck, options: Mapping[str, str]) -> Iterator[TextCard]:
    """Return the cards in source order; the back has everything or only the answer."""
    whole = back_of(options) == "all"
    form = TextForm.MARKDOWN if setting(options, "shape") == "mochi" else TextForm.HTML
    text = _markdown if form is TextForm.MARKDOWN else _plain
    for card in deck.cards:
        rest = [part for part in _rest(card, text) if part] if whole else []
        answer = text(card.answer)
        cloze, remark = "", ""
        if card.cloze is not None:
            cloze, remark = text(card.cloze.text), text(card.cloze.remark)
            cloze = "" if _FORMULA_WITH_DELETION.search(cloze) else cloze
        yield TextCard(
            kind=card.kind,
            front=text(card.question),
            back="\n\n".join(part for part in (answer, *rest) if part),
            cloze=cloze,
            remark="\n\n".join(part for part in (remark, *rest) if part),
        )


def _rest(card: RenderedCard, text: Callable[[str], str]) -> Iterator[str]:
    yield text(card.details)
    for figure in card.figures:
        yield "\n".join(part for part in (f"[{figure.alt}]", text(figure.caption)) if part)
    yield "\n".join(f"\u2022 {text(reference)}" for reference in card.references)


def _plain(fragment: str) -> str:
    return plain_text(without_card_links(fragment))


def _markdown(text: str) -> str:
    """Return Markdown without addresses of assets: a picture's alternative text in brackets, formulas in dollars."""
    text = rewrite(text, asset=lambda name: f"asset:{name}", card=lambda _id: None)
    text = _SIZED.sub(lambda match: f"[{html.unescape(match[1])}]", text)
    found = scan(text)
    edits = [
        (image.segment.start, image.segment.end, f"[{image.alt}]")
        for image in found.images()
        if image.target.startswith("asset:")
    ]
    edits += [
        (link.start, link.end, f"[sound: {text[link.text_start : link.text_end]}]")
        for link in found.links()
        if link.target.startswith("asset:")
    ]
    for segment in found.segments:
        if segment.is_math:
            dollars = "$$" if segment.kind is SegmentKind.DISPLAY_MATH else "$"
            edits.append((segment.start, segment.end, f"{dollars}{_without_backticks(segment.tex.strip())}{dollars}"))
    parts = []
    position = 0
    for start, end, replacement in sorted(edits):
        if start >= position:
            parts += [text[position:start], replacement]
            position = end
    return "".join([*parts, text[position:]])


def _without_backticks(tex: str) -> str:
    """Return a formula without the backticks that code hosts need."""
    return tex[1:-1].strip() if len(tex) > 1 and tex[0] == tex[-1] == "`" else tex
