"""Incomplete cards: their readable parts, so that lint reports further faults in the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.deck import CardKind, Figure
from cardpipe.source.card_fields import card_of
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.deck import Card

STAND_IN_PATH: Final = ""
"""The path for placeholder texts; findings there are not reported."""


def lacks_figures(values: Mapping[str, Any], node: MapNode) -> bool:
    """Return whether a figure of the card could not be read."""
    listed = node.get("figures")
    return isinstance(listed, ListNode) and len(values.get("figures", ())) < len(listed.items)


def partial_card(values: Mapping[str, Any], node: MapNode) -> Card:
    """Return the card with placeholders for missing texts and unreadable figures."""
    whole = {"id": placeholder("XX0000"), "question": placeholder("…"), **values}
    if "kind" not in values and "{{c" in whole["question"].text:
        whole["kind"] = CardKind.CLOZE
    figures = tuple(values.get("figures", ()))
    known = {figure.id.text for figure in figures}
    whole["figures"] = (*figures, *(figure for figure in _figures(node) if figure.id.text not in known))
    return card_of(whole, node)


def _figures(node: MapNode) -> Iterator[Figure]:
    """Return a placeholder for each figure with an ID."""
    listed = node.get("figures")
    for item in listed.items if isinstance(listed, ListNode) else (listed,):
        name = item.get("id") if isinstance(item, MapNode) else None
        if isinstance(item, MapNode) and isinstance(name, SourceText) and name.text:
            nothing = MapNode((), placeholder("").file, 0, 0)
            text = placeholder("…")
            yield Figure(id=name, kind=text, alt=text, caption=None, parameters=nothing, span=text.span())


def placeholder(text: str) -> SourceText:
    """Return a text that stands for a missing one; findings in it are not reported."""
    return SourceText.inline(text, STAND_IN_PATH)
