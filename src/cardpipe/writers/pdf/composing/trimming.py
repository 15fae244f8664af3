"""Slim the pages of a chunk before they are joined with others.

The engine writes a structure tree with links only, and five times as much as is needed about each link: with ten
thousand cards, that is most of the memory for joining. So links are stored separately from their pages, as plain
values, and are written when all pages are joined. Objects that several pages share are stored once.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from cardpipe.writers.pdf.composing.links import PdfLink, lead_by_name, within
from cardpipe.writers.pdf.composing.opened import forget, opened
from cardpipe.writers.pdf.composing.tags import is_tagged

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pikepdf


def trimmed(data: bytes) -> tuple[bytes, Sequence[PdfLink]]:
    """Return the PDF without links, and the links without those that only mark positions; a tagged PDF keeps them."""
    import pikepdf

    stream = io.BytesIO()
    links: list[PdfLink] = []
    with opened(data) as pdf:
        forget()
        tagged = is_tagged(pdf)
        for key in ("/Names",) if tagged else ("/Names", "/StructTreeRoot"):
            if key in pdf.Root:
                del pdf.Root[key]
        _share(pdf)
        for number, page in enumerate(pdf.pages):
            if "/StructParents" in page and not tagged:
                del page.StructParents
            if "/Annots" not in page:
                continue
            kept = [note for note in page.Annots if "/Dest" not in note]
            if tagged and kept:
                for note in kept:
                    lead_by_name(note)
                page.Annots = pikepdf.Array(kept)
            else:
                links += [_link(number, note) for note in kept]
                del page["/Annots"]
        pdf.save(stream, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return stream.getvalue(), links


def _share(pdf: pikepdf.Pdf) -> None:
    """Let pages with equal resources share them, and pages with different ones share their fonts."""
    import pikepdf

    once: dict[bytes, pikepdf.Object] = {}
    of_pages: dict[bytes, pikepdf.Object] = {}

    def shared(value: pikepdf.Object) -> pikepdf.Object:
        key = value.unparse(resolved=True)
        if key not in once:
            once[key] = value if value.is_indirect else pdf.make_indirect(value)
        return once[key]

    for page in pdf.pages:
        resources = page.obj.get("/Resources")
        if resources is not None:
            key = resources.unparse(resolved=True)
            if key not in of_pages:
                for name, value in list(resources.items()):
                    if isinstance(value, pikepdf.Dictionary):
                        resources[name] = shared(value)
                of_pages[key] = shared(resources)
            page.obj.Resources = of_pages[key]
        if "/Group" in page.obj:
            page.obj.Group = shared(page.obj.Group)


def _link(page: int, note: pikepdf.Object) -> PdfLink:
    left, bottom, right, top = (round(float(side), 2) for side in note.Rect)
    anchor = within(note)
    return PdfLink(page, left, bottom, right, top, f"#{anchor}" if anchor else str(note.A.URI))
