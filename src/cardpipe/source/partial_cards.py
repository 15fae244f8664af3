"""Cards with faults of form: what of them can be read, so that lint finds in one run what else is wrong with them."""

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
"""The path of the file in which texts stand that a card lacks; a finding there is none of the card's."""


def lacks_figures(values: Mapping[str, Any], node: MapNode) -> bool:
    """Whether a figure of the card could not be read."""
    listed = node.get("figures")
    return isinstance(listed, ListNode) and len(values.get("figures", ())) < len(listed.items)


def partial_card(values: Mapping[str, Any], node: MapNode) -> Card:
    """The card with stand-ins for the texts that it lacks, and for figures that could not be read."""
    whole = {"id": _stand_in("XX0000"), "title": _stand_in("…"), "question": _stand_in("…"), **values}
    if "kind" not in values and "{{c" in whole["question"].text:
        whole["kind"] = CardKind.CLOZE
    figures = tuple(values.get("figures", ()))
    known = {figure.id.text for figure in figures}
    whole["figures"] = (*figures, *(figure for figure in _figures(node) if figure.id.text not in known))
    return card_of(whole, node)


def _figures(node: MapNode) -> Iterator[Figure]:
    """A stand-in for each figure with an ID."""
    listed = node.get("figures")
    for item in listed.items if isinstance(listed, ListNode) else (listed,):
        name = item.get("id") if isinstance(item, MapNode) else None
        if isinstance(item, MapNode) and isinstance(name, SourceText) and name.text:
            nothing = MapNode((), _stand_in("").file, 0, 0)
            text = _stand_in("…")
            yield Figure(id=name, kind=text, alt=text, caption=None, parameters=nothing, span=text.span())


def _stand_in(text: str) -> SourceText:
    return SourceText.inline(text, STAND_IN_PATH)
