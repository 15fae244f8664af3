"""Links from one document of a PDF to another: the engine drops those whose target is not in the same document.

They leave the engine as links to an address outside, and become links within the PDF when all places are known: by
name, which is short, and lets others link to a card in the file (`deck.pdf#card-ML0044`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pikepdf

    from cardpipe.writers.pdf.composing.destinations import Place

_WITHIN: Final = "https://cards.invalid/"
"""A name that the internet reserves for nothing, so that no address of an author is lost by it."""
_LINK: Final = re.compile(
    r'(?P<start><a(?! class="(?:edge|end)")(?:\s(?:[^<>"]|"[^"]*")*?)?\shref=")#(?P<anchor>[^"]*)"'
)
"""A link within the deck; those with these classes lead to where they stand and only mark that place."""


class PdfLink(NamedTuple):
    """A link on a page of a piece: where it can be clicked, in points from the lower left corner, and its target."""

    page: int
    left: float
    bottom: float
    right: float
    top: float
    target: str
    """An address, or an anchor of the deck behind a `#`."""


def outside(content: str) -> str:
    """The HTML with each link within the deck as one that the engine keeps whatever else it lays out."""
    return _LINK.sub(rf'\g<start>{_WITHIN}\g<anchor>"', content)


def within(note: pikepdf.Object) -> str:
    """The anchor that a link which `outside` made leads to; empty for any other link."""
    action = note.get("/A")
    address = str(action.get("/URI", "")) if action is not None else ""
    return address.removeprefix(_WITHIN) if address.startswith(_WITHIN) else ""


def lead_by_name(note: pikepdf.Object) -> None:
    """Lead a link that `outside` made to its anchor by name, and leave any other as it is."""
    import pikepdf

    if anchor := within(note):
        del note["/A"]
        note.Dest = pikepdf.String(anchor)


def upright(corners: Sequence[float]) -> pikepdf.Array:
    """A box from two corners: the lower left one first, whichever way the page was turned."""
    import pikepdf

    left, bottom, right, top = corners
    return pikepdf.Array([min(left, right), min(bottom, top), max(left, right), max(bottom, top)])


def write_names(pdf: pikepdf.Pdf, targets: Mapping[str, pikepdf.Object]) -> None:
    """Give places in the PDF their names (PDF 32000-1, 12.3.2.3)."""
    import pikepdf

    # An array of pikepdf's that grows entry by entry is copied each time.
    names = [part for name in sorted(targets) for part in (pikepdf.String(name), targets[name])]
    pdf.Root.Names = pikepdf.Dictionary(Dests=pikepdf.Dictionary(Names=pikepdf.Array(names)))


def resolve(pdf: pikepdf.Pdf, places: Mapping[str, Place]) -> None:
    """Lead the links that `outside` made to the places of their anchors, and take out those without."""
    import pikepdf

    pages = [page.obj for page in pdf.pages]
    tagged = "/StructTreeRoot" in pdf.Root
    write_names(pdf, {name: place.target(pages) for name, place in places.items()})
    for page in pdf.pages:
        if "/Annots" not in page:
            continue
        kept = []
        for note in page.Annots:
            lead_by_name(note)
            anchor = str(note.Dest) if "/Dest" in note else ""
            if anchor and anchor not in places:
                continue
            kept.append(note)
            if tagged:
                # Whoever listens hears where the link leads, and not how it was written on its way.
                if anchor:
                    note.Contents = pikepdf.String(
                        f"{anchor.partition('-')[2] or anchor}, page {places[anchor].page + 1}"
                    )
                # PDF/UA wants links to be printable.
                note.F = 4
                # Its lower left corner first, which WeasyPrint does not always do.
                note.Rect = upright([float(side) for side in note.Rect])
        if kept:
            page.Annots = pikepdf.Array(kept)
        else:
            del page["/Annots"]
