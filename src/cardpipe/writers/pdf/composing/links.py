"""Links between the documents of a PDF: the engine drops links whose target is not in the same document.

They are passed to the engine as external links, and become internal links when all positions are known: by name, which
is short, and allows links to a card in the file (`deck.pdf#card-ML0044`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pikepdf

    from cardpipe.writers.pdf.composing.destinations import Place

_WITHIN: Final = "https://cards.invalid/"
"""A reserved host name (RFC 2606), which cannot be an author's address."""
_LINK: Final = re.compile(
    r'(?P<start><a(?! class="(?:edge|end)")(?:\s(?:[^<>"]|"[^"]*")*?)?\shref=")#(?P<anchor>[^"]*)"'
)
"""An internal link; those with these classes link to themselves, and only mark a position."""


class PdfLink(NamedTuple):
    """A link on a page of a chunk: its area, in points from the lower left corner, and its target."""

    page: int
    left: float
    bottom: float
    right: float
    top: float
    target: str
    """An address, or `#` and an anchor of the deck."""


def outside(content: str) -> str:
    """Return the HTML with internal links as external ones, which the engine always keeps."""
    return _LINK.sub(rf'\g<start>{_WITHIN}\g<anchor>"', content)


def within(note: pikepdf.Object) -> str:
    """Return the anchor of a link that `outside` rewrote; empty for any other link."""
    action = note.get("/A")
    address = str(action.get("/URI", "")) if action is not None else ""
    return address.removeprefix(_WITHIN) if address.startswith(_WITHIN) else ""


def lead_by_name(note: pikepdf.Object) -> None:
    """Make a link that `outside` rewrote an internal link by name; other links are not changed."""
    import pikepdf

    if anchor := within(note):
        del note["/A"]
        note.Dest = pikepdf.String(anchor)


def upright(corners: Sequence[float]) -> pikepdf.Array:
    """Return a box from two corners, the lower left one first, whatever the rotation of the page."""
    import pikepdf

    left, bottom, right, top = corners
    return pikepdf.Array([min(left, right), min(bottom, top), max(left, right), max(bottom, top)])


def write_names(pdf: pikepdf.Pdf, targets: Mapping[str, pikepdf.Object]) -> None:
    """Write named destinations (PDF 32000-1, 12.3.2.3)."""
    import pikepdf

    # A pikepdf array that grows by entries is copied each time.
    names = [part for name in sorted(targets) for part in (pikepdf.String(name), targets[name])]
    pdf.Root.Names = pikepdf.Dictionary(Dests=pikepdf.Dictionary(Names=pikepdf.Array(names)))


def resolve(pdf: pikepdf.Pdf, places: Mapping[str, Place]) -> None:
    """Resolve the links that `outside` rewrote to the positions of their anchors, and remove those without one."""
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
                # Screen readers should read the target, not the external address.
                if anchor:
                    note.Contents = pikepdf.String(
                        f"{anchor.partition('-')[2] or anchor}, page {places[anchor].page + 1}"
                    )
                # PDF/UA requires links to be printable.
                note.F = 4
                # Its lower left corner first, which WeasyPrint does not guarantee.
                note.Rect = upright([float(side) for side in note.Rect])
        if kept:
            page.Annots = pikepdf.Array(kept)
        else:
            del page["/Annots"]
