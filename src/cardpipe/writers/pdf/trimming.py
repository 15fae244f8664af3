"""What the pages of a piece can do without before they are joined with others.

The engine writes a structure tree that speaks of nothing but links, and five times as much about a link as is needed:
of ten thousand cards that is most of the memory that joining takes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from cardpipe.writers.pdf.links import within

if TYPE_CHECKING:
    import pikepdf


def trimmed(data: bytes) -> bytes:
    """The PDF without links that only mark a place; what a tagged PDF says beyond its pages is kept."""
    import pikepdf

    stream = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        marked = pdf.Root.get("/MarkInfo")
        tagged = marked is not None and bool(marked.get("/Marked", False))
        for key in ("/Names",) if tagged else ("/Names", "/StructTreeRoot"):
            if key in pdf.Root:
                del pdf.Root[key]
        frame = pdf.make_indirect(pikepdf.Array([0, 0, 0]))
        for page in pdf.pages:
            if "/StructParents" in page and not tagged:
                del page.StructParents
            if "/Annots" in page:
                kept = [note for note in page.Annots if "/Dest" not in note]
                if kept:
                    page.Annots = pikepdf.Array([_named(note) if tagged else _slim(note, frame) for note in kept])
                else:
                    del page["/Annots"]
        pdf.save(stream, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return stream.getvalue()


def _named(note: pikepdf.Object) -> pikepdf.Object:
    """The link, by name where it leads to a place in the deck."""
    import pikepdf

    if anchor := within(note):
        del note["/A"]
        note.Dest = pikepdf.String(anchor)
    return note


def _slim(note: pikepdf.Object, frame: pikepdf.Object) -> pikepdf.Object:
    """What a reader needs of a link."""
    import pikepdf

    anchor = within(note)
    leads = {"Dest": pikepdf.String(anchor)} if anchor else {"A": note.A}
    return pikepdf.Dictionary(Subtype=note.Subtype, Rect=note.Rect, Border=frame, **leads)
