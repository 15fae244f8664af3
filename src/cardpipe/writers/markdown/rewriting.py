"""Rewrite the addresses of rendered Markdown for the location of its page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.markup import LinkForm, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cardpipe.markup import Link

    Edit = tuple[int, int, str]
    """Replace `text[start:end]` by a text."""

_ASSET: Final = "asset:"
_SIZED: Final = re.compile(r'<img src="(asset:[^"]*)"')
"""A picture with a width of its own."""


def rewrite(text: str, *, asset: Callable[[str], str], card: Callable[[str], str | None]) -> str:
    """Return the text with the addresses that `asset` and `card` return for names and IDs.

    A link to a card for which `card` returns None becomes plain text. Exceptions of `asset` for unknown names pass
    through.
    """
    found = scan(text)
    edits: list[Edit] = [
        (image.target_start, image.target_end, asset(image.target.removeprefix(_ASSET)))
        for image in found.images()
        if image.target.startswith(_ASSET)
    ]
    for tag in found.html:
        source = _SIZED.match(tag.text)
        if source is not None:
            start, end = (tag.start + place for place in source.span(1))
            edits.append((start, end, asset(source[1].removeprefix(_ASSET))))
    for link in found.links():
        if link.target.startswith(_ASSET):
            edits.append((link.target_start, link.target_end, asset(link.target.removeprefix(_ASSET))))
        edits.extend(_link_edits(link, card))
    return _applied(text, edits).strip("\n")


def _applied(text: str, edits: list[Edit]) -> str:
    parts = []
    position = 0
    for start, end, replacement in sorted(edits):
        if start >= position:
            parts += [text[position:start], replacement]
            position = end
    return "".join([*parts, text[position:]])


def _link_edits(link: Link, card: Callable[[str], str | None]) -> Iterator[Edit]:
    if link.card_id is None:
        return
    address = card(link.card_id)
    if link.form is LinkForm.AUTOMATIC:
        yield link.start, link.end, f"[{link.card_id}]({address})" if address else link.card_id
    elif address:
        yield link.target_start, link.target_end, address
    elif link.form is LinkForm.INLINE:
        yield link.start, link.text_start, ""
        yield link.text_end, link.end, ""
    else:
        # Without its definition, `[text][label]` would show its brackets.
        yield link.target_start, link.target_end, "../README.md"
